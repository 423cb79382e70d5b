"""Layout of everything that runs through the picture: roads, rails, runways, viaducts, bridges."""

from __future__ import annotations

import math

import numpy as np

from cmpagl.scenes.laying.layout import SIZE, Item, Layout, NoRoomError, gap
from cmpagl.scenes.laying.outlines import standing
from cmpagl.scenes.laying.shapes import Points, offset_line, ribbon
from cmpagl.scenes.laying.waters import REACH, breadth, through
from cmpagl.scenes.planning.truth import ObjectSpec
from cmpagl.scenes.planning.vocabulary import KINDS

__all__ = ["BANDS", "lay_bands", "lay_bridges", "lay_crosswalks"]

BANDS = ("highway", "railway", "runway", "road", "path", "viaduct")


def _band(layout: Layout, spec: ObjectSpec, group: int, line: Points, width: float) -> Item:
    return layout.add(
        Item(spec.kind, spec.colour, ribbon(line, width), line=line, width=width, group=group)
    )


def _meets(layout: Layout, kind: str, shape: Points) -> bool:
    """Whether a band's outline keeps every planned relation to what is already laid out."""
    allowed_over = {"river"} if layout.spec.class_name == "viaduct" else set()
    for relation in layout.spec.relations:
        if relation.subject == kind:
            for other in layout.of(relation.target):
                if relation.predicate == "across":
                    allowed_over.add(other.kind)
                elif (
                    relation.predicate == "beside" and not 2.5 <= gap(shape, other.shape) <= 14
                ) or (relation.predicate == "far from" and gap(shape, other.shape) < 52):
                    return False
    for item in layout.items:
        if item.kind in ("pond", "river", "sea") and item.kind not in allowed_over:
            rows = layout.mask_of(item.kind)
            if layout.touches(rows, shape, 3.0):
                return False
    return True


def lay_bands(layout: Layout, spec: ObjectSpec, group: int) -> None:
    """Lay out the bands of one group, edge to edge.

    Raises:
        NoRoomError: no line keeps the planned relations.
    """
    name = layout.spec.class_name
    main = {"viaduct": "viaduct", "river": "river"}.get(name, "road")
    curved = layout.spec.attributes.get("shape") == "curved" and (
        spec.kind in (main, "path") or name in ("golf course", "park", "mountain")
    )
    width = breadth(layout, spec.kind)
    for relation in layout.spec.relations:
        if relation.predicate == "on" and relation.target == spec.kind:
            # wide enough for what shall lie wholly on it
            width = max(width, 1.15 * KINDS[relation.subject].size[1] * layout.scale + 3.0)
    if spec.kind == "railway":
        _railways(layout, spec, group, width)
        return
    for k in range(spec.count):
        for _ in range(120):
            line = _proposal(layout, spec, k, width, curved)
            shape = ribbon(line, width)
            if k and _too_close(layout, spec.kind, line, width):
                continue
            if _meets(layout, spec.kind, shape):
                _band(layout, spec, group, line, width)
                break
        else:
            raise NoRoomError(spec.kind)


def _too_close(layout: Layout, kind: str, line: Points, width: float) -> bool:
    """Whether a second band of a kind would merge with the first over a long stretch."""
    if kind == "viaduct":
        return False
    mask = layout.mask_of(kind)
    here = np.zeros_like(mask)
    layout.mark(here, ribbon(line, width), 5.0)
    return float((here & mask).sum()) > 3.2 * width * width


def _proposal(layout: Layout, spec: ObjectSpec, k: int, width: float, curved: bool) -> Points:
    rng = layout.rng
    kind, name = spec.kind, layout.spec.class_name
    if kind == "runway":
        return through(layout, -70.0 + 44.0 * k + float(rng.uniform(-6, 6)), 0.0, False)
    if kind == "viaduct":
        line = through(layout, float(rng.uniform(-16, 16)), 0.0, curved)
        if k:
            first = layout.of("viaduct")[0].line
            assert first is not None
            swing = np.linspace(0.0, 1.0, len(first)) ** 2 * rng.choice((-1.0, 1.0))
            # one direction for the whole ramp: along each normal a bend would fold over
            step = (offset_line(first, 1.0) - first)[len(first) // 2]
            ramp: Points = first + step * (12.0 + 150.0 * swing)[:, None]
            return ramp
        return line
    if name == "intersection":
        tilt = float(rng.uniform(-0.25, 0.25)) if k else 0.0
        return through(layout, float(rng.uniform(-12, 12)), k * math.pi / 2 + tilt, False)
    targets = [r for r in layout.spec.relations if r.subject == kind and r.target in _LINES]
    others = [r for r in layout.spec.relations if r.target == kind and r.subject in _LINES]
    for relation in (*targets, *others):
        if relation.predicate == "parallel to":
            return _alongside(layout, relation.target, width)
        if relation.predicate == "across":
            tilt = math.pi / 2 + float(rng.uniform(-0.35, 0.35))
            return through(layout, float(rng.uniform(-60, 60)), tilt, curved)
    if name in ("dense residential", "medium residential", "commercial") and k:
        turn = math.pi / 2 if k == 1 and rng.random() < 0.7 else 0.0
        return through(layout, float(rng.uniform(-80, 80)), turn, curved and turn == 0.0)
    edge = layout.predicate(kind) == "far from" or _wants_edge(layout, kind)
    offset = float(rng.choice((-1, 1)) * rng.uniform(66, 98)) if edge else rng.uniform(-80, 80)
    if name == "parking":
        offset = float(rng.choice((-1, 1)) * rng.uniform(88, 98))
    turn = 0.0 if rng.random() < 0.6 else math.pi / 2
    turn += 0.0 if name in _GRID else float(rng.normal(0.0, 0.2))
    return through(layout, float(offset), turn, curved)


_LINES = frozenset({"river", "road", "railway", "highway", "viaduct"})
_GRID = frozenset(
    {"farmland", "parking", "commercial", "industrial", "dense residential", "square"}
)


def _wants_edge(layout: Layout, kind: str) -> bool:
    """A band that something large must stand far from, or on one side of, keeps to the edge."""
    return any(
        r.target == kind and r.predicate in ("far from", "beside", "on one side of")
        for r in layout.spec.relations
    ) or layout.spec.class_name in ("stadium", "playground", "square", "tennis courts")


def _alongside(layout: Layout, kind: str, width: float) -> Points:
    rng = layout.rng
    bands = layout.of(kind)
    if not bands:
        return through(layout, float(rng.uniform(-80, 80)), 0.0, False)
    target = bands[0] if rng.random() < 0.5 else bands[-1]
    assert target.line is not None
    away = (target.width * 1.15 + width) / 2.0 + float(rng.uniform(8.0, 34.0))
    return offset_line(target.line, away * float(rng.choice((-1, 1))))


def _railways(layout: Layout, spec: ObjectSpec, group: int, width: float) -> None:
    rng = layout.rng
    pitch = width + float(rng.uniform(2.5, 4.5))
    split = layout.predicate("station", "railway") == "in the middle of"
    hall = KINDS["station"].size[1] * layout.scale + 10.0
    total = pitch * spec.count + (hall if split else 0.0)
    station = layout.spec.class_name == "railway station"
    for _ in range(60):
        middle = float(rng.uniform(-14, 14)) if split else float(rng.uniform(-55, 55))
        turn = 0.0 if station else float(rng.choice((0.0, math.pi / 2)) + rng.normal(0, 0.15))
        if any(r.target == "railway" and r.predicate == "across" for r in layout.spec.relations):
            turn = math.pi / 2 if layout.spec.class_name == "viaduct" else turn
        lines = []
        at = middle - total / 2.0 + pitch / 2.0
        for k in range(spec.count):
            if split and k == (spec.count + 1) // 2:
                at += hall
            lines.append(through(layout, at, turn, False))
            at += pitch
        shapes = [ribbon(line, width) for line in lines]
        if any(layout.touches(layout.water, s, 2.0) for s in shapes) and not any(
            r.predicate == "across" for r in layout.spec.relations
        ):
            continue
        for line in lines:
            _band(layout, spec, group, line, width)
        return
    raise NoRoomError("railway")


def lay_bridges(layout: Layout, spec: ObjectSpec, group: int) -> None:
    """Lay bridges square across the river, with approach roads that are no objects of their own.

    Raises:
        NoRoomError: the bridges would touch.
    """
    rng = layout.rng
    river = layout.of("river")[0]
    assert river.line is not None
    inner = [i for i, (x, y) in enumerate(river.line) if 30 < x < SIZE - 30 and 30 < y < SIZE - 30]
    if len(inner) < spec.count + 1:
        raise NoRoomError("bridge")
    width = breadth(layout, "bridge") * (1.0 if spec.count < 3 else 0.8)
    low, high = inner[0], inner[-1]
    share = (high - low) / spec.count
    for k in range(spec.count):
        i = int(low + share * (k + rng.uniform(0.3, 0.7)))
        x, y = river.line[i]
        step = river.line[min(i + 1, len(river.line) - 1)] - river.line[i - 1]
        turn = math.atan2(step[1], step[0]) + math.pi / 2
        turn += 0.0 if spec.count > 1 else float(rng.uniform(-0.3, 0.3))
        ends = np.linspace(-1.0, 1.0, 7)[:, None] * (math.cos(turn), math.sin(turn))
        middle = np.array([x, y])
        deck = ends * (river.width * 0.72 + 10.0) + middle
        shape = ribbon(deck, width)
        for other in layout.of("bridge"):
            if gap(shape, other.shape) < 8.0 or layout.touches(layout.mask_of("bridge"), shape):
                raise NoRoomError("bridge")
        approach = ends * 2 * REACH + middle
        layout.extras.setdefault("approach", []).append(ribbon(approach, width * 0.9))
        layout.mark(layout.bands, ribbon(approach, width * 0.9))
        _band(layout, spec, group, deck, width)


def lay_crosswalks(layout: Layout, spec: ObjectSpec, group: int) -> None:
    """White bars across the arms of an intersection, each arm at most one."""
    rng = layout.rng
    first, second = layout.of("road")[:2]
    assert first.line is not None
    assert second.line is not None
    arms = []
    for road, other in ((first, second), (second, first)):
        line = road.line
        assert line is not None
        step = (line[-1] - line[0]) / np.hypot(*(line[-1] - line[0]))
        assert other.line is not None
        cross = _crossing(line, other.line)
        for way in (1.0, -1.0):
            arms.append((road, cross + way * step * (other.width / 2.0 + 8.0), step))
    chosen = [arms[int(k)] for k in rng.permutation(len(arms))[: spec.count]]
    for road, (x, y), step in chosen:
        pose = (x, y, math.atan2(step[1], step[0]) + math.pi / 2)
        layout.add(standing(spec, group, pose, road.width * 0.92, 8.0), solid=False)


def _crossing(first: Points, second: Points) -> Points:
    a, r = first[0], first[-1] - first[0]
    b, s = second[0], second[-1] - second[0]
    t = ((b[0] - a[0]) * s[1] - (b[1] - a[1]) * s[0]) / (r[0] * s[1] - r[1] * s[0])
    result: Points = a + t * r
    return result
