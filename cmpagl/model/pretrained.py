"""Starting weights of the image tower: what renames or resizes foreign weights.

- DINOv2, CLIP and SigLIP as `transformers` stores them (folder or hub id) into a Gswin of ViT's
  arrangement;
- timm's Swin into a Gswin of Swin's arrangement, bit for bit.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from cmpagl.config.vision import ImageEncoderConfig
from cmpagl.errors import CheckpointError
from cmpagl.model.encoder import ImageEncoder, build_image_encoder
from cmpagl.model.gswin import GswinTransformer
from cmpagl.model.hub import weights_files
from cmpagl.model.part_file import bounded, finite
from cmpagl.model.weights import load_strictly

QKV = ("query", "key", "value")

__all__ = [
    "load_clip",
    "load_dinov2",
    "load_gswin",
    "load_timm_swin",
    "load_vision",
    "resize_positions",
    "stored_weights",
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
    load_strictly(module, state, source, new="global_" if module.config.join == "scale" else "")


def load_clip(module: GswinTransformer, source: str) -> None:
    """Copy the image tower of CLIP or SigLIP (folder or hub id) into a Gswin of its arrangement.

    SigLIP's head after the last norm comes along where `GswinConfig.attention_pool` asks for it.

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
    filters = theirs[f"{patches}weight"]
    if filters.ndim == 2:  # SigLIP 2 reads patches of any number: rows, columns, channels
        side = module.config.patch_size
        filters = filters.view(len(filters), side, side, -1).permute(0, 3, 1, 2)
    state: dict[str, Tensor] = {
        "pos_embed": resize_positions(positions, module.config.stage_grid(0), skip=skip),
        "patch_embed.proj.weight": filters,
        "patch_embed.proj.bias": theirs.get(  # CLIP's has none
            f"{patches}bias", torch.zeros(module.config.dim)
        ),
    }
    if module.attention_pool is not None:
        named = {n.removeprefix("head."): v for n, v in theirs.items() if n.startswith("head.")}
        state |= {f"attention_pool.{name}": value for name, value in named.items()}
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
    load_strictly(module, state, source, new="global_" if module.config.join == "scale" else "")


def load_timm_swin(module: GswinTransformer, state: dict[str, Tensor]) -> None:
    """Copy the state of a timm Swin (same sizes) into a Gswin; its head is left out."""
    state = {
        name: value
        for name, value in state.items()
        if not name.startswith("head.")
        and not name.endswith(("relative_position_index", "attn_mask"))
    }
    load_strictly(module, state, "timm's Swin", new="global_")


def load_vision(config: ImageEncoderConfig, source: str) -> ImageEncoder:
    """An image encoder of ``config`` started from ``source``, or from ``random`` weights.

    Raises:
        CheckpointError: the source cannot be read, or its weights do not fit.
    """
    encoder = bounded(lambda: build_image_encoder(config))
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
