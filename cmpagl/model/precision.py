"""In which precision pictures are embedded: float32, or bfloat16 where that is quicker.

Weights stay float32; with bfloat16, matrix products run in it under autocast, while norms and
softmax stay in float32, and embeddings come out as float32. Processors without bfloat16 of their
own are slower by it, so "auto" measures this machine once, with the very tower.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from cmpagl.model.pixels import to_pixel_values

if TYPE_CHECKING:
    from cmpagl.model.towers import ImageTower

__all__ = ["Precision", "PrecisionName", "choose_precision", "in_precision"]

PrecisionName = Literal["auto", "float32", "bfloat16"]

_QUICKER = 1.2  # times as quick, from which on bfloat16 is taken
_TRIED = 4  # pictures that are embedded to measure
_ROUNDS = 2


@dataclass(frozen=True)
class Precision:
    """What was chosen."""

    name: Literal["float32", "bfloat16"]
    gain: float | None = None  # how many times as quick bfloat16 was here, where it was measured


def choose_precision(tower: ImageTower, wanted: PrecisionName) -> Precision:
    """What to embed in on this machine; "auto" embeds a few made-up pictures both ways.

    Args:
        tower: on the device that it will run on.
        wanted: what was asked for.
    """
    if wanted != "auto":
        return Precision(wanted)
    preprocessing = tower.vision.config.preprocessing
    squares = np.random.default_rng(0).integers(
        0, 256, (_TRIED, preprocessing.size, preprocessing.size, 3), np.uint8
    )
    pixels = to_pixel_values(squares, preprocessing).to(next(tower.parameters()).device)
    times = {name: _seconds(tower, pixels, name) for name in ("float32", "bfloat16")}
    gain = times["float32"] / times["bfloat16"]
    return Precision("bfloat16" if gain >= _QUICKER else "float32", gain)


def _seconds(tower: ImageTower, pixels: torch.Tensor, name: str) -> float:
    """The quickest of some passes, after one that is not counted."""
    times = []
    for _ in range(_ROUNDS + 1):
        start = time.perf_counter()
        with torch.inference_mode(), in_precision(name, pixels.device):
            tower.vision(pixels).pooled.float().sum().item()  # waits for a GPU as well
        times.append(time.perf_counter() - start)
    return min(times[1:])


def in_precision(name: str, device: torch.device) -> torch.autocast:
    """A context in which a tower computes in a precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=name == "bfloat16")
