"""Starting weights: the only place that renames or resizes foreign weights.

- DINOv2, CLIP and SigLIP as `transformers` stores them (folder or hub id) into a Gswin of ViT's
  arrangement;
- timm's Swin into a Gswin of Swin's arrangement, bit for bit;
- any BERT-type folder or hub id into the text tower.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from cmpagl.config.model import TextConfig
from cmpagl.config.vision import ImageEncoderConfig
from cmpagl.errors import CheckpointError
from cmpagl.model.encoder import ImageEncoder, build_image_encoder
from cmpagl.model.gswin import GswinTransformer
from cmpagl.model.hub import source_file, source_folder, weights_files
from cmpagl.model.part_file import finite
from cmpagl.model.text import TextEncoder

QKV = ("query", "key", "value")
BERTS_OWN = {
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "position_embedding_type": "absolute",
    "is_decoder": False,
}
"""Settings that no weight shows, and with which `TextEncoder` computes."""

__all__ = [
    "load_bert",
    "load_clip",
    "load_dinov2",
    "load_gswin",
    "load_timm_swin",
    "load_vision",
    "resize_positions",
    "stored_weights",
    "text_config_of",
    "tokenizer_file",
]


def resize_positions(table: Tensor, grid: int, *, skip: int = 1) -> Tensor:
    """A ViT's position table (1, skip + n * n, C) for a ``grid`` x ``grid`` map.

    Bicubic without antialiasing, as DINOv2 itself does it; done once, stored resized. The first
    ``skip`` rows (the class token's) are kept.
    """
    side = round((table.shape[1] - skip) ** 0.5)
    patches = table[:, skip:].float().transpose(1, 2).reshape(1, -1, side, side)
    if side != grid:
        patches = interpolate(patches, (grid, grid), mode="bicubic")
    return torch.cat([table[:, :skip].float(), patches.flatten(2).transpose(1, 2)], dim=1)


def _strict(module: torch.nn.Module, state: dict[str, Tensor], source: str, new: str) -> None:
    """Load ``state``; only parameters whose name contains ``new`` may be missing from it."""
    shapes = {name: value.shape for name, value in module.state_dict().items()}
    found = {name: value.shape for name, value in state.items()}
    missing = [n for n in shapes if n not in found and (not new or new not in n)]
    wrong = missing + [n for n in found if shapes.get(n) != found[n]]
    if wrong:
        raise CheckpointError(
            f"{source} does not fit: {len(wrong)} weights are missing, unknown or of another size "
            f"(such as {wrong[0]}); give weights of the same arrangement."
        )
    module.load_state_dict(state, strict=False)


def load_dinov2(module: GswinTransformer, source: str) -> None:
    """Copy DINOv2's weights (folder or hub id) into a Gswin with ViT's arrangement.

    Raises:
        CheckpointError: the source cannot be read or has other sizes.
    """
    # Read by the names on disk: those in memory change between versions of transformers.
    theirs = stored_weights(source)
    blocks = sum(name.endswith("layer_scale1.lambda1") for name in theirs)
    if blocks != module.num_blocks or "embeddings.cls_token" not in theirs:
        raise CheckpointError(
            f"{source} holds {blocks} blocks of DINOv2 where the tower has {module.num_blocks}; "
            "give DINOv2 weights of that depth."
        )
    state: dict[str, Tensor] = {
        "cls_token": theirs["embeddings.cls_token"],
        "pos_embed": resize_positions(
            theirs["embeddings.position_embeddings"], module.config.stage_grid(0)
        ),
        "patch_embed.proj.weight": theirs["embeddings.patch_embeddings.projection.weight"],
        "patch_embed.proj.bias": theirs["embeddings.patch_embeddings.projection.bias"],
        "norm.weight": theirs["layernorm.weight"],
        "norm.bias": theirs["layernorm.bias"],
    }
    for i in range(module.num_blocks):
        ours, block = f"layers.0.blocks.{i}.", f"encoder.layer.{i}."
        for kind in ("weight", "bias"):
            state[f"{ours}attn.qkv.{kind}"] = torch.cat(
                [theirs[f"{block}attention.attention.{part}.{kind}"] for part in QKV]
            )
            state[f"{ours}attn.proj.{kind}"] = theirs[f"{block}attention.output.dense.{kind}"]
            for name in ("norm1", "norm2", "mlp.fc1", "mlp.fc2"):
                state[f"{ours}{name}.{kind}"] = theirs[f"{block}{name}.{kind}"]
        state[f"{ours}ls1.gamma"] = theirs[f"{block}layer_scale1.lambda1"]
        state[f"{ours}ls2.gamma"] = theirs[f"{block}layer_scale2.lambda1"]
    _strict(module, state, source, new="global_" if module.config.join == "scale" else "")


def load_clip(module: GswinTransformer, source: str) -> None:
    """Copy the image tower of CLIP or SigLIP (folder or hub id) into a Gswin of its arrangement.

    What they pool with after the last norm stays behind: a head of our own reads the tokens.

    Raises:
        CheckpointError: the source cannot be read or has other sizes.
    """
    prefix, theirs = "vision_model.", stored_weights(source)
    if any(name.startswith(prefix) for name in theirs):
        theirs = {n.removeprefix(prefix): v for n, v in theirs.items() if n.startswith(prefix)}
    blocks = sum(
        name.startswith("encoder.") and name.endswith(".layer_norm1.weight") for name in theirs
    )
    skip = int(module.config.class_token)
    if blocks != module.num_blocks or ("embeddings.class_embedding" in theirs) != bool(skip):
        raise CheckpointError(
            f"{source} holds {blocks} blocks of CLIP or SigLIP where the tower has "
            f"{module.num_blocks}, or differs in the class token; give weights of its arrangement."
        )
    patches = "embeddings.patch_embedding."
    positions = theirs["embeddings.position_embedding.weight"][None]
    state: dict[str, Tensor] = {
        "pos_embed": resize_positions(positions, module.config.stage_grid(0), skip=skip),
        "patch_embed.proj.weight": theirs[f"{patches}weight"],
        "patch_embed.proj.bias": theirs.get(  # CLIP's has none
            f"{patches}bias", torch.zeros(module.config.dim)
        ),
    }
    if skip:
        state["cls_token"] = theirs["embeddings.class_embedding"].view(1, 1, -1)
    for kind in ("weight", "bias"):
        state[f"norm.{kind}"] = theirs[f"post_layernorm.{kind}"]
        if module.config.pre_norm:
            state[f"pre_norm.{kind}"] = theirs[f"pre_layrnorm.{kind}"]
        for i in range(blocks):
            ours, block = f"layers.0.blocks.{i}.", f"encoder.layers.{i}."
            state[f"{ours}attn.qkv.{kind}"] = torch.cat(
                [theirs[f"{block}self_attn.{part}_proj.{kind}"] for part in "qkv"]
            )
            state[f"{ours}attn.proj.{kind}"] = theirs[f"{block}self_attn.out_proj.{kind}"]
            for name in ("1", "2"):
                state[f"{ours}norm{name}.{kind}"] = theirs[f"{block}layer_norm{name}.{kind}"]
                state[f"{ours}mlp.fc{name}.{kind}"] = theirs[f"{block}mlp.fc{name}.{kind}"]
    _strict(module, state, source, new="global_" if module.config.join == "scale" else "")


def load_timm_swin(module: GswinTransformer, state: dict[str, Tensor]) -> None:
    """Copy the state of a timm Swin (same sizes) into a Gswin; its head is left out."""
    state = {
        name: value
        for name, value in state.items()
        if not name.startswith("head.")
        and not name.endswith(("relative_position_index", "attn_mask"))
    }
    _strict(module, state, "timm's Swin", new="global_")


def load_vision(config: ImageEncoderConfig, source: str) -> ImageEncoder:
    """An image encoder of ``config`` started from ``source``, or from ``random`` weights.

    Raises:
        CheckpointError: the source cannot be read, or its weights do not fit.
    """
    encoder = build_image_encoder(config)
    if source != "random":
        encoder.load_pretrained(source)
    return encoder


def load_gswin(module: GswinTransformer, source: str) -> None:
    """Start a Gswin from ``source``; its arrangement decides how the source is read.

    Args:
        module: the encoder.
        source: folder or hub id of DINOv2, CLIP or SigLIP (ViT's arrangement), or a timm model
            name such as ``swin_tiny_patch4_window7_224`` (Swin's).

    Raises:
        CheckpointError: the source cannot be read, or its weights do not fit.
    """
    config = module.config
    if config.position_table:
        # DINOv2's blocks have a scale per channel, those of CLIP and SigLIP do not.
        load = load_dinov2 if config.layer_scale else load_clip
        load(module, source)
    else:
        import timm

        try:
            theirs = timm.create_model(source, pretrained=True)
        except (RuntimeError, OSError, ValueError) as error:
            raise CheckpointError(
                f"timm has no weights {source!r} within reach; for a Gswin of Swin's arrangement "
                "give a model name such as swin_tiny_patch4_window7_224, or random."
            ) from error
        load_timm_swin(module, theirs.state_dict())


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
    _strict(module.bert, state, source, new="")


def tokenizer_file(source: str) -> Path:
    """The ``tokenizer.json`` of a folder or hub id."""
    return source_file(source, "tokenizer.json")


def stored_weights(source: str, name: str = "model.safetensors") -> dict[str, Tensor]:
    """The tensors of a source's safetensors, float32, under the names on disk.

    Raises:
        CheckpointError: there are none within reach, or a file is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    found: dict[str, Tensor] = {}
    for path in weights_files(source, name):
        try:
            found |= finite({key: value.float() for key, value in load_file(path).items()}, path)
        except SafetensorError as error:
            raise CheckpointError(f"{path} is not a safetensors file; restore it.") from error
    return found


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
