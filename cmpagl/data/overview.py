"""A whole raster, small: the ground on which its chips lie, and what surrounds one of them."""

from __future__ import annotations

from PIL import Image
from rasterio.windows import Window

from cmpagl.data.chips import WindowPicture
from cmpagl.data.raster import opened, tiff_tags
from cmpagl.data.raster_window import read_window
from cmpagl.errors import DataError

__all__ = ["is_quick", "raster_overview", "surroundings"]

QUICK_PIXELS = 1 << 26  # of a raster without overviews, which is read whole for a small picture


def is_quick(picture: WindowPicture) -> bool:
    """Whether `raster_overview` takes seconds at most: the raster is small, or has overviews."""
    try:
        with opened(picture.path) as data:
            small = data.width * data.height <= QUICK_PIXELS
            return small or bool(data.overviews(picture.bands.numbers[0]))
    except Exception:  # it has gone, or is broken: said where it is read
        return False


def raster_overview(picture: WindowPicture, side: int) -> Image.Image:
    """The raster that a chip was cut from, its longer side about ``side`` pixels, stretched alike.

    Raises:
        DataError: it has vanished or cannot be read.
    """
    return _read(picture, None, side)


def surroundings(
    picture: WindowPicture, times: float, side: int
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """A chip in what lies around it, within the raster.

    Args:
        picture: the chip.
        times: how many times as wide and high as the chip.
        side: pixels of the longer side, at most about.

    Returns:
        the picture, and where the chip is in it: left, top, width, height as shares of it.

    Raises:
        DataError: the raster has vanished or cannot be read.
    """
    column, row, width, height = picture.window
    try:
        with opened(picture.path) as data:
            across, down = data.width, data.height
    except Exception as error:
        raise DataError(f"The image {picture.name} cannot be read.") from error
    left = max(0, round(column - width * (times - 1) / 2))
    top = max(0, round(row - height * (times - 1) / 2))
    right = min(across, round(column + width * (times + 1) / 2))
    bottom = min(down, round(row + height * (times + 1) / 2))
    image = _read(picture, (left, top, right - left, bottom - top), side)
    wide, high = right - left, bottom - top
    place = ((column - left) / wide, (row - top) / high, width / wide, height / high)
    return image, place


def _read(
    picture: WindowPicture, window: tuple[int, int, int, int] | None, side: int
) -> Image.Image:
    try:
        with opened(picture.path) as data:
            wanted = window or (0, 0, data.width, data.height)
            shrink = max(1, max(wanted[2:]) // side)
            return read_window(
                data,
                picture.bands,
                picture.limits,
                Window(*wanted),
                shrink=shrink,
                tags=tiff_tags(picture.path),
            )
    except Exception as error:  # GDAL says what happened in the cause
        cause = error.__cause__ or error
        raise DataError(f"The image {picture.name} cannot be read: {cause}.") from error
