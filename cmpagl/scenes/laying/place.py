"""Finds a place for every object of a plan: only where nothing is covered and relations hold."""

from __future__ import annotations

import math

import numpy as np

from cmpagl.scenes.laying.layout import SIZE, Item, Layout, NoRoomError
from cmpagl.scenes.laying.outlines import standing
from cmpagl.scenes.laying.poses import AFLOAT, GRID, proposals
from cmpagl.scenes.laying.relate import in_middle, keeps
from cmpagl.scenes.laying.shapes import Points, shrunk
from cmpagl.scenes.planning.truth import ObjectSpec, Relation
from cmpagl.scenes.planning.vocabulary import KINDS, MANY, MAX_EXACT

__all__ = ["place_group", "wanted"]

RAISED = ("viaduct", "bridge")
ROUND = frozenset({"tree", "bush", "rock", "umbrella", "storage tank", "fountain", "haystack"})


def wanted(layout: Layout, spec: ObjectSpec) -> tuple[int, int]:
    """How many to draw, and how few will do: equal for exact counts."""
    if spec.count <= MAX_EXACT:
        return spec.count, spec.count
    if spec.count >= MANY:
        high = {"tree": 90, "bush": 120, "house": 60, "car": 70, "boat": 60}.get(spec.kind, 45)
        return int(layout.rng.integers(32, high)), 26
    return int(layout.rng.integers(14, 20)), 12


def place_group(layout: Layout, spec: ObjectSpec, group: int) -> None:
    """Place the objects of one group.

    Raises:
        NoRoomError: fewer fit than the plan asks for.
    """
    rng = layout.rng
    most, least = wanted(layout, spec)
    length, width = KINDS[spec.kind].size
    factor = layout.scale * float(rng.uniform(0.92, 1.1))
    if spec.kind == "tree" and most > MAX_EXACT:
        factor *= float(rng.uniform(0.55, 1.15))
    relations = [r for r in layout.spec.relations if r.subject == spec.kind]
    if not relations and (usual := _usual(layout, spec.kind)) is not None:
        relations = [usual]
    if most > MAX_EXACT and any(r.predicate == "along" for r in relations):
        most, factor = min(most, 36), min(factor, 0.65 * layout.scale)
    count = 0
    if any(r.predicate == "in rows on" for r in relations):
        place_rows(layout, spec, group, most, least, factor)
        return
    start = len(layout.items)
    for k in range(most):
        for pose in proposals(layout, spec, relations, k, most, length * factor, width * factor):
            size = factor if spec.kind in GRID else factor * float(rng.uniform(0.93, 1.07))
            if spec.kind == "tree":
                size = factor * float(rng.uniform(0.7, 1.3))
            item = standing(spec, group, pose, length * size, width * size)
            if _fits(layout, item, relations, most > MAX_EXACT):
                if spec.kind in ("tree", "bush") and most > MAX_EXACT:
                    layout.add(item, solid=False)
                    layout.mark(layout.trees, item.shape, 1.0)
                    layout.mark(layout.cores, _core(item.shape))
                else:
                    layout.add(item, grow=_spacing(item))
                count += 1
                break
        else:
            if count < least:
                if most <= MAX_EXACT or k > 3 * least:
                    raise NoRoomError(spec.kind)
                continue
    if count < least:
        raise NoRoomError(spec.kind)
    _common_middle(layout.items[start:], relations, spec.count)


def _usual(layout: Layout, kind: str) -> Relation | None:
    """Where a kind stands if nothing is planned."""
    if kind == "train":
        return Relation(kind, "on", "railway")
    if kind == "tractor" and layout.of("field"):
        return Relation(kind, "in", "field")
    if kind in ("car", "bus", "truck") and layout.spec.class_name != "parking":
        for band in ("bridge", "viaduct", "highway", "road"):
            if layout.of(band):
                return Relation(kind, "on", band)
    return None


def _core(shape: Points) -> Points:
    """The middle of a crown, which no other crown covers."""
    return shrunk(shape, 0.6)


def _spacing(item: Item) -> float:
    return {"plane": 3.0, "house": 2.0, "building": 3.0, "storage tank": 3.0, "tree": 2.0}.get(
        item.kind, 1.6
    )


def _common_middle(items: list[Item], relations: list[Relation], count: int) -> None:
    planned = any(r.predicate == "in the middle of" and r.target == "scene" for r in relations)
    if planned and count <= MAX_EXACT:
        x, y = np.mean([(item.x, item.y) for item in items], axis=0)
        if not in_middle(float(x), float(y)):
            raise NoRoomError("middle")


def _fits(layout: Layout, item: Item, relations: list[Relation], level: bool) -> bool:
    shape = item.shape
    if not layout.visible(shape, 1.0 if level and item.kind in ("tree", "bush") else 4.0):
        return False
    if layout.touches(layout.solid, shape, 1.0):
        return False
    if level and item.kind in ("tree", "bush"):
        if layout.touches(layout.cores, _core(shape)):
            return False
    elif layout.touches(layout.trees, shape, 1.0):
        return False
    planned = {r.predicate: r.target for r in relations}
    base = "railway" if item.kind == "train" else planned.get("on")
    if base is not None and base != "ground" and layout.of(base):
        if not layout.within(layout.mask_of(base), shape):
            return False
        if base not in RAISED and layout.touches(layout.mask_of(*RAISED), shape, 3.0):
            return False
    elif planned.get("in") in ("pond", "river", "sea"):
        if not layout.within(layout.water, shape, 2.0):
            return False
    elif item.kind in AFLOAT and planned.get("beside") != "sea":
        if not layout.within(layout.water, shape, 1.0) or layout.touches(layout.bands, shape, 1.0):
            return False
    else:
        reach = 2.5 if item.kind not in ("tree", "bush") else 1.0
        if layout.touches(layout.water | layout.bands, shape, reach):
            return False
    same = [other for other in layout.items if other.kind == item.kind]
    if "scattered on" in planned and _in_line(same, item):
        return False
    return all(keeps(layout, r, shape, same) for r in relations)


def _in_line(same: list[Item], item: Item) -> bool:
    """Whether the item would stand in line with two others (exact counts only)."""
    if len(same) > MAX_EXACT:
        return False
    for i, first in enumerate(same):
        for second in same[:i]:
            run = np.array([first.x - second.x, first.y - second.y])
            away = np.array([item.x - second.x, item.y - second.y])
            cross = abs(run[0] * away[1] - run[1] * away[0])
            longest = max(np.hypot(*run), np.hypot(*away), np.hypot(*(away - run)))
            if cross / max(longest, 1e-6) < 3.0:
                return True
    return False


def place_rows(
    layout: Layout, spec: ObjectSpec, group: int, most: int, least: int, factor: float
) -> None:
    """Place a group in one to three straight rows.

    Raises:
        NoRoomError: the rows fit nowhere.
    """
    rng = layout.rng
    length, width = (v * factor for v in KINDS[spec.kind].size)
    relations = [
        r for r in layout.spec.relations if r.subject == spec.kind and r.predicate != "in rows on"
    ]
    for attempt in range(160):
        squeeze = 1.0 - 0.25 * attempt / 160
        rows = int(rng.integers(1, 4)) if most > 3 else 1
        if most > 8 and rows == 1 and max(length, width) * most > 190:
            rows = int(rng.integers(2, 4))
        columns = math.ceil(most / rows)
        small = (length * squeeze, width * squeeze)
        pitch_x = small[1] + float(rng.uniform(3.5, 8.0)) + (2 if spec.kind in ROUND else 0)
        pitch_y = small[0] + float(rng.uniform(4.0, 14.0))
        turn = layout.angle + float(rng.choice((0.0, math.pi / 2)))
        along = np.array([math.cos(turn), math.sin(turn)])
        across = np.array([-along[1], along[0]])
        origin = rng.uniform(24, SIZE - 24, 2)
        found = []
        for k in range(most):
            row, column = divmod(k, columns)
            x, y = (
                origin
                + along * (column - (columns - 1) / 2.0) * pitch_x
                + across * (row - (rows - 1) / 2.0) * pitch_y
            )
            item = standing(spec, group, (x, y, turn + math.pi / 2), *small)
            if _fits(layout, item, relations, False):
                found.append(item)
            elif most <= MAX_EXACT:
                break
        if len(found) >= least and (most > MAX_EXACT or len(found) == most):
            for item in found:
                layout.add(item, grow=_spacing(item))
            return
    raise NoRoomError(spec.kind + " rows")
