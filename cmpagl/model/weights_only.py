"""Run as a program of its own: the tensors of a ``.pt`` file to safetensors.

    python weights_only.py IN OUT

It imports nothing of this package and does nothing else. PyTorch's weights-only reader refuses a
file that asks for anything but tensors and plain containers before any of it runs; then, and where
the file is no weights at all, this ends with status 1.
"""

from __future__ import annotations

import sys

import torch
from safetensors.torch import save_file

WRAPPERS = ("state_dict", "model", "model_state_dict")
"""Under which names training code keeps the weights beside other things."""
PREFIXES = ("module.", "_orig_mod.", "model.")
"""What wrappers of a model (several GPUs, compiled, a trainer) set before each name."""


def bare(name: str) -> str:
    """A weight's name as the model itself has it."""
    while name.startswith(PREFIXES):
        name = name.partition(".")[2]
    return name


def main(source: str, target: str) -> int:
    """Convert one file."""
    try:
        content = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a file that is not weights alone leads to
        print(type(error).__name__)
        return 1
    for name in WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(name), dict):
            content = content[name]
    weights = {
        bare(str(name)): value.detach().contiguous().clone()
        for name, value in (content.items() if isinstance(content, dict) else ())
        if isinstance(value, torch.Tensor)
    }
    save_file(weights, target)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
