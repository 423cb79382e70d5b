"""Every setting of a model and of a training run: frozen, validated once, to and from JSON.

An unknown key is refused with the nearest valid one named, a wrong value with the rule it breaks.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from cmpagl.errors import ConfigError
from cmpagl.rank.smr import SMRConfig

__all__ = [
    "JOINS",
    "PRESETS",
    "FusionConfig",
    "GswinConfig",
    "ModelConfig",
    "RankingConfig",
    "TextConfig",
    "TrainConfig",
    "from_dict",
    "load_train_config",
]

JOINS = ("joint", "scale", "local", "global")

T = TypeVar("T")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)


def _require_ranges(config: Any, zero: tuple[str, ...] = ()) -> None:  # noqa: ANN401
    """Whole numbers from 1 (those named in ``zero``: 0), others from 0, dropouts below 1."""
    for entry in fields(config):
        name, value = entry.name, getattr(config, entry.name)
        for number in value if isinstance(value, tuple) else (value,):
            if type(number) is int:
                least = int(name not in zero)
                _require(number >= least, f"{name} is {value}; it must be at least {least}.")
            elif type(number) is float:
                most = 1.0 if "dropout" in name else float("inf")
                _require(
                    0 <= number < most,
                    f"{name} is {value}; it must be 0 or more"
                    + (" and below 1." if "dropout" in name else ", and finite."),
                )


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
        _require(self.join in JOINS, f"join is {self.join!r}; choose one of {', '.join(JOINS)}.")
        _require(
            len(self.depths) == len(self.num_heads) > 0,
            f"depths has {len(self.depths)} stages and num_heads {len(self.num_heads)}; "
            "give both one entry per stage.",
        )
        _require_ranges(self)
        _require(
            len(self.depths) == 1 or not self.class_token,
            f"a class token cannot be merged with patches over {len(self.depths)} stages; set "
            "class_token to false.",
        )
        factor = self.patch_size * 2 ** (len(self.depths) - 1)
        _require(
            self.image_size % factor == 0,
            f"image_size {self.image_size} is not a multiple of {factor} (patch size times patch "
            "mergings); choose one that is.",
        )
        for stage in range(len(self.depths)):
            grid, dim, heads = self.stage_grid(stage), self.stage_dim(stage), self.num_heads[stage]
            _require(
                dim % heads == 0, f"stage {stage} is {dim} wide, which {heads} heads do not divide."
            )
            _require(
                grid <= self.window_size or grid % self.window_size == 0,
                f"window_size {self.window_size} does not divide the {grid} x {grid} grid of stage "
                f"{stage}; choose a divisor.",
            )
            _require(
                grid <= self.window_size or grid % self.global_size == 0,
                f"global_size {self.global_size} does not divide the {grid} x {grid} grid of stage "
                f"{stage}; choose a divisor.",
            )
        below, blocks = sum(self.depths[:-1]), sum(self.depths)
        _require(
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
        _require_ranges(self, zero=("pooled_layers",))
        _require(
            max(self.pooled_layers, default=0) <= self.depth,
            f"pooled_layers names layer {max(self.pooled_layers, default=0)}; the text tower has "
            f"{self.depth}.",
        )
        _require(
            2 < self.max_length <= self.max_positions,
            f"max_length {self.max_length} must lie between 3 and max_positions "
            f"{self.max_positions}.",
        )
        _require(
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
        _require_ranges(self)
        _require(
            self.dim % self.num_heads == 0,
            f"fusion is {self.dim} wide, which {self.num_heads} heads do not divide.",
        )
        _require(self.rerank_top >= 2, f"rerank_top is {self.rerank_top}; it must be at least 2.")


@dataclass(frozen=True)
class RankingConfig:
    """How scores become the final ranking; every number is tuned on validation data.

    ``*beta_*`` weighs the standardised match score; 0 switches the fusion stage off. The plain
    values are for a bank of training queries, as a live search has; ``transductive_*`` for one of
    the other queries of a benchmark; ``fused_*`` for fusion on plain aligned scores.
    """

    t2i: SMRConfig = field(default_factory=SMRConfig)
    i2t: SMRConfig = field(default_factory=SMRConfig)
    beta_t2i: float = 0.0
    beta_i2t: float = 0.0
    fused_beta_t2i: float = 0.0
    fused_beta_i2t: float = 0.0
    transductive_t2i: SMRConfig = field(default_factory=SMRConfig)
    transductive_i2t: SMRConfig = field(default_factory=SMRConfig)
    transductive_beta_t2i: float = 0.0
    transductive_beta_i2t: float = 0.0

    def __post_init__(self) -> None:
        _require_ranges(self)


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
        _require_ranges(self)
        _require(self.views in (1, 2, 4, 8), f"views is {self.views}; choose 1, 2, 4 or 8.")


@dataclass(frozen=True)
class TrainConfig:
    """A training run: where it starts, what it tunes, for how long.

    Stages: ``heads`` (on cached features of both towers' frozen parts), ``align`` (text tower and
    top image blocks), then ``fuse``. Steps, not seconds, decide every schedule.
    """

    vision_init: str = "../shared/pretrained/dinov2-small"  # folder, hub id, or "random"
    text_init: str = "../shared/pretrained/minilm"  # folder or hub id
    model: ModelConfig = field(default_factory=ModelConfig)
    seed: int = 0
    views: int = 4  # cached views per training image, as `ModelConfig.views` numbers them
    tuned_blocks: int = 2  # image blocks from the top that ``align`` tunes; 0 leaves it frozen
    tuned_text_layers: int = 6  # text layers from the top that ``align`` tunes: 0 none, many all
    batch_size: int = 256  # images
    data_groups: tuple[int, ...] = ()  # each data folder's group; a batch holds one group's images
    data_repeats: tuple[int, ...] = ()  # how often an epoch takes up each data folder's images
    captions_per_image: int = 2
    head_epochs: int = 40
    head_lr: float = 1.5e-3
    align_epochs: int = 10
    align_head_lr: float = 4e-4
    text_lr: float = 8e-5
    text_layer_decay: float = 0.8  # rate of a layer relative to the one above
    vision_lr: float = 3e-5  # 0 keeps the image tower as it came
    vision_layer_decay: float = 0.7
    weight_decay: float = 0.05
    word_dropout: float = 0.1  # share of a caption's word pieces hidden in training
    temperature: float = 0.05  # start of the learned temperature
    infonce_weight: float = 1.0
    triplet_weight: float = 1.0
    intra_class_weight: float = 0.1  # lambda
    margin: float = 0.2
    mining: str = "all"  # triplets: "all" or "hardest"
    ema_decay: float = 0.998
    fuse_epochs: int = 10
    fuse_lr: float = 1e-3
    fuse_batch_size: int = 64  # images; matching starts from nothing, and needs many steps
    fuse_negatives: int = 3  # hard negatives per positive and direction
    bank_size: int = 4000  # vectors a direction, at most
    checkpoint_seconds: float = 60.0  # longest time between two saved states

    def __post_init__(self) -> None:
        epochs = tuple(f.name for f in fields(self) if f.name.endswith("_epochs"))
        _require_ranges(
            self,
            zero=(
                "seed",
                "tuned_blocks",
                "tuned_text_layers",
                "data_groups",
                "data_repeats",
                *epochs,
            ),
        )
        _require(self.temperature > 0, "temperature is 0; it must be above 0.")
        _require(self.views in (1, 2, 4, 8), f"views is {self.views}; choose 1, 2, 4 or 8.")
        _require(
            self.mining in ("all", "hardest"),
            f'mining is {self.mining!r}; choose "all" or "hardest".',
        )
        blocks = sum(self.model.vision.depths)
        _require(
            0 <= self.tuned_blocks <= blocks,
            f"tuned_blocks is {self.tuned_blocks}; the tower has {blocks} blocks.",
        )
        _require(self.batch_size >= 2, f"batch_size is {self.batch_size}; it must be at least 2.")
        _require(
            0 < self.bank_size <= 4000, f"bank_size is {self.bank_size}; it must be 1 to 4000."
        )


def from_dict(cls: type[T], content: object, where: str = "config") -> T:
    """Build a config dataclass from JSON values, strictly.

    Args:
        cls: the dataclass.
        content: a JSON object.
        where: how messages call the place, grows with nesting ("config.vision").

    Raises:
        ConfigError: not an object, an unknown key (the nearest is named), a value of another type,
            or a rule of the dataclass broken.
    """
    if not isinstance(content, dict):
        raise ConfigError(f"{where} must be a JSON object, not {type(content).__name__}.")
    hints = get_type_hints(cls)
    names = [f.name for f in fields(cls)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in names:
            near = difflib.get_close_matches(str(key), names, n=1, cutoff=0.0)
            raise ConfigError(f"{where} has the unknown key {key!r}; did you mean {near[0]!r}?")
        values[key] = _value(hints[key], value, f"{where}.{key}")
    try:
        return cls(**values)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _value(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 (whatever JSON holds)
    if is_dataclass(kind):
        return from_dict(kind, value, where)  # type: ignore[arg-type]
    if kind is bool or kind is str:
        ok = isinstance(value, kind)
    elif kind is int:
        ok = isinstance(value, int) and not isinstance(value, bool)
    elif kind is float:
        ok = isinstance(value, int | float) and not isinstance(value, bool)
        ok = ok and value == value and abs(value) != float("inf")
        value = float(value) if ok else value
    else:  # tuple[int, ...]
        ok = isinstance(value, list | tuple) and all(type(v) is int for v in value)
        kind, value = list, tuple(value) if ok else value
    if not ok:
        raise ConfigError(f"{where} is {value!r}, which is not a valid {kind.__name__}.")
    return value


def load_train_config(path: Path) -> TrainConfig:
    """Read a training config; ``model.vision`` may be a preset's name instead of an object.

    Raises:
        ConfigError: the file cannot be read, is not JSON, or does not fit `TrainConfig`.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); give a JSON file.") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not valid JSON ({error}).") from error
    model = content.get("model") if isinstance(content, dict) else None
    if isinstance(model, dict) and isinstance(model.get("vision"), str):
        name = model["vision"]
        if name not in PRESETS:
            raise ConfigError(
                f"{path} names the preset {name!r}; choose one of {', '.join(PRESETS)}."
            )
        model["vision"] = asdict(PRESETS[name])
    return from_dict(TrainConfig, content, str(path))
