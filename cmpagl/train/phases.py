"""The phases of a run, in order, and which parameters each tunes at which rate.

``heads`` trains the heads on cached features of both frozen towers, ``align`` the text tower and
the top image blocks with them, ``fuse`` the fusion encoder on the aligned towers' tokens.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from cmpagl.config.run import TrainConfig
from cmpagl.model.towers import CMPAGL
from cmpagl.train.schedule import Rated

__all__ = ["DONE", "PHASES", "epochs_of", "following", "rated_parameters"]

PHASES = ("heads", "align", "fuse")
DONE = "done"  # what follows the last


def following(phase: str) -> str:
    """The phase after one, or `DONE`."""
    return (*PHASES, DONE)[PHASES.index(phase) + 1]


def epochs_of(phase: str, config: TrainConfig) -> int:
    """How often a phase goes through the training images."""
    return {"heads": config.head_epochs, "align": config.align_epochs, "fuse": config.fuse_epochs}[
        phase
    ]


def rated_parameters(
    phase: str, model: CMPAGL, log_temperature: nn.Parameter, config: TrainConfig
) -> list[Rated]:
    """The parameters of a phase with their highest rates (layer-wise: lower layers less)."""
    if phase == "fuse":
        return [Rated(f"fusion.{n}", p, config.fuse_lr) for n, p in model.fusion.named_parameters()]
    rate = config.head_lr if phase == "heads" else config.align_head_lr
    found = [Rated("log_temperature", log_temperature, rate)]
    for tower, head in (("image", model.image.head), ("text", model.text.head)):
        found += [Rated(f"{tower}.head.{n}", p, rate) for n, p in head.named_parameters()]
    if phase == "align":
        found += _text_layers(model, config)
        if config.tunes_vision:
            found += _image_blocks(model, config)
    return found


def _text_layers(model: CMPAGL, config: TrainConfig) -> Iterator[Rated]:
    *layers, after = model.text.encoder.parameter_groups()
    tuned = layers[max(0, len(layers) - config.tuned_text_layers) :]
    for number, group in enumerate(tuned):
        rate = config.text_lr * config.text_layer_decay ** (len(tuned) - 1 - number)
        yield from (Rated(f"text.encoder.{n}", p, rate) for n, p in group.items())
    if tuned:
        yield from (Rated(f"text.encoder.{n}", p, config.text_lr) for n, p in after.items())


def _image_blocks(model: CMPAGL, config: TrainConfig) -> Iterator[Rated]:
    *blocks, after = model.image.vision.parameter_groups()
    tuned = blocks[len(blocks) - config.tuned_blocks :]
    for number, group in enumerate(tuned):
        rate = config.vision_lr * config.vision_layer_decay ** (len(tuned) - 1 - number)
        yield from (Rated(f"image.vision.{n}", p, rate) for n, p in group.items())
    yield from (Rated(f"image.vision.{n}", p, config.vision_lr) for n, p in after.items())
