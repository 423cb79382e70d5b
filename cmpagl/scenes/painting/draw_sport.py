"""Sports grounds: football fields, tracks, baseball fields, courts, stadiums."""

from __future__ import annotations

import math

import numpy as np
from PIL import ImageChops

from cmpagl.scenes.laying.layout import Item
from cmpagl.scenes.laying.shapes import (
    Points,
    ellipse,
    placed,
    points,
    rect,
    shrunk,
    stadium_outline,
)
from cmpagl.scenes.painting.canvas import Canvas, Rgb, blend, inside, pick, shaded, tinted
from cmpagl.scenes.painting.colours import fill_of
from cmpagl.scenes.painting.palettes import TURF

__all__ = ["SPORT", "mown_turf", "stadium"]

LINE: Rgb = (216, 220, 214)


def mown_turf(rng: np.random.Generator) -> Rgb:
    """The green of tended grass: it is watered, so it looks like summer all year."""
    return tinted(rng, pick(rng, TURF["summer"])[1])


def _mown(canvas: Canvas, item: Item, colour: Rgb, count: int) -> None:
    """Stripes of mowing across an item's length."""
    shapes = []
    for k in range(count):
        a, b = -0.5 + k / count, -0.5 + (k + 1) / count
        tone = shaded(colour, 1.06 if k % 2 else 0.95)
        shapes.append((inside(item, [(a, -0.5), (b, -0.5), (b, 0.5), (a, 0.5)]), tone))
    canvas.polygons(shapes)


def _ring(item: Item, share: float) -> Points:
    turn = np.linspace(0.0, 2.0 * math.pi, 40)
    radius = share * min(item.length, item.width)
    pairs = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius
    return placed(pairs, item.x, item.y, item.angle)


def football(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A football field: mown stripes, lines, centre circle, penalty areas, goals."""
    if item.colour == "brown":
        colour = tinted(rng, (146, 116, 82))
    elif item.colour == "green":
        colour = tinted(rng, pick(rng, ((64, 118, 58), (76, 124, 66), (58, 104, 62))))
    else:
        colour = mown_turf(rng)
    _mown(canvas, item, colour, int(rng.choice((1, 8, 10, 12))))
    line = blend(colour, LINE, 0.8)
    edge = [(-0.47, -0.46), (0.47, -0.46), (0.47, 0.46), (-0.47, 0.46), (-0.47, -0.46)]
    wide = max(0.5, item.length / 130.0)
    canvas.line(inside(item, edge), wide, line)
    canvas.line(inside(item, [(0, -0.46), (0, 0.46)]), wide, line)
    canvas.line(_ring(item, 0.135), wide, line)
    for side in (-1.0, 1.0):
        for deep, half in ((0.155, 0.27), (0.05, 0.12)):
            a, b = side * 0.47, side * (0.47 - deep)
            canvas.line(inside(item, [(a, -half), (b, -half), (b, half), (a, half)]), wide, line)
        goal = [
            (side * 0.47, -0.05),
            (side * 0.495, -0.05),
            (side * 0.495, 0.05),
            (side * 0.47, 0.05),
        ]
        canvas.polygon(inside(item, goal), (226, 226, 224))


def track(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A running track: an oval of lanes around grass."""
    colour = fill_of(rng, item)
    lanes = max(7.0, item.width * 0.125)
    canvas.polygon(item.shape, colour)
    for k in range(1, 6):
        cut = 2.0 * lanes * k / 6.0
        outline = stadium_outline(item.x, item.y, item.length - cut, item.width - cut, item.angle)
        canvas.line(np.concatenate([outline, outline[:1]]), 0.5, blend(colour, LINE, 0.45))
    inner = stadium_outline(
        item.x, item.y, item.length - 2 * lanes, item.width - 2 * lanes, item.angle
    )
    canvas.polygon(inner, mown_turf(rng))
    for side in (-1.0, 1.0):
        # the half circles behind the goals are often surfaced too
        spot = inside(item, [(side * 0.33, 0.0)])[0]
        half = ellipse(spot[0], spot[1], item.width * 0.13, item.width * 0.2, item.angle, 20)
        if rng.random() < 0.6:
            canvas.polygon(half, shaded(colour, 0.95))


def stadium(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """An oval of stands in its colour: roof ring with ribs, tiers below, grass inside."""
    colour = fill_of(rng, item)
    x, y, a, b, turn = item.x, item.y, item.length / 2.0, item.width / 2.0, item.angle
    seats = tinted(
        rng,
        blend(colour, pick(rng, ((120, 124, 132), (150, 96, 84), (92, 110, 150))), 0.5),
    )
    square = float(rng.choice((2.0, 2.6, 3.4)))  # 2 is an ellipse, more is squarer

    def oval(share: float) -> Points:
        way = np.linspace(0, 2 * math.pi, 64, endpoint=False)
        unit = np.stack(
            [np.sign(np.cos(way)) * np.abs(np.cos(way)) ** (2 / square),
             np.sign(np.sin(way)) * np.abs(np.sin(way)) ** (2 / square)], axis=1,
        )  # fmt: skip
        # the superellipse must stay inside the outline the layout reserved
        unit /= max(1.0, float(np.hypot(unit[:, 0], unit[:, 1]).max()) ** 0.65)
        return placed(unit * (a * share, b * share), x, y, turn)

    roof = oval(1.0)
    canvas.polygon(roof, shaded(colour, 0.88))
    shapes = []
    ring_out, ring_in = oval(0.99), oval(0.80)
    ribs = len(ring_out)
    for k in range(ribs):
        face = points([ring_out[k - 1], ring_out[k], ring_in[k], ring_in[k - 1]])
        centre = face.mean(axis=0)
        way = math.atan2(centre[1] - y, centre[0] - x)
        tone = canvas.lit(way) * (1.03 if k % 2 else 0.97)
        shapes.append((face, shaded(colour, tone)))
    canvas.polygons(shapes)
    canvas.polygon(ring_in, shaded(seats, 0.6))
    for k, share in enumerate(np.linspace(0.79, 0.66, 6)):
        canvas.polygon(oval(float(share)), shaded(seats, 0.78 + 0.09 * k))
    canvas.polygon(oval(0.645), mown_turf(rng))
    shade = canvas.mask([ring_in + np.asarray(canvas.fall) * 6.0], 0.0)
    pit = canvas.mask([ring_in])
    # the roof shades that side of the bowl which the light does not reach
    canvas.darken(ImageChops.subtract(pit, shade))


def baseball(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A fan of grass with a warning track, a dirt diamond, bases, foul lines and a mound."""
    turf = tinted(rng, pick(rng, ((74, 112, 62), (84, 120, 70), (66, 104, 62))))
    dirt = tinted(rng, pick(rng, ((168, 122, 84), (186, 144, 104), (176, 110, 74))))
    length = item.length
    home = np.array([-0.48, 0.0])

    def at(pairs: list[tuple[float, float]] | Points) -> Points:
        unit = np.asarray(pairs, dtype=np.float64).reshape(-1, 2) + home
        return placed(unit * length, item.x, item.y, item.angle)

    def sector(radius: float) -> Points:
        arc = np.linspace(-math.pi / 4, math.pi / 4, 24)
        fan = np.stack([np.cos(arc), np.sin(arc)], axis=1) * radius
        return at(np.concatenate([[(0.0, 0.0)], fan]))

    canvas.polygon(item.shape, dirt)
    canvas.polygon(sector(0.92), turf)
    bands = 9
    for k in range(bands, 1, -1):
        canvas.polygon(sector(0.92 * k / bands), shaded(turf, 1.05 if k % 2 else 0.96))
    side = float(rng.uniform(0.26, 0.33))
    reach = side * 1.42
    arc = np.linspace(-math.pi / 4, math.pi / 4, 16)
    skin = np.stack([np.cos(arc), np.sin(arc)], axis=1) * reach
    canvas.polygon(at(np.concatenate([[(-0.03, 0.0)], skin])), dirt)
    half = side / math.sqrt(2.0)
    diamond = np.array([(0, 0), (half, -half), (2 * half, 0), (half, half)])
    if rng.random() < 0.75:
        canvas.polygon(at(shrunk(diamond, 0.8)), shaded(turf, 1.02))
    mound = at([(half, 0.0)])[0]
    canvas.polygon(ellipse(mound[0], mound[1], 0.035 * length, 0.035 * length, 0, 16), dirt)
    plate = at([(0.0, 0.0)])[0]
    canvas.polygon(ellipse(plate[0], plate[1], 0.05 * length, 0.05 * length, 0, 16), dirt)
    for way in (-1.0, 1.0):
        out = 0.9 / math.sqrt(2.0)
        canvas.line(at([(0.0, 0.0), (out, way * out)]), 0.5, blend(turf, LINE, 0.8))
    for base in diamond:
        x, y = at([base])[0]
        canvas.polygon(rect(x, y, 1.2, 1.2, item.angle + math.pi / 4), (232, 232, 228))


def _surround(rng: np.random.Generator, colour: Rgb) -> Rgb:
    chosen = pick(rng, ((70, 104, 76), (146, 88, 70), (128, 126, 122)))
    return tinted(rng, blend(shaded(colour, 0.85), chosen, 0.25))


def tennis(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A tennis court: surface in its colour, a darker run-off, lines, a net with its shadow."""
    colour = fill_of(rng, item)
    canvas.polygon(item.shape, _surround(rng, colour))
    canvas.polygon(inside(item, [(-0.4, -0.36), (0.4, -0.36), (0.4, 0.36), (-0.4, 0.36)]), colour)
    line = blend(colour, LINE, 0.85)
    paths: list[list[tuple[float, float]]] = [
        [(-0.38, -0.34), (0.38, -0.34), (0.38, 0.34), (-0.38, 0.34), (-0.38, -0.34)],
        [(-0.38, -0.25), (0.38, -0.25)], [(-0.38, 0.25), (0.38, 0.25)],
        [(-0.2, -0.25), (-0.2, 0.25)], [(0.2, -0.25), (0.2, 0.25)], [(-0.2, 0), (0.2, 0)],
    ]  # fmt: skip
    for path in paths:
        canvas.line(inside(item, path), 0.5, line)
    net = inside(item, [(0, -0.42), (0, 0.42)])
    canvas.line(net + np.asarray(canvas.fall) * 0.7, 0.5, shaded(colour, 0.6))
    canvas.line(net, 0.5, (60, 64, 62))


def basketball(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A basketball court: boundary, centre circle, keys in a second tone, arcs."""
    colour = fill_of(rng, item)
    canvas.polygon(item.shape, colour)
    key = tinted(rng, blend(colour, pick(rng, ((60, 90, 140), (160, 80, 60), (90, 120, 90))), 0.4))
    line = blend(colour, LINE, 0.8)
    for side in (-1.0, 1.0):
        lane = [
            (side * 0.46, -0.16),
            (side * 0.27, -0.16),
            (side * 0.27, 0.16),
            (side * 0.46, 0.16),
        ]
        canvas.polygon(inside(item, lane), key)
        canvas.line(inside(item, lane), 0.5, line)
        arc = np.linspace(-math.pi / 2, math.pi / 2, 12)
        bow = np.stack([side * (0.40 - 0.19 * np.cos(arc)), 0.40 * np.sin(arc)], axis=1)
        canvas.line(inside(item, bow), 0.5, line)
    edge = [(-0.46, -0.44), (0.46, -0.44), (0.46, 0.44), (-0.46, 0.44), (-0.46, -0.44)]
    canvas.line(inside(item, edge), 0.5, line)
    canvas.line(inside(item, [(0, -0.44), (0, 0.44)]), 0.5, line)
    canvas.line(_ring(item, 0.15), 0.5, line)


SPORT = {
    "football field": football,
    "running track": track,
    "baseball field": baseball,
    "tennis court": tennis,
    "basketball court": basketball,
}
