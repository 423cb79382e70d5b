"""A large raster as overlapping chips: windows of it that are read when asked for, never files.

All chips of a raster are stretched alike, by the values of the whole, so that neighbours match. A
chip knows where on Earth it lies, if its raster does.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cmpagl.data.decode import MAX_PIXELS, check_file, file_digest
from cmpagl.data.georeference import Place, metres_a_pixel, window_place
from cmpagl.data.gps import gps_of
from cmpagl.data.picture import (
    FilePicture,
    Picture,
    digest_as_read,
    file_stamp,
    reading_from,
    reading_json,
    relative_path,
)
from cmpagl.data.stretch import Limits, Reading
from cmpagl.errors import DataError, UsageError

if TYPE_CHECKING:  # rasterio, which takes a tenth of a second, is imported where a raster is read
    from cmpagl.data.raster_bands import Bands

__all__ = ["RASTERS", "Chips", "WindowPicture", "chosen_chips", "count_chips", "cut", "place_of"]

RASTERS = frozenset({".tif", ".tiff", ".jp2", ".j2k", ".jpx"})
"""Suffixes of files that may be cut, and may say where on Earth they lie."""

_MOST_VOID = 0.5  # of a chip without data; more, and it is left out


@dataclass(frozen=True)
class Chips:
    """How rasters are cut."""

    size: float  # of a side, in pixels or metres
    metres: bool = False
    overlap: float = 0.25  # of a side, shared with the next chip
    above: int = 0  # pixels of a raster's longer side; one that has no more stays whole


def chosen_chips(size: str | None, overlap: float | None) -> Chips | None:
    """Read ``--chip 256`` or ``--chip 200m`` and ``--overlap 0.25``; None is the default.

    Raises:
        UsageError: a value is none, or too small or large; an overlap stands alone.
    """
    if size is None:
        if overlap is not None:
            raise UsageError("--overlap is of chips: give their side too, as in --chip 256")
        return None
    found = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)(m?)", size)
    if found is None or float(found[1]) < (1 if found[2] else 16):
        raise UsageError(
            f"'{size}' is not the side of a chip: give pixels from 16 up, or metres as in 200m"
        )
    chips = Chips(float(found[1]), bool(found[2]))
    if overlap is None:
        return chips
    if not 0 <= overlap <= 0.9:
        raise UsageError(f"an overlap of {overlap:g} is not between 0 and 0.9 of a chip's side")
    return replace(chips, overlap=overlap)


@dataclass(frozen=True)
class WindowPicture:
    """A window of a raster, as it is stored (north is up as far as it is in the raster)."""

    path: Path
    window: tuple[int, int, int, int]  # column, row, width, height
    bands: Bands
    limits: Limits | None  # of the whole raster
    place: Place | None = None
    reading: Reading = field(default_factory=Reading)

    @property
    def name(self) -> str:
        """The raster, and which window."""
        column, row, width, height = self.window
        return f"{self.path} at {column},{row} ({width} x {height})"

    def read(self, *, side: int | None = None, max_pixels: int = MAX_PIXELS) -> Image.Image:
        """See `Picture.read`; only the window is read."""
        from rasterio.windows import Window

        from cmpagl.data.raster import opened, tiff_tags
        from cmpagl.data.raster_window import read_window

        if self.window[2] * self.window[3] > max_pixels:
            raise DataError(f"The image {self.name} has more than {max_pixels:,} pixels.")
        check_file(self.path, self.name)
        shrink = max(1, min(self.window[2:]) // side) if side else 1
        try:
            with opened(self.path) as data:
                tags = tiff_tags(self.path)
                window = Window(*self.window)
                return read_window(data, self.bands, self.limits, window, shrink=shrink, tags=tags)
        except Exception as error:  # GDAL says what happened in the cause
            cause = error.__cause__ or error
            raise DataError(f"The image {self.name} cannot be read: {cause}.") from error

    def read_as(self, reading: Reading) -> WindowPicture:
        """See `Picture.read_as`; the limits are made anew from the whole raster."""
        from cmpagl.data.raster import opened
        from cmpagl.data.raster_bands import choose_bands, raster_limits

        with opened(self.path) as data:
            bands = choose_bands(data, reading)
            limits = raster_limits(data, bands, reading)
        return replace(self, bands=bands, limits=limits, reading=reading)

    def digest(self) -> str:
        """That of the raster's bytes and of the window; a raster is read once for all its chips."""
        check_file(self.path, self.name)
        whole = f"{_whole(self.path, file_stamp(self.path))} {self.window}"
        own = hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()
        return digest_as_read(own, self.reading)

    def stamp(self) -> tuple[int, int] | None:
        """That of the raster."""
        return file_stamp(self.path)

    def to_json(self, root: Path) -> dict[str, Any]:
        """See `Picture.to_json`."""
        return {
            "kind": "window",
            "path": relative_path(self.path, root),
            "window": list(self.window),
            "bands": asdict(self.bands),
            "limits": self.limits,
            "place": asdict(self.place) if self.place else None,
            **reading_json(self.reading),
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any], path: Path) -> WindowPicture:
        """What `to_json` wrote."""
        from cmpagl.data.raster_bands import Bands

        column, row, width, height = (int(value) for value in said["window"])
        bands, place = said["bands"], said["place"]
        return cls(
            path,
            (column, row, width, height),
            Bands(**{**bands, "numbers": tuple(int(n) for n in bands["numbers"])}),
            None
            if said["limits"] is None
            else tuple((float(a), float(b)) for a, b in said["limits"]),
            None
            if place is None
            else Place(
                tuple((float(x), float(y)) for x, y in place["footprint"]),
                str(place["crs"]),
                float(place["resolution"]),
            ),
            reading_from(said),
        )


@lru_cache(maxsize=16)
def _whole(path: Path, stamp: tuple[int, int] | None) -> str:
    """A raster's digest, kept until the file changes."""
    return file_digest(path)


def cut(path: Path, chips: Chips, reading: Reading) -> tuple[list[WindowPicture], int]:
    """Cut a raster into chips; nothing is written.

    Returns:
        the chips, row by row, and how many more were mostly without data.

    Raises:
        DataError: it cannot be read, holds nothing but nodata, or says no resolution where the
            side is in metres.
    """
    from cmpagl.data.raster import opened
    from cmpagl.data.raster_bands import choose_bands, raster_limits, valid_places

    check_file(path, str(path))
    try:
        with opened(path) as data:
            bands = choose_bands(data, reading)
            limits = raster_limits(data, bands, reading)
            resolution = metres_a_pixel(data)
            if chips.metres and resolution is None:
                raise DataError(
                    "it does not say how many metres a pixel is; give the side in pixels"
                )
            # As wide and as high on the ground, which a pixel need not be.
            each = resolution if chips.metres and resolution else (1.0, 1.0)
            sides = tuple(max(1, round(chips.size / one)) for one in each)
            there = valid_places(data, bands)
            found, void = [], 0
            for window in _windows(data.width, data.height, sides, chips.overlap):
                if _share(there, window, data.width, data.height) < 1 - _MOST_VOID:
                    void += 1
                    continue
                place = window_place(data, window)
                found.append(WindowPicture(path, window, bands, limits, place, reading))
            return found, void
    except DataError as error:
        raise DataError(f"The image {path} cannot be cut into chips: {error}.") from error
    except Exception as error:  # GDAL says what happened in the cause
        cause = error.__cause__ or error
        raise DataError(f"The image {path} cannot be read: {cause}.") from error


def place_of(picture: Picture) -> Place | None:
    """Where a picture lies on Earth; None where its file does not say.

    A photograph with GPS in its EXIF is a point: all its corners are one. A header is read, no
    pixel.
    """
    if isinstance(picture, WindowPicture):
        return picture.place
    if not isinstance(picture, FilePicture):
        return None
    if picture.path.suffix.lower() not in RASTERS:
        taken = gps_of(picture.path)
        return None if taken is None else Place((taken,) * 4, "EPSG:4326", 0.0)
    from cmpagl.data.raster import opened

    try:
        with opened(picture.path) as data:
            return window_place(data, (0, 0, data.width, data.height))
    except Exception:  # a dozen kinds; whether it is a picture is for reading it to say
        return None


def count_chips(width: int, height: int, side: int, overlap: float) -> int:
    """How many chips a raster of this size becomes, before any is left out."""
    return len(_starts(width, side, overlap)) * len(_starts(height, side, overlap))


def _starts(length: int, side: int, overlap: float) -> list[int]:
    """Where chips begin along one side."""
    last = max(0, length - side)
    return [*range(0, last, max(1, round(side * (1 - overlap)))), last]


def _windows(
    width: int, height: int, sides: tuple[int, ...], overlap: float
) -> Iterator[tuple[int, int, int, int]]:
    """Windows that cover everything, the last of a row or column moved in to keep its size."""
    wide, high = sides
    for row in _starts(height, high, overlap):
        for column in _starts(width, wide, overlap):
            yield column, row, min(wide, width), min(high, height)


def _share(
    there: NDArray[np.bool_],
    window: tuple[int, int, int, int],
    width: int,
    height: int,
) -> float:
    """The share of a window that holds data, by a map of the whole at lower resolution."""
    rows, columns = there.shape
    column, row, across, down = window
    top, left = row * rows // height, column * columns // width
    bottom = max(top + 1, math.ceil((row + down) * rows / height))
    right = max(left + 1, math.ceil((column + across) * columns / width))
    return float(np.mean(there[top:bottom, left:right]))
