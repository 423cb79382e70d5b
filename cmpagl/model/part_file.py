"""A part of a checkpoint: its file checked against ``config.json``, and a module filled with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse_tensors
from torch import Tensor, nn

from cmpagl.errors import CheckpointError

__all__ = ["bounded", "filled", "finite", "read_content", "read_tensors"]

M = TypeVar("M", bound=nn.Module)
T = TypeVar("T")

MOST_BYTES = 16_000_000_000
"""Of one part of a model in memory."""


def read_content(path: Path, said: Mapping[str, Any]) -> bytes:
    """A file's bytes.

    Args:
        path: the file.
        said: its ``bytes`` and ``sha256`` by ``config.json``.

    Raises:
        CheckpointError: it cannot be read, or is not the file that was written.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}).") from error
    if len(content) != said["bytes"]:
        raise CheckpointError(
            f"{path} has {len(content):,} bytes where config.json says {said['bytes']:,}: it is "
            "truncated or of another checkpoint; restore the file."
        )
    if hashlib.sha256(content).hexdigest() != said["sha256"]:
        raise CheckpointError(
            f"{path} is damaged or of another checkpoint (its SHA-256 is not the one in "
            "config.json); restore the file."
        )
    return content


def read_tensors(path: Path, said: Mapping[str, Any]) -> dict[str, Tensor]:
    """A file's tensors by name, float32.

    Raises:
        CheckpointError: as `read_content`, or it holds no tensors.
    """
    try:
        tensors = parse_tensors(read_content(path, said))
    except SafetensorError as error:
        raise CheckpointError(f"{path} is not a safetensors file; restore it.") from error
    return finite({key: value.float() for key, value in tensors.items()}, path)


def finite(tensors: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The tensors of a file.

    Raises:
        CheckpointError: one holds NaN or infinity, which would come out as a score.
    """
    for name, value in tensors.items():
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise CheckpointError(
                f"{path} holds values that are no finite numbers (in {name}): it is damaged, or "
                "its training diverged; restore it."
            )
    return tensors


def filled(make: Callable[[], M], state: Mapping[str, Tensor], path: Path) -> M:
    """A part with its weights: made once it is known to fit them, and how large it is.

    Raises:
        CheckpointError: the weights of ``path`` are not those of the part, or it is too large.
    """
    planned = _planned(make)
    wanted = {key: value.shape for key, value in planned.state_dict().items()}
    found = {key: value.shape for key, value in state.items()}
    wrong = sorted(k for k in wanted.keys() | found.keys() if wanted.get(k) != found.get(k))
    if wrong:
        raise CheckpointError(
            f"{path} does not fit config.json: {len(wrong)} weights are missing, unknown or of "
            f"another size (such as {wrong[0]}); restore both files."
        )
    _require_bounded(planned, f"{path} would take", "config.json")  # tables that are not stored
    module = make()
    module.load_state_dict(dict(state))
    return module.eval()


def bounded(make: Callable[[], T]) -> T:
    """A new model, made once it is known how large it is.

    Raises:
        CheckpointError: it is too large.
    """
    with torch.random.fork_rng(devices=[]):  # what is drawn stays what it was
        planned = _planned(make)
        assert isinstance(planned, nn.Module)
        _require_bounded(planned, "The model would take", "the run's settings")
    return make()


def _planned(make: Callable[[], T]) -> T:
    """A part of sizes alone, without memory."""
    # What the libraries import anyway, and torch 2.8 cannot import while a device is chosen.
    import_module("torch._dynamo")
    with torch.device("meta"):
        return make()


def _require_bounded(planned: nn.Module, what: str, where: str) -> None:
    size = sum(t.nbytes for t in (*planned.parameters(), *planned.buffers()))
    if size > MOST_BYTES:
        raise CheckpointError(
            f"{what} {size / 1e9:,.0f} GB of memory by the sizes in {where}; "
            f"{MOST_BYTES / 1e9:.0f} GB is the most. Take a smaller model."
        )
