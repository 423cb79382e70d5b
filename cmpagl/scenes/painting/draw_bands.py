"""Roads, rails, runways, bridges, viaducts, piers and crossings."""

from __future__ import annotations

import numpy as np

from cmpagl.scenes.laying.layout import Item
from cmpagl.scenes.laying.shapes import Points, offset_line, points, ribbon, spine
from cmpagl.scenes.painting.canvas import Canvas, Rgb, blend, inside, pick, shaded, tinted
from cmpagl.scenes.painting.colours import fill_of

__all__ = ["BAND_PAINTERS", "approach", "road_bed", "road_tones", "verge"]

MARK: Rgb = (222, 222, 214)
AMBER: Rgb = (206, 176, 96)


def _line_of(item: Item) -> Points:
    if item.line is None:
        return item.shape
    return item.line


def _worn(
    canvas: Canvas, line: Points, width: float, colour: Rgb, rng: np.random.Generator
) -> None:
    """A paved surface with darker wheel tracks and a paler edge."""
    canvas.line(line, width, shaded(colour, 0.97))
    for share in (-0.3, -0.12, 0.12, 0.3):
        tone = shaded(colour, float(rng.uniform(0.9, 1.06)))
        canvas.line(offset_line(line, share * width), width * 0.13, tone)


def road_tones(rng: np.random.Generator) -> tuple[Rgb, Rgb]:
    """The paving and the kerb of all roads of a scene."""
    paving: tuple[Rgb, ...] = ((112, 112, 110), (92, 92, 93), (136, 134, 128), (122, 118, 112))
    kerbs: tuple[Rgb, ...] = ((168, 164, 154), (142, 134, 116), (104, 108, 82))
    return (
        tinted(rng, pick(rng, paving), 5.0),
        tinted(rng, pick(rng, kerbs)),
    )


def verge(canvas: Canvas, item: Item, colour: Rgb) -> None:
    """The strip on both sides of a road: kerb, pavement or trodden earth."""
    line = _line_of(item)
    canvas.paste(shaded(colour, 0.9), canvas.line_mask([(line, item.width + 5.0)], 0.8))
    canvas.line(line, item.width + 1.6, shaded(colour, 1.08))


def road_bed(canvas: Canvas, item: Item, colour: Rgb) -> None:
    """The paved surface of a road, darker where wheels run."""
    _worn(canvas, _line_of(item), item.width, colour, np.random.default_rng(item.seed))


def road(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """The markings of a road, on its bed."""
    line = _line_of(item)
    mark = blend((116, 116, 114), AMBER if rng.random() < 0.35 else MARK, 0.7)
    if rng.random() < 0.7:
        canvas.dashes(line, 0.5, mark, 6.0, 5.0)
    else:
        canvas.line(line, 0.5, mark)
    if item.width > 14 and rng.random() < 0.6:
        for share in (-0.43, 0.43):
            canvas.line(offset_line(line, share * item.width), 0.5, shaded(mark, 0.9))


def path(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A narrow path with a soft edge."""
    colour = fill_of(rng, item) if item.colour else tinted(rng, (178, 166, 142))
    mask = canvas.line_mask([(_line_of(item), item.width)], 0.6)
    canvas.paste(colour, mask)
    canvas.line(_line_of(item), item.width * 0.3, shaded(colour, 1.05))


def highway(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """Two carriageways with lane marks and a planted or concrete median."""
    line, width = _line_of(item), item.width
    colour = tinted(rng, pick(rng, ((150, 148, 140), (124, 123, 120), (168, 164, 154))))
    canvas.line(line, width + 2.5, tinted(rng, (132, 126, 108)))
    median = tinted(rng, pick(rng, ((96, 104, 70), (176, 170, 158))))
    canvas.line(line, width, median)
    for side in (-1.0, 1.0):
        middle = offset_line(line, side * width * 0.27)
        _worn(canvas, middle, width * 0.44, colour, rng)
        for share in (-0.07, 0.07):
            canvas.dashes(
                offset_line(middle, share * width), 0.5, blend(colour, MARK, 0.85), 4.0, 5.0
            )
        for share in (-0.2, 0.2):
            canvas.line(offset_line(middle, share * width), 0.5, blend(colour, MARK, 0.7))


def runway(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A runway: shoulders, rubber marks, centre dashes, threshold bars, edge lines."""
    line, width = _line_of(item), item.width
    colour = tinted(rng, pick(rng, ((96, 96, 98), (122, 121, 118), (78, 80, 86))))
    canvas.line(line, width + 5.0, shaded(colour, 1.22))
    _worn(canvas, line, width, colour, rng)
    canvas.line(line, width * 0.34, shaded(colour, 0.86))
    for share in (-0.44, 0.44):
        canvas.line(offset_line(line, share * width), 0.6, MARK)
    canvas.dashes(line, 0.9, MARK, 11.0, 8.0)
    visible = line[(line > 2).all(axis=1) & (line < 222).all(axis=1)]
    if len(visible) >= 2:
        step = (visible[1] - visible[0]) / np.hypot(*(visible[1] - visible[0]))
        across = np.array([-step[1], step[0]])
        for k in range(-3, 4):
            if k:
                at = visible[0] + across * k * width * 0.12
                canvas.line(points([at, at + step * 15.0]), 1.1, MARK)


def railway(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """One track: ballast, sleepers, two rails."""
    line, width = _line_of(item), item.width
    ballast = tinted(rng, pick(rng, ((122, 110, 98), (108, 102, 96), (134, 120, 104))))
    canvas.line(line, width + 1.0, ballast)
    canvas.dashes(line, width * 0.62, shaded(ballast, 0.74), 1.0, 1.2)
    for side in (-0.22, 0.22):
        canvas.line(offset_line(line, side * width), 0.5, (196, 190, 184))


def _raised(
    canvas: Canvas, item: Item, rng: np.random.Generator, height: float
) -> tuple[Rgb, Points]:
    """The shadow and deck of a raised roadway."""
    line, width = _line_of(item), item.width
    colour = fill_of(rng, item)
    mask = canvas.mask([ribbon(line + np.asarray(canvas.fall) * height, width + 1.0)], 0.4)
    canvas.darken(mask)
    canvas.line(line, width, shaded(colour, 1.14))
    return colour, line


def bridge(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A bridge: shadow on the water, parapets, carriageway with marks, piers or girders."""
    colour, line = _raised(canvas, item, rng, 7.0)
    width = item.width
    deck = blend(colour, (120, 120, 118), 0.3) if item.colour in ("grey", "white", None) else colour
    _worn(canvas, line, width * 0.78, deck, rng)
    canvas.line(line, width * 0.06, blend(deck, MARK, 0.6))
    for side in (-0.46, 0.46):
        rail = offset_line(line, side * width)
        canvas.line(rail, 0.8, shaded(colour, 1.2))
        canvas.dashes(rail, 0.8, shaded(colour, 0.7), 1.5, 5.0)


def viaduct(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A raised roadway with parapets and lane marks; its shadow lies on what it crosses."""
    colour, line = _raised(canvas, item, rng, 9.0)
    width = item.width
    deck = shaded(blend(colour, (130, 128, 124), 0.4), 0.96)
    _worn(canvas, line, width * 0.88, deck, rng)
    canvas.line(line, 0.8, shaded(colour, 1.2))
    for share in (-0.22, 0.22):
        canvas.dashes(offset_line(line, share * width), 0.5, blend(deck, MARK, 0.85), 4.0, 5.0)
    for share in (-0.41, 0.41):
        canvas.line(offset_line(line, share * width), 0.5, blend(deck, MARK, 0.6))


def dock(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A pier on piles: planks, edges, its shadow on the water."""
    colour = fill_of(rng, item)
    canvas.shadows([(item.shape, 2.5)])
    canvas.polygon(item.shape, shaded(colour, 0.92))
    line = _line_of(item)
    canvas.dashes(line, item.width * 0.9, shaded(colour, 1.05), 1.2, 1.4)
    for side in (-0.45, 0.45):
        canvas.line(offset_line(line, side * item.width), 0.7, shaded(colour, 1.15))


def crosswalk(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """White bars across one arm of a crossing."""
    bars = max(5, round(item.length / 2.6))
    for k in range(bars):
        a = -0.48 + 0.96 * k / bars
        b = a + 0.5 / bars
        bar = [(a, -0.5), (b, -0.5), (b, 0.5), (a, 0.5)]
        canvas.polygon(inside(item, bar), tinted(rng, (222, 222, 216), 4.0))


def approach(canvas: Canvas, shape: Points, rng: np.random.Generator) -> None:
    """The road that leads up to a bridge."""
    middle = spine(shape)
    width = float(np.hypot(*(shape[0] - shape[-1])))
    colour = tinted(rng, (126, 124, 120))
    canvas.line(middle, width + 2.0, tinted(rng, (150, 142, 124)))
    _worn(canvas, middle, width, colour, rng)
    canvas.line(middle, 0.5, blend(colour, MARK, 0.7))


BAND_PAINTERS = {
    "path": path, "road": road, "highway": highway, "runway": runway, "railway": railway,
    "dock": dock, "bridge": bridge, "viaduct": viaduct, "crosswalk": crosswalk,
}  # fmt: skip
