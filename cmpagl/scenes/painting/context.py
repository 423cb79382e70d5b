"""What lies between the counted things and makes land look used: plots, yards, wear, aprons.

Nothing here is of a kind that a plan could list. It depends on the layout alone, never on which
items are finally painted.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from cmpagl.scenes.laying.layout import Item, Layout
from cmpagl.scenes.laying.shapes import Points, blob, curve, ellipse, placed, rect
from cmpagl.scenes.painting.canvas import SIZE, WIDE, Canvas, Rgb, blend, pick, shaded, tinted
from cmpagl.scenes.painting.noise import fractal, stretched

__all__ = ["lay_context"]

_YARDS: tuple[Rgb, ...] = ((150, 146, 138), (128, 124, 116), (168, 160, 146), (112, 112, 112))
_URBAN: tuple[Rgb, ...] = (
    (146, 143, 136),
    (122, 121, 118),
    (164, 158, 146),
    (104, 104, 105),
    (136, 126, 112),
    (178, 173, 163),
)
_EARTHS: tuple[Rgb, ...] = ((150, 128, 102), (126, 104, 84), (168, 150, 124), (110, 100, 84))
_HOSTS = {"building": 6.0, "factory": 8.0, "house": 3.5, "church": 9.0, "terminal": 10.0,
          "station": 7.0, "greenhouse": 4.0, "storage tank": 6.0, "swimming pool": 3.0}  # fmt: skip
_URBAN_CLASSES = frozenset(
    {
        "commercial",
        "industrial",
        "school",
        "church",
        "railway station",
        "storage tanks",
        "stadium",
        "playground",
        "tennis courts",
        "intersection",
        "viaduct",
        "dense residential",
    }
)


def lay_context(canvas: Canvas, layout: Layout, rng: np.random.Generator) -> None:
    """Structure the ground before anything stands on it."""
    ground = layout.spec.attributes.get("ground", "grass")
    name = layout.spec.class_name
    if ground in ("concrete", "asphalt") and name in _URBAN_CLASSES:
        _mosaic(canvas, rng, _URBAN, 0.62 if ground == "concrete" else 0.42)
    elif ground == "bare ground":
        _wear(canvas, rng)
        if name in _URBAN_CLASSES or rng.random() < 0.4:
            _mosaic(canvas, rng, _EARTHS, 0.45)
    elif ground == "grass":
        _swards(canvas, rng)
    if name == "square":
        _pattern(canvas, rng)
    if name == "airport":
        _apron(canvas, layout, rng)
    if ground not in ("water", "woods", "rock face", "snow", "sand"):
        _yards(canvas, layout, rng)
    elif ground in ("woods", "rock face", "sand"):
        _clearings(canvas, layout, rng)


def _soften(canvas: Canvas, mask: Image.Image, colour: Rgb, share: float) -> None:
    canvas.paste(colour, mask.point([round(v * share) for v in range(256)]))


def _cells(
    rng: np.random.Generator, box: tuple[float, float, float, float], least: float
) -> list[tuple[float, float, float, float]]:
    """Cut a box in two again and again until the pieces are near ``least`` wide."""
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    if max(wide, high) < least * rng.uniform(1.2, 2.6):
        return [box]
    share = float(rng.uniform(0.32, 0.68))
    if wide > high:
        cut = left + wide * share
        return _cells(rng, (left, top, cut, bottom), least) + _cells(
            rng, (cut, top, right, bottom), least
        )
    cut = top + high * share
    return _cells(rng, (left, top, right, cut), least) + _cells(
        rng, (left, cut, right, bottom), least
    )


def _mosaic(canvas: Canvas, rng: np.random.Generator, tones: tuple[Rgb, ...], share: float) -> None:
    """Lots of differing surface in the layout's grid, edged by kerbs, with stains over all."""
    lots: list[list[Points]] = [[] for _ in tones]
    seams: list[tuple[Points, float]] = []
    for left, top, right, bottom in _cells(rng, (-165.0, -165.0, 165.0, 165.0), 32.0):
        inset = float(rng.uniform(0.4, 2.2))
        middle = ((left + right) / 2.0, (top + bottom) / 2.0)
        shape = rect(*middle, right - left - inset, bottom - top - inset)
        shape = placed(shape, SIZE / 2, SIZE / 2, canvas.angle)
        if rng.random() > share:
            continue
        pick(rng, lots).append(shape)
        if rng.random() < 0.6:
            seams.append((np.concatenate([shape, shape[:1]]), 0.7))
    for tone, shapes in zip(tones, lots, strict=True):
        # half laid over what is there, so that stains run on from lot to lot
        mask = canvas.mask(shapes, 0.3)
        _soften(canvas, mask, tinted(rng, tone, 7.0), float(rng.uniform(0.3, 0.75)))
    _soften(canvas, canvas.line_mask(seams), (190, 186, 176), 0.5)
    canvas.mottle(fractal(rng, SIZE, 11.0, 5, 0.8), 15.0)
    canvas.mottle(stretched(rng, SIZE, 3.0, 26.0, canvas.angle), 9.0)


def _wear(canvas: Canvas, rng: np.random.Generator) -> None:
    """Tyre marks, scraped and overgrown patches on bare earth."""
    for _ in range(int(rng.integers(3, 8))):
        x, y = rng.uniform(-10, SIZE + 10, 2)
        reach = rng.uniform(12, 60, 2)
        shape = blob(rng, x, y, reach[0], reach[1] * 0.6, float(rng.uniform(0, 3)), 0.4)
        base: tuple[Rgb, ...] = ((176, 158, 132), (96, 82, 68), (112, 112, 78), (142, 132, 118))
        mask = canvas.mask([shape], float(rng.uniform(0.8, 4.0)))
        _soften(canvas, mask, pick(rng, base), float(rng.uniform(0.2, 0.5)))
    lines = []
    for _ in range(int(rng.integers(2, 6))):
        start = rng.uniform(-20, SIZE + 20, 2)
        way = float(rng.uniform(0, 2 * math.pi))
        knots = [start]
        for _ in range(5):
            way += float(rng.normal(0.0, 0.35))
            knots.append(knots[-1] + 45.0 * np.array([math.cos(way), math.sin(way)]))
        line = curve([(float(k[0]), float(k[1])) for k in knots])
        lines += [(line, 0.8), (np.add(line, 1.6), 0.8)]
    _soften(canvas, canvas.line_mask(lines, 0.3), (196, 180, 154), 0.45)
    canvas.mottle(fractal(rng, SIZE, 16.0, 4, 0.85), 17.0)


def _swards(canvas: Canvas, rng: np.random.Generator) -> None:
    """Drier, lusher and mown parts of a meadow."""
    for _ in range(int(rng.integers(2, 6))):
        x, y = rng.uniform(0, SIZE, 2)
        if rng.random() < 0.5:
            shape = blob(
                rng, x, y, rng.uniform(20, 80), rng.uniform(20, 80), rng.uniform(0, 3), 0.4
            )
        else:
            shape = rect(x, y, rng.uniform(40, 170), rng.uniform(40, 170), canvas.angle)
        tone = canvas.image.getpixel((WIDE // 2, WIDE // 2))
        assert isinstance(tone, tuple)
        mask = canvas.mask([shape], float(rng.uniform(0.5, 5.0)))
        base: Rgb = (int(tone[0]), int(tone[1]), int(tone[2]))
        hint: Rgb = (
            (138, 126, 88) if rng.random() < 0.35 else shaded(base, float(rng.uniform(0.75, 1.25)))
        )
        _soften(canvas, mask, hint, float(rng.uniform(0.25, 0.6)))
    canvas.mottle(fractal(rng, SIZE, 20.0, 4, 0.9), 13.0)
    if rng.random() < 0.35:
        canvas.mottle(stretched(rng, SIZE, 2.0, 50.0, canvas.angle, 2), 9.0)


def _yards(canvas: Canvas, layout: Layout, rng: np.random.Generator) -> None:
    """A paved or trodden surface about each building, pool and tank."""
    tone = pick(rng, _YARDS)
    hosts = [item for item in layout.items if item.kind in _HOSTS]
    crowded = len(hosts) > 12
    for item in hosts:
        if rng.random() < (0.75 if crowded else 0.25) and item.kind == "house":
            continue
        reach = _HOSTS[item.kind] * float(rng.uniform(0.5, 1.5)) * (0.5 if crowded else 1.0)
        shape = _about(item, rng, reach)
        colour = tinted(rng, tone, 7.0)
        canvas.paste(shaded(colour, 0.82), canvas.mask([_about(item, rng, 0.0, shape)], 0.6))
        canvas.paste(colour, canvas.mask([shape], 0.3))
        if item.kind == "storage tank":
            canvas.polygon(
                ellipse(item.x, item.y, item.length * 0.56, item.length * 0.56),
                shaded(colour, 0.85),
            )
    if hosts:
        canvas.mottle(fractal(rng, SIZE, 30.0, 3, 0.8), 8.0)


def _about(
    item: Item, rng: np.random.Generator, reach: float, shape: Points | None = None
) -> Points:
    if shape is not None:
        middle = shape.mean(axis=0)
        step = shape - middle
        result: Points = middle + step * (1.0 + 1.0 / np.maximum(4.0, np.hypot(*step.T)))[:, None]
        return result
    grow = rng.uniform(0.4, 1.6, 2) * reach
    x = item.x + float(rng.uniform(-0.4, 0.4)) * reach
    y = item.y + float(rng.uniform(-0.4, 0.4)) * reach
    return rect(x, y, item.length + 2 * grow[0], item.width + 2 * grow[1], item.angle)


def _clearings(canvas: Canvas, layout: Layout, rng: np.random.Generator) -> None:
    """Open ground about houses in woods, on slopes and on sand."""
    for item in layout.items:
        if item.kind in ("house", "building") and rng.random() < 0.85:
            reach = item.length * float(rng.uniform(0.8, 1.3))
            shape = blob(rng, item.x, item.y, reach, reach * 0.8, float(rng.uniform(0, 3)), 0.3)
            tone: tuple[Rgb, ...] = ((112, 116, 78), (148, 132, 106), (96, 110, 66))
            mask = canvas.mask([shape], 1.4)
            _soften(canvas, mask, tinted(rng, pick(rng, tone)), 0.8)


def _pattern(canvas: Canvas, rng: np.random.Generator) -> None:
    """The paving of a square: bands, rings or a chequer of two stones, and a lawn or two."""
    x, y = (float(v) for v in SIZE / 2 + rng.normal(0.0, 14.0, 2))
    tones: tuple[Rgb, ...] = ((186, 176, 160), (150, 138, 124), (168, 128, 108), (128, 126, 124))
    first, second = (tinted(rng, tones[int(k)]) for k in rng.permutation(4)[:2])
    style = int(rng.integers(3))
    if style == 0:
        for k, reach in enumerate(np.linspace(100.0, 14.0, int(rng.integers(5, 9)))):
            tone = first if k % 2 else second
            mask = canvas.mask([ellipse(x, y, float(reach), float(reach), 0, 60)])
            _soften(canvas, mask, tone, 0.75)
        for k in range(8):
            way = canvas.angle + k * math.pi / 4
            canvas.line(
                np.array([(x, y), (x + 110 * math.cos(way), y + 110 * math.sin(way))]),
                2.2,
                blend(first, second, 0.5),
            )
    else:
        pitch = float(rng.uniform(12.0, 26.0))
        shapes = []
        for row in range(-12, 13):
            for column in range(-12, 13):
                if style == 1 and (row + column) % 2:
                    continue
                size = pitch * (1.0 if style == 1 else 0.84)
                tile = rect(column * pitch, row * pitch, size, size)
                shapes.append(placed(tile, SIZE / 2, SIZE / 2, canvas.angle))
        _soften(canvas, canvas.mask(shapes), first, 0.6)
    lawn = tinted(rng, (84, 104, 62) if canvas.season == "summer" else (118, 112, 80))
    for _ in range(int(rng.integers(0, 4))):
        corner = placed(np.array([rng.uniform(-100, 100, 2)]), SIZE / 2, SIZE / 2, canvas.angle)[0]
        x, y = float(corner[0]), float(corner[1])
        wide, high = rng.uniform(18, 60, 2)
        canvas.polygon(rect(x, y, wide + 2, high + 2, canvas.angle), (184, 178, 166))
        canvas.polygon(rect(x, y, wide, high, canvas.angle), lawn)
    canvas.mottle(fractal(rng, SIZE, 24.0, 4, 0.8), 11.0)


def _apron(canvas: Canvas, layout: Layout, rng: np.random.Generator) -> None:
    """Hard standing under the planes and before the terminal, with lead-in lines and oil."""
    spots = [i for i in layout.items if i.kind in ("plane", "terminal", "truck")]
    runways = layout.of("runway")
    if layout.spec.attributes.get("ground") == "grass":
        inner = [i for i in spots if not layout.touches(layout.bands, i.shape)]
        if inner:
            local = np.concatenate([i.shape for i in inner]) - SIZE / 2
            cos, sin = math.cos(canvas.angle), math.sin(canvas.angle)
            u, v = local @ (cos, sin), local @ (-sin, cos)
            pad = float(rng.uniform(8.0, 16.0))
            box = np.array(
                [
                    (u.min() - pad, v.min() - pad),
                    (u.max() + pad, v.min() - pad),
                    (u.max() + pad, v.max() + pad),
                    (u.min() - pad, v.max() + pad),
                ]
            )
            shape = placed(box, SIZE / 2, SIZE / 2, canvas.angle)
            tone = tinted(rng, (158, 155, 146))
            canvas.polygon(shape, tone)
            if runways and runways[0].line is not None:
                # a taxiway links the standing to the runway
                from_x, from_y = shape.mean(axis=0)
                line = runways[0].line
                k = int(((line - (from_x, from_y)) ** 2).sum(axis=1).argmin())
                taxi = np.array([(from_x, from_y), line[k]])
                canvas.line(taxi, 13.0, shaded(tone, 0.9))
                canvas.line(taxi, 0.6, (206, 176, 96))
    for item in spots:
        if item.kind == "plane":
            lead = placed(
                np.array([(-0.9, 0.0), (0.75, 0.0)]) * item.length, item.x, item.y, item.angle
            )
            canvas.line(lead, 0.6, (206, 180, 110))
            stain = blob(rng, item.x, item.y, 9.0, 5.0, item.angle, 0.4)
            _soften(canvas, canvas.mask([stain], 2.0), (70, 68, 64), 0.4)
    canvas.mottle(fractal(rng, SIZE, 14.0, 4, 0.8), 13.0)
    canvas.mottle(stretched(rng, SIZE, 2.0, 30.0, canvas.angle), 10.0)
