"""Layouts with a pattern of their own: nested sports grounds, streets, car parks, crossings."""

from __future__ import annotations

import math

import numpy as np

from cmpagl.scenes.laying.layout import SIZE, Item, Layout, NoRoomError
from cmpagl.scenes.laying.outlines import standing
from cmpagl.scenes.laying.place import wanted
from cmpagl.scenes.laying.relate import keeps
from cmpagl.scenes.laying.shapes import Points, offset_line, rect, shrunk
from cmpagl.scenes.planning.truth import ObjectSpec
from cmpagl.scenes.planning.vocabulary import KINDS

__all__ = [
    "lay_bays",
    "lay_containers",
    "lay_houses",
    "lay_nested",
    "lay_parking",
    "lay_stripes",
]


def lay_nested(layout: Layout, spec: ObjectSpec, group: int) -> bool:
    """Lay out a stadium, a running track or a football field that belongs inside another.

    Returns:
        False where nothing is nested and the object is placed like any other.

    Raises:
        NoRoomError: no place is free.
    """
    rng = layout.rng
    length, width = KINDS[spec.kind].size
    outer = layout.of("stadium") or layout.of("running track")
    inner_track = layout.of("running track")
    if spec.kind == "football field" and inner_track:
        outer = inner_track
    if spec.kind == "running track" and not layout.of("stadium"):
        outer = []
    if spec.kind == "stadium":
        outer = []
    size = layout.scale * float(rng.uniform(0.92, 1.08))
    if outer:
        host = outer[0]
        share = 0.70 if host.kind == "stadium" and spec.kind == "running track" else 0.62
        if host.kind == "running track":
            share = 0.60
        wide = host.width * (share + (0.04 if host.kind == "running track" else 0.0))
        pose = (host.x, host.y, host.angle)
        layout.add(standing(spec, group, pose, host.length * share, wide), solid=False)
        return True
    if spec.kind == "football field":
        return False
    relations = [r for r in layout.spec.relations if r.subject == spec.kind]
    for _ in range(80):
        x, y = SIZE / 2 + rng.normal(0.0, 20.0, 2)
        item = standing(spec, group, (x, y, layout.angle), length * size, width * size)
        beside = [r for r in relations if r.predicate in ("beside", "far from")]
        if (
            layout.visible(item.shape)
            and not layout.touches(layout.water | layout.bands | layout.solid, item.shape, 3.0)
            and all(keeps(layout, r, item.shape, []) for r in beside)
        ):
            layout.add(item, grow=3.0)
            return True
    raise NoRoomError(spec.kind)


def lay_houses(layout: Layout, spec: ObjectSpec, group: int) -> None:
    """Lay out streets of houses: rows that follow the main road, a plot to each house.

    Raises:
        NoRoomError: too few plots.
    """
    rng = layout.rng
    most, least = wanted(layout, spec)
    dense = layout.spec.class_name == "dense residential"
    if dense:
        most = int(most * rng.uniform(1.0, 2.2))
    grow = layout.scale * float(rng.uniform(0.72, 0.95) if dense else rng.uniform(1.0, 1.25))
    depth, front = (v * grow for v in reversed(KINDS["house"].size))
    plot = front + float(rng.uniform(2.5, 5.0) if dense else rng.uniform(6.0, 12.0))
    pitch = depth + float(rng.uniform(4.0, 8.0) if dense else rng.uniform(12.0, 20.0))
    roads = layout.of("road")
    main = roads[0].line if roads else layout.at([(-170.0, 0.0), (0.0, 0.0), (170.0, 0.0)])
    assert main is not None
    half = roads[0].width / 2.0 if roads else 4.0
    relations = [r for r in layout.spec.relations if r.subject == "house"]
    found: list[Item] = []
    setback = float(rng.uniform(3.5, 6.0) if dense else rng.uniform(5.0, 9.0))
    lining = {r.predicate for r in layout.spec.relations if r.subject in ("tree", "car")}
    if lining & {"along", "beside"}:
        setback = 13.0  # street trees or parked cars stand between the houses and the road
    for side in (1.0, -1.0):
        for row in range(16):
            away = half + setback + depth / 2.0 + row * pitch + (row // 2) * (setback * 0.8)
            line = offset_line(main, side * away)
            found += _row(layout, spec, group, line, plot, front, depth)
    found = [found[int(k)] for k in rng.permutation(len(found))]
    placed: list[Item] = []
    for item in found:
        if len(placed) >= most:
            break
        if all(keeps(layout, r, item.shape, placed) for r in relations):
            if layout.touches(layout.solid, item.shape, 0.8):
                continue
            placed.append(layout.add(item, grow=1.5))
    if len(placed) < least:
        raise NoRoomError("houses")


def _row(
    layout: Layout,
    spec: ObjectSpec,
    group: int,
    line: Points,
    plot: float,
    front: float,
    depth: float,
) -> list[Item]:
    rng = layout.rng
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    items = []
    at = float(rng.uniform(0.0, plot))
    while at < along[-1]:
        x, y = (float(np.interp(at, along, line[:, j])) for j in (0, 1))
        k = int(np.searchsorted(along, at).clip(1, len(line) - 1))
        step = line[k] - line[k - 1]
        at += plot * float(rng.uniform(0.96, 1.08))
        if not (5 < x < SIZE - 5 and 5 < y < SIZE - 5):
            continue
        size = float(rng.uniform(0.88, 1.06))
        turn = math.atan2(step[1], step[0]) + float(rng.normal(0.0, 0.02))
        deep = depth * float(rng.uniform(0.85, 1.05))
        item = standing(spec, group, (x, y, turn), front * size, deep)
        if layout.visible(item.shape) and not layout.touches(
            layout.bands | layout.water | layout.solid | layout.trees, item.shape, 1.0
        ):
            items.append(item)
    return items


def lay_bays(layout: Layout) -> None:
    """Mark the bays of a car park on all free ground, in double rows with lanes between."""
    rng = layout.rng
    if "bay" in layout.extras:
        return
    length, width = (v * layout.scale * 0.95 for v in KINDS["car"].size)
    bay = (width + 2.2, length + 2.0)
    layout.extras["bay"] = []
    pitch = 2.0 * bay[1] + float(rng.uniform(13.0, 18.0))
    start = float(rng.uniform(-pitch, 0.0))
    for row in range(-8, 9):
        for half in (-0.5, 0.5):
            middle = start + row * pitch + half * bay[1]
            for column in range(-26, 27):
                if column % 13 == 0:
                    continue
                shape = layout.at(rect(column * bay[0], middle, bay[0], bay[1]))
                if layout.visible(shape, 3.0) and not layout.touches(
                    layout.bands | layout.solid | layout.trees, shape, 2.0
                ):
                    layout.extras["bay"].append(shape)


def lay_parking(layout: Layout, spec: ObjectSpec, group: int) -> None:
    """Lay out cars in marked bays; exact counts stand in a mostly empty lot.

    Raises:
        NoRoomError: too few bays.
    """
    rng = layout.rng
    most, least = wanted(layout, spec)
    crowded = most > 25
    length, width = (v * layout.scale * 0.95 for v in KINDS["car"].size)
    lay_bays(layout)
    bays = layout.extras["bay"]
    free = [s for s in bays if not layout.touches(layout.solid, shrunk(s, 0.7))]
    if len(free) < least:
        raise NoRoomError("bays")
    order = rng.permutation(len(free))
    if crowded:
        most = max(most, int(min(130, len(free) * rng.uniform(0.45, 0.85))))
    elif rng.random() < 0.6:
        # neighbours in one or two rows look like a real, half empty lot
        home = free[int(rng.integers(len(free)))].mean(axis=0)
        across = np.array([-math.sin(layout.angle), math.cos(layout.angle)])
        order = np.argsort(
            [abs((s.mean(0) - home) @ across) * 3 + rng.uniform(0, 160) for s in free]
        )
    for k in order[:most]:
        x, y = free[int(k)].mean(axis=0)
        turn = layout.angle + math.pi / 2 * float(rng.choice((-1, 1))) + float(rng.normal(0, 0.04))
        size = float(rng.uniform(0.92, 1.08))
        layout.add(standing(spec, group, (x, y, turn), length * size, width * size), grow=0.3)


def lay_containers(layout: Layout, spec: ObjectSpec, group: int) -> None:
    """Stacks in blocks of a grid on free, dry ground.

    Raises:
        NoRoomError: too few places.
    """
    rng = layout.rng
    most, least = wanted(layout, spec)
    length, width = (v * layout.scale * 0.85 for v in KINDS["container"].size)
    count = 0
    for _ in range(200):
        origin = rng.uniform(10, SIZE - 10, 2)
        turn = layout.angle + float(rng.choice((0.0, math.pi / 2)))
        for row in range(int(rng.integers(2, 7))):
            for column in range(int(rng.integers(1, 4))):
                if count >= most:
                    return
                pose = np.array([column * (length + 1.0), row * (width + 0.6)])
                x = origin[0] + pose[0] * math.cos(turn) - pose[1] * math.sin(turn)
                y = origin[1] + pose[0] * math.sin(turn) + pose[1] * math.cos(turn)
                item = standing(spec, group, (x, y, turn), length, width)
                blocked = layout.water | layout.bands | layout.solid | layout.trees
                if layout.visible(item.shape) and not layout.touches(blocked, item.shape, 0.0):
                    layout.add(item, grow=0.0)
                    count += 1
    if count < least:
        raise NoRoomError("container")


def lay_stripes(layout: Layout, spec: ObjectSpec, group: int) -> None:
    """Waves along a shore or dune crests across the sand: long thin bands that cover nothing."""
    rng = layout.rng
    sea = layout.of("sea")
    if spec.kind == "wave" and sea and sea[0].line is not None:
        shore = sea[0].line
        inside = [k for k, p in enumerate(shore) if -8 < p[0] < SIZE + 8 and -8 < p[1] < SIZE + 8]
        for k in range(int(rng.integers(13, 19))):
            a = int(rng.integers(inside[0], max(inside[0] + 1, inside[-1] - 6)))
            piece = offset_line(shore, (4.0 + 9.0 * (k % 4)) * _seaward(layout))[a : a + 14]
            piece = piece + rng.normal(0.0, 1.0, 2)
            _stripe(layout, spec, group, piece, float(rng.uniform(1.8, 4.2)))
        return
    most, _ = wanted(layout, spec)
    for _ in range(most):
        x, y = rng.uniform(-120, 120, 2)
        span = float(rng.uniform(22.0, 60.0))
        steps = np.linspace(-span / 2, span / 2, 9)
        bow = float(rng.uniform(-0.12, 0.25)) * span * (1 - (2 * steps / span) ** 2)
        piece = layout.at(np.stack([x + steps, y + bow], axis=1))
        _stripe(layout, spec, group, piece, float(rng.uniform(5.0, 9.0)))


def _stripe(layout: Layout, spec: ObjectSpec, group: int, line: Points, width: float) -> None:
    middle = line[len(line) // 2]
    if len(line) < 3 or not (6 < middle[0] < SIZE - 6 and 6 < middle[1] < SIZE - 6):
        middle = np.clip(middle, 8, SIZE - 8)
        line = line + (middle - line[len(line) // 2])
    shape = np.concatenate([offset_line(line, width / 2), offset_line(line, -width / 2)[::-1]])
    item = Item(spec.kind, spec.colour, shape, float(middle[0]), float(middle[1]), group=group)
    item.length, item.width, item.counted = float(np.hypot(*(line[-1] - line[0]))), width, False
    item.seed = int(layout.rng.integers(2**31))
    layout.items.append(item)


def _seaward(layout: Layout) -> float:
    sea = layout.of("sea")[0]
    assert sea.line is not None
    k = len(sea.line) // 2
    probe = offset_line(sea.line, 6.0)[k]
    inside = layout.touches(layout.water, np.array([probe, probe + 0.7, probe - 0.7]))
    return 1.0 if inside else -1.0
