"""The ground of a whole scene: what its plan's ``ground`` attribute asks for, in its season."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from cmpagl.scenes.laying.layout import Layout
from cmpagl.scenes.laying.shapes import blob, rect
from cmpagl.scenes.painting.canvas import SIZE, WIDE, Canvas, Rgb, pick, shaded, tinted
from cmpagl.scenes.painting.draw_nature import leaves_of
from cmpagl.scenes.painting.ground import (
    asphalt,
    canopy,
    concrete,
    desert,
    grass,
    mountain,
    ramp,
    sand,
    soil,
    water,
)
from cmpagl.scenes.painting.noise import fractal
from cmpagl.scenes.painting.palettes import DESERTS, OPEN_SEA, ROCKS

__all__ = ["lay_ground"]


def lay_ground(canvas: Canvas, layout: Layout, rng: np.random.Generator) -> None:
    """Cover the board with the scene's ground."""
    ground = layout.spec.attributes.get("ground", "grass")
    name = layout.spec.class_name
    season = canvas.season
    if ground == "grass":
        canvas.image = grass(
            rng, season, float(rng.uniform(2.5, 7.0)), float(rng.uniform(0.05, 0.35))
        )
        if name in ("golf course", "park"):
            _fairways(canvas, rng, season)
    elif ground == "gardens":
        canvas.image = grass(rng, season, 8.0, 0.4)
        _gardens(canvas, rng, dense=name == "dense residential")
    elif ground == "bare ground":
        canvas.image = soil(rng)
    elif ground == "sand":
        if name == "desert":
            ripple = float(rng.uniform(0.3, 1.0))
            canvas.image = desert(rng, pick(rng, DESERTS), ripple)
        else:
            canvas.image = sand(rng, layout.angle)
    elif ground == "concrete":
        slab = (
            float(rng.choice((0.0, 7.0, 11.0))) if name != "airport" else float(rng.uniform(9, 14))
        )
        canvas.image = concrete(rng, slab, layout.angle)
    elif ground == "asphalt":
        canvas.image = asphalt(rng, float(rng.uniform(0.2, 0.9)))
    elif ground == "snow":
        _snow(canvas, rng)
    elif ground == "water":
        canvas.image = water(rng, pick(rng, OPEN_SEA), 0.4, 0.14)
        quay = canvas.mask(layout.extras["quay"])
        canvas.shadows([(shape, 3.0) for shape in layout.extras["quay"]])
        canvas.paste(concrete(rng, 8.0, layout.angle), quay)
    elif ground == "woods":
        colours = leaves_of(rng, season, _canopy_colour(layout))
        canvas.image = canopy(rng, colours, float(rng.uniform(4.0, 11.0)), canvas.sun, 0.3)
    else:
        green = leaves_of(rng, season, None)[1] if rng.random() < 0.6 else None
        snow = float(rng.uniform(0.0, 0.35)) if rng.random() < 0.3 else 0.0
        canvas.image, _ = mountain(rng, pick(rng, ROCKS), canvas.sun, snow, green)
    if name == "mountain" and ground in ("woods", "snow"):
        _relief(canvas, rng)


def _canopy_colour(layout: Layout) -> str | None:
    return next((o.colour for o in layout.spec.objects if o.kind == "tree"), None)


def _relief(canvas: Canvas, rng: np.random.Generator) -> None:
    """Ridges and valleys under a cover of woods or snow."""
    relief, _ = mountain(rng, ((128, 128, 128), (128, 128, 128)), canvas.sun)
    grey = np.asarray(relief.convert("L").resize((SIZE, SIZE)), np.float32) / 255.0
    canvas.mottle(grey - float(grey.mean()) + 0.5, 100.0)


def _snow(canvas: Canvas, rng: np.random.Generator) -> None:
    drift = fractal(rng, SIZE, 3.0, 5, 0.55)
    fall = np.gradient(drift, axis=1) * canvas.sun[0] + np.gradient(drift, axis=0) * canvas.sun[1]
    field = np.clip(0.7 - fall * 9.0 + 0.25 * (drift - 0.5), 0.0, 1.0)
    pixels = ramp(field, ((150, 162, 184), (196, 203, 214), (226, 229, 233)))
    pixels += rng.standard_normal((SIZE, SIZE, 1), dtype=np.float32) * 2.5
    small = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    canvas.image = small.resize((WIDE, WIDE), Image.Resampling.BICUBIC)


def _gardens(canvas: Canvas, rng: np.random.Generator, dense: bool) -> None:
    """Plots of differing lawn, earth and paving, in the layout's grid."""
    paved: tuple[Rgb, ...] = ((164, 158, 148), (142, 134, 122), (182, 176, 166))
    cell = float(rng.uniform(13.0, 18.0) if dense else rng.uniform(22.0, 34.0))
    span = int(170 / cell) + 1
    cos, sin = math.cos(canvas.angle), math.sin(canvas.angle)
    masks = []
    for row in range(-span, span + 1):
        for column in range(-span, span + 1):
            u = (column + float(rng.uniform(-0.2, 0.2))) * cell
            v = (row + float(rng.uniform(-0.2, 0.2))) * cell
            x, y = 112 + u * cos - v * sin, 112 + u * sin + v * cos
            if not (-cell < x < SIZE + cell and -cell < y < SIZE + cell):
                continue
            size = rng.uniform(0.35, 0.95, 2) * cell
            if rng.random() < (0.6 if dense else 0.22):
                tone = tinted(rng, pick(rng, paved))
                masks.append((rect(x, y, size[0], size[1], canvas.angle), tone))
            elif rng.random() < 0.5:
                patch = rect(x, y, size[0], size[1], canvas.angle)
                masks.append((patch, tinted(rng, _lawn(rng, canvas.season), 8.0)))
    board = canvas.image.copy()
    canvas.polygons(masks)
    canvas.image = Image.blend(board, canvas.image, 0.75 if dense else 0.55)
    canvas.mottle(fractal(rng, SIZE, 30.0, 4, 0.7), 14.0)


def _lawn(rng: np.random.Generator, season: str) -> Rgb:
    sets: dict[str, tuple[Rgb, ...]] = {
        "summer": ((78, 104, 58), (92, 108, 66), (66, 92, 54)),
        "autumn": ((112, 108, 70), (100, 104, 62)),
        "dry": ((140, 124, 86), (126, 118, 80)),
        "winter": ((128, 120, 104), (110, 106, 90)),
    }
    return pick(rng, sets[season])


def _fairways(canvas: Canvas, rng: np.random.Generator, season: str) -> None:
    """Mown lighter and darker areas with soft edges."""
    for share in (1.1, 1.18):
        x, y = rng.uniform(30, SIZE - 30, 2)
        reach = rng.uniform(30, 90, 2)
        shape = blob(rng, x, y, reach[0], reach[1] * 0.6, float(rng.uniform(0, 3)), 0.3)
        tone = shaded(_lawn(rng, season), share)
        mask = canvas.mask([shape], 2.0).point([v * 7 // 10 for v in range(256)])
        canvas.paste(tone, mask)
    canvas.mottle(fractal(rng, SIZE, 24.0, 4, 0.7), 12.0)
