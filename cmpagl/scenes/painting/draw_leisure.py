"""Flat leisure things: pools, bunkers, fountains, flower beds; parasols on a beach."""

from __future__ import annotations

import math

import numpy as np

from cmpagl.scenes.laying.layout import Item
from cmpagl.scenes.laying.shapes import ellipse, points, shrunk
from cmpagl.scenes.painting.canvas import Canvas, blend, inside, pick, shaded, tinted
from cmpagl.scenes.painting.colours import fill_of
from cmpagl.scenes.painting.draw_sport import mown_turf

__all__ = ["LEISURE", "umbrella"]


def pool(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A swimming pool: pale rim, bright water, a deep end, lanes in the large ones."""
    canvas.polygon(item.shape, tinted(rng, (206, 200, 188)))
    water = tinted(rng, pick(rng, ((60, 146, 200), (72, 158, 206), (54, 132, 190))))
    inset = 2.2 / max(4.0, min(item.length, item.width))
    a, b = 0.5 - inset * item.width / max(item.length, 1e-6), 0.5 - inset
    body = points([(-a, -b), (a, -b), (a, b), (-a, b)])
    if rng.random() < 0.4:
        turn = np.linspace(0, 2 * math.pi, 24, endpoint=False)
        bulge = 1.0 + 0.12 * np.cos(2 * turn + 1.0)
        body = np.stack([np.cos(turn) * a * bulge * 0.95, np.sin(turn) * b * 0.98], axis=1)
    canvas.polygon(inside(item, body), water)
    deep = inside(item, body * (0.5, 0.7) + (0.2, 0.0))
    canvas.polygon(deep, shaded(water, 0.88))
    if item.length > 26:
        for v in np.linspace(-b, b, 5)[1:-1]:
            canvas.line(inside(item, [(-a, float(v)), (a, float(v))]), 0.5, shaded(water, 1.2))


def bunker(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A sand bunker with a shaded lip."""
    colour = fill_of(rng, item)
    canvas.polygon(item.shape - np.asarray(canvas.sun) * 0.9, shaded(mown_turf(rng), 0.72))
    canvas.polygon(item.shape, shaded(colour, 0.9))
    canvas.polygon(shrunk(item.shape, 0.8) - np.asarray(canvas.sun) * 0.6, shaded(colour, 1.02))


def fountain(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A round basin: stone rim, water, spray in the middle."""
    x, y, radius = item.x, item.y, item.length / 2.0
    canvas.polygons(
        [
            (item.shape, tinted(rng, (188, 182, 170))),
            (ellipse(x, y, radius * 0.84, radius * 0.84), (104, 100, 94)),
            (ellipse(x, y, radius * 0.78, radius * 0.78), tinted(rng, (74, 124, 138))),
        ]
    )
    for k in range(26):
        reach = radius * 0.5 * float(rng.random()) ** 0.5
        turn = float(rng.uniform(0, 2 * math.pi))
        spot = (x + reach * math.cos(turn), y + reach * math.sin(turn))
        tone = blend((120, 160, 170), (238, 242, 244), 0.4 + 0.6 * (k / 26))
        canvas.polygon(ellipse(*spot, radius * 0.1, radius * 0.1, 0, 8), tone)
    canvas.polygon(ellipse(x, y, radius * 0.16, radius * 0.16, 0, 12), (240, 243, 245))


def flower_bed(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A bed dotted with flowers behind a green rim."""
    colour = fill_of(rng, item, 3.0)
    green = tinted(rng, (70, 100, 56))
    canvas.polygon(item.shape, shaded(green, 0.8))
    middle = item.shape.mean(axis=0)
    canvas.polygon(shrunk(item.shape, 0.86), blend(colour, green, 0.12))
    for _ in range(round(item.length * 1.6)):
        k = int(rng.integers(len(item.shape)))
        spot = middle + (item.shape[k] - middle) * 0.8 * float(rng.random()) ** 0.5
        tone = shaded(colour, float(rng.uniform(0.7, 1.25)))
        if rng.random() < 0.12:
            tone = green
        canvas.polygon(ellipse(spot[0], spot[1], 0.8, 0.8, 0, 6), tone)


def umbrella(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A parasol: eight panels, each lit by its slope."""
    colour = fill_of(rng, item)
    radius = item.length / 2.0
    turn = float(rng.uniform(0, 1))
    for k in range(8):
        a, b = turn + k * math.pi / 4, turn + (k + 1) * math.pi / 4
        face = [
            (0, 0),
            (radius * math.cos(a), radius * math.sin(a)),
            (radius * math.cos(b), radius * math.sin(b)),
        ]
        tone = canvas.lit((a + b) / 2) * (1.03 if k % 2 else 0.97)
        canvas.polygon(np.add(points(face), (item.x, item.y)), shaded(colour, tone))


LEISURE = {
    "swimming pool": pool,
    "bunker": bunker,
    "fountain": fountain,
    "flower bed": flower_bed,
}
