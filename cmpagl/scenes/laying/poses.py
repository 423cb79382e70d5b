"""Proposes poses for an object: near, on, along or around what its relations name."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from cmpagl.scenes.laying.layout import SIZE, Item, Layout
from cmpagl.scenes.laying.shapes import Points, bounds, offset_line
from cmpagl.scenes.planning.truth import ObjectSpec, Relation
from cmpagl.scenes.planning.vocabulary import MAX_EXACT

__all__ = ["AFLOAT", "GRID", "proposals"]

Pose = tuple[float, float, float]  # x, y, angle
AFLOAT = frozenset({"boat", "ship"})
GRID = frozenset(
    {"building", "factory", "house", "terminal", "station", "greenhouse", "tennis court",
     "basketball court", "container", "church", "swimming pool", "football field"}
)  # fmt: skip
_ORDER = ("on", "in", "along", "around", "beside", "on both sides of", "on one side of",
          "in the middle of", "in a corner of", "far from")  # fmt: skip


def proposals(
    layout: Layout,
    spec: ObjectSpec,
    relations: list[Relation],
    k: int,
    n: int,
    length: float,
    width: float,
) -> Iterator[Pose]:
    """Poses worth trying for the k-th of n objects, a hundred at most."""
    rng = layout.rng
    tries = 90 if n <= MAX_EXACT else 14
    guide = min(
        (r for r in relations if r.predicate in _ORDER),
        key=lambda r: _ORDER.index(r.predicate),
        default=None,
    )
    for _ in range(tries):
        pose: Pose | None = None
        if guide is not None:
            pose = _guided(layout, spec.kind, guide, k, n, length, width)
        if pose is None or (spec.kind in ("tree", "bush") and n > MAX_EXACT):
            pose = _grove(layout, spec.kind, length, pose)
        if pose is None:
            half = min(length, width) / 2.0 + 4.0
            x, y = rng.uniform(half, SIZE - half, 2)
            pose = (float(x), float(y), _free_angle(layout, spec.kind))
        yield pose


def _free_angle(layout: Layout, kind: str) -> float:
    rng = layout.rng
    if kind in GRID:
        turn = layout.angle + float(rng.choice((0.0, math.pi / 2)))
        if kind == "house" and layout.spec.class_name not in ("dense residential", "commercial"):
            turn += float(rng.normal(0.0, 0.25))
        return turn
    if kind in ("car", "truck", "bus"):
        quarter = float(rng.integers(4)) * math.pi / 2
        return layout.angle + quarter + float(rng.normal(0.0, 0.08))
    return float(rng.uniform(0.0, 2.0 * math.pi))


def _grove(layout: Layout, kind: str, length: float, pose: Pose | None) -> Pose | None:
    """Most trees stand in groups: beside one that stands already."""
    rng = layout.rng
    others = layout.of(kind)
    if len(others) < 5 or rng.random() > (0.62 if pose is None else 0.3):
        return pose
    other = others[int(rng.integers(len(others)))]
    turn, reach = float(rng.uniform(0, 2 * math.pi)), length * float(rng.uniform(0.65, 1.3))
    return other.x + reach * math.cos(turn), other.y + reach * math.sin(turn), 0.0


def _guided(
    layout: Layout, kind: str, guide: Relation, k: int, n: int, length: float, width: float
) -> Pose | None:
    rng = layout.rng
    if guide.target == "scene":
        if guide.predicate == "in the middle of":
            x, y = rng.uniform(78, 146, 2) if n == 1 else rng.normal(SIZE / 2, 26.0, 2)
        else:
            corner = layout.extras.setdefault("corner:" + kind, [])
            if not corner:
                corner.append(rng.choice((-1.0, 1.0), 2))
            x, y = SIZE / 2 + corner[0] * rng.uniform(42.0, 100.0, 2)
        return float(x), float(y), _free_angle(layout, kind)
    items = layout.of(guide.target)
    if not items:
        return None
    item = items[int(rng.integers(len(items)))]
    if guide.predicate == "on" and item.line is not None:
        return _on_band(layout, item, kind)
    if guide.predicate in ("on", "in"):
        left, top, right, bottom = bounds(item.shape)
        x = float(rng.uniform(max(2.0, left), min(SIZE - 2.0, right)))
        y = float(rng.uniform(max(2.0, top), min(SIZE - 2.0, bottom)))
        turn = _free_angle(layout, kind)
        if kind in AFLOAT and item.line is not None:
            turn = _tangent(item.line, x, y) + float(rng.choice((0.0, math.pi)))
        return x, y, turn
    if guide.predicate == "along" and item.line is not None:
        return _along(layout, item, k, n, max(length, width))
    if guide.predicate == "around":
        turn = 2.0 * math.pi * (k % max(4, min(n, 12))) / max(4, min(n, 12))
        return _ring(layout, item, kind, turn + float(rng.normal(0, 0.2)), length, width)
    if guide.predicate == "beside":
        return _edge(layout, item, kind, width, float(rng.uniform(3.0, 12.0)))
    if item.line is not None and guide.predicate in ("on both sides of", "on one side of"):
        if kind in ("tree", "bush") or rng.random() < 0.35:
            return None
        away = 24.0 if kind in ("house", "building", "factory") else 60.0
        return _edge(layout, item, kind, width, float(rng.uniform(3.0, away)))
    if guide.predicate == "on one side of":
        return _half(layout, items, kind, max(length, width))
    return None


def _tangent(line: Points, x: float, y: float) -> float:
    k = int(((line - (x, y)) ** 2).sum(axis=1).argmin())
    step = line[min(k + 1, len(line) - 1)] - line[max(k - 1, 0)]
    return math.atan2(step[1], step[0])


def _visible_point(layout: Layout, line: Points) -> tuple[float, float, float] | None:
    rng = layout.rng
    k = int(rng.integers(len(line) - 1))
    x, y = line[k] + (line[k + 1] - line[k]) * rng.random()
    if not (4 < x < SIZE - 4 and 4 < y < SIZE - 4):
        return None
    step = line[k + 1] - line[k]
    return float(x), float(y), math.atan2(step[1], step[0])


def _on_band(layout: Layout, item: Item, kind: str) -> Pose | None:
    assert item.line is not None
    point = None
    for _ in range(8):
        point = point or _visible_point(layout, item.line)
    if point is None:
        return None
    x, y, turn = point
    if kind in ("train", "plane"):
        return x, y, turn + (math.pi if layout.rng.random() < 0.5 else 0.0)
    lanes = (-0.36, -0.14, 0.14, 0.36) if item.width > 26 else (-0.23, 0.23)
    if item.width < 12.0:
        lanes = (0.0, 0.0)
    lane = float(layout.rng.choice(lanes)) * item.width
    # traffic keeps to the right: heading follows the lane's side
    turn_on = turn if lane > 0 else turn + math.pi
    return x - lane * math.sin(turn), y + lane * math.cos(turn), turn_on


def _along(layout: Layout, item: Item, k: int, n: int, size: float) -> Pose | None:
    assert item.line is not None
    rng = layout.rng
    side = 1.0 if (k % 2 == 0 or n < 4) else -1.0
    row = offset_line(item.line, side * (item.width / 2.0 + size / 2.0 + 3.0))
    inside = row[(row > 5).all(axis=1) & (row < SIZE - 5).all(axis=1)]
    if len(inside) < 2:
        return None
    share = (k // 2 + 0.5 + rng.uniform(-0.12, 0.12)) / max(1.0, n / 2.0)
    along = np.linspace(0.0, 1.0, len(inside))
    if rng.random() < 0.5:
        share = rng.random()
    x, y = (float(np.interp(share, along, inside[:, j])) for j in (0, 1))
    return x, y, _tangent(item.line, x, y)


def _edge(layout: Layout, item: Item, kind: str, width: float, away: float) -> Pose | None:
    """Beside a random point of an outline, turned along it."""
    rng = layout.rng
    outline = item.shape
    for _ in range(12):
        k = int(rng.integers(len(outline)))
        start, end = outline[k - 1], outline[k]
        step = end - start
        long = float(np.hypot(*step))
        if long < 1e-6:
            continue
        x, y = start + step * rng.random()
        if not (-6 < x < SIZE + 6 and -6 < y < SIZE + 6):
            continue
        normal = np.array([step[1], -step[0]]) / long
        probe = np.array([x, y]) + normal * 2.0
        if layout.touches(layout.mask_of(item.kind), np.array([probe, probe + 0.6, probe - 0.6])):
            normal = -normal
        x, y = np.array([x, y]) + normal * (away + width / 2.0)
        turn = math.atan2(step[1], step[0])
        if kind == "plane":
            turn = math.atan2(-normal[1], -normal[0])
        elif kind not in GRID and kind not in ("bus", "truck", "car", "ship", "boat"):
            turn = float(rng.uniform(0, 2 * math.pi))
        elif rng.random() < 0.15 and kind in ("car", "boat", "house"):
            turn += math.pi / 2
        return float(x), float(y), turn
    return None


def _ring(
    layout: Layout, item: Item, kind: str, turn: float, length: float, width: float
) -> Pose | None:
    """Outwards from a target in one direction, just beyond its outline."""
    rng = layout.rng
    left, top, right, bottom = bounds(item.shape)
    centre = np.array([(left + right) / 2.0, (top + bottom) / 2.0])
    way = np.array([math.cos(turn), math.sin(turn)])
    reach = float(((item.shape - centre) @ way).max())
    away = reach + max(length, width) / 2.0 + float(rng.uniform(3.0, 13.0))
    side = float(rng.uniform(-0.3, 0.3)) * away if kind in ("tree", "bush") else 0.0
    x, y = centre + way * away + np.array([-way[1], way[0]]) * side
    facing = layout.angle + (0.0 if abs(math.sin(turn - layout.angle)) > 0.7 else math.pi / 2)
    return float(x), float(y), facing if kind in GRID else float(rng.uniform(0, 2 * math.pi))


def _half(layout: Layout, items: list[Item], kind: str, size: float) -> Pose | None:
    """Anywhere beyond one side of all targets; the side is chosen once per kind."""
    rng = layout.rng
    shape = np.concatenate([item.shape for item in items])
    side = layout.extras.setdefault("side:" + kind, [])
    if not side:
        left, top, right, bottom = bounds(shape)
        rooms = {
            (-1.0, 0.0): left,
            (0.0, -1.0): top,
            (1.0, 0.0): SIZE - right,
            (0.0, 1.0): SIZE - bottom,
        }
        side.append(np.array(max(rooms, key=lambda way: rooms[way] + float(rng.uniform(0, 12)))))
    way = side[0]
    reach = float((shape @ way).max()) + size / 2.0 + 2.0
    limit = SIZE - 4.0 if way.sum() > 0 else -4.0
    along = float(rng.uniform(reach, max(reach + 1.0, limit)))
    across = float(rng.uniform(6.0, SIZE - 6.0))
    x, y = way * along + np.abs(way[::-1]) * across
    return float(x), float(y), _free_angle(layout, kind)
