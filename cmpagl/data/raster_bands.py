"""Which bands of a raster make a picture, where they hold data, and what becomes black and white.

- Three bands become red, green and blue: those asked for, else those that the file calls so (by its
  colour interpretation or the bands' descriptions), else the first three. One band is grey.
- A fourth band marked as alpha is one only where it is a mask, all 0 or full; a sensor's near
  infra-red, which exporters often mark so, is not.
- What is beyond 8 bits is stretched (`cmpagl.data.stretch`); 8 bits stay as they are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.io import DatasetReader
from rasterio.windows import Window

from cmpagl.data.raster import parts
from cmpagl.data.stretch import Limits, Reading, limits_of
from cmpagl.errors import DataError

__all__ = ["Bands", "choose_bands", "is_nodata", "nodata_of", "raster_limits", "valid_places"]


_SAMPLE_PIXELS = 1 << 21  # from which percentiles come
_FULL = (1, 255, 65535)  # how masks write "there is something"
_COLOURS = (
    (r"red(?!.?edge)", "green", "blue"),
    ("r", "g", "b"),
    ("(?<!_)b0?4", "(?<!_)b0?3", "(?<!_)b0?2"),  # Sentinel-2's, Landsat 8's and 9's
)
"""Descriptions of the red, green and blue bands; each counts where all three are there once."""
_LANDSAT = re.compile(r"(sr_|toa_|st_)?b6\b.*")  # 4 and 7 have no such band, and red is their third


@dataclass(frozen=True)
class Bands:
    """Which bands of a raster make a picture, counted from 1."""

    kind: Literal["colour", "grey", "palette"]
    numbers: tuple[int, ...]
    alpha: int | None = None  # a band that is a mask
    masked: bool = False  # the file holds a mask beside its bands


def choose_bands(data: DatasetReader, reading: Reading) -> Bands:
    """Which bands to read; the module docstring states the rule.

    Raises:
        DataError: there is no such band, or the values are complex; a clause without the name.
    """
    count, kind = data.count, data.dtypes[0]
    holds = f"it holds {count} band{'s' * (count > 1)} of {kind}"
    if "complex" in kind:
        raise DataError(f"{holds}, which are not grey values: save their magnitude first")
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
    if count == 1 and meaning[0] == ColorInterp.palette and _has_palette(data):
        return Bands("palette", (1,))
    if ColorInterp.cyan in meaning:  # GDAL makes colours of CMYK of 8 bits alone
        raise DataError(f"{holds} that are inks (CMYK): save it as RGB, or choose with --bands")
    alphas = [i for i, m in enumerate(meaning, 1) if m == ColorInterp.alpha]
    plain = [i for i in range(1, count + 1) if i not in alphas] or [1]
    numbers = _by_name(data, meaning) or tuple(plain[:3] if len(plain) >= 3 else plain[:1])
    kept: Literal["colour", "grey"] = "colour" if len(numbers) == 3 else "grey"
    return Bands(kept, numbers, _mask(data, alphas), _holds_mask(data))


def _has_palette(data: DatasetReader) -> bool:
    """Whether its values number colours; GDAL gives 16-bit greys a palette of greys, too."""
    kind = data.dtypes[0]
    colours = data.colormap(1).values() if kind == "uint16" else ()
    return kind == "uint8" or any(not red == green == blue for red, green, blue, _ in colours)


def _by_name(data: DatasetReader, meaning: Sequence[ColorInterp]) -> tuple[int, ...]:
    """The bands that the file calls red, green and blue; none unless it names all three."""
    wanted = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    if all(colour in meaning for colour in wanted):
        return tuple(meaning.index(colour) + 1 for colour in wanted)
    said = [(text or "").strip().lower() for text in data.descriptions]
    if any(map(_LANDSAT.fullmatch, said)):
        said = [re.sub(r"^(sr|toa)_", "", text) for text in said]
    for names in _COLOURS:
        found = [
            [
                n
                for n, text in enumerate(said, 1)
                if re.search(rf"(?<![a-z0-9]){name}(?![a-z0-9])", text)
            ]
            for name in names
        ]
        if all(len(numbers) == 1 for numbers in found):
            return tuple(numbers[0] for numbers in found)
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
    for left, top, columns, rows in parts(data, data.width, data.height, 1):
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
    void = nodata_of(data, bands)
    kept = [c[there & ~is_nodata(c, n)] for c, n in zip(colours, void, strict=True)]
    limits = limits_of(kept, reading)
    if limits is None:
        raise DataError("it holds nothing but nodata")
    return limits


def valid_places(data: DatasetReader, bands: Bands) -> NDArray[np.bool_]:
    """(h, w), at a lower resolution where the raster is large: where there is data in any band."""
    colours, there = _sample_of(data, bands)
    void = np.ones(there.shape, bool)
    for values, nodata in zip(colours, nodata_of(data, bands), strict=True):
        void &= is_nodata(values, nodata)
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


def nodata_of(data: DatasetReader, bands: Bands) -> list[float | None]:
    """What stands for no data in each band; None where the file says nothing."""
    return [data.nodatavals[number - 1] for number in bands.numbers]


def is_nodata(values: NDArray[Any], nodata: float | None) -> NDArray[np.bool_]:
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
