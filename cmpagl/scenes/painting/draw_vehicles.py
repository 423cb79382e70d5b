"""Planes, boats, ships, cars, trucks, buses, trains and tractors from above."""

from __future__ import annotations

import numpy as np

from cmpagl.scenes.laying.layout import Item
from cmpagl.scenes.laying.shapes import Points, ellipse, placed, points
from cmpagl.scenes.painting.canvas import Canvas, Rgb, blend, inside, pick, shaded, tinted
from cmpagl.scenes.painting.colours import fill_of

__all__ = ["VEHICLES"]

GLASS: Rgb = (44, 50, 58)


def _box(a: float, b: float, half: float = 0.5, other: float | None = None) -> Points:
    """A band across a vehicle from a to b of its length, ``half`` wide at a and ``other`` at b."""
    far = half if other is None else other
    return points([(a, -half), (b, -far), (b, far), (a, half)])


def car(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A car: body, bonnet, dark panes before and behind the roof."""
    paint = fill_of(rng, item)
    body = points([(-0.5, -0.38), (-0.42, -0.5), (0.38, -0.5), (0.5, -0.36), (0.5, 0.36),
                   (0.38, 0.5), (-0.42, 0.5), (-0.5, 0.38)])  # fmt: skip
    canvas.polygons(
        [
            (inside(item, body), shaded(paint, 0.92)),
            (inside(item, _box(0.16, 0.28, 0.38, 0.42)), GLASS),
            (inside(item, _box(-0.4, -0.3, 0.4, 0.36)), GLASS),
            (inside(item, _box(-0.3, 0.16, 0.42)), shaded(paint, 1.06)),
            (inside(item, _box(0.3, 0.46, 0.38)), paint),
        ]
    )


def truck(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A lorry: a long box and a cab before it."""
    paint = fill_of(rng, item)
    cab = tinted(rng, blend(paint, (210, 208, 202), 0.35))
    canvas.polygons(
        [
            (inside(item, _box(-0.5, 0.22)), paint),
            (inside(item, _box(-0.46, 0.18, 0.34)), shaded(paint, 1.08)),
            (inside(item, _box(0.22, 0.28, 0.2)), (60, 60, 62)),
            (inside(item, _box(0.28, 0.5, 0.46)), cab),
            (inside(item, _box(0.4, 0.47, 0.38)), GLASS),
        ]
    )


def bus(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A bus: one long roof with hatches and a windscreen."""
    paint = fill_of(rng, item)
    shapes = [
        (inside(item, _box(-0.5, 0.5)), shaded(paint, 0.86)),
        (inside(item, _box(-0.48, 0.46, 0.4)), shaded(paint, 1.06)),
        (inside(item, _box(0.46, 0.5, 0.42)), GLASS),
    ]
    for at in (-0.28, 0.1):
        shapes.append((inside(item, _box(at, at + 0.1, 0.2)), shaded(paint, 0.85)))
    canvas.polygons(shapes)


def train(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A train: wagons with gaps, a ridge line, dark ends."""
    paint = fill_of(rng, item)
    wagons = max(3, round(item.length / 22.0))
    shapes = []
    for k in range(wagons):
        a, b = -0.5 + k / wagons + 0.006, -0.5 + (k + 1) / wagons - 0.006
        tone = shaded(paint, float(rng.uniform(0.94, 1.04)))
        shapes += [
            (inside(item, _box(a, b)), shaded(tone, 0.8)),
            (inside(item, _box(a, b, 0.36)), tone),
            (inside(item, _box(a + 0.2 / wagons, a + 0.35 / wagons, 0.2)), shaded(tone, 0.75)),
        ]
    shapes.append((inside(item, _box(0.465, 0.485, 0.34)), GLASS))
    canvas.polygons(shapes)


def tractor(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A tractor: bonnet, cab, two large wheels behind."""
    paint = fill_of(rng, item)
    dark = (40, 40, 42)
    canvas.polygons(
        [
            (inside(item, points([(-0.5, -0.5), (0.0, -0.5), (0.0, -0.28), (-0.5, -0.28)])), dark),
            (inside(item, points([(-0.5, 0.28), (0.0, 0.28), (0.0, 0.5), (-0.5, 0.5)])), dark),
            (inside(item, _box(-0.42, 0.5, 0.26)), paint),
            (inside(item, _box(0.22, 0.42, 0.4)), dark),
            (inside(item, _box(0.2, 0.5, 0.22)), paint),
            (inside(item, _box(-0.36, 0.02, 0.26)), shaded(paint, 1.15)),
        ]
    )


def plane(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """An airliner: swept wings with engines, a bright fuselage, a tail in a second colour."""
    paint = fill_of(rng, item, 4.0)
    accent = tinted(rng, pick(rng, ((60, 84, 140), (170, 60, 54), (90, 92, 98))))
    if item.colour not in (None, "white", "grey"):
        accent = shaded(paint, 0.75)
    shapes = [(item.shape, shaded(paint, 0.9))]
    for side in (-1.0, 1.0):
        for along, out in ((0.09, 0.17), (0.03, 0.31)) if item.length > 30 else ((0.08, 0.2),):
            spot = inside(item, [(along, side * out / 0.92)])[0]
            shapes.append((ellipse(spot[0], spot[1], 1.5, 0.75, item.angle, 10), (96, 98, 104)))
        wing = [(0.0, side * 0.1), (-0.1, side * 0.47), (-0.13, side * 0.47), (-0.08, side * 0.1)]
        shapes.append((inside(item, wing), shaded(paint, 0.78)))
    hull = points(
        [(0.5, 0), (0.45, 0.034), (-0.3, 0.036), (-0.5, 0.0), (-0.3, -0.036), (0.45, -0.034)]
    )
    shapes += [
        (inside(item, hull), shaded(paint, 1.06)),
        (inside(item, [(-0.3, -0.012), (-0.5, -0.022), (-0.5, 0.022), (-0.3, 0.012)]), accent),
        (inside(item, [(0.43, -0.03), (0.46, -0.02), (0.46, 0.02), (0.43, 0.03)]), GLASS),
    ]
    canvas.polygons(shapes)


def boat(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A small boat: hull in its colour, lighter deck, a cabin or an open well."""
    paint = fill_of(rng, item)
    middle = np.array([item.x, item.y])
    deck = (item.shape - middle) * 0.7 + middle
    if item.length > 9 and rng.random() < 0.25:
        _wake(canvas, item)
    light = blend(paint, (236, 232, 222), 0.35 if item.colour not in (None, "white") else 0.6)
    shapes = [(item.shape, paint), (deck, light)]
    if rng.random() < 0.6:
        shapes.append((inside(item, _box(-0.12, 0.16, 0.26)), shaded(light, 1.08)))
        shapes.append((inside(item, _box(0.1, 0.2, 0.24)), GLASS))
    else:
        shapes.append((inside(item, _box(-0.36, -0.02, 0.24)), shaded(paint, 0.62)))
    canvas.polygons(shapes)


def _wake(canvas: Canvas, item: Item) -> None:
    """Foam behind a moving boat."""
    tail = points(
        [(-0.45, -0.25), (-0.45, 0.25), (-1.9, 1.1), (-1.6, 0.25), (-1.6, -0.25), (-1.9, -1.1)]
    )
    mask = canvas.mask([placed(tail * (item.length, item.width), item.x, item.y, item.angle)], 0.8)
    canvas.paste((176, 190, 192), mask.point([v * 6 // 10 for v in range(256)]))


def ship(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A cargo ship: hull rim, deck with hatches, white bridge aft, a funnel."""
    paint = fill_of(rng, item)
    middle = np.array([item.x, item.y])
    deck = (
        blend(paint, (120, 112, 104), 0.35)
        if item.colour in (None, "white")
        else shaded(paint, 1.12)
    )
    shapes = [(item.shape, shaded(paint, 0.85)), ((item.shape - middle) * (0.92) + middle, deck)]
    hatches = max(3, round(item.length / 9.0))
    for k in range(hatches):
        a = -0.24 + 0.6 * k / hatches
        tone = shaded(deck, float(rng.uniform(0.82, 1.18)))
        shapes.append((inside(item, _box(a, a + 0.5 / hatches, 0.32)), tone))
    shapes += [
        (inside(item, _box(-0.42, -0.28, 0.44)), (226, 226, 222)),
        (inside(item, _box(-0.30, -0.28, 0.44)), (120, 122, 126)),
        (inside(item, _box(-0.46, -0.40, 0.14)), (70, 66, 66)),
    ]
    canvas.polygons(shapes)
    canvas.line(inside(item, [(0.0, 0.0), (0.42, 0.0)]), 0.5, shaded(deck, 0.7))


VEHICLES = {
    "car": (car, 1.6), "truck": (truck, 3.0), "bus": (bus, 3.0), "train": (train, 3.0),
    "tractor": (tractor, 2.4), "plane": (plane, 3.4), "boat": (boat, 1.6), "ship": (ship, 4.0),
}  # fmt: skip  # kind: (painter, height in pixels)
