"""The outline of an object from its pose: what it covers, what its box is taken from."""

from __future__ import annotations

import math

import numpy as np

from cmpagl.scenes.laying.layout import Item
from cmpagl.scenes.laying.shapes import Points, blob, ellipse, placed, points, rect, stadium_outline
from cmpagl.scenes.planning.truth import ObjectSpec

__all__ = ["standing"]

# Half a plane seen from above, nose to the right, in units of its length (span 0.92).
_HALF_PLANE = [
    (0.50, 0.0), (0.47, 0.025), (0.42, 0.04), (0.16, 0.045), (-0.10, 0.46), (-0.17, 0.46),
    (-0.06, 0.05), (-0.34, 0.04), (-0.44, 0.17), (-0.50, 0.17), (-0.455, 0.0),
]  # fmt: skip
PLANE: Points = points(_HALF_PLANE + [(x, -y) for x, y in _HALF_PLANE[-2:0:-1]])
CHURCH: Points = points(
    [(-0.5, -0.17), (0.06, -0.17), (0.06, -0.5), (0.32, -0.5), (0.32, -0.17), (0.5, -0.12),
     (0.5, 0.12), (0.32, 0.17), (0.32, 0.5), (0.06, 0.5), (0.06, 0.17), (-0.5, 0.17)]
)  # fmt: skip
BOAT: Points = points([(0.5, 0), (0.38, 0.28), (0.15, 0.46), (-0.5, 0.42), (-0.5, -0.42),
                       (0.15, -0.46), (0.38, -0.28)])  # fmt: skip
SHIP: Points = points([(0.5, 0), (0.43, 0.3), (0.34, 0.5), (-0.46, 0.5), (-0.5, 0.38),
                       (-0.5, -0.38), (-0.46, -0.5), (0.34, -0.5), (0.43, -0.3)])  # fmt: skip
ROUND = frozenset({"storage tank", "fountain", "umbrella", "haystack", "tree", "bush"})
ROUGH = {"rock": 0.22, "bunker": 0.3, "flower bed": 0.12}


def standing(
    spec: ObjectSpec, group: int, pose: tuple[float, float, float], length: float, width: float
) -> Item:
    """An object of a plan's group at a pose (x, y, angle), with the outline that this gives it."""
    x, y, angle = (float(value) for value in pose)
    item = Item(spec.kind, spec.colour, np.zeros((1, 2)), x, y, angle, length, width, group=group)
    item.shape = _outline_of(item)
    return item


def _outline_of(item: Item) -> Points:
    """The outline in picture pixels; irregular kinds are decided by the pose itself."""
    x, y, turn, length, width = item.x, item.y, item.angle, item.length, item.width
    kind = item.kind
    if kind == "plane":
        return placed(PLANE * (length, width / 0.92), x, y, turn)
    if kind in ("boat", "ship"):
        shape = BOAT if kind == "boat" else SHIP
        return placed(shape * (length, width), x, y, turn)
    if kind == "church":
        return placed(CHURCH * (length, width), x, y, turn)
    if kind in ROUND:
        return ellipse(x, y, length / 2.0, length / 2.0, 0.0, 24)
    if kind in ROUGH:
        # its own generator: the same pose always gives the same stone
        own = np.random.default_rng([abs(round(v * 64)) for v in (x, y, length)])
        count = 11 if kind == "rock" else 40
        return blob(own, x, y, length * 0.44, width * 0.44, turn, ROUGH[kind], count)
    if kind == "running track":
        return stadium_outline(x, y, length, width, turn)
    if kind == "stadium":
        return ellipse(x, y, length / 2.0, width / 2.0, turn, 44)
    if kind == "baseball field":
        return placed(_fan() * length, x, y, turn)
    if kind == "wind turbine":
        return ellipse(x, y, length * 0.5, length * 0.5, 0.0, 24)
    return rect(x, y, length, width, turn)


def _fan() -> Points:
    """A quarter disc opening along +x, its corner at home plate, centred on its box."""
    arc = np.linspace(-math.pi / 4, math.pi / 4, 14)
    fan = np.stack([np.cos(arc), np.sin(arc)], axis=1)
    fan = np.concatenate([[(-0.04, -0.05), (-0.04, 0.05)], fan[::-1]])
    result: Points = fan * 0.98 - (0.48, 0.0)
    return result
