"""A picture read once: all that one decoding of it is good for. Nothing here needs PyTorch."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cmpagl.data.chips import place_of
from cmpagl.data.picture import SIDE, Picture, square_pixels, thumbnail_bytes
from cmpagl.errors import DataError

__all__ = ["Known", "Prepared", "prepare"]


@dataclass(frozen=True)
class Known:
    """A picture whose content has been embedded before."""

    content: bytes


@dataclass(frozen=True)
class Prepared:
    """All that one decoding of a picture is good for."""

    content: bytes
    square: npt.NDArray[np.uint8]
    thumbnail: bytes
    size: tuple[int, int]  # width, height
    corners: list[float] | None = None  # on Earth: longitude, latitude, ...
    crs: str | None = None


def prepare(picture: Picture, size: int, known: Container[bytes]) -> Known | Prepared | DataError:
    """Read a picture once; an error is handed on, to be judged in the order of the records.

    Args:
        picture: not yet opened.
        size: pixels of the model's square.
        known: content digests that have been embedded before.
    """
    try:
        content = bytes.fromhex(picture.digest())
        if content in known:
            return Known(content)
        image = picture.read(side=SIDE)
    except DataError as error:
        return error
    square, place = square_pixels(image, size), place_of(picture)
    prepared = Prepared(content, square, thumbnail_bytes(image), image.size)
    if place is None:
        return prepared
    return replace(prepared, corners=np.ravel(place.footprint).tolist(), crs=place.crs)
