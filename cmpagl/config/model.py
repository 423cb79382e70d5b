"""Every setting of a model: frozen, validated once, to and from JSON.

A wrong value is refused with the rule that it breaks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cmpagl.config.ranking import RankingConfig
from cmpagl.config.strict import require, require_ranges
from cmpagl.config.vision import GswinConfig, ImageEncoderConfig
from cmpagl.config.vit import ViTConfig

__all__ = ["IMAGE_ENCODERS", "FusionConfig", "ModelConfig", "TextConfig"]

IMAGE_ENCODERS: tuple[type[ImageEncoderConfig], ...] = (GswinConfig, ViTConfig)
"""The kinds of image encoder that settings may name."""


@dataclass(frozen=True)
class TextConfig:
    """The text tower: a BERT-type encoder as `transformers` builds it from these sizes."""

    vocab_size: int = 30522
    dim: int = 384
    depth: int = 6
    num_heads: int = 12
    mlp_dim: int = 1536
    max_positions: int = 512
    max_length: int = 64  # word pieces; a longer text is cut, and said so
    # Layers whose mean over the word pieces the head reads, 0 being what goes into the first; none
    # named: the last.
    pooled_layers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_ranges(self, zero=("pooled_layers",))
        require(
            max(self.pooled_layers, default=0) <= self.depth,
            f"pooled_layers names layer {max(self.pooled_layers, default=0)}; the text tower has "
            f"{self.depth}.",
        )
        require(
            2 < self.max_length <= self.max_positions,
            f"max_length {self.max_length} must lie between 3 and max_positions "
            f"{self.max_positions}.",
        )
        require(
            self.dim % self.num_heads == 0,
            f"the text tower is {self.dim} wide, which {self.num_heads} heads do not divide.",
        )

    @property
    def pooled_dim(self) -> int:
        """P: the means of all pooled layers, one after the other."""
        return self.dim * max(1, len(self.pooled_layers))


@dataclass(frozen=True)
class FusionConfig:
    """The fusion encoder and its matching head."""

    dim: int = 128  # width of the stored image tokens as well
    depth: int = 2  # 0: the model has no fusion
    num_heads: int = 4
    mlp_ratio: float = 2.0
    dropout: float = 0.1
    rerank_top: int = 32  # how many of a query's best aligned items are matched

    def __post_init__(self) -> None:
        require_ranges(self, zero=("depth",))
        require(
            self.dim % self.num_heads == 0,
            f"fusion is {self.dim} wide, which {self.num_heads} heads do not divide.",
        )
        require(self.rerank_top >= 2, f"rerank_top is {self.rerank_top}; it must be at least 2.")


@dataclass(frozen=True)
class ModelConfig:
    """A whole model; with the weights beside it, all that is needed to rebuild it."""

    vision: ImageEncoderConfig = field(default_factory=GswinConfig)
    text: TextConfig = field(default_factory=TextConfig)
    fusion: FusionConfig = field(default_factory=FusionConfig)
    ranking: RankingConfig = field(default_factory=RankingConfig)
    embed_dim: int = 256  # E
    head_dim: int = 512  # hidden width of the heads' MLP
    head_dropout: float = 0.3
    views: int = (
        1  # turned views whose embeddings are averaged: 1, 2 (a quarter turn), 4 (turns), 8
    )

    def __post_init__(self) -> None:
        require_ranges(self)
        require(self.views in (1, 2, 4, 8), f"views is {self.views}; choose 1, 2, 4 or 8.")
