"""Opening TIFF, JPEG 2000 and 16-bit PNG through rasterio, and the parts to read them in.

Which bands make a picture stands in `cmpagl.data.raster_bands`, how they become one in
`cmpagl.data.raster_window`. A raster is read part by part, so memory stays flat.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import rasterio
from PIL import TiffImagePlugin
from rasterio.io import DatasetReader, MemoryFile

__all__ = ["driver_of", "opened", "parts", "tiff_tags"]

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
_OPTIONS: dict[str, Any] = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}
_OPTIONS |= {"GDAL_CACHEMAX": 64 << 20}  # for all threads; else a twentieth of the memory
_PART_PIXELS = 1 << 20  # read at once


def driver_of(head: bytes) -> str | None:
    """Which of GDAL's drivers reads a file that begins so; None: this is no raster."""
    return next((name for magic, name in _DRIVERS.items() if head.startswith(magic)), None)


@contextmanager
def opened(source: Path | bytes) -> Iterator[DatasetReader]:
    """Open a raster that is one file of a known format.

    Raises:
        rasterio.errors.RasterioError: it is broken.
    """
    with rasterio.Env(**_OPTIONS):
        if isinstance(source, bytes):
            with MemoryFile(source) as file, file.open(driver=driver_of(source[:16])) as data:
                yield data
        else:
            with open(source, "rb") as start:
                driver = driver_of(start.read(16))
            with rasterio.open(source.absolute(), driver=driver) as data:
                yield data


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
    tile would be decoded for every one of them.
    """
    block_rows, block_columns = data.block_shapes[0]
    if block_columns < data.width and block_rows * block_columns <= _PART_PIXELS:
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
