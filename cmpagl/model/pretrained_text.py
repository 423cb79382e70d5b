"""Starting weights of the text tower: any BERT, or the text tower of a CLIP or SigLIP.

And the tokenizer that goes with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from cmpagl.config.model import ClipTextConfig, SiglipTextConfig, TextConfig
from cmpagl.errors import CheckpointError
from cmpagl.model.filled import padding_of
from cmpagl.model.hub import source_folder, weights_files
from cmpagl.model.pretrained import stored_weights
from cmpagl.model.published_text import published_tokenizer
from cmpagl.model.text import BertEncoder
from cmpagl.model.weights import load_strictly

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BERTS_OWN = {
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "position_embedding_type": "absolute",
    "is_decoder": False,
}
"""Settings that no weight shows, and with which `BertEncoder` computes."""

SIGLIPS = ("siglip", "siglip_text_model", "siglip2", "siglip2_text_model")

__all__ = [
    "Projection",
    "load_bert",
    "load_text_model",
    "projections_of",
    "text_config_of",
    "tokenizer_of",
]

Projection = tuple[Tensor, Tensor]
"""What a pooled vector is projected with: weight (E, D) and bias (E,)."""


def text_config_of(source: str, max_length: int) -> TextConfig:
    """The sizes of a BERT, CLIP or SigLIP (folder or hub id), reading ``max_length`` pieces.

    Raises:
        CheckpointError: the source cannot be read, is of another type, or computes something else
            than a BERT from its weights.
    """
    theirs = _part("AutoConfig", source)
    if theirs.model_type in ("clip", "clip_text_model"):
        return _clip_config(getattr(theirs, "text_config", theirs), max_length)
    if theirs.model_type in SIGLIPS:
        return _siglip_config(source, getattr(theirs, "text_config", theirs), max_length)
    if theirs.model_type != "bert":
        raise CheckpointError(
            f"{source} is of type {theirs.model_type!r}; the text tower reads BERT-type models, "
            "CLIP's and SigLIP's."
        )
    for name, ours in BERTS_OWN.items():
        if (given := getattr(theirs, name, ours)) != ours:
            raise CheckpointError(
                f"{source} has {name} {given!r}, but the text tower computes with BERT's own "
                f"{ours!r}; give a model that has it too."
            )
    return TextConfig(**_sizes(theirs, max_length))


def _sizes(theirs: Any, max_length: int) -> dict[str, Any]:  # noqa: ANN401 (transformers')
    """What all of them call alike, by our names."""
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


def _siglip_config(source: str, theirs: Any, max_length: int) -> SiglipTextConfig:  # noqa: ANN401
    folder = source_folder(source, ["tokenizer.json"], ["tokenizer_config.json"])
    padding = padding_of(folder, theirs.pad_token_id)
    return SiglipTextConfig(
        **_sizes(theirs, max_length),
        act=theirs.hidden_act,
        norm_eps=theirs.layer_norm_eps,
        filling=padding.piece,
        fills_left=padding.left,
    )


def load_bert(module: BertEncoder, source: str) -> None:
    """Copy the weights of a BERT-type folder or hub id into the text tower."""
    theirs = _part("AutoModel", source).state_dict()
    state = {k: v for k, v in theirs.items() if not k.startswith("pooler.")}
    load_strictly(module.bert, state, source, new="")
    if module.bag is not None:
        module.bag.set_tokenizer(tokenizer_of(source))


def load_text_model(module: nn.Module, source: str) -> None:
    """Copy the text tower of a CLIP or SigLIP (folder or hub id), read by the names on disk.

    What it projects with is left out; see `projections_of`.

    Raises:
        CheckpointError: the source cannot be read or has other sizes.
    """
    theirs, prefix = stored_weights(source), "text_model."
    if any(name.startswith(prefix) for name in theirs):
        theirs = {n.removeprefix(prefix): v for n, v in theirs.items() if n.startswith(prefix)}
    # What older versions of transformers wrote: the numbers 0, 1, 2 ...
    left = ("embeddings.position_ids", "text_projection.weight", "head.weight", "head.bias")
    state = {name: value for name, value in theirs.items() if name not in left}
    load_strictly(module, state, source, new="")


def projections_of(source: str) -> tuple[Projection, Projection] | None:
    """What a CLIP or SigLIP projects its pooled picture and text with; None: it has not both.

    SigLIP's picture is in the joint space as it is pooled, so its projection changes nothing.
    """
    theirs = stored_weights(source)
    names = ("visual_projection.weight", "text_projection.weight")
    image, text = (theirs.get(name) for name in names)
    if image is not None and text is not None:
        return (image, torch.zeros(len(image))), (text, torch.zeros(len(text)))
    head = [theirs.get(f"text_model.head.{kind}") for kind in ("weight", "bias")]
    if head[0] is None or head[1] is None or "vision_model.head.probe" not in theirs:
        return None
    width = theirs["vision_model.head.probe"].shape[-1]
    return (torch.eye(width), torch.zeros(width)), (head[0], head[1])


def tokenizer_of(source: str) -> Tokenizer:
    """The tokenizer of a folder or hub id, with what its processor does to a text before.

    Raises:
        CheckpointError: it has no ``tokenizer.json``, or a damaged one.
    """
    return published_tokenizer(source_folder(source, ["tokenizer.json"], ["tokenizer_config.json"]))


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
