"""Every setting of a model: frozen, validated once, to and from JSON.

A wrong value is refused with the rule that it breaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from cmpagl.config.ranking import RankingConfig
from cmpagl.config.strict import require, require_ranges
from cmpagl.config.vision import GswinConfig, ImageEncoderConfig
from cmpagl.config.vit import ViTConfig
from cmpagl.errors import ConfigError

__all__ = [
    "IMAGE_ENCODERS",
    "ClipTextConfig",
    "FusionConfig",
    "ModelConfig",
    "SiglipTextConfig",
    "TextConfig",
]

IMAGE_ENCODERS: tuple[type[ImageEncoderConfig], ...] = (GswinConfig, ViTConfig)
"""The kinds of image encoder that settings may name."""


LONGEST_WORD = 4
"""Word pieces of a word in a bag of words, at most: so many make one 64-bit number."""
MOST_WORDS = 65_536


@dataclass(frozen=True)
class TextConfig:
    """The text tower: a BERT-type encoder as `transformers` builds it from these sizes.

    Another kind is a class below this one with a field ``kind`` of its name.
    """

    encoder: ClassVar[str] = "cmpagl.model.text:BertEncoder"  # "module:class" that builds it

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
    # A bag of words beside those means: words, each as its word pieces, of which the head is told
    # one by one whether the text has them.
    bag: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        require_ranges(self, zero=("pooled_layers", "filling"))
        pieces = [piece for word in self.bag for piece in word]
        require(
            len(self.bag) <= MOST_WORDS
            and all(0 <= piece < self.vocab_size for piece in pieces)
            and all(0 < len(word) <= LONGEST_WORD for word in self.bag)
            and len(set(self.bag)) == len(self.bag),
            f"bag must name at most {MOST_WORDS} words, each once, by 1 to {LONGEST_WORD} of the "
            f"{self.vocab_size} word pieces that the text tower knows.",
        )
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
        """P: the means of all pooled layers, one after the other, then the bag of words."""
        return self.dim * max(1, len(self.pooled_layers)) + len(self.bag)

    @property
    def projected(self) -> slice | None:
        """Which columns of what is pooled a projection of its authors' reads; None: none can."""
        return None

    @classmethod
    def class_for(cls, content: Mapping[str, Any], where: str) -> type[TextConfig]:
        """The kind that a JSON object is of; without a name, BERT's.

        Raises:
            ConfigError: there is no such kind.
        """
        kinds = {one.kind: one for one in (ClipTextConfig, SiglipTextConfig)}
        kind = content.get("kind")
        if kind is not None and str(kind) not in kinds:
            raise ConfigError(
                f"{where} is of the unknown kind {str(kind)[:80]!r}; did you mean 'clip'?"
            )
        return TextConfig if kind is None else kinds[kind]


@dataclass(frozen=True)
class _PublishedTextConfig(TextConfig):
    """A text tower whose authors pool one place and project it."""

    kind: str = ""
    act: str = "gelu"  # one of `acts`
    norm_eps: float = 1e-5
    acts: ClassVar[tuple[str, ...]] = ("gelu",)
    piece: ClassVar[str]  # the setting that is a word piece's number

    def __post_init__(self) -> None:
        super().__post_init__()
        require(not self.bag, "bag is for a tower that reads BERT's word pieces; leave it out.")
        require(
            self.act in self.acts, f"act is {self.act!r}; choose one of {', '.join(self.acts)}."
        )
        number = getattr(self, self.piece)
        require(
            number < self.vocab_size,
            f"{self.piece} is {number}; the text tower knows {self.vocab_size} word pieces.",
        )

    @property
    def pooled_dim(self) -> int:
        """P: what its authors pool, then the means of the pooled layers."""
        return self.dim * (1 + len(self.pooled_layers))

    @property
    def projected(self) -> slice | None:
        """What its authors pool comes first."""
        return slice(0, self.dim)


@dataclass(frozen=True)
class ClipTextConfig(_PublishedTextConfig):
    """CLIP's text tower: it reads from left to right, and pools the piece that closes a text."""

    encoder: ClassVar[str] = "cmpagl.model.clip_text:ClipTextEncoder"
    acts: ClassVar[tuple[str, ...]] = ("quick_gelu", "gelu")
    piece: ClassVar[str] = "closing"

    kind: str = "clip"
    act: str = "quick_gelu"
    closing: int = 2  # the piece that closes a text; 2: the one with the highest number


@dataclass(frozen=True)
class SiglipTextConfig(_PublishedTextConfig):
    """SigLIP's text tower, and SigLIP 2's: texts are filled up, and the last place is pooled."""

    encoder: ClassVar[str] = "cmpagl.model.siglip_text:SiglipTextEncoder"
    acts: ClassVar[tuple[str, ...]] = ("gelu_pytorch_tanh", "gelu")
    piece: ClassVar[str] = "filling"

    kind: str = "siglip"
    act: str = "gelu_pytorch_tanh"
    norm_eps: float = 1e-6
    filling: int = 1  # the piece that stands where a text has none
    fills_left: bool = False  # before the text, not behind it


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
