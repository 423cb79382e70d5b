"""A window of a raster, or all of it, as 8-bit RGB, read part by part.

- Places without data (GDAL's nodata, an internal mask, NaN) are white, as transparent ones are.
- GDAL itself turns CMYK and YCbCr into RGB.
- A large raster of which little is needed is averaged on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.windows import Window

from cmpagl.data.raster import parts
from cmpagl.data.raster_bands import Bands, is_nodata, nodata_of
from cmpagl.data.stretch import Limits, to_8_bits

__all__ = ["read_window"]


def read_window(
    data: DatasetReader,
    bands: Bands,
    limits: Limits | None,
    window: Window | None = None,
    *,
    shrink: int = 1,
    tags: dict[int, Any] | None = None,
) -> Image.Image:
    """Read a window, or all, as 8-bit RGB, part by part, as the raster stores it (not turned).

    Args:
        data: the raster.
        bands: which of its bands.
        limits: what becomes black and white; None: 8 bits, which stay.
        window: None: all of it.
        shrink: so many pixels each way are averaged to one.
        tags: of `tiff_tags`, where white may be zero.
    """
    window = window or Window(0, 0, data.width, data.height)
    width, height = max(1, window.width // shrink), max(1, window.height // shrink)
    shrink_x, shrink_y = min(shrink, window.width), min(shrink, window.height)
    image = Image.new("RGB", (width, height))
    for left, top, columns, rows in parts(data, width, height, shrink):
        part = Window(
            window.col_off + left * shrink_x,
            window.row_off + top * shrink_y,
            columns * shrink_x,
            rows * shrink_y,
        )
        image.paste(_part(data, bands, limits, part, (rows, columns), tags or {}), (left, top))
    return image


def _part(
    data: DatasetReader,
    bands: Bands,
    limits: Limits | None,
    window: Window,
    shape: tuple[int, int],
    tags: dict[int, Any],
) -> Image.Image:
    """A part of a raster as RGB."""
    same = (window.height, window.width) == shape
    how = Resampling.nearest if same or bands.kind == "palette" else Resampling.average

    def read(numbers: Sequence[int], how: Resampling) -> NDArray[Any]:
        values: NDArray[Any] = data.read(
            list(numbers), window=window, out_shape=(len(numbers), *shape), resampling=how
        )
        return values

    values = read(bands.numbers, how)
    if bands.kind == "palette":
        return _with_palette(data, values[0])
    if limits is None:
        bits = int(data.tags(bands.numbers[0], ns="IMAGE_STRUCTURE").get("NBITS", 8))
        greys = [
            v if bits == 8 else v.clip(max=2**bits - 1) * (255 // (2**bits - 1)) for v in values
        ]
    else:
        greys = [to_8_bits(v, pair) for v, pair in zip(values, limits, strict=True)]
    if tags.get(262) == 0 and len(greys) == 1:  # white is zero
        greys = [255 - greys[0]]
    rgb = np.stack(greys if len(greys) == 3 else greys * 3, axis=2).astype(np.uint8)
    void = np.ones(shape, bool)
    for v, nodata in zip(values, nodata_of(data, bands), strict=True):
        void &= is_nodata(v, nodata)
    if bands.alpha is not None:
        void |= read([bands.alpha], Resampling.nearest)[0] == 0
    if bands.masked:
        void |= data.read_masks(bands.numbers[0], window=window, out_shape=shape) == 0
    rgb[void] = 255
    return Image.fromarray(rgb)


def _with_palette(data: DatasetReader, values: NDArray[Any]) -> Image.Image:
    """Palette numbers as their colours; a transparent entry is white."""
    table = np.full((65_536 if values.dtype == np.uint16 else 256, 3), 255, np.uint8)
    for number, (red, green, blue, alpha) in data.colormap(1).items():
        if number < len(table) and alpha:
            table[number] = red, green, blue
    return Image.fromarray(table[values])
