"""Starting weights of the text tower: any BERT-type folder or hub id, and its tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from cmpagl.config.model import TextConfig
from cmpagl.errors import CheckpointError
from cmpagl.model.hub import source_file, source_folder, weights_files
from cmpagl.model.text import TextEncoder
from cmpagl.model.weights import load_strictly

BERTS_OWN = {
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "position_embedding_type": "absolute",
    "is_decoder": False,
}
"""Settings that no weight shows, and with which `TextEncoder` computes."""

__all__ = ["load_bert", "text_config_of", "tokenizer_file"]


def text_config_of(source: str, max_length: int) -> TextConfig:
    """The sizes of a BERT-type folder or hub id, reading at most ``max_length`` word pieces.

    Raises:
        CheckpointError: the source cannot be read, is not of BERT's type, or computes something
            else than BERT from its weights.
    """
    theirs = _bert_part("AutoConfig", source)
    if theirs.model_type != "bert":
        raise CheckpointError(
            f"{source} is of type {theirs.model_type!r}; the text tower reads BERT-type models."
        )
    for name, ours in BERTS_OWN.items():
        if (given := getattr(theirs, name, ours)) != ours:
            raise CheckpointError(
                f"{source} has {name} {given!r}, but the text tower computes with BERT's own "
                f"{ours!r}; give a model that has it too."
            )
    return TextConfig(
        vocab_size=theirs.vocab_size,
        dim=theirs.hidden_size,
        depth=theirs.num_hidden_layers,
        num_heads=theirs.num_attention_heads,
        mlp_dim=theirs.intermediate_size,
        max_positions=theirs.max_position_embeddings,
        max_length=min(max_length, theirs.max_position_embeddings),
    )


def load_bert(module: TextEncoder, source: str) -> None:
    """Copy the weights of a BERT-type folder or hub id into the text tower."""
    theirs = _bert_part("AutoModel", source).state_dict()
    state = {k: v for k, v in theirs.items() if not k.startswith("pooler.")}
    load_strictly(module.bert, state, source, new="")


def tokenizer_file(source: str) -> Path:
    """The ``tokenizer.json`` of a folder or hub id."""
    return source_file(source, "tokenizer.json")


def _bert_part(kind: str, source: str) -> Any:  # noqa: ANN401 (transformers' own classes)
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
