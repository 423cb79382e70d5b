"""Settings of an image encoder: what every kind tells of itself, and those of Gswin.

A kind is a frozen dataclass below `ImageEncoderConfig`, which names the module that builds it; see
`cmpagl.model.encoder` for what that module owes.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from cmpagl.config.strict import require, require_attention, require_ranges
from cmpagl.errors import ConfigError

__all__ = ["IMAGENET", "JOINS", "PRESETS", "GswinConfig", "ImageEncoderConfig", "Preprocessing"]

JOINS = ("joint", "scale", "local", "global")

Channels = tuple[float, float, float]


@dataclass(frozen=True)
class Preprocessing:
    """What an encoder wants of a picture before it reads it: squashed to a square, normalised."""

    size: int  # pixels a side
    mean: Channels  # of red, green, blue, each from 0 to 1
    std: Channels


IMAGENET: tuple[Channels, Channels] = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation that encoders trained on ImageNet's pictures want."""

PIXELS = {
    "imagenet": IMAGENET,
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "half": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),  # SigLIP
}
"""Mean and deviation by the name that settings give them."""

ACTIVATIONS = ("gelu", "quick_gelu", "gelu_tanh")


class ImageEncoderConfig(ABC):
    """What the rest of the model asks of an image encoder's settings, whatever its kind.

    A kind is a frozen dataclass with a field ``kind`` of its name, by which JSON tells it from the
    others; settings without one are Gswin's. Defining the class makes the kind known.
    """

    encoder: ClassVar[str]  # "module:class" that builds it
    kinds: ClassVar[dict[str, type[ImageEncoderConfig]]] = {}
    later: ClassVar[tuple[str, ...]] = ()  # see `identity`

    image_size: int  # pixels; the whole image is squashed to a square
    join: str = "full"  # how near and far places are attended to: one of JOINS, or all at once
    pooled_blocks: tuple[int, ...] = ()  # counted from 1; none named: the last

    def __init_subclass__(cls) -> None:
        ImageEncoderConfig.kinds[getattr(cls, "kind", "gswin")] = cls

    @classmethod
    def class_for(cls, content: Mapping[str, Any], where: str) -> type[ImageEncoderConfig]:
        """The kind that a JSON object is of.

        Raises:
            ConfigError: there is no such kind.
        """
        kind = content.get("kind", "gswin")
        if not isinstance(kind, str) or kind not in cls.kinds:
            near = difflib.get_close_matches(str(kind), cls.kinds, n=1, cutoff=0.0)
            raise ConfigError(f"{where} is of the unknown kind {kind!r}; did you mean {near[0]!r}?")
        return cls.kinds[kind]

    @property
    @abstractmethod
    def num_blocks(self) -> int:
        """How many blocks run one after the other."""

    @property
    @abstractmethod
    def out_dim(self) -> int:
        """D, channels of the image tokens."""

    @property
    @abstractmethod
    def out_grid(self) -> int:
        """Image tokens per side."""

    @property
    @abstractmethod
    def block_pooled_dim(self) -> int:
        """Width of what is pooled of one block."""

    @property
    def pooled_dim(self) -> int:
        """P: all pooled blocks, one after the other."""
        return self.block_pooled_dim * max(1, len(self.pooled_blocks))

    @property
    def projected(self) -> slice | None:
        """Which columns of what is pooled a projection of its authors' reads; None: none can."""
        return None

    @property
    def preprocessing(self) -> Preprocessing:
        """What pictures are made into."""
        return Preprocessing(self.image_size, *IMAGENET)

    def identity(self) -> dict[str, Any]:
        """What decides what the encoder computes, as JSON values.

        Settings that a kind has learnt since (``later``) are left out where they are as before, so
        that what was made by then is still known by them.
        """
        said = asdict(self)  # type: ignore[call-overload]
        usual = {f.name: f.default for f in fields(self)}  # type: ignore[arg-type]
        return {k: v for k, v in said.items() if k not in self.later or v != usual[k]}


@dataclass(frozen=True)
class GswinConfig(ImageEncoderConfig):
    """Gswin: windows and cells. The arrangements we use are among `PRESETS`."""

    encoder: ClassVar[str] = "cmpagl.model.gswin:GswinTransformer"
    later: ClassVar[tuple[str, ...]] = ("act", "pre_norm", "pixels", "attention_pool")

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
    act: str = "gelu"  # one of ACTIVATIONS
    pre_norm: bool = False  # a norm between the position table and the first block (CLIP)
    pixels: str = "imagenet"  # one of PIXELS: mean and deviation that pictures are normalised by
    attention_pool: bool = False  # the head also reads what a learned query attends to (SigLIP)

    def __post_init__(self) -> None:
        require(
            self.act in ACTIVATIONS,
            f"act is {self.act!r}; choose one of {', '.join(ACTIVATIONS)}.",
        )
        require(
            self.pixels in PIXELS, f"pixels is {self.pixels!r}; choose one of {', '.join(PIXELS)}."
        )
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
            near = min(grid, self.window_size) ** 2
            require_attention(grid * grid, near + self.global_size**2 + 1, heads)
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
    def num_blocks(self) -> int:
        """Blocks over all stages."""
        return sum(self.depths)

    @property
    def preprocessing(self) -> Preprocessing:
        """What pictures are made into."""
        return Preprocessing(self.image_size, *PIXELS[self.pixels])

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
        """P: what attention pools of the last block (if it does), then all pooled blocks."""
        return super().pooled_dim + self.out_dim * int(self.attention_pool)

    @property
    def projected(self) -> slice | None:
        """What attention pools, or the last block's class token, where it is pooled."""
        if self.attention_pool:
            return slice(0, self.out_dim)
        last = (self.pooled_blocks or (self.num_blocks,))[-1]
        if not self.class_token or last != self.num_blocks:
            return None
        start = self.pooled_dim - self.block_pooled_dim
        return slice(start, start + self.out_dim)


PRESETS: dict[str, ImageEncoderConfig] = {
    # ViT-S/14's arrangement; starts from DINOv2-S. The one that we ship.
    "gswin_small_14": GswinConfig(),
    # ViT-B/16's arrangement as CLIP has it; starts from CLIP's weights, which are aligned already.
    "gswin_base_16_clip": GswinConfig(
        patch_size=16,
        dim=768,
        num_heads=(12,),
        window_size=7,
        global_size=7,
        layer_scale=False,
        norm_eps=1e-5,
        act="quick_gelu",
        pre_norm=True,
        pixels="clip",
    ),
    # ViT-B/16's arrangement as SigLIP has it: no class token, attention pools instead.
    "gswin_base_16_siglip": GswinConfig(
        patch_size=16,
        dim=768,
        num_heads=(12,),
        window_size=7,
        global_size=7,
        class_token=False,
        layer_scale=False,
        act="gelu_tanh",
        pixels="half",
        attention_pool=True,
    ),
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
"""Names that a training config may give instead of all of an encoder's settings."""
