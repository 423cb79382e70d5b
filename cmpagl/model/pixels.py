"""From decoded squares to what an image encoder reads."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cmpagl.config.vision import IMAGENET, Preprocessing

__all__ = ["to_pixel_values"]


def to_pixel_values(pixels: NDArray[np.uint8], wanted: Preprocessing | None = None) -> Tensor:
    """Squares (B, S, S, 3) uint8 RGB to normalised (B, 3, S, S) float32.

    Args:
        pixels: the squares.
        wanted: whose mean and deviation; None: ImageNet's.
    """
    statistics = IMAGENET if wanted is None else (wanted.mean, wanted.std)
    values = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in statistics)
    return ((values - mean) / std).contiguous()
