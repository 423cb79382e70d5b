"""Settings of a published Vision Transformer, run as its own library builds it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

from cmpagl.config.strict import require, require_attention, require_ranges, require_sizes
from cmpagl.config.vision import IMAGENET, ImageEncoderConfig, Preprocessing

__all__ = ["FAMILIES", "ViTConfig"]

FAMILIES = ("clip", "siglip", "siglip2", "dinov2", "dinov3_vit", "timm")
"""Kinds of published models: the ``model_type`` of transformers, or any ViT of timm."""


@dataclass(frozen=True)
class ViTConfig(ImageEncoderConfig):
    """A ViT with plain attention, pooled as its authors pool it."""

    encoder: ClassVar[str] = "cmpagl.model.vit:ViTEncoder"

    kind: str = "vit"
    family: str = "clip"  # one of FAMILIES
    settings: str = "{}"  # its own settings, as its library reads them, in JSON
    image_size: int = 224
    grid: int = 14  # tokens per side
    dim: int = 768
    depth: int = 12
    mean: tuple[float, ...] = IMAGENET[0]
    std: tuple[float, ...] = IMAGENET[1]

    def __post_init__(self) -> None:
        require(
            self.family in FAMILIES,
            f"family is {self.family!r}; choose one of {', '.join(FAMILIES)}.",
        )
        require_ranges(self)
        require(
            len(self.mean) == len(self.std) == 3 and min(self.std) > 0,
            "mean and std must have three numbers each, those of std above 0.",
        )
        try:
            said = json.loads(self.settings)
        except (ValueError, RecursionError):
            said = None
        require(isinstance(said, dict), "settings must be a JSON object as text.")
        require_sizes(said, "settings")
        require_attention(self.grid**2, self.grid**2, 1)

    @property
    def num_blocks(self) -> int:
        """How many blocks run one after the other."""
        return self.depth

    @property
    def out_dim(self) -> int:
        """D, channels of the image tokens."""
        return self.dim

    @property
    def out_grid(self) -> int:
        """Image tokens per side."""
        return self.grid

    @property
    def block_pooled_dim(self) -> int:
        """Width of what its authors pool."""
        return self.dim

    @property
    def projected(self) -> slice | None:
        """All of it."""
        return slice(0, self.dim)

    @property
    def preprocessing(self) -> Preprocessing:
        """What pictures are made into."""
        mean, std = ((v[0], v[1], v[2]) for v in (self.mean, self.std))
        return Preprocessing(self.image_size, mean, std)
