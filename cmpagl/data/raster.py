"""Reading TIFF, JPEG 2000 and 16-bit PNG through rasterio: bands, nodata, masks, many bits.

- Three bands become red, green and blue: those asked for, else those that the file calls so (by its
  colour interpretation or the bands' descriptions), else the first three. One band is grey.
- Places without data (GDAL's nodata, an internal mask, NaN) are white, as transparent ones are.
- GDAL itself turns CMYK and YCbCr into RGB.
- A fourth band marked as alpha is one only where it is a mask, all 0 or full; a sensor's near
  infra-red, which exporters often mark so, is not.
- What is beyond 8 bits is stretched (`cmpagl.data.stretch`); 8 bits stay as they are.

A raster is read part by part, and a large one of which little is needed is averaged on the way, so
memory stays flat.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.io import DatasetReader, MemoryFile
from rasterio.windows import Window

from cmpagl.data.stretch import Limits, Reading, limits_of, to_8_bits
from cmpagl.errors import DataError

__all__ = [
    "Bands",
    "choose_bands",
    "driver_of",
    "opened",
    "raster_limits",
    "read_window",
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
_OPTIONS: dict[str, Any] = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}
_OPTIONS |= {"GDAL_CACHEMAX": 64 << 20}  # for all threads; else a twentieth of the memory
_PART_PIXELS = 1 << 20  # read at once
_SAMPLE_PIXELS = 1 << 21  # from which percentiles come
_FULL = (1, 255, 65535)  # how masks write "there is something"
_NAMES = {"red": ("red", "r", "b04", "b4"), "green": ("green", "g", "b03", "b3")} | {
    "blue": ("blue", "b", "b02", "b2")  # the numbers are Sentinel-2's, and are asked for together
}


@dataclass(frozen=True)
class Bands:
    """Which bands of a raster make a picture, counted from 1."""

    kind: Literal["colour", "grey", "palette"]
    numbers: tuple[int, ...]
    alpha: int | None = None  # a band that is a mask
    masked: bool = False  # the file holds a mask beside its bands


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


def choose_bands(data: DatasetReader, reading: Reading) -> Bands:
    """Which bands to read; the module docstring states the rule.

    Raises:
        DataError: there is no such band, or the values are complex; a clause without the name.
    """
    count, kind = data.count, data.dtypes[0]
    holds = f"it holds {count} band{'s' * (count > 1)} of {kind}"
    if "complex" in kind:
        raise DataError(f"{holds}, which are no greys: save their magnitude first")
    if reading.bands:
        if max(reading.bands) > count:
            raise DataError(f"{holds}, so there is no band {max(reading.bands)} to read")
        return Bands(
            "colour" if len(reading.bands) == 3 else "grey",
            reading.bands,
            _mask(data, [b for b in range(1, count + 1) if b not in reading.bands]),
            _holds_mask(data),
        )
    meaning = list(data.colorinterp)
    # GDAL gives 16-bit greys in which white is zero a palette of 8 bits.
    if count == 1 and meaning[0] == ColorInterp.palette and kind == "uint8":
        return Bands("palette", (1,))
    alphas = [i for i, m in enumerate(meaning, 1) if m == ColorInterp.alpha]
    plain = [i for i in range(1, count + 1) if i not in alphas] or [1]
    numbers = _by_name(data, meaning) or tuple(plain[:3] if len(plain) >= 3 else plain[:1])
    kept: Literal["colour", "grey"] = "colour" if len(numbers) == 3 else "grey"
    return Bands(kept, numbers, _mask(data, alphas), _holds_mask(data))


def _by_name(data: DatasetReader, meaning: Sequence[ColorInterp]) -> tuple[int, ...]:
    """The bands that the file calls red, green and blue; none unless it names all three."""
    wanted = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    if all(colour in meaning for colour in wanted):
        return tuple(meaning.index(colour) + 1 for colour in wanted)
    said = [(text or "").strip().lower() for text in data.descriptions]
    for spelling in range(4):
        names = [_NAMES[colour][spelling] for colour in ("red", "green", "blue")]
        if all(said.count(name) == 1 for name in names):
            return tuple(said.index(name) + 1 for name in names)
    return ()


def _mask(data: DatasetReader, candidates: Sequence[int]) -> int | None:
    """The band marked as alpha, if it is a mask: 0 and full, both."""
    for band in candidates:
        if data.colorinterp[band - 1] == ColorInterp.alpha:
            values = np.unique(_sample(data, [band])[0])
            if len(values) == 2 and values[0] == 0 and int(values[1]) in _FULL:
                return band
    return None


def _holds_mask(data: DatasetReader) -> bool:
    """Whether the file has a mask that is none of its bands."""
    flags = data.mask_flag_enums[0]
    return MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags


def _sample(data: DatasetReader, bands: Sequence[int]) -> NDArray[Any]:
    """(bands, h, w) of a raster: every value, or of a large one every k-th each way.

    Without overviews it is read block by block: asked for every k-th row, GDAL would decode a row
    of tiles once for each of them.
    """
    step = math.ceil((data.width * data.height / _SAMPLE_PIXELS) ** 0.5)
    if step <= 1 or data.overviews(bands[0]):
        shape = (len(bands), max(1, data.height // step), max(1, data.width // step))
        whole: NDArray[Any] = data.read(list(bands), out_shape=shape)
        return whole
    size = (len(bands), -(-data.height // step), -(-data.width // step))
    sample = np.empty(size, data.dtypes[bands[0] - 1])
    for left, top, columns, rows in _parts(data, data.width, data.height, 1):
        values = data.read(list(bands), window=Window(left, top, columns, rows))
        part = values[:, -top % step :: step, -left % step :: step]
        y, x = -(-top // step), -(-left // step)
        sample[:, y : y + part.shape[1], x : x + part.shape[2]] = part
    return sample


def raster_limits(data: DatasetReader, bands: Bands, reading: Reading) -> Limits | None:
    """What becomes black and white, from the whole raster; None: 8 bits, which stay.

    Raises:
        DataError: there is no value but nodata; a clause without the name.
    """
    if bands.kind == "palette" or data.dtypes[bands.numbers[0] - 1] == "uint8":
        return None
    colours, there = _sample_of(data, bands)
    void = _nodata(data, bands)
    kept = [c[there & ~_is(c, n)] for c, n in zip(colours, void, strict=True)]
    limits = limits_of(kept, reading)
    if limits is None:
        raise DataError("it holds nothing but nodata")
    return limits


def valid_places(data: DatasetReader, bands: Bands) -> NDArray[np.bool_]:
    """(h, w), at a lower resolution where the raster is large: where there is data in any band."""
    colours, there = _sample_of(data, bands)
    void = np.ones(there.shape, bool)
    for values, nodata in zip(colours, _nodata(data, bands), strict=True):
        void &= _is(values, nodata)
    return there & ~void


def _sample_of(data: DatasetReader, bands: Bands) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """A sample of the bands that are read, and where no mask rules it out."""
    numbers = [*bands.numbers, *([bands.alpha] if bands.alpha else [])]
    sample = _sample(data, numbers)
    colours = sample[: len(bands.numbers)]
    there = np.ones(colours.shape[1:], bool) if bands.alpha is None else sample[-1] != 0
    if bands.masked:
        there &= data.read_masks(bands.numbers[0], out_shape=there.shape) != 0
    return colours, there


def _nodata(data: DatasetReader, bands: Bands) -> list[float | None]:
    return [data.nodatavals[number - 1] for number in bands.numbers]


def _is(values: NDArray[Any], nodata: float | None) -> NDArray[np.bool_]:
    """Where values are nodata; a value that the type cannot hold is nowhere."""
    void: NDArray[np.bool_] = np.zeros(values.shape, bool)
    if values.dtype.kind == "f":
        void = ~np.isfinite(values)
    if nodata is None or not np.isfinite(nodata):
        return void
    if values.dtype.kind == "f":
        void |= values == values.dtype.type(nodata)
        return void
    info = np.iinfo(values.dtype.type)
    if not info.min <= nodata <= info.max:
        return void
    void |= values == int(nodata)
    return void


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
    for left, top, columns, rows in _parts(data, width, height, shrink):
        part = Window(
            window.col_off + left * shrink_x,
            window.row_off + top * shrink_y,
            columns * shrink_x,
            rows * shrink_y,
        )
        image.paste(_part(data, bands, limits, part, (rows, columns), tags or {}), (left, top))
    return image


def _parts(
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
    for v, nodata in zip(values, _nodata(data, bands), strict=True):
        void &= _is(v, nodata)
    if bands.alpha is not None:
        void |= read([bands.alpha], Resampling.nearest)[0] == 0
    if bands.masked:
        void |= data.read_masks(bands.numbers[0], window=window, out_shape=shape) == 0
    rgb[void] = 255
    return Image.fromarray(rgb)


def _with_palette(data: DatasetReader, values: NDArray[Any]) -> Image.Image:
    """Palette numbers as their colours; a transparent entry is white."""
    table = np.full((256, 3), 255, np.uint8)
    for number, (red, green, blue, alpha) in data.colormap(1).items():
        if number < 256 and alpha:
            table[number] = red, green, blue
    return Image.fromarray(table[np.minimum(values, 255)])
