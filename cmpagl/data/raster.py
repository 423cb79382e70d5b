"""Opening TIFF, JPEG 2000 and 16-bit PNG through rasterio, and the parts to read them in.

Which bands make a picture stands in `cmpagl.data.raster_bands`, how they become one in
`cmpagl.data.raster_window`. A raster is read part by part, so memory stays flat.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from PIL import TiffImagePlugin
from rasterio.io import DatasetReader, MemoryFile

from cmpagl.data.effort import require_sound_tags
from cmpagl.data.jpeg2000 import require_few_tiles
from cmpagl.errors import DataError

__all__ = [
    "OPTIONS",
    "driver_of",
    "opened",
    "parts",
    "require_block",
    "require_whole",
    "tiff_tags",
]

# By a file's first bytes. Only formats that are one file: a VRT may name others, and addresses.
_DRIVERS = {
    b"II*\0": "GTiff",
    b"MM\0*": "GTiff",
    b"II+\0": "GTiff",  # BigTIFF
    b"MM\0+": "GTiff",
    b"\0\0\0\x0cjP  ": "JP2OpenJPEG",
    b"\xffO\xffQ": "JP2OpenJPEG",
    b"\x89PNG": "PNG",
    b"RIFF": "WEBP",
}
# Nothing beside the file is opened (it may be anything), and nothing is written there.
OPTIONS: dict[str, Any] = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}
OPTIONS |= {"GDAL_CACHEMAX": 64 << 20}  # for all threads; else a twentieth of the memory
OPTIONS |= {"CPL_VSIL_CURL_ALLOWED_FILENAME": "none"}  # no address is ever asked
_PART_PIXELS = 1 << 20  # read at once
MOST_BLOCK = 1_000_000_000
"""Bytes of what a raster is unpacked in at once, whatever is wanted of it."""


def driver_of(head: bytes) -> str | None:
    """Which of GDAL's drivers reads a file that begins so; None: this is no raster."""
    return next((name for magic, name in _DRIVERS.items() if head.startswith(magic)), None)


@contextmanager
def opened(source: Path | bytes) -> Iterator[DatasetReader]:
    """Open a raster that is one file of a known format.

    Raises:
        rasterio.errors.RasterioError: it is broken.
        DataError: it names another file, or can be read in parts that are too large alone; a clause
            without its name.
    """
    with rasterio.Env(**OPTIONS):
        if isinstance(source, bytes):
            head = source[:16]
        else:
            with open(source, "rb") as start:
                head = start.read(16)
        driver = driver_of(head)
        if driver == "GTiff":
            require_sound_tags(source)
        if driver == "JP2OpenJPEG":
            require_few_tiles(source)
        if isinstance(source, bytes):
            with MemoryFile(source) as file, file.open(driver=driver) as data:
                yield _checked(data)
        else:
            with rasterio.open(source.absolute(), driver=driver) as data:
                yield _checked(data)


def _checked(data: DatasetReader) -> DatasetReader:
    if data.tags(ns="OVERVIEWS"):  # GDAL would open the file or the address that is named there
        raise DataError("it names another file for its reduced copies, which is not opened")
    require_block(data, MOST_BLOCK)
    return data


def require_block(data: DatasetReader, most: int) -> None:
    """Bound what is unpacked at once: a tile, or a strip, which may be all of it.

    Raises:
        DataError: it is more than ``most`` bytes; a clause without its name.
    """
    rows, columns = data.block_shapes[0]
    _require(data, rows, columns, most)


def require_whole(data: DatasetReader, most: int) -> None:
    """Bound what is unpacked for the whole of a raster: bands that lie together are all of them.

    Raises:
        DataError: it is more than ``most`` bytes; a clause without its name.
    """
    _require(data, data.height, data.width, most)


def _require(data: DatasetReader, rows: int, columns: int, most: int) -> None:
    together = data.count if data.driver == "JP2OpenJPEG" or _mingled(data) else 1
    size = rows * columns * together * np.dtype(data.dtypes[0]).itemsize
    if size > most:
        raise DataError(
            f"{together:,} bands of {columns:,} x {rows:,} pixels have to be unpacked together, "
            f"{size / 1e6:,.0f} MB: save the bands that are wanted alone, in tiles"
        )


def _mingled(data: DatasetReader) -> bool:
    """Whether the bands of a pixel lie together."""
    return data.interleaving is not None and data.interleaving.value.lower() == "pixel"


def tiff_tags(source: Path | bytes) -> dict[int, Any]:
    """The tags of a TIFF's first picture, without reading it; none where it is no TIFF."""
    try:
        with BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as file:
            header = file.read(8)
            if header[2:3] == b"\x2b" or header[3:4] == b"\x2b":
                header += file.read(8)
            tags = TiffImagePlugin.ImageFileDirectory_v2(header)
            file.seek(tags.next)
            tags.load(file)
            return {tag: tags[tag] for tag in (262, 274) if tag in tags}
    except Exception:  # a dozen kinds; whether it is a picture is for GDAL to say
        return {}


def parts(
    data: DatasetReader, width: int, height: int, shrink: int
) -> Iterator[tuple[int, int, int, int]]:
    """Cut the result into parts (left, top, width, height) that follow the file's own blocks.

    A part is read from at most about `_PART_PIXELS`; a file in tiles is not read in rows, or each
    tile would be decoded for every one of them. A tile that is larger is done with before the next
    one begins: of several, GDAL's cache would keep none.
    """
    block_rows, block_columns = data.block_shapes[0]
    if block_columns < data.width and block_rows * block_columns > _PART_PIXELS:
        tall, wide = max(1, block_rows // shrink), max(1, block_columns // shrink)
        rows = max(1, _PART_PIXELS // (wide * shrink * shrink))
        for first, left in product(range(0, height, tall), range(0, width, wide)):
            end = min(first + tall, height)
            for top in range(first, end, rows):
                yield left, top, min(wide, width - left), min(rows, end - top)
        return
    if block_columns < data.width:
        rows = max(1, 1024 // block_rows) * block_rows
    else:
        rows = max(1, _PART_PIXELS // (width * shrink))
        if block_rows <= rows:
            rows -= rows % block_rows
    rows = max(1, rows // shrink)
    columns = max(1, _PART_PIXELS // (rows * shrink * shrink))
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield left, top, min(columns, width - left), min(rows, height - top)
