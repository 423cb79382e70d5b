"""Every setting of a model: frozen, validated once, to and from JSON.

A wrong value is refused with the rule that it breaks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cmpagl.config.ranking import RankingConfig
from cmpagl.config.strict import require, require_ranges

__all__ = ["JOINS", "PRESETS", "FusionConfig", "GswinConfig", "ModelConfig", "TextConfig"]

JOINS = ("joint", "scale", "local", "global")


@dataclass(frozen=True)
class GswinConfig:
    """The image tower. The two arrangements we use are `PRESETS`."""

    image_size: int = 224  # pixels; the whole image is squashed to a square
    patch_size: int = 14
    dim: int = 384  # width of the first stage; doubles with each patch merging
    depths: tuple[int, ...] = (12,)  # blocks per stage
    num_heads: tuple[int, ...] = (6,)
    window_size: int = 8  # M, tokens
    global_size: int = 4  # G, cells per side
    join: str = "joint"  # one of JOINS
    class_token: bool = True
    position_table: bool = True  # learned table added to the tokens (ViT)
    relative_position_bias: bool = False  # learned bias within a window (Swin)
    layer_scale: bool = True
    patch_norm: bool = False
    mlp_ratio: float = 4.0
    norm_eps: float = 1e-6
    # Blocks, counted from 1, whose output the head reads; none named: the last.
    pooled_blocks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require(self.join in JOINS, f"join is {self.join!r}; choose one of {', '.join(JOINS)}.")
        require(
            len(self.depths) == len(self.num_heads) > 0,
            f"depths has {len(self.depths)} stages and num_heads {len(self.num_heads)}; "
            "give both one entry per stage.",
        )
        require_ranges(self)
        require(
            len(self.depths) == 1 or not self.class_token,
            f"a class token cannot be merged with patches over {len(self.depths)} stages; set "
            "class_token to false.",
        )
        factor = self.patch_size * 2 ** (len(self.depths) - 1)
        require(
            self.image_size % factor == 0,
            f"image_size {self.image_size} is not a multiple of {factor} (patch size times patch "
            "mergings); choose one that is.",
        )
        for stage in range(len(self.depths)):
            grid, dim, heads = self.stage_grid(stage), self.stage_dim(stage), self.num_heads[stage]
            require(
                dim % heads == 0, f"stage {stage} is {dim} wide, which {heads} heads do not divide."
            )
            require(
                grid <= self.window_size or grid % self.window_size == 0,
                f"window_size {self.window_size} does not divide the {grid} x {grid} grid of stage "
                f"{stage}; choose a divisor.",
            )
            require(
                grid <= self.window_size or grid % self.global_size == 0,
                f"global_size {self.global_size} does not divide the {grid} x {grid} grid of stage "
                f"{stage}; choose a divisor.",
            )
        below, blocks = sum(self.depths[:-1]), sum(self.depths)
        require(
            all(below < block <= blocks for block in self.pooled_blocks)
            and list(self.pooled_blocks) == sorted(set(self.pooled_blocks)),
            f"pooled_blocks is {list(self.pooled_blocks)}; name blocks {below + 1} to {blocks} "
            "(those of the last stage) in ascending order.",
        )

    def stage_grid(self, stage: int) -> int:
        """Tokens per side at ``stage``."""
        return self.image_size // self.patch_size >> stage

    def stage_dim(self, stage: int) -> int:
        """Channels at ``stage``."""
        return self.dim << stage

    @property
    def out_dim(self) -> int:
        """D, channels of the image tokens."""
        return self.stage_dim(len(self.depths) - 1)

    @property
    def out_grid(self) -> int:
        """Image tokens per side."""
        return self.stage_grid(len(self.depths) - 1)

    @property
    def block_pooled_dim(self) -> int:
        """Of one pooled block: class token (if any), mean and standard deviation."""
        return self.out_dim * (3 if self.class_token else 2)

    @property
    def pooled_dim(self) -> int:
        """P: all pooled blocks, one after the other."""
        return self.block_pooled_dim * max(1, len(self.pooled_blocks))


PRESETS: dict[str, GswinConfig] = {
    # ViT-S/14's arrangement; starts from DINOv2-S. The one that we ship.
    "gswin_small_14": GswinConfig(),
    # Swin-T's arrangement; starts from timm's Swin-T. What we think the paper trained.
    "gswin_tiny_4": GswinConfig(
        patch_size=4,
        dim=96,
        depths=(2, 2, 6, 2),
        num_heads=(3, 6, 12, 24),
        window_size=7,
        global_size=7,
        join="scale",
        class_token=False,
        position_table=False,
        relative_position_bias=True,
        layer_scale=False,
        patch_norm=True,
        norm_eps=1e-5,
    ),
}


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
    depth: int = 2
    num_heads: int = 4
    mlp_ratio: float = 2.0
    dropout: float = 0.1
    rerank_top: int = 32  # how many of a query's best aligned items are matched

    def __post_init__(self) -> None:
        require_ranges(self)
        require(
            self.dim % self.num_heads == 0,
            f"fusion is {self.dim} wide, which {self.num_heads} heads do not divide.",
        )
        require(self.rerank_top >= 2, f"rerank_top is {self.rerank_top}; it must be at least 2.")


@dataclass(frozen=True)
class ModelConfig:
    """A whole model; with the weights beside it, all that is needed to rebuild it."""

    vision: GswinConfig = field(default_factory=GswinConfig)
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
