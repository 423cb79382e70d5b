"""A chip of a raster in what surrounds it, outlined, for who wants to see where it is."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import ImageDraw

from app.explorer.uploads import DECODING
from cmpagl.data.chips import WindowPicture
from cmpagl.data.georeference import ground_size
from cmpagl.errors import QueryError
from cmpagl.store.gallery import Gallery

__all__ = ["across_metres", "around_jpeg"]

TIMES = 5.0
SIDE = 1280
OUTLINE = (242, 177, 52)


def across_metres(picture: object) -> float | None:
    """How many metres wide a chip is; None where its raster does not say, or it is none."""
    if not isinstance(picture, WindowPicture) or picture.place is None:
        return None
    return float(ground_size(picture.place.footprint)[0]) or None


def around_jpeg(gallery: Gallery, number: int) -> tuple[bytes, float | None]:
    """A chip's surroundings as a JPEG, and how many metres wide they are.

    Raises:
        QueryError: there is no such scene, or it is no chip.
        DataError: the raster has vanished or cannot be read.
    """
    if not 0 <= number < len(gallery):
        raise QueryError(f"Scene {number} does not exist; the gallery has {len(gallery)}.")
    picture = gallery.records[number].picture
    if not isinstance(picture, WindowPicture):
        raise QueryError("This scene is a picture of its own, with nothing around it.")
    return _drawn(picture, picture.stamp())


@lru_cache(maxsize=16)
def _drawn(picture: WindowPicture, stamp: tuple[int, int] | None) -> tuple[bytes, float | None]:
    """Kept until the raster changes."""
    from cmpagl.data.overview import surroundings

    with DECODING:
        image, (left, top, wide, high) = surroundings(picture, TIMES, SIDE)
    box = [left * image.width, top * image.height]
    box += [box[0] + wide * image.width, box[1] + high * image.height]
    line = max(2, round(image.width / 400))
    ImageDraw.Draw(image).rectangle(box, outline=OUTLINE, width=line)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    across = across_metres(picture)
    return buffer.getvalue(), None if across is None else across / wide
