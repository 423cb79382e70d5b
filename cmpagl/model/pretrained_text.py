"""Starting weights of the text tower: any BERT, or the text tower of a CLIP; and its tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cmpagl.config.model import ClipTextConfig, TextConfig
from cmpagl.errors import CheckpointError
from cmpagl.model.clip_text import ClipTextEncoder
from cmpagl.model.hub import source_file, source_folder, weights_files
from cmpagl.model.pretrained import stored_weights
from cmpagl.model.text import BertEncoder
from cmpagl.model.weights import load_strictly

BERTS_OWN = {
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "position_embedding_type": "absolute",
    "is_decoder": False,
}
"""Settings that no weight shows, and with which `BertEncoder` computes."""

__all__ = ["clip_projections", "load_bert", "load_clip_text", "text_config_of", "tokenizer_file"]


def text_config_of(source: str, max_length: int) -> TextConfig:
    """The sizes of a BERT or CLIP (folder or hub id), reading at most ``max_length`` word pieces.

    Raises:
        CheckpointError: the source cannot be read, is of another type, or computes something else
            than a BERT from its weights.
    """
    theirs = _part("AutoConfig", source)
    if theirs.model_type in ("clip", "clip_text_model"):
        return _clip_config(getattr(theirs, "text_config", theirs), max_length)
    if theirs.model_type != "bert":
        raise CheckpointError(
            f"{source} is of type {theirs.model_type!r}; the text tower reads BERT-type models and "
            "CLIP's."
        )
    for name, ours in BERTS_OWN.items():
        if (given := getattr(theirs, name, ours)) != ours:
            raise CheckpointError(
                f"{source} has {name} {given!r}, but the text tower computes with BERT's own "
                f"{ours!r}; give a model that has it too."
            )
    return TextConfig(**_sizes(theirs, max_length))


def _sizes(theirs: Any, max_length: int) -> dict[str, Any]:  # noqa: ANN401 (transformers')
    """What BERT and CLIP call alike, by our names."""
    return {
        "vocab_size": theirs.vocab_size,
        "dim": theirs.hidden_size,
        "depth": theirs.num_hidden_layers,
        "num_heads": theirs.num_attention_heads,
        "mlp_dim": theirs.intermediate_size,
        "max_positions": theirs.max_position_embeddings,
        "max_length": min(max_length, theirs.max_position_embeddings),
    }


def _clip_config(theirs: Any, max_length: int) -> ClipTextConfig:  # noqa: ANN401 (transformers')
    return ClipTextConfig(
        **_sizes(theirs, max_length),
        act=theirs.hidden_act,
        norm_eps=theirs.layer_norm_eps,
        closing=theirs.eos_token_id,
    )


def load_bert(module: BertEncoder, source: str) -> None:
    """Copy the weights of a BERT-type folder or hub id into the text tower."""
    theirs = _part("AutoModel", source).state_dict()
    state = {k: v for k, v in theirs.items() if not k.startswith("pooler.")}
    load_strictly(module.bert, state, source, new="")


def load_clip_text(module: ClipTextEncoder, source: str) -> None:
    """Copy the text tower of a CLIP (folder or hub id), read by the names on disk.

    Raises:
        CheckpointError: the source cannot be read or has other sizes.
    """
    theirs, prefix = stored_weights(source), "text_model."
    if any(name.startswith(prefix) for name in theirs):
        theirs = {n.removeprefix(prefix): v for n, v in theirs.items() if n.startswith(prefix)}
    # What older versions of transformers wrote: the numbers 0, 1, 2 ...
    state = {name: v for name, v in theirs.items() if name != "embeddings.position_ids"}
    state.pop("text_projection.weight", None)
    load_strictly(module.clip, state, source, new="")


def clip_projections(source: str) -> tuple[Tensor, Tensor] | None:
    """What a CLIP projects its pooled picture and text with, (E, D) each; None: it has not both."""
    theirs = stored_weights(source)
    names = ("visual_projection.weight", "text_projection.weight")
    image, text = (theirs.get(name) for name in names)
    return None if image is None or text is None else (image, text)


def tokenizer_file(source: str) -> Path:
    """The ``tokenizer.json`` of a folder or hub id."""
    return source_file(source, "tokenizer.json")


def _part(kind: str, source: str) -> Any:  # noqa: ANN401 (transformers' own classes)
    """``AutoModel`` (float32) or ``AutoConfig`` of a source, or one sentence why not."""
    import transformers
    from transformers.utils import logging

    # Its bars and reports (a pooler that nobody asked for is missing) would be taken for ours.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    folder = source_folder(source, ["config.json"])
    if kind == "AutoModel":
        weights_files(source)
    try:
        if kind == "AutoConfig":
            return transformers.AutoConfig.from_pretrained(folder)
        return transformers.AutoModel.from_pretrained(
            folder, dtype=torch.float32, use_safetensors=True
        )
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"The text model {source} cannot be loaded: its config.json or weights are damaged or "
            "of a kind that transformers does not know; restore them."
        ) from error
