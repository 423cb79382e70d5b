"""Where on Earth a raster's window lies, and how many metres a pixel of it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Place", "metres_a_pixel", "window_place"]


_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Place:
    """Where a picture lies on Earth."""

    footprint: tuple[tuple[float, float], ...]  # corners as (longitude, latitude), from upper left
    crs: str  # of the raster, such as EPSG:32613
    resolution: float  # metres a pixel; 0: not known


def metres_a_pixel(data: Any) -> float | None:  # noqa: ANN401 - rasterio has no types
    """Metres a pixel, the mean of both sides; None where the raster says none."""
    if data.crs is None:
        return None
    across, down = (abs(float(value)) for value in data.res)
    if data.crs.is_geographic:
        latitude = (data.bounds.top + data.bounds.bottom) / 2
        across *= _METRES_PER_DEGREE * math.cos(math.radians(latitude))
        down *= _METRES_PER_DEGREE
        return (across + down) / 2
    return (across + down) / 2 * float(data.crs.linear_units_factor[1])


def window_place(
    data: Any,  # noqa: ANN401
    window: tuple[int, int, int, int],
    resolution: float | None,
) -> Place | None:
    """A window's corners in longitude and latitude."""
    from rasterio.warp import transform

    if data.crs is None or resolution is None:
        return None
    column, row, width, height = window
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    a, b, c, d, e, f = data.transform[:6]
    xs = [a * (column + x) + b * (row + y) + c for x, y in corners]
    ys = [d * (column + x) + e * (row + y) + f for x, y in corners]
    longitudes, latitudes = transform(data.crs, "EPSG:4326", xs, ys)
    return Place(tuple(zip(longitudes, latitudes, strict=True)), str(data.crs), resolution)
