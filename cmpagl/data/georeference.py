"""Where on Earth a raster's window lies, and how many metres of ground a pixel of it covers.

Metres are those on the ground, from corners in longitude and latitude: a metre of a map is not one
everywhere. Web Mercator stretches by 1 / cos(latitude), twice at 60 degrees north, and a degree of
longitude is as much shorter there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Place", "ground_size", "metres_a_pixel", "window_place"]

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


def ground_size(footprint: Footprint) -> tuple[float, float]:
    """Metres from a footprint's left to its right side, and from its upper to its lower one.

    By the ellipsoid's radii at its middle: near enough for what is a few kilometres wide.
    """
    latitude = math.radians(sum(y for _, y in footprint) / len(footprint))
    root = math.sqrt(1 - _SQUARED * math.sin(latitude) ** 2)
    east = math.radians(1) * _EQUATOR / root * math.cos(latitude)
    north = math.radians(1) * _EQUATOR * (1 - _SQUARED) / root**3

    def apart(one: tuple[float, float], other: tuple[float, float]) -> float:
        across = (other[0] - one[0] + 180) % 360 - 180  # also over the date line
        return math.hypot(across * east, (other[1] - one[1]) * north)

    a, b, c, d = footprint
    return (apart(a, b) + apart(d, c)) / 2, (apart(a, d) + apart(b, c)) / 2


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
        wide, high = ground_size(_corners(data, (column, row, width, height)))
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
    wide, high = ground_size(footprint)
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
