"""The maps of an opened index: where its scenes and captions lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["GalleryMap", "MapView"]

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class MapView:
    """Coordinates of one map; only who is near whom means something, not the axes."""

    images: FloatArray  # (n, 2)
    captions: FloatArray  # (d, 2), of the distinct captions


@dataclass(frozen=True)
class GalleryMap:
    """The maps of an index."""

    aligned: MapView  # images and captions in one map of the joint space
    centred: MapView | None  # the same with each modality's mean taken out; None without captions
    raw: MapView  # what the towers say before their heads: two maps, of two widths
    modality_gap: float | None  # distance of the two modalities' means; None without captions
