"""Where on Earth a raster's window lies, and how many metres of ground a pixel of it covers.

Metres are those on the ground, from corners in longitude and latitude: a metre of a map is not one
everywhere. Web Mercator stretches by 1 / cos(latitude), twice at 60 degrees north, and a degree of
longitude is as much shorter there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "Place",
    "ground_size",
    "metres_a_pixel",
    "middles",
    "on_the_ground",
    "window_place",
]

_EQUATOR, _SQUARED = 6_378_137.0, 0.00669437999014  # WGS 84: radius, eccentricity squared
_MIDDLE = 16  # pixels on which a raster's resolution is found

Footprint = tuple[tuple[float, float], ...]
Window = tuple[int, int, int, int]


@dataclass(frozen=True)
class Place:
    """Where a picture lies on Earth."""

    footprint: Footprint  # corners as (longitude, latitude), from upper left, clockwise
    crs: str  # of the raster, such as EPSG:32613
    resolution: float  # metres of ground a pixel, the mean of both sides; 0: not known


def on_the_ground(corners: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Metres to the east and north of the first corner, (..., 4, 2).

    By the ellipsoid's radii at the middle: near enough for what is a few kilometres wide.

    Args:
        corners: longitudes and latitudes (..., 4, 2), from upper left, clockwise; also over the
            date line.
    """
    given = np.asarray(corners, np.float64)
    latitude = np.radians(given[..., 1].mean(axis=-1, keepdims=True))
    root = np.sqrt(1 - _SQUARED * np.sin(latitude) ** 2)
    east = np.radians(1) * _EQUATOR / root * np.cos(latitude)
    north = np.radians(1) * _EQUATOR * (1 - _SQUARED) / root**3
    apart = given - given[..., :1, :]
    across = (apart[..., 0] + 180) % 360 - 180
    return np.stack([across * east, apart[..., 1] * north], axis=-1)


def ground_size(corners: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Metres from left to right and from top to bottom, (...) each, of corners (..., 4, 2)."""
    a, b, c, d = np.moveaxis(on_the_ground(corners), -2, 0)

    def apart(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> Any:  # noqa: ANN401
        return np.hypot(*np.moveaxis(other - one, -1, 0))

    return (apart(a, b) + apart(d, c)) / 2, (apart(a, d) + apart(b, c)) / 2


def middles(corners: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The middles (..., 2) of corners (..., n, 2) in longitude and latitude; NaN stays so."""
    given = np.asarray(corners, np.float64)
    longitudes, latitudes = given[..., 0], given[..., 1]
    over = np.ptp(longitudes, axis=-1) > 180  # the date line
    beyond = (longitudes % 360).mean(axis=-1)
    whole = np.where(beyond >= 180, beyond - 360, beyond)
    return np.stack([np.where(over, whole, longitudes.mean(axis=-1)), latitudes.mean(axis=-1)], -1)


def metres_a_pixel(data: Any) -> tuple[float, float] | None:  # noqa: ANN401 - no types there
    """Metres of ground that a pixel in the middle is wide and high; None where nothing is said.

    A raster of a place that is nowhere on Earth (a plan) says its own.
    """
    if data.crs is None:
        return None
    across, down = (abs(float(value)) for value in data.res)
    try:
        width, height = min(_MIDDLE, data.width), min(_MIDDLE, data.height)
        column, row = (data.width - width) // 2, (data.height - height) // 2
        sides = ground_size(_corners(data, (column, row, width, height)))
        wide, high = (float(side) for side in sides)
    except Exception:  # GDAL knows no way to longitude and latitude
        wide, high, width, height = math.nan, math.nan, 1, 1
    if math.isfinite(wide + high) and wide > 0 and high > 0:
        return wide / width, high / height
    if data.crs.is_geographic:
        return None
    unit = float(data.crs.linear_units_factor[1])
    return across * unit, down * unit


def window_place(data: Any, window: Window) -> Place | None:  # noqa: ANN401
    """A window's corners in longitude and latitude, and its own resolution on the ground."""
    if data.crs is None:
        return None
    footprint = _corners(data, window)
    wide, high = (float(side) for side in ground_size(footprint))
    resolution = (wide / window[2] + high / window[3]) / 2
    return Place(footprint, str(data.crs), resolution if math.isfinite(resolution) else 0.0)


def _corners(data: Any, window: Window) -> Footprint:  # noqa: ANN401
    from rasterio.warp import transform

    column, row, width, height = window
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    a, b, c, d, e, f = data.transform[:6]
    xs = [a * (column + x) + b * (row + y) + c for x, y in corners]
    ys = [d * (column + x) + e * (row + y) + f for x, y in corners]
    longitudes, latitudes = transform(data.crs, "EPSG:4326", xs, ys)
    return tuple(zip(longitudes, latitudes, strict=True))
