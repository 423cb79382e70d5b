"""A part of the Earth to search in: a box or a polygon, from and to the parameter of a link.

``area=W,S,E,N`` is a box; more numbers are the corners of a polygon, longitude before latitude. A
scene is in it where the middle of its footprint is; one whose place is not known never is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmpagl.data.georeference import middles

__all__ = ["DIGITS", "Area", "area_text", "read_area"]

MOST_CORNERS = 200
DIGITS = 6  # behind the point of a degree, a tenth of a metre

Corner = tuple[float, float]


@dataclass(frozen=True)
class Area:
    """Its corners, longitude before latitude, in either direction."""

    corners: tuple[Corner, ...]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The least box around it: west, south, east, north."""
        xs, ys = zip(*self.corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def holds(self, footprints: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which footprints (n, 4, 2) have their middle in it, (n,); NaN has not."""
        x, y = np.moveaxis(middles(footprints), -1, 0)
        inside = np.zeros(len(footprints), np.bool_)
        for (x1, y1), (x2, y2) in zip(
            self.corners, (*self.corners[1:], self.corners[0]), strict=True
        ):
            if y1 == y2:
                continue
            between = (y1 > y) != (y2 > y)  # a ray to the east crosses this side or not
            inside ^= between & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
        return np.asarray(inside & np.isfinite(x), np.bool_)


def read_area(text: str) -> Area | None:
    """Read a link's parameter; None where it is none."""
    try:
        numbers = [float(part) for part in text.split(",", 2 * MOST_CORNERS + 1)]
    except ValueError:
        return None
    if not all(map(math.isfinite, numbers)) or len(numbers) % 2:
        return None
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    if any(abs(x) > 360 or abs(y) > 90 for x, y in pairs) or len(pairs) > MOST_CORNERS:
        return None
    if len(pairs) == 2:
        (west, south), (east, north) = pairs
        pairs = [(west, south), (east, south), (east, north), (west, north)]
        if west >= east or south >= north:
            return None
    return Area(tuple(pairs)) if len(pairs) > 2 else None


def area_text(area: Area | None) -> str | None:
    """The parameter of a link; None for all of the Earth."""
    if area is None:
        return None
    west, south, east, north = area.box
    box = ((west, south), (east, south), (east, north), (west, north))
    pairs = ((west, south), (east, north)) if area.corners == box else area.corners
    return ",".join(f"{value:.{DIGITS}f}".rstrip("0").rstrip(".") for p in pairs for value in p)
