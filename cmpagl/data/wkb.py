"""Geometries as GeoParquet keeps them (well-known binary): where on Earth each lies, as corners."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["corners_of", "corners_of_all", "geometry_column"]

POINT, POLYGON, MULTIPOLYGON = 1, 3, 6
_SRID = 0x20000000  # of PostGIS's form: a number of the system of reference follows
_LONGITUDE = ({"authority": "OGC", "code": "CRS84"}, {"authority": "EPSG", "code": 4326})
MOST = 100_000  # places of one geometry


def geometry_column(schema: Any) -> str | None:  # noqa: ANN401 (pyarrow's types are untyped)
    """The column of a table's geometries, where it is in longitude and latitude."""
    import pyarrow as pa

    try:
        said = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
        name = said.get("primary_column", "geometry")
        crs = (said.get("columns") or {}).get(name, {}).get("crs")
        known = crs is None or crs.get("id") in _LONGITUDE  # none means WGS 84 to GeoParquet
    except (ValueError, AttributeError):
        return None
    if not known or name not in schema.names:
        return None
    kind = schema.field(name).type
    return str(name) if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else None


def corners_of_all(geometries: Sequence[bytes | None]) -> NDArray[np.float64] | None:
    """The corners ``(n, 4, 2)`` of geometries, NaN where not known; None where none is."""
    found = np.full((len(geometries), 4, 2), np.nan)
    for row, content in enumerate(geometries):
        corners = corners_of(content)
        if corners is not None:
            found[row] = corners
    return found if np.isfinite(found).any() else None


def corners_of(content: bytes | None) -> NDArray[np.float64] | None:
    """The corners (4, 2) of a polygon with four, else of the box around a geometry.

    None for what is empty, damaged, or of another kind than point, polygon and multipolygon.
    """
    try:
        places, _ = _places(content or b"", 0)
    except (struct.error, ValueError):
        return None
    found = np.array(places, np.float64).reshape(-1, 2)
    if not len(found) or not np.isfinite(found).all():
        return None
    if len(found) == 5 and np.array_equal(found[0], found[4]):
        return found[:4]
    (west, south), (east, north) = found.min(axis=0), found.max(axis=0)
    return np.array([[west, north], [east, north], [east, south], [west, south]])


def _places(content: bytes, at: int, *, part: bool = False) -> tuple[list[float], int]:
    """The x and y of a geometry's places, one after the other, and where it ends.

    ``part``: it is one of a multipolygon, so no other one lies in it.

    Raises:
        ValueError: it is of another kind, or names more places than it can hold.
        struct.error: it is cut off.
    """
    order = "<" if content[at : at + 1] == b"\x01" else ">"
    (kind,) = struct.unpack_from(order + "I", content, at + 1)
    at += 5 + (4 if kind & _SRID else 0)
    size = 2 + (kind & 0x80000000 != 0 or kind % 10000 // 1000 in (1, 3))
    size += kind & 0x40000000 != 0 or kind % 10000 // 1000 in (2, 3)
    kind = kind & 0x0FFFFFFF
    kind %= 1000
    if kind == POINT:
        return list(struct.unpack_from(order + "2d", content, at)), at + 8 * size
    if kind not in ((POLYGON,) if part else (POLYGON, MULTIPOLYGON)):
        raise ValueError("another kind of geometry")
    (count,) = struct.unpack_from(order + "I", content, at)
    at, found = at + 4, list[float]()
    if count > MOST:
        raise ValueError("too many parts")
    for _ in range(count):
        if kind == MULTIPOLYGON:
            own, at = _places(content, at, part=True)
            found += own
            continue
        (n,) = struct.unpack_from(order + "I", content, at)
        if n > MOST:
            raise ValueError("too many places")
        values = struct.unpack_from(f"{order}{n * size}d", content, at + 4)
        at += 4 + 8 * n * size
        for place in range(n):
            found += values[place * size : place * size + 2]
    return found, at
