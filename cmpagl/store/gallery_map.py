"""The maps of an opened index: where its scenes and captions lie, and where a class is named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["GalleryMap", "MapView", "class_middles"]

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
    raw: MapView | None  # what the towers say before their heads: two maps, of two widths; None of
    # a model that was added beside the first
    modality_gap: float | None  # distance of the two modalities' means; None without captions


def class_middles(
    places: FloatArray, classes: npt.NDArray[np.int64], n_classes: int
) -> npt.NDArray[np.int64]:
    """Where to name each class: at its item nearest to the median of its places.

    Args:
        places: (n, 2).
        classes: (n,) numbers of classes; -1 for none.
        n_classes: C.

    Returns:
        (C,) numbers of items; -1 for a class with fewer than two.
    """
    middles = np.full(n_classes, -1, np.int64)
    for number in range(n_classes):
        own = np.flatnonzero(classes == number)
        if len(own) >= 2:
            off = places[own] - np.median(places[own], axis=0)
            middles[number] = own[np.argmin((off**2).sum(axis=1))]
    return middles
