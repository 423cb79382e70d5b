"""Turns a plan into a layout: bands and water first, then large objects, then small, then trees."""

from __future__ import annotations

import math

import numpy as np

from cmpagl.errors import DataError
from cmpagl.scenes.laying.bands import BANDS, lay_bands, lay_bridges, lay_crosswalks
from cmpagl.scenes.laying.districts import (
    lay_bays,
    lay_containers,
    lay_houses,
    lay_nested,
    lay_parking,
    lay_stripes,
)
from cmpagl.scenes.laying.divided_land import lay_docks, lay_fields, lay_quay
from cmpagl.scenes.laying.layout import SIZE, Layout, NoRoomError
from cmpagl.scenes.laying.outlines import standing
from cmpagl.scenes.laying.place import place_group
from cmpagl.scenes.laying.waters import lay_water
from cmpagl.scenes.planning.truth import ObjectSpec, SceneSpec
from cmpagl.scenes.planning.vocabulary import KINDS, MAX_EXACT

__all__ = ["arrange"]

ATTEMPTS = 60
WATERS = ("sea", "river", "pond")
# what is laid out in which order, unless a relation needs its target first
ORDER = (
    *WATERS, "island", *BANDS, "bridge", "dock", "crosswalk", "stadium", "running track",
    "football field", "baseball field", "terminal", "station", "church", "factory", "storage tank",
    "building", "greenhouse", "field", "tennis court", "basketball court", "house",
    "swimming pool", "fountain", "bunker", "ship", "train", "plane", "flower bed", "container",
    "bus", "truck", "tractor", "wind turbine", "tent", "rock", "umbrella", "boat", "car",
    "haystack", "wave", "dune", "tree", "bush",
)  # fmt: skip
LONG = ("terminal", "station")


def arrange(spec: SceneSpec) -> Layout:
    """Lay out a scene.

    Args:
        spec: the plan; its seed decides everything it leaves open.

    Returns:
        The layout, with every object placed and every planned relation kept.

    Raises:
        DataError: the plan asks for more than fits into one picture.
    """
    reason = ""
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([spec.seed, attempt])
        layout = Layout(spec, rng, shrink=max(0.5, 1.02 - 0.025 * attempt))
        layout.angle = float(rng.uniform(-math.pi, math.pi))
        if rng.random() < 0.3:
            # many pictures follow the compass
            layout.angle = math.pi / 2 * round(layout.angle / (math.pi / 2))
        try:
            _lay_all(layout)
        except NoRoomError as error:
            reason = str(error)
            continue
        return layout
    raise DataError(
        f"Scene {spec.scene_id} ({spec.class_name}) does not fit into a picture: no room for "
        f"{reason} in {ATTEMPTS} attempts; plan fewer or smaller objects."
    )


def _sorted(spec: SceneSpec) -> list[tuple[int, ObjectSpec]]:
    """The groups in drawing order, every subject after its targets."""
    groups = sorted(enumerate(spec.objects), key=lambda pair: ORDER.index(pair[1].kind))
    for _ in range(3):
        for relation in spec.relations:
            nested = relation.subject == "running track"  # the field goes inside it afterwards
            if nested or (relation.subject in BANDS and relation.target in BANDS):
                continue
            last = max(
                (i for i, g in enumerate(groups) if g[1].kind == relation.target), default=-1
            )
            early = [g for i, g in enumerate(groups) if g[1].kind == relation.subject and i < last]
            if early:
                rest = [g for g in groups if g not in early]
                place = 1 + max(i for i, g in enumerate(rest) if g[1].kind == relation.target)
                groups = rest[:place] + early + rest[place:]
    # street trees and parked cars come before the houses that line the street
    lining = {
        r.subject
        for r in spec.relations
        if r.predicate in ("along", "beside") and r.target == "road"
    }
    lining &= {"tree", "car"}
    first = next((i for i, g in enumerate(groups) if g[1].kind in ("house", "building")), 0)
    early = [g for i, g in enumerate(groups) if g[1].kind in lining and i > first]
    if early:
        rest = [g for g in groups if g not in early]
        groups = rest[:first] + early + rest[first:]
    return groups


def _lay_all(layout: Layout) -> None:
    spec = layout.spec
    if spec.attributes.get("ground") == "water":
        lay_quay(layout)
    for group, objects in _sorted(spec):
        if objects.kind == "car" and spec.class_name == "parking":
            lay_bays(layout)
        kind = objects.kind
        if kind in WATERS or kind == "island":
            lay_water(layout, objects, group)
        elif kind in BANDS:
            lay_bands(layout, objects, group)
        elif kind == "bridge":
            lay_bridges(layout, objects, group)
        elif kind == "dock":
            lay_docks(layout, objects, group)
        elif kind == "crosswalk":
            lay_crosswalks(layout, objects, group)
        elif kind in ("stadium", "running track", "football field"):
            if not lay_nested(layout, objects, group):
                place_group(layout, objects, group)
        elif kind == "field":
            lay_fields(layout, objects, group)
        elif kind in ("wave", "dune"):
            lay_stripes(layout, objects, group)
        elif kind == "container":
            lay_containers(layout, objects, group)
        elif kind in LONG and not _station_planned(spec, kind):
            _lay_long(layout, objects, group)
        elif kind == "house" and objects.count > MAX_EXACT:
            lay_houses(layout, objects, group)
        elif kind == "car" and _in_bays(spec, objects):
            lay_parking(layout, objects, group)
        elif kind == "tree" and spec.attributes.get("ground") == "woods" and objects.count > 10:
            _lay_canopy(layout, objects, group)
        else:
            place_group(layout, objects, group)


def _in_bays(spec: SceneSpec, objects: ObjectSpec) -> bool:
    predicates = {r.predicate for r in spec.relations if r.subject == "car"}
    if spec.class_name == "parking":
        return "scattered on" not in predicates
    return spec.class_name == "stadium" and objects.count > MAX_EXACT and not predicates


def _station_planned(spec: SceneSpec, kind: str) -> bool:
    return kind == "station" and not any(o.kind == "railway" for o in spec.objects)


def _lay_long(layout: Layout, objects: ObjectSpec, group: int) -> None:
    """A terminal along an edge of the apron, or a station roof along its tracks."""
    rng = layout.rng
    length, width = (v * layout.scale for v in KINDS[objects.kind].size)
    tracks = layout.of("railway")
    for _ in range(60):
        if tracks and layout.predicate("station", "railway") == "in the middle of":
            half = (len(tracks) + 1) // 2
            first, second = tracks[half - 1].line, tracks[min(half, len(tracks) - 1)].line
            assert first is not None
            assert second is not None
            x, y = (first[len(first) // 2] + second[len(second) // 2]) / 2.0
        elif tracks:
            edge = tracks[int(rng.choice((0, -1)))]
            assert edge.line is not None
            k = len(edge.line) // 2
            side = float(rng.choice((-1.0, 1.0)))
            away = edge.width / 2.0 + width / 2.0 + float(rng.uniform(3.5, 9.0))
            step = edge.line[k + 1] - edge.line[k]
            normal = np.array([-step[1], step[0]]) / np.hypot(*step)
            x, y = edge.line[k] + side * away * normal + step * rng.uniform(-0.8, 0.8)
        else:
            (x, y) = layout.at([(rng.uniform(-20, 20), rng.uniform(60.0, 86.0))])[0]
        size = length * float(rng.uniform(0.85, 1.05))
        item = standing(objects, group, (x, y, layout.angle), size, width)
        blocked = layout.water | layout.bands | layout.solid
        if layout.visible(item.shape) and not layout.touches(blocked, item.shape, 2.0):
            layout.add(item, grow=3.0)
            return
    raise NoRoomError(objects.kind)


def _lay_canopy(layout: Layout, objects: ObjectSpec, group: int) -> None:
    """The woods are the trees: crowns of the canopy that stand clear of every opening."""
    rng = layout.rng
    blocked = layout.water | layout.bands | layout.solid
    size = 13.0 * layout.scale
    count = 0
    for _ in range(400):
        x, y = rng.uniform(8, SIZE - 8, 2)
        item = standing(objects, group, (x, y, 0.0), size, size)
        if not layout.touches(blocked, item.shape, 1.0):
            item.counted = False  # the ground already shows it
            item.seed = int(rng.integers(2**31))
            layout.items.append(item)
            count += 1
        if count >= 36:
            return
    raise NoRoomError("canopy")
