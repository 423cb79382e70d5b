"""Layout of seas, rivers, ponds and islands."""

from __future__ import annotations

import math

import numpy as np

from cmpagl.scenes.laying.layout import SIZE, Item, Layout, NoRoomError
from cmpagl.scenes.laying.shapes import Points, blob, curve, placed, rect, ribbon
from cmpagl.scenes.planning.truth import ObjectSpec
from cmpagl.scenes.planning.vocabulary import KINDS

__all__ = ["REACH", "breadth", "lay_water", "through"]

REACH = 175.0  # layout coordinates beyond the picture's corners


def through(layout: Layout, offset: float, turn: float, curved: bool) -> Points:
    """A line through the picture, ``offset`` px beside the middle, turned by ``turn`` radians."""
    rng = layout.rng
    if curved:
        knots = np.linspace(-REACH, REACH, 7)
        bend = rng.uniform(14.0, 34.0) * np.sin(
            knots / rng.uniform(38.0, 62.0) + rng.uniform(0.0, 2.0 * math.pi)
        )
        line = curve([(float(x), offset + float(y)) for x, y in zip(knots, bend, strict=True)])
    else:
        line = np.array([(x, offset) for x in np.linspace(-REACH, REACH, 15)])
    return layout.at(placed(line, 0.0, 0.0, turn))


def breadth(layout: Layout, kind: str) -> float:
    """A random breadth of a band or area, within its kind's limits."""
    low, high = KINDS[kind].size
    return float(layout.rng.uniform(low, high)) * max(0.8, min(1.1, layout.scale))


def lay_water(layout: Layout, spec: ObjectSpec, group: int) -> None:
    """Lay out a sea, a river, ponds or islands.

    Raises:
        NoRoomError: an island or pond finds no place.
    """
    rng = layout.rng
    curved = layout.spec.attributes.get("shape") == "curved"
    if spec.kind == "sea":
        depth = breadth(layout, "sea")
        knots = np.linspace(-REACH, REACH, 9)
        edge = depth - SIZE / 2 + rng.normal(0.0, 5.0, 9)
        shore = curve([(float(x), float(y)) for x, y in zip(knots, edge, strict=True)])
        outline = np.concatenate([shore, [(REACH, -2 * REACH), (-REACH, -2 * REACH)]])
        item = Item("sea", spec.colour, layout.at(outline), line=layout.at(shore), group=group)
        layout.add(item)
        return
    if spec.kind == "river":
        width = breadth(layout, "river")
        if layout.spec.class_name == "viaduct":
            # the viaduct runs along the layout's axis, so what it crosses lies square to that
            offset = float(rng.choice((-1, 1)) * rng.uniform(40, 75))
            line = through(layout, offset, math.pi / 2 + float(rng.normal(0, 0.12)), False)
        else:
            line = through(layout, float(rng.uniform(-30, 30)), 0.0, curved)
        wander = 1.0 + 0.14 * np.sin(
            np.linspace(0, rng.uniform(6, 14), len(line)) + rng.uniform(0.0, 6.0)
        )
        item = Item("river", spec.colour, ribbon(line, width * wander), line=line, width=width)
        item.group = group
        layout.add(item)
        return
    if spec.kind == "island":
        _islands(layout, spec, group)
        return
    _ponds(layout, spec, group)


def _ponds(layout: Layout, spec: ObjectSpec, group: int) -> None:
    rng = layout.rng
    large = layout.spec.class_name == "pond"
    place = layout.predicate("pond", "scene")
    holds = layout.count("island") + layout.count("boat") > 0
    for _ in range(spec.count):
        for _ in range(60):
            if large and spec.count == 1:
                mean = float(rng.uniform(70.0, 84.0))
            elif large:
                mean = (
                    float(rng.uniform(36.0, 52.0)) if spec.count == 2 else rng.uniform(30.0, 42.0)
                )
            else:
                mean = float(rng.uniform(24.0, 38.0)) + (8.0 if holds else 0.0)
            mean *= 0.5 + 0.5 * layout.shrink
            if place == "in the middle of":
                x, y = rng.uniform(90, 134, 2) if spec.count == 1 else rng.uniform(50, 174, 2)
            elif place == "in a corner of":
                x, y = (float(rng.choice((44.0, 180.0))) + rng.uniform(-16, 16) for _ in range(2))
                mean = min(mean, 44.0)
            else:
                x, y = rng.uniform(30 + mean * 0.4, SIZE - 30 - mean * 0.4, 2)
            ratio = rng.uniform(0.75, 1.3)
            shape = blob(rng, x, y, mean * ratio, mean / ratio, rng.uniform(0, 3), 0.24)
            if rng.random() < 0.2 and layout.spec.class_name in ("pond", "park"):
                shape = rect(x, y, 1.7 * mean * ratio, 1.6 * mean / ratio, layout.angle)
            if spec.count > 1 and not layout.visible(shape, 2.0):
                continue
            if layout.touches(layout.water | layout.bands | layout.solid, shape, 7.0):
                continue
            layout.add(Item("pond", spec.colour, shape, x=float(x), y=float(y), group=group))
            break
        else:
            raise NoRoomError("pond")
    if place == "in the middle of" and spec.count > 1:
        centre = np.mean([(p.x, p.y) for p in layout.of("pond")], axis=0)
        if np.abs(centre - SIZE / 2).max() > 34:
            raise NoRoomError("ponds in the middle")


def _islands(layout: Layout, spec: ObjectSpec, group: int) -> None:
    rng = layout.rng
    for _ in range(spec.count):
        for _ in range(80):
            x, y = rng.uniform(20, SIZE - 20, 2)
            size = float(rng.uniform(6.0, 12.0)) * layout.scale
            shape = blob(rng, x, y, size * rng.uniform(1, 1.5), size, rng.uniform(0, 3), 0.25)
            if layout.visible(shape) and layout.within(layout.water, shape, 4.0):
                layout.add(Item("island", spec.colour, shape, float(x), float(y), group=group))
                break
        else:
            raise NoRoomError("island")
