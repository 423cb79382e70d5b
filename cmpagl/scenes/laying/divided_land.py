"""Layouts that divide the land: fields under crops, a quay and its piers."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from cmpagl.scenes.laying.layout import SIZE, Item, Layout, NoRoomError, raster
from cmpagl.scenes.laying.shapes import Points, offset_line, shrunk
from cmpagl.scenes.planning.truth import ObjectSpec
from cmpagl.scenes.planning.vocabulary import KINDS

__all__ = ["lay_docks", "lay_fields", "lay_quay"]


def lay_fields(layout: Layout, spec: ObjectSpec, group: int) -> None:
    """Divide the land into fields: the whole picture, or both or one side of a road or river."""
    rng = layout.rng
    total = layout.count("field")
    if not layout.of("field") and "plots" not in layout.extras:
        layout.extras["plots"] = _plots(layout, total)
    plots = layout.extras["plots"]
    for _ in range(spec.count):
        shape = plots.pop(int(rng.integers(len(plots))))
        x, y = shape.mean(axis=0)
        layout.add(Item("field", spec.colour, shape, float(x), float(y), layout.angle, group=group))


def _visible_share(shape: Points) -> int:
    return int(raster(shape)[2].sum())


def _plots(layout: Layout, count: int) -> list[Points]:
    rng = layout.rng
    sides = layout.predicate("field")
    band = next(iter(layout.of("road") or layout.of("river")), None)
    if layout.spec.class_name != "farmland":
        return _plots_beside(layout, count, sides)
    reach = 165.0
    boxes = [(-reach, -reach, reach, reach)]
    if (
        band is not None
        and sides in ("on both sides of", "on one side of")
        and band.line is not None
    ):
        turn = layout.angle
        local = band.line - SIZE / 2
        u = local @ (math.cos(turn), math.sin(turn))
        v = local @ (-math.sin(turn), math.cos(turn))
        edge = band.width / 2.0 + 1.5
        if np.ptp(u) > np.ptp(v):
            at = float(v.mean())
            boxes = [(-reach, -reach, reach, at - edge), (-reach, at + edge, reach, reach)]
        else:
            at = float(u.mean())
            boxes = [(-reach, -reach, at - edge, reach), (at + edge, -reach, reach, reach)]
        if sides == "on one side of":
            boxes = [max(boxes, key=lambda b: _visible_share(layout.at(_box(b))))]
    while len(boxes) < count:
        boxes.sort(key=lambda b: _visible_share(layout.at(_box(b))))
        left, top, right, bottom = boxes.pop()
        # cut where the visible part is halved, roughly
        share = float(rng.uniform(0.36, 0.64))
        wide = min(right, 112.0) - max(left, -112.0) > min(bottom, 112.0) - max(top, -112.0)
        if rng.random() < 0.25:
            wide = not wide
        a, b = (
            (max(left, -118.0), min(right, 118.0))
            if wide
            else (max(top, -118.0), min(bottom, 118.0))
        )
        cut = a + (b - a) * share
        if wide:
            boxes += [(left, top, cut, bottom), (cut, top, right, bottom)]
        else:
            boxes += [(left, top, right, cut), (left, cut, right, bottom)]
    shapes = [layout.at(_box(b)) for b in boxes]
    if min(_visible_share(s) for s in shapes) < 1500:
        raise NoRoomError("fields")
    return shapes


def _box(box: tuple[float, float, float, float]) -> Points:
    left, top, right, bottom = box
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def _plots_beside(layout: Layout, count: int, sides: str | None) -> list[Points]:
    """Fields along a river: a strip of plots on one bank or both."""
    rng = layout.rng
    river = layout.of("river")[0]
    assert river.line is not None
    inside = [
        k for k, (x, y) in enumerate(river.line) if -10 < x < SIZE + 10 and -10 < y < SIZE + 10
    ]
    low, high = inside[0], inside[-1]
    first = float(rng.choice((-1.0, 1.0)))
    ways = [first if sides == "on one side of" or k % 2 == 0 else -first for k in range(count)]
    result = []
    for way in (first, -first):
        here = ways.count(way)
        cuts = [int(v) for v in np.linspace(low, high, here + 1)] if here else []
        for a, b in pairwise(cuts):
            near = offset_line(river.line, way * (river.width * 0.58 + 5.0))[a : b + 1]
            far = offset_line(river.line, way * (river.width * 0.58 + 150.0))[a : b + 1]
            shape = np.concatenate([near, far[::-1]])
            result.append(shrunk(shape, 0.96))
    if min(_visible_share(s) for s in result) < 600:
        raise NoRoomError("fields")
    return result


def lay_quay(layout: Layout) -> None:
    """Make the picture water but for a quay on one side."""
    rng = layout.rng
    depth = (
        float(rng.uniform(34.0, 58.0)) if layout.count("building") else float(rng.uniform(14, 34))
    )
    if layout.count("container"):
        depth = max(depth, 46.0)
    edge = SIZE / 2 * 0.98 - depth + (14.0 if abs(math.sin(2 * layout.angle)) > 0.5 else 0.0)
    quay = layout.at(_box((-175.0, edge, 175.0, 175.0)))
    layout.water[:] = True
    rows, columns, inside = raster(quay)
    layout.water[rows, columns] &= ~inside
    layout.extras["quay"] = [quay]
    layout.extras["quay edge"] = [np.array([(0.0, edge)])]


def lay_docks(layout: Layout, spec: ObjectSpec, group: int) -> None:
    """Piers that reach from the quay into the water, evenly spaced."""
    rng = layout.rng
    edge = float(layout.extras["quay edge"][0][0, 1])
    total = 170.0 / max(1, spec.count)
    reach = float(rng.uniform(85.0, 130.0))
    far = any(r.predicate == "far from" and r.target == "dock" for r in layout.spec.relations)
    if far:
        reach = float(rng.uniform(55.0, 75.0))
        total = min(total, 42.0)
    start = float(rng.uniform(-12, 12)) + (
        float(rng.choice((-60, 60))) if far and spec.count < 3 else 0
    )
    for k in range(spec.count):
        x = start + (k - (spec.count - 1) / 2.0) * total
        width = float(rng.uniform(*KINDS["dock"].size)) * min(1.0, layout.scale)
        top = edge - reach * float(rng.uniform(0.9, 1.08))
        shape = layout.at(_box((x - width / 2, top, x + width / 2, edge + 1.0)))
        line = layout.at([(x, top), (x, (top + edge) / 2), (x, edge + 1.0)])
        item = Item("dock", spec.colour, shape, line=line, width=width, group=group)
        item.x, item.y = (float(v) for v in line[1])
        layout.add(item)
