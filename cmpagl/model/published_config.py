"""What a published model says of itself: its config.json and its processor's settings, as ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cmpagl.config.model import FusionConfig, ModelConfig, TextConfig
from cmpagl.config.ranking import UNTUNED
from cmpagl.config.strict import require_sizes
from cmpagl.config.vision import IMAGENET, PIXELS
from cmpagl.config.vit import FAMILIES, ViTConfig
from cmpagl.errors import CheckpointError, ConfigError

__all__ = ["WITH_TEXT", "published_config"]

NO_FUSION = FusionConfig(dim=1, depth=0, num_heads=1)
WITH_TEXT = ("clip", "siglip", "siglip2")
"""Families that have a text tower."""


def published_config(
    folder: Path, config: dict[str, Any], said: dict[str, Any] | None = None
) -> ModelConfig:
    """The settings of a published model.

    Args:
        folder: where its files lie; its processor's settings are read.
        config: the content of its ``config.json``.
        said: its processor's settings; None: those in ``preprocessor_config.json``, or of newer
            folders in ``processor_config.json``.

    Raises:
        CheckpointError: it is of no known family, or its settings make no sense.
    """
    try:
        require_sizes(config, "config.json")
        return _model_config(folder, config, _preprocessing(folder) if said is None else said)
    except CheckpointError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        raise CheckpointError(
            f"{folder / 'config.json'} lacks or garbles a setting of its kind of model "
            f"({error if isinstance(error, ConfigError) else type(error).__name__}); restore it."
        ) from error


def _model_config(folder: Path, config: dict[str, Any], said: dict[str, Any]) -> ModelConfig:
    timm = "architecture" in config
    vision = _timm_config(config) if timm else _vision_config(folder, config, said)
    text, embed_dim = TextConfig(), vision.dim
    if vision.family in WITH_TEXT:
        theirs = _settings(config, "text_config")
        embed_dim = config.get("projection_dim") or theirs["projection_size"]
        if vision.family != "clip":
            embed_dim = theirs["projection_size"]
        text = TextConfig(
            vocab_size=theirs["vocab_size"],
            dim=theirs["hidden_size"],
            depth=theirs["num_hidden_layers"],
            num_heads=theirs["num_attention_heads"],
            mlp_dim=theirs["intermediate_size"],
            max_positions=theirs["max_position_embeddings"],
            max_length=theirs["max_position_embeddings"],
        )
    return ModelConfig(
        vision=vision, text=text, fusion=NO_FUSION, ranking=UNTUNED, embed_dim=embed_dim
    )


def _settings(config: dict[str, Any], part: str) -> dict[str, Any]:
    """A tower's settings with what its library takes where config.json says nothing."""
    import transformers
    from huggingface_hub.errors import StrictDataclassError
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]

    try:
        whole = transformers.AutoConfig.for_model(**config)
    except StrictDataclassError as error:
        raise ValueError("a value of another type") from error
    found: dict[str, Any] = (getattr(whole, part) if part else whole).to_dict()
    return found


def _vision_config(folder: Path, config: dict[str, Any], said: dict[str, Any]) -> ViTConfig:
    family = config.get("model_type")
    if family not in FAMILIES:
        raise CheckpointError(
            f"{folder / 'config.json'} describes a model of the type {family!r}; those that open "
            f"here are {', '.join(FAMILIES)}."
        )
    theirs = _settings(config, "vision_config" if family in WITH_TEXT else "")
    patch = theirs["patch_size"]
    if family == "siglip2":
        grid = int(theirs["num_patches"] ** 0.5)
    else:
        size = theirs["image_size"] if family in WITH_TEXT else _side(said, theirs["image_size"])
        grid = size // patch
    usual = {"clip": PIXELS["clip"], "dinov2": IMAGENET, "dinov3_vit": IMAGENET}
    mean, std = usual.get(family, PIXELS["half"])
    return ViTConfig(
        family=family,
        settings=json.dumps(theirs, sort_keys=True),
        image_size=grid * patch,
        grid=grid,
        dim=theirs["hidden_size"],
        depth=theirs["num_hidden_layers"],
        mean=tuple(said.get("image_mean") or mean),
        std=tuple(said.get("image_std") or std),
    )


def _preprocessing(folder: Path) -> dict[str, Any]:
    for name, part in (
        ("preprocessor_config.json", ""),
        ("processor_config.json", "image_processor"),
    ):
        path = folder / name
        said = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        said = said.get(part) if part and isinstance(said, dict) else said
        if isinstance(said, dict) and said:
            return _as_normalised(said)
    return {}


def _as_normalised(said: dict[str, Any]) -> dict[str, Any]:
    """A processor's settings, with the mean and deviation of one that does not normalise."""
    if said.get("do_normalize") is False:
        return said | {"image_mean": [0.0] * 3, "image_std": [1.0] * 3}
    return said


def _side(said: dict[str, Any], usual: int) -> int:
    """Pixels a side that a processor cuts pictures to."""
    for name in ("crop_size", "size"):
        size = said.get(name)
        if isinstance(size, dict):
            size = size.get("height") or size.get("shortest_edge")
        if isinstance(size, int):
            return size
    return usual


def _timm_config(config: dict[str, Any]) -> ViTConfig:
    import timm

    said = config.get("pretrained_cfg") or {}
    settings = {"model_name": config["architecture"], **(config.get("model_args") or {})}
    try:
        model: Any = timm.create_model(num_classes=0, **settings)
    except (RuntimeError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"timm knows no model {config['architecture']!r} with these settings; see its config."
        ) from error
    if not hasattr(model, "_pos_embed") or not hasattr(model, "blocks"):
        raise CheckpointError(f"{config['architecture']} is no ViT of timm; take one that is.")
    grid = model.patch_embed.grid_size
    if grid[0] != grid[1]:
        raise CheckpointError(f"{config['architecture']} reads no squares; take one that does.")
    return ViTConfig(
        family="timm",
        settings=json.dumps(settings, sort_keys=True),
        image_size=model.patch_embed.img_size[0],
        grid=grid[0],
        dim=model.num_features,
        depth=len(model.blocks),
        mean=tuple(said.get("mean") or IMAGENET[0]),
        std=tuple(said.get("std") or IMAGENET[1]),
    )
