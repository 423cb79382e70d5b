"""From decoded squares to what the image tower reads: ImageNet's mean and deviation."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["to_pixel_values"]

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


def to_pixel_values(pixels: NDArray[np.uint8]) -> Tensor:
    """Squares (B, S, S, 3) uint8 RGB to normalised (B, 3, S, S) float32."""
    values = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in (_MEAN, _STD))
    return ((values - mean) / std).contiguous()
