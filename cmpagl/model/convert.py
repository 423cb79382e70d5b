"""A CLIP that was published as a ``.pt`` file in open_clip's form, to a folder that opens.

RemoteCLIP, GeoRSCLIP and others share their weights so. The file is read once, in a process of its
own (`cmpagl.model.weights_only`); what is written is CLIP as transformers has it, in safetensors.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from cmpagl.errors import CheckpointError
from cmpagl.files import atomic_folder, write_json
from cmpagl.model.hub import source_file
from cmpagl.model.open_clip_names import HEAD, WIDER_HEADS, renamed

__all__ = ["config_of", "convert_clip", "read_weights_only"]

READER = Path(__file__).with_name("weights_only.py")
MINUTES = 30


def read_weights_only(source: Path) -> dict[str, Tensor]:
    """The tensors of a ``.pt`` file by name; nothing in it runs, here or elsewhere.

    Raises:
        CheckpointError: it is no file of weights alone.
    """
    if not source.is_file():
        raise CheckpointError(f"{source} is no file; give the .pt file as it was published.")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "weights.safetensors"
        line = [sys.executable, "-I", str(READER), str(source.resolve()), str(target)]
        try:
            ran = subprocess.run(
                line, capture_output=True, text=True, timeout=60 * MINUTES, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise CheckpointError(f"{source} took more than {MINUTES} minutes to read.") from error
        if ran.returncode:
            raise CheckpointError(
                f"{source} is no file of weights alone: it is damaged, or holds something that "
                "might run code, so it was not read; take a release as safetensors."
            )
        return {name: value.float() for name, value in load_file(target).items()}


def convert_clip(source: Path, out: Path, *, tokenizer: str, quick_gelu: bool) -> None:
    """Write a CLIP in open_clip's form as a folder that `open_checkpoint` opens.

    Args:
        source: the ``.pt`` file.
        out: the folder; one that is there is refused.
        tokenizer: folder or hub id with CLIP's ``tokenizer.json``.
        quick_gelu: whether the model computes with CLIP's first approximation of GELU.

    Raises:
        CheckpointError: the file is no weights alone, or no CLIP with a ViT; ``out`` is there.
    """
    if out.exists():
        raise CheckpointError(f"{out} is already there; give another folder.")
    theirs = read_weights_only(source)
    try:
        config, weights = config_of(theirs, quick_gelu), renamed(theirs)
    except (KeyError, IndexError) as error:
        raise CheckpointError(
            f"{source} is no CLIP with a ViT in open_clip's form (it lacks {error}); other models "
            "open as transformers or timm publish them."
        ) from error
    words = source_file(tokenizer, "tokenizer.json").read_bytes()
    with atomic_folder(out) as temporary:
        write_json(temporary / "config.json", config)
        save_file(weights, temporary / "model.safetensors", {"format": "pt"})
        (temporary / "tokenizer.json").write_bytes(words)
        said = {"tokenizer_class": "CLIPTokenizer"}
        (temporary / "tokenizer_config.json").write_text(json.dumps(said), encoding="utf-8")


def config_of(theirs: dict[str, Tensor], quick_gelu: bool) -> dict[str, Any]:
    """What transformers calls a CLIP of these shapes."""

    def tower(prefix: str, width: int, head: int) -> dict[str, Any]:
        blocks = {n.split(".")[prefix.count(".")] for n in theirs if n.startswith(prefix)}
        return {
            "hidden_size": width,
            "intermediate_size": theirs[f"{prefix}0.mlp.c_fc.weight"].shape[0],
            "num_hidden_layers": len(blocks),
            "num_attention_heads": max(1, width // head),
            "hidden_act": "quick_gelu" if quick_gelu else "gelu",
            "projection_dim": theirs["text_projection"].shape[1],
        }

    width, _, patch, _ = theirs["visual.conv1.weight"].shape
    places = theirs["visual.positional_embedding"].shape[0] - 1
    vocabulary, text_width = theirs["token_embedding.weight"].shape
    return {
        "model_type": "clip",
        "architectures": ["CLIPModel"],
        "projection_dim": theirs["text_projection"].shape[1],
        "vision_config": tower("visual.transformer.resblocks.", width, WIDER_HEADS.get(width, HEAD))
        | {"patch_size": patch, "image_size": round(places**0.5) * patch},
        "text_config": tower("transformer.resblocks.", text_width, HEAD)
        | {
            "vocab_size": vocabulary,
            "max_position_embeddings": theirs["positional_embedding"].shape[0],
            # The two last pieces of CLIP's vocabulary open and close a text.
            "bos_token_id": vocabulary - 2,
            "eos_token_id": vocabulary - 1,
            "pad_token_id": vocabulary - 1,
        },
    }
