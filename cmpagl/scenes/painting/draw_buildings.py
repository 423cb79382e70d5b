"""Roofs: houses, flat buildings, halls, churches, tents, greenhouses; tanks, containers, masts."""

from __future__ import annotations

import math

import numpy as np

from cmpagl.scenes.laying.layout import Item
from cmpagl.scenes.laying.shapes import Points, ellipse, placed, points, rect, shrunk
from cmpagl.scenes.painting.canvas import Canvas, Rgb, blend, inside, shaded, tinted
from cmpagl.scenes.painting.colours import fill_of

__all__ = ["BUILDINGS"]


def _slopes(
    canvas: Canvas,
    item: Item,
    box: tuple[float, float, float, float],
    colour: Rgb,
    hip: float,
    along: bool = True,
) -> list[tuple[Points, Rgb]]:
    """A pitched roof over a box of an item's frame; ``hip`` 0 is a gable, at most 0.5."""
    left, top, right, bottom = box
    way = item.angle
    if along:
        middle = (top + bottom) / 2.0
        run = hip * (bottom - top) * item.width / item.length
        a, b = (left + run, middle), (right - run, middle)
        faces = [
            ([(left, top), (right, top), b, a], way - math.pi / 2),
            ([(left, bottom), (right, bottom), b, a], way + math.pi / 2),
            ([(left, top), (left, bottom), a], way + math.pi),
            ([(right, top), (right, bottom), b], way),
        ]
    else:
        middle = (left + right) / 2.0
        run = hip * (right - left) * item.length / item.width
        a, b = (middle, top + run), (middle, bottom - run)
        faces = [
            ([(left, top), (left, bottom), b, a], way + math.pi),
            ([(right, top), (right, bottom), b, a], way),
            ([(left, top), (right, top), a], way - math.pi / 2),
            ([(left, bottom), (right, bottom), b], way + math.pi / 2),
        ]
    return [(inside(item, f), shaded(colour, canvas.lit(turn))) for f, turn in faces]


def house(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A house: hipped or gabled, some with a wing; a chimney."""
    colour = fill_of(rng, item, 8.0)
    hip = float(rng.choice((0.0, 0.35, 0.48)))
    shapes: list[tuple[Points, Rgb]] = []
    plan = rng.random()
    if plan < 0.45:
        shapes += _slopes(canvas, item, (-0.5, -0.5, 0.5, 0.5), colour, hip)
    else:
        # a main wing and a cross wing; the yard in the corner keeps the ground
        side = float(rng.choice((-1.0, 1.0)))
        low, high = sorted((side * 0.5, -side * 0.12))
        shapes += _slopes(canvas, item, (-0.5, low, 0.5, high), colour, hip)
        at = float(rng.uniform(-0.5, 0.06))
        shapes += _slopes(
            canvas, item, (at, -0.5, at + 0.44, 0.5), shaded(colour, 0.98), hip, False
        )
    spot = inside(item, [(float(rng.uniform(-0.3, 0.3)), 0.08)])[0]
    shapes.append((rect(spot[0], spot[1], 1.3, 1.3, item.angle), shaded(colour, 0.6)))
    canvas.polygons(shapes)


def building(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A flat roof with a parapet, stains and roof boxes that throw small shadows."""
    colour = fill_of(rng, item)
    inner = shrunk(item.shape, 1.0 - 2.4 / max(6.0, min(item.length, item.width)))
    shapes: list[tuple[Points, Rgb]] = [
        (item.shape, shaded(colour, 1.12)),
        (inner, shaded(colour, 0.94)),
    ]
    tilt = float(rng.uniform(-0.1, 0.1))
    shapes.append(
        (
            inside(item, [(-0.42, -0.4), (tilt, -0.4), (tilt, 0.4), (-0.42, 0.4)]),
            shaded(colour, 0.99),
        )
    )
    for _ in range(int(rng.integers(2, 3 + round(item.length / 9)))):
        u, v = rng.uniform(-0.38, 0.38, 2)
        x, y = inside(item, [(float(u), float(v))])[0]
        size = rng.uniform(1.2, 3.4, 2)
        tone = tinted(rng, blend(colour, (190, 190, 188), 0.35), 12.0)
        dark = (x + canvas.fall[0] * 1.6, y + canvas.fall[1] * 1.6)
        shapes.append((rect(*dark, size[0], size[1], item.angle), shaded(colour, 0.62)))
        shapes.append((rect(x, y, size[0], size[1], item.angle), tone))
    if rng.random() < 0.5 and item.length > 24:
        u = float(rng.uniform(-0.25, 0.25))
        core = points([(u - 0.12, -0.2), (u + 0.12, -0.2), (u + 0.12, 0.2), (u - 0.12, 0.2)])
        shapes.append((inside(item, core) + np.array(canvas.fall) * 2.5, shaded(colour, 0.6)))
        shapes.append((inside(item, core), shaded(colour, 1.04)))
    canvas.polygons(shapes)


def hall(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A factory, terminal or station roof: ribs or saw-tooth sheds across its length, skylights."""
    colour = fill_of(rng, item)
    canvas.polygon(item.shape, shaded(colour, 0.8))
    style = int(rng.integers(3))
    teeth = max(3, round(item.length / (10.0 if style == 0 else 5.0)))
    shapes: list[tuple[Points, Rgb]] = []
    for k in range(teeth):
        a, b = -0.49 + 0.98 * k / teeth, -0.49 + 0.98 * (k + 1) / teeth
        cut = a + (b - a) * (0.5 if style == 0 else 0.82)
        first = canvas.lit(item.angle + math.pi) if style == 0 else 1.02
        second = canvas.lit(item.angle) if style == 0 else 0.86
        for low, high, tone in ((a, cut, first), (cut, b, second)):
            face = [(low, -0.48), (high, -0.48), (high, 0.48), (low, 0.48)]
            shapes.append(
                (inside(item, face), shaded(colour, tone * float(rng.uniform(0.97, 1.03))))
            )
    if style == 2:
        shapes = [
            (inside(item, [(-0.49, -0.48), (0.49, -0.48), (0.49, 0), (-0.49, 0)]),
             shaded(colour, canvas.lit(item.angle - math.pi / 2))),
            (inside(item, [(-0.49, 0.48), (0.49, 0.48), (0.49, 0), (-0.49, 0)]),
             shaded(colour, canvas.lit(item.angle + math.pi / 2))),
        ]  # fmt: skip
        for k in range(teeth):
            u = -0.45 + 0.9 * (k + 0.5) / teeth
            for v in (-0.27, 0.27):
                pane = [
                    (u - 0.008, v - 0.1),
                    (u + 0.008, v - 0.1),
                    (u + 0.008, v + 0.1),
                    (u - 0.008, v + 0.1),
                ]
                shapes.append((inside(item, pane), blend(colour, (224, 228, 230), 0.5)))
    canvas.polygons(shapes)
    canvas.line(
        inside(item, [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5)]),
        0.7,
        shaded(colour, 1.1),
    )


def church(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A cross of two pitched roofs, a round choir, a tower with a pointed spire."""
    colour = fill_of(rng, item)
    shapes: list[tuple[Points, Rgb]] = [(item.shape, shaded(colour, 0.84))]
    shapes += _slopes(canvas, item, (-0.5, -0.165, 0.46, 0.165), colour, 0.0)
    shapes += _slopes(canvas, item, (0.07, -0.49, 0.31, 0.49), colour, 0.0, along=False)
    tower = Item("tower", None, np.zeros((1, 2)), angle=item.angle)
    tower.x, tower.y = inside(item, [(-0.41, 0.0)])[0]
    tower.length = tower.width = item.width * 0.27
    shapes += _slopes(canvas, tower, (-0.5, -0.5, 0.5, 0.5), shaded(colour, 0.72), 0.5)
    canvas.polygons(shapes)


def tent(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A four-sided pyramid."""
    canvas.polygons(_slopes(canvas, item, (-0.5, -0.5, 0.5, 0.5), fill_of(rng, item), 0.5))


def greenhouse(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A glazed strip with ribs."""
    colour = fill_of(rng, item)
    canvas.polygons(_slopes(canvas, item, (-0.5, -0.5, 0.5, 0.5), colour, 0.0))
    for u in np.linspace(-0.46, 0.46, max(5, round(item.length / 4))):
        canvas.line(inside(item, [(float(u), -0.5), (float(u), 0.5)]), 0.5, shaded(colour, 0.82))


def tank(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A storage tank: bright rim, roof lit from one side, a stair and a hatch."""
    colour = fill_of(rng, item)
    x, y, radius = item.x, item.y, item.length / 2.0
    shapes = [(ellipse(x, y, radius, radius, 0, 40), shaded(colour, 0.8))]
    dome = rng.random() < 0.6
    for k in range(5):
        share = 0.93 - 0.17 * k
        push = (0.05 * k if dome else 0.0) * radius
        spot = (x + canvas.sun[0] * push, y + canvas.sun[1] * push)
        tone = 0.92 + 0.035 * k if dome else 0.96
        shapes.append((ellipse(*spot, radius * share, radius * share, 0, 36), shaded(colour, tone)))
    turn = float(rng.uniform(0, 2 * math.pi))
    canvas.polygons(shapes)
    if not dome:
        # a floating roof has sunk: the wall shades one side of it
        cut = placed(ellipse(0, 0, radius * 0.86, radius * 0.86, 0, 36), x, y)
        canvas.polygon(cut, shaded(colour, 0.7))
        push = radius * 0.22
        canvas.polygon(
            ellipse(
                x - canvas.sun[0] * push * 0.3,
                y - canvas.sun[1] * push * 0.3,
                radius * 0.78,
                radius * 0.78,
                0,
                36,
            ),
            shaded(colour, 0.98),
        )
    end = (x + radius * 0.92 * math.cos(turn), y + radius * 0.92 * math.sin(turn))
    canvas.line(points([(x, y), end]), 0.7, shaded(colour, 0.72))
    canvas.polygon(ellipse(x, y, 1.2, 1.2, 0, 10), shaded(colour, 0.7))


def container(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """One stack of containers with its corrugation."""
    colour = fill_of(rng, item)
    canvas.polygon(item.shape, colour)
    canvas.line(inside(item, [(-0.47, -0.2), (0.47, -0.2)]), 0.6, shaded(colour, 1.15))
    canvas.line(inside(item, [(-0.5, 0.45), (0.5, 0.45)]), 0.5, shaded(colour, 0.7))


def turbine(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A wind turbine: three blades about a hub, seen nearly from above, on a round foundation."""
    colour = fill_of(rng, item, 2.0)
    x, y = item.x, item.y
    canvas.polygon(ellipse(x, y, 2.4, 2.4, 0, 14), (170, 164, 150))
    turn = float(rng.uniform(0, 2 * math.pi))
    for k in range(3):
        way = turn + 2 * math.pi * k / 3
        blade = points(
            [
                (0, -0.75),
                (0.16 * item.length, -0.9),
                (0.49 * item.length, -0.1),
                (0.49 * item.length, 0.1),
                (0.16 * item.length, 0.7),
                (0, 0.75),
            ]
        )
        canvas.polygon(placed(blade, x, y, way), shaded(colour, 0.95 + 0.06 * math.cos(way)))
    canvas.polygon(ellipse(x, y, 1.8, 1.8, 0, 12), colour)


BUILDINGS = {
    "house": (house, 5.0), "building": (building, 8.0), "factory": (hall, 7.0),
    "terminal": (hall, 7.0), "station": (hall, 6.0), "church": (church, 9.0), "tent": (tent, 3.0),
    "greenhouse": (greenhouse, 2.5), "storage tank": (tank, 8.0), "container": (container, 3.0),
    "wind turbine": (turbine, 0.0),
}  # fmt: skip  # kind: (painter, height in pixels)
