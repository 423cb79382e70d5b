"""Where everything of a scene stands, before a pixel is drawn, and what is taken.

A layout is pure geometry, so a plan that does not fit is cheap to try again with smaller objects.
Several maps of the picture decide what may stand where: `water`, `bands` (roads, rails, runways)
and `solid` (anything that must not be covered). Crowns of many trees may overlap one another, but
nothing else: `trees` holds them whole, `cores` their middles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cmpagl.scenes.laying.shapes import Points, bounds, placed
from cmpagl.scenes.planning.truth import SceneSpec
from cmpagl.scenes.planning.vocabulary import SCALES

__all__ = ["MARGIN", "SIZE", "WATER", "Item", "Layout", "NoRoomError", "gap", "raster", "side_of"]

SIZE = 224
MARGIN = 4.0  # countable objects keep this far from the picture's edge
WATER = frozenset({"river", "pond", "sea"})
FLAT_AREAS = frozenset({"field"})  # other things may stand on these

Mask = NDArray[np.bool_]


class NoRoomError(Exception):
    """This attempt at a layout failed; the next one tries smaller objects."""


@dataclass
class Item:
    """One thing to draw.

    ``shape`` is its outline in picture pixels; a band also has its middle ``line`` and ``width``.
    ``group`` is the place of its `ObjectSpec` in the plan; ``seed`` decides its own details, so
    that leaving one item out changes no other.
    """

    kind: str
    colour: str | None
    shape: Points
    x: float = 0.0
    y: float = 0.0
    angle: float = 0.0
    length: float = 0.0
    width: float = 0.0
    line: Points | None = None
    group: int = 0
    seed: int = 0
    counted: bool = True
    sides: dict[str, list[int]] = field(default_factory=dict)  # side of each band of a kind


def raster(shape: Points, grow: float = 0.0) -> tuple[slice, slice, Mask]:
    """The outline as a mask over the rows and columns of its box, clipped to the picture."""
    left, top, right, bottom = bounds(shape)
    x0, y0 = max(0, math.floor(left - grow)), max(0, math.floor(top - grow))
    x1, y1 = min(SIZE, math.ceil(right + grow) + 1), min(SIZE, math.ceil(bottom + grow) + 1)
    if x1 <= x0 or y1 <= y0:
        return slice(0, 0), slice(0, 0), np.zeros((0, 0), dtype=bool)
    image = Image.new("L", (x1 - x0, y1 - y0), 0)
    draw = ImageDraw.Draw(image)
    pairs = [(float(x), float(y)) for x, y in shape - (x0 + 0.5, y0 + 0.5)]
    draw.polygon(pairs, fill=1)
    if grow > 0.0:
        draw.line([*pairs, pairs[0]], fill=1, width=max(1, round(2.0 * grow)), joint="curve")
    return slice(y0, y1), slice(x0, x1), np.asarray(image, dtype=bool)


def _reach(dots: Points, shape: Points) -> float:
    """The least distance from dots to the edges of an outline."""
    step = np.roll(shape, -1, axis=0) - shape
    square = np.maximum((step**2).sum(axis=1), 1e-9)
    away = dots[:, None, :] - shape[None]
    t = np.clip((away * step[None]).sum(axis=2) / square, 0.0, 1.0)
    gaps = away - t[..., None] * step[None]
    return float(np.sqrt((gaps**2).sum(axis=2).min()))


def gap(first: Points, second: Points) -> float:
    """Pixels between the nearest edges of two outlines that do not overlap."""
    return min(_reach(first, second), _reach(second, first))


def side_of(line: Points, x: float, y: float) -> int:
    """+1 or -1: the side of an open line on which a point lies."""
    start, step = line[:-1], np.diff(line, axis=0)
    square = np.maximum((step**2).sum(axis=1), 1e-9)
    away = np.array([x, y]) - start
    t = np.clip((away * step).sum(axis=1) / square, 0.0, 1.0)
    k = int(((away - t[:, None] * step) ** 2).sum(axis=1).argmin())
    cross = step[k, 0] * away[k, 1] - step[k, 1] * away[k, 0]
    return 1 if cross >= 0.0 else -1


@dataclass
class Layout:
    """The layout of one scene while it grows."""

    spec: SceneSpec
    rng: np.random.Generator
    shrink: float = 1.0
    angle: float = 0.0
    items: list[Item] = field(default_factory=list)
    water: Mask = field(default_factory=lambda: np.zeros((SIZE, SIZE), dtype=bool))
    bands: Mask = field(default_factory=lambda: np.zeros((SIZE, SIZE), dtype=bool))
    solid: Mask = field(default_factory=lambda: np.zeros((SIZE, SIZE), dtype=bool))
    trees: Mask = field(default_factory=lambda: np.zeros((SIZE, SIZE), dtype=bool))
    cores: Mask = field(default_factory=lambda: np.zeros((SIZE, SIZE), dtype=bool))
    _masks: dict[tuple[str, ...], tuple[int, Mask]] = field(default_factory=dict)
    extras: dict[str, list[Points]] = field(default_factory=dict)  # drawn, but no object: aprons...

    @property
    def scale(self) -> float:
        """Size factor of objects: the plan's scale times what this attempt had to shrink."""
        return SCALES.get(self.spec.attributes.get("scale", "medium"), 1.0) * self.shrink

    def at(self, pairs: Points | list[tuple[float, float]]) -> Points:
        """Points of the turned layout frame (origin in the middle) in picture pixels."""
        return placed(np.asarray(pairs, np.float64).reshape(-1, 2), SIZE / 2, SIZE / 2, self.angle)

    def of(self, kind: str) -> list[Item]:
        """The items of a kind."""
        return [item for item in self.items if item.kind == kind]

    def predicate(self, subject: str, target: str | None = None) -> str | None:
        """The planned predicate between two kinds, if any."""
        for relation in self.spec.relations:
            if relation.subject == subject and target in (None, relation.target):
                return relation.predicate
        return None

    def count(self, kind: str) -> int:
        """How many of a kind the plan asks for."""
        return sum(spec.count for spec in self.spec.objects if spec.kind == kind)

    def touches(self, mask: Mask, shape: Points, grow: float = 0.0) -> bool:
        """Whether an outline, grown by some pixels, meets a map."""
        rows, columns, inside = raster(shape, grow)
        return bool((mask[rows, columns] & inside).any())

    def within(self, mask: Mask, shape: Points, grow: float = 0.0) -> bool:
        """Whether an outline, grown by some pixels, lies wholly on a map."""
        rows, columns, inside = raster(shape, grow)
        return bool(inside.any()) and not bool((inside & ~mask[rows, columns]).any())

    def visible(self, shape: Points, margin: float = MARGIN) -> bool:
        """Whether an outline lies in the picture with a margin."""
        left, top, right, bottom = bounds(shape)
        return left >= margin and top >= margin and max(right, bottom) <= SIZE - margin

    def mark(self, mask: Mask, shape: Points, grow: float = 0.0) -> None:
        """Enter an outline in a map."""
        rows, columns, inside = raster(shape, grow)
        mask[rows, columns] |= inside

    def mask_of(self, *kinds: str) -> Mask:
        """The map of all items of some kinds; read it only, it is kept until one is added."""
        found = [item for item in self.items if item.kind in kinds]
        known = self._masks.get(kinds)
        if known is None or known[0] != len(found):
            known = (len(found), np.zeros((SIZE, SIZE), dtype=bool))
            for item in found:
                self.mark(known[1], item.shape)
            self._masks[kinds] = known
        return known[1]

    def add(self, item: Item, solid: bool = True, grow: float = 1.5) -> Item:
        """Append an item and enter it in the maps."""
        item.seed = int(self.rng.integers(2**31))
        self.items.append(item)
        if item.kind in WATER:
            self.mark(self.water, item.shape)
        elif item.kind == "island":
            rows, columns, inside = raster(item.shape)
            self.water[rows, columns] &= ~inside
            self.mark(self.solid, item.shape, grow)
        elif item.line is not None:
            self.mark(self.bands, item.shape)
        elif solid and item.kind not in FLAT_AREAS:
            self.mark(self.solid, item.shape, grow)
        return item
