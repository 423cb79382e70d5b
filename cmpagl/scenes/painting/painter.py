"""Paints a planned scene: layout, ground, bands, shadows, objects from low to high, photograph."""

from __future__ import annotations

import numpy as np
from PIL import Image

from cmpagl.scenes.laying.arrange import arrange
from cmpagl.scenes.laying.layout import SIZE, Item, Layout
from cmpagl.scenes.laying.shapes import bounds
from cmpagl.scenes.painting.canvas import Canvas
from cmpagl.scenes.painting.context import lay_context
from cmpagl.scenes.painting.draw_bands import BAND_PAINTERS, approach, road_bed, road_tones, verge
from cmpagl.scenes.painting.draw_buildings import BUILDINGS
from cmpagl.scenes.painting.draw_leisure import LEISURE, umbrella
from cmpagl.scenes.painting.draw_nature import WATERS, Crowns, dunes, field, island, small, waves
from cmpagl.scenes.painting.draw_sport import SPORT, stadium
from cmpagl.scenes.painting.draw_vehicles import VEHICLES
from cmpagl.scenes.painting.grade import photograph
from cmpagl.scenes.painting.terrain import lay_ground
from cmpagl.scenes.planning.truth import SceneObject, SceneSpec

__all__ = ["paint", "paint_layout"]

_GROUND, _LIGHT, _FILM = 101, 102, 103  # streams of random numbers beside those of the items
SMALL = ("rock", "bush", "haystack")


def paint(spec: SceneSpec) -> tuple[Image.Image, tuple[SceneObject, ...]]:
    """Paint a scene.

    Args:
        spec: the plan; the same plan always gives the same bytes.

    Returns:
        The picture (RGB, 224 x 224) and its objects with their boxes, in the plan's order.

    Raises:
        DataError: the plan asks for more than fits into one picture.
    """
    layout = arrange(spec)
    picture = paint_layout(layout)
    order = sorted(layout.items, key=lambda item: item.group)
    return picture, tuple(_truth(item) for item in order)


def _truth(item: Item) -> SceneObject:
    left, top, right, bottom = (round(min(float(SIZE), max(0.0, v)), 2) for v in bounds(item.shape))
    return SceneObject(item.kind, (left, top, right, bottom), item.colour)


def paint_layout(layout: Layout, leave_out: Item | None = None) -> Image.Image:
    """Paint a layout, with one item left out if wanted; nothing else changes then."""
    spec = layout.spec
    canvas = Canvas(
        np.random.default_rng([spec.seed, _LIGHT]),
        spec.attributes.get("season", "summer"),
        layout.angle,
    )
    rng = np.random.default_rng([spec.seed, _GROUND])
    lay_ground(canvas, layout, rng)
    lay_context(canvas, layout, rng)
    items = [item for item in layout.items if item is not leave_out]
    _flat(canvas, layout, items)
    _standing(canvas, items)
    film = np.random.default_rng([spec.seed, _FILM])
    return photograph(canvas.image, film, spec.attributes.get("sky", "clear"))


def _rng(item: Item) -> np.random.Generator:
    return np.random.default_rng(item.seed)


def _of(items: list[Item], *kinds: str) -> list[Item]:
    return [item for item in items if item.kind in kinds]


def _flat(canvas: Canvas, layout: Layout, items: list[Item]) -> None:
    """Everything without height, from the earth up to the decks of bridges."""
    for item in _of(items, "field"):
        field(canvas, item, _rng(item))
    if crests := _of(items, "dune"):
        dunes(canvas, crests)
    for item in _of(items, *WATERS):
        WATERS[item.kind](canvas, item, _rng(item))
    if foam := _of(items, "wave"):
        waves(canvas, foam, np.random.default_rng([layout.spec.seed, len(foam)]))
    for item in _of(items, "island"):
        island(canvas, item, _rng(item))
    for shape in layout.extras.get("bay", ()):
        canvas.line(shape[[3, 0, 1, 2]], 0.5, (206, 206, 198))
    for shape in layout.extras.get("approach", ()):
        approach(canvas, shape, np.random.default_rng([layout.spec.seed, 7]))
    # the beds of all roads first, so that no kerb runs across a crossing
    bed = np.random.default_rng([layout.spec.seed, 9])
    paving, kerb = road_tones(bed)
    roads = _of(items, "road")
    for item in roads:
        verge(canvas, item, kerb)
    for item in roads:
        road_bed(canvas, item, paving)
    for kind, painter in BAND_PAINTERS.items():
        for item in _of(items, kind):
            painter(canvas, item, _rng(item))
    for kind, painter in {**SPORT, **LEISURE}.items():
        if kind != "football field":
            for item in _of(items, kind):
                painter(canvas, item, _rng(item))


def _standing(canvas: Canvas, items: list[Item]) -> None:
    """Everything with height: first all shadows on one layer, then the things themselves."""
    heights = {kind: height for kind, (_, height) in {**BUILDINGS, **VEHICLES}.items()}
    heights |= {
        "tree": 5.0,
        "bush": 1.2,
        "rock": 3.5,
        "haystack": 2.4,
        "umbrella": 3.0,
        "stadium": 9.0,
    }
    tall = [item for item in items if heights.get(item.kind, 0.0) > 0.0 and item.counted]
    canvas.shadows([(item.shape, heights[item.kind] * _lift(item)) for item in tall])
    for item in _of(items, "wind turbine"):
        mast = np.array(
            [(item.x, item.y), np.array((item.x, item.y)) + np.asarray(canvas.fall) * 24]
        )
        canvas.darken(canvas.line_mask([(mast, 1.4)]))
    for item in _of(items, "stadium"):
        stadium(canvas, item, _rng(item))
    for kind in ("running track", "football field"):
        for item in _of(items, kind):
            if kind == "football field" or _of(items, "stadium"):
                SPORT[kind](canvas, item, _rng(item))
    for kind, (painter, _) in {**BUILDINGS, **VEHICLES}.items():
        for item in _of(items, kind):
            painter(canvas, item, _rng(item))
    for item in _of(items, *SMALL):
        small(canvas, item, _rng(item))
    for item in _of(items, "umbrella"):
        umbrella(canvas, item, _rng(item))
    crowns = Crowns(canvas)
    for item in _of(items, "tree"):
        if item.counted:
            crowns.draw(item, _rng(item))


def _lift(item: Item) -> float:
    """Larger ones of a kind are also taller."""
    if item.kind in ("building", "tree", "storage tank", "house"):
        return float(
            np.clip(
                min(item.length, item.width)
                / {"building": 26, "tree": 13, "storage tank": 30, "house": 15}[item.kind],
                0.5,
                1.6,
            )
        )
    return 1.0
