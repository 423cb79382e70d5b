"""Every setting of a training run, validated once, to and from JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from cmpagl.config.json_types import TwiceError, distinct_keys
from cmpagl.config.model import ModelConfig
from cmpagl.config.strict import from_dict, require, require_ranges
from cmpagl.config.vision import PRESETS, ImageEncoderConfig
from cmpagl.errors import ConfigError

__all__ = ["TrainConfig", "load_train_config"]

PUBLISHED = "published"
"""Instead of a preset's name: the image tower of ``vision_init`` as it is."""


@dataclass(frozen=True)
class TrainConfig:
    """A training run: where it starts, what it tunes, for how long.

    Phases: ``heads`` (on cached features of both towers' frozen parts), ``align`` (text tower and
    top image blocks), then ``fuse``. Steps, not seconds, decide every schedule.
    """

    vision_init: str = "facebook/dinov2-small"  # folder, hub id, or "random"
    text_init: str = "sentence-transformers/all-MiniLM-L6-v2"  # folder or hub id
    model: ModelConfig = field(default_factory=ModelConfig)
    seed: int = 0
    views: int = 4  # cached views per training image, as `ModelConfig.views` numbers them
    tuned_blocks: int = 2  # image blocks from the top that ``align`` tunes; 0 leaves it frozen
    tuned_text_layers: int = 6  # text layers from the top that ``align`` tunes: 0 none, many all
    batch_size: int = 256  # images
    data_groups: tuple[int, ...] = ()  # each data folder's group; a batch holds one group's images
    data_repeats: tuple[int, ...] = ()  # how often an epoch takes up each data folder's images
    captions_per_image: int = 2
    bag_captions: int = 0  # a word of so many training captions joins the bag of words; 0: none
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

    @property
    def tunes_vision(self) -> bool:
        """Whether ``align`` changes the image tower."""
        return self.tuned_blocks > 0 and self.vision_lr > 0

    def __post_init__(self) -> None:
        epochs = tuple(f.name for f in fields(self) if f.name.endswith("_epochs"))
        require_ranges(
            self,
            zero=(
                "seed",
                "tuned_blocks",
                "tuned_text_layers",
                "data_groups",
                "data_repeats",
                "bag_captions",
                *epochs,
            ),
        )
        require(self.temperature > 0, "temperature is 0; it must be above 0.")
        require(self.views in (1, 2, 4, 8), f"views is {self.views}; choose 1, 2, 4 or 8.")
        require(
            self.mining in ("all", "hardest"),
            f'mining is {self.mining!r}; choose "all" or "hardest".',
        )
        blocks = self.model.vision.num_blocks
        require(
            0 <= self.tuned_blocks <= blocks,
            f"tuned_blocks is {self.tuned_blocks}; the tower has {blocks} blocks.",
        )
        require(
            not self.data_repeats or any(self.data_repeats),
            "data_repeats is 0 for every data folder; take up one of them at least.",
        )
        require(self.batch_size >= 2, f"batch_size is {self.batch_size}; it must be at least 2.")
        require(0 < self.bank_size <= 4000, f"bank_size is {self.bank_size}; it must be 1 to 4000.")


def load_train_config(
    path: Path, published: Callable[[str], ImageEncoderConfig] | None = None
) -> TrainConfig:
    """Read a training config; ``model.vision`` may be a name instead of an object.

    Args:
        path: a JSON file; the name is a preset's, or ``published``: the image tower of
            ``vision_init`` as its authors publish it, DINOv2's with heads of our own for one.
        published: gives that tower's settings by its folder or hub id.

    Raises:
        ConfigError: the file cannot be read, is not JSON, or does not fit `TrainConfig`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text, object_pairs_hook=distinct_keys)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); give a JSON file.") from error
    except TwiceError as error:
        raise ConfigError(
            f"{path} says {error} twice in one object, and not the same; keep one."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid JSON ({error}).") from error
    model = content.get("model") if isinstance(content, dict) else None
    if isinstance(model, dict) and isinstance(model.get("vision"), str):
        name, source = model["vision"], content.get("vision_init")
        if name == PUBLISHED and published is not None and isinstance(source, str):
            model["vision"] = asdict(published(source))  # type: ignore[call-overload]
        elif name in PRESETS:
            model["vision"] = asdict(PRESETS[name])  # type: ignore[call-overload]
        else:
            raise ConfigError(
                f"{path} names the preset {name!r}; choose one of {', '.join(PRESETS)}, or "
                f"{PUBLISHED} with a vision_init."
            )
    return from_dict(TrainConfig, content, str(path))
