"""Trees, bushes, stones, bales, dunes; water with its banks, islands, waves; fields under crops."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from cmpagl.scenes.laying.layout import Item
from cmpagl.scenes.laying.shapes import ellipse, shrunk, spine
from cmpagl.scenes.painting.canvas import (
    SCALE,
    SIZE,
    WIDE,
    Canvas,
    Rgb,
    blend,
    pick,
    shaded,
    tinted,
)
from cmpagl.scenes.painting.colours import fill_of
from cmpagl.scenes.painting.ground import canopy, crops, ramp, surf, water
from cmpagl.scenes.painting.noise import Field, fractal
from cmpagl.scenes.painting.palettes import CROPS, LEAVES, NAMED_LEAVES, WATER
from cmpagl.scenes.planning.vocabulary import SEASONS

__all__ = ["WATERS", "Crowns", "dunes", "field", "island", "leaves_of", "small", "waves"]


def leaves_of(rng: np.random.Generator, season: str, colour: str | None) -> tuple[Rgb, Rgb, Rgb]:
    """Dark, middle and lit leaf colour: the named one, or what the season gives."""
    if colour is not None:
        dark, middle, light = NAMED_LEAVES[colour][0]
        return tinted(rng, dark, 3.0), tinted(rng, middle, 4.0), tinted(rng, light, 5.0)
    if SEASONS[season][1] == "green":
        return pick(rng, LEAVES["dry" if season == "dry" and rng.random() < 0.4 else "summer"])
    return pick(rng, LEAVES[season])


class Crowns:
    """Draws tree crowns from stamps that are made once per radius, look and colour of a scene."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self._stamps: dict[tuple[int, int, str | None], tuple[Image.Image, Image.Image]] = {}

    def draw(self, item: Item, rng: np.random.Generator) -> None:
        """One crown."""
        radius = max(3, round(item.length / 2.0 * SCALE))
        key = (radius, int(rng.integers(5)), item.colour)
        if key not in self._stamps:
            self._stamps[key] = self._stamp(radius, key[1], item.colour)
        picture, mask = self._stamps[key]
        x, y = round(item.x * SCALE) - radius - 1, round(item.y * SCALE) - radius - 1
        self.canvas.image.paste(picture, (x, y), mask)

    def _stamp(self, radius: int, look: int, colour: str | None) -> tuple[Image.Image, Image.Image]:
        rng = np.random.default_rng([radius, look, 11])
        size = 2 * radius + 3
        rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
        x, y = (columns - radius - 1) / radius, (rows - radius - 1) / radius
        reach, way = np.hypot(x, y), np.arctan2(y, x)
        edge = np.ones_like(reach)
        for wave in (3, 5, 7):
            edge -= 0.05 * (1 + np.cos(wave * way + rng.uniform(0, 6.3)))
        leaf = fractal(rng, size, max(3.0, size / 5.0), 2, 0.7)
        dome = np.sqrt(np.clip(1.0 - (reach / edge) ** 2, 0.0, 1.0))
        light = 0.36 + 0.40 * (x * self.canvas.sun[0] + y * self.canvas.sun[1]) * (1.1 - dome * 0.4)
        light += 0.20 * dome + 0.5 * (leaf - 0.5) + 0.10 * (look - 2) / 2
        colours = leaves_of(np.random.default_rng([look, 5]), self.canvas.season, colour)
        pixels = ramp(np.clip(light, 0.0, 1.0), colours)
        alpha = np.clip((edge - reach + 0.12 * (leaf - 0.5)) * radius * 0.9, 0.0, 1.0)
        return (
            Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)),
            Image.fromarray((alpha * 255).astype(np.uint8)),
        )


def small(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A bush, stone or bale."""
    x, y, radius = item.x, item.y, item.length / 2.0
    if item.kind == "bush":
        dark, middle, light = leaves_of(rng, canvas.season, item.colour)
        canvas.polygon(ellipse(x, y, radius, radius * 0.9, 0, 9), blend(dark, middle, 0.4))
        spot = (x + canvas.sun[0] * radius * 0.3, y + canvas.sun[1] * radius * 0.3)
        canvas.polygon(ellipse(*spot, radius * 0.55, radius * 0.5, 0, 8), blend(middle, light, 0.2))
        return
    colour = fill_of(rng, item)
    if item.kind == "haystack":
        canvas.polygon(item.shape, shaded(colour, 0.86))
        canvas.polygon(ellipse(x, y, radius * 0.78, radius * 0.78, 0, 16), shaded(colour, 1.02))
        canvas.polygon(ellipse(x, y, radius * 0.34, radius * 0.34, 0, 10), shaded(colour, 0.8))
        return
    outline = item.shape
    top = outline.mean(axis=0) + np.asarray(canvas.sun) * radius * 0.2 + rng.normal(0, 0.6, 2)
    for k in range(len(outline)):
        face = np.array([outline[k - 1], outline[k], top])
        middle_x, middle_y = face.mean(axis=0) - top
        tone = 1.0 + 1.5 * (canvas.lit(math.atan2(middle_y, middle_x)) - 1.0)
        canvas.polygon(face, shaded(colour, tone + float(rng.normal(0, 0.05))))


def _mask_field(mask: Image.Image) -> Field:
    small_mask = mask.resize((SIZE, SIZE), Image.Resampling.BOX)
    return np.asarray(small_mask, dtype=np.float32) / np.float32(255.0)


def _rough(mask: Image.Image, rng: np.random.Generator, amount: float) -> Image.Image:
    """A mask whose edge is eaten by noise; its middle and outside stay."""
    soft = mask.resize((SIZE // 2, SIZE // 2), Image.Resampling.BOX).resize(
        (WIDE, WIDE), Image.Resampling.BICUBIC
    )
    noise = fractal(rng, SIZE, 40.0, 3, 0.7)
    field = np.asarray(soft.resize((SIZE, SIZE)), np.float32) / 255.0 + amount * (noise - 0.5)
    sharp = np.clip((field - 0.5) * 5.0 + 0.5, 0.0, 1.0)
    return Image.fromarray((sharp * 255).astype(np.uint8)).resize(
        (WIDE, WIDE), Image.Resampling.BILINEAR
    )


def inland(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A river or pond: wet bank, deeper middle, a darker lee shore."""
    colour = item.colour or ("green" if rng.random() < 0.5 else "black")
    chosen = pick(rng, WATER[colour])
    mask = _rough(canvas.mask([item.shape]), rng, 0.5)
    bank = tinted(rng, pick(rng, ((150, 136, 108), (96, 98, 68), (124, 116, 92))))
    wide = canvas.line_mask([(np.concatenate([item.shape, item.shape[:1]]), 4.0)], 1.6)
    canvas.paste(bank, wide)
    way = None
    if item.line is not None:
        step = item.line[-1] - item.line[0]
        way = math.atan2(step[1], step[0])
    picture = water(rng, chosen, swell=float(rng.uniform(0.1, 0.4)), glint=0.08, angle=way)
    canvas.paste(picture, mask)
    canvas.mottle(_gleam(canvas, rng), float(rng.uniform(10.0, 26.0)), mask)
    # the bank's shadow falls on the water
    lee = ImageChops.subtract(mask, ImageChops.offset(
        mask, round(canvas.fall[0] * 2 * SCALE), round(canvas.fall[1] * 2 * SCALE)))  # fmt: skip
    canvas.darken(lee, (150, 152, 156))


def _gleam(canvas: Canvas, rng: np.random.Generator) -> Field:
    """How much sky a water surface mirrors: more away from the sun, in broad soft patches."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) / np.float32(SIZE)
    slope = 0.5 - (columns - 0.5) * canvas.sun[0] - (rows - 0.5) * canvas.sun[1]
    gleam: Field = (0.7 * slope + 0.3 * fractal(rng, SIZE, 3.0, 3)).astype(np.float32)
    return gleam


def sea(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """The sea along a beach: shallows, deep water, wet sand; foam only as planned waves."""
    colour = item.colour or "blue"
    deep = pick(rng, WATER[colour])
    shallow = blend(deep[2], (150, 196, 190) if colour == "green" else (140, 190, 206), 0.5)
    mask = canvas.mask([item.shape])
    inner = np.zeros((SIZE, SIZE), np.float32)
    assert item.line is not None
    for reach in (10.0, 22.0, 36.0, 52.0, 70.0):
        inner += _mask_field(canvas.line_mask([(item.line, 2 * reach)], 4.0))
    inner = 1.0 - inner / 5.0
    wet = canvas.line_mask([(item.line, 14.0)], 2.0)
    canvas.darken(wet, (196, 188, 178))
    way = math.atan2(*(item.line[-1] - item.line[0])[::-1])
    picture = water(rng, deep, swell=float(rng.uniform(0.2, 0.5)), glint=0.12, angle=way)
    pale = Image.new("RGB", (WIDE, WIDE), shallow)
    depth = np.clip(inner * 1.3 + 0.35 * (fractal(rng, SIZE, 5.0, 4) - 0.5), 0.0, 1.0)
    blendmask = Image.fromarray(((1 - depth) * 215).astype(np.uint8)).resize((WIDE, WIDE))
    picture = Image.composite(pale, picture, blendmask)
    edge = _rough(mask, rng, 0.35)
    canvas.paste(picture, edge)
    # a thin line of broken water where it meets the sand
    canvas.paste(blend(shallow, (236, 238, 234), 0.5), ImageChops.multiply(
        canvas.line_mask([(item.line, 1.6)], 0.5), edge))  # fmt: skip


def waves(canvas: Canvas, items: list[Item], rng: np.random.Generator) -> None:
    """Foam lines: all waves of a scene at once, torn by noise."""
    mask = canvas.line_mask([(spine(item.shape), item.width) for item in items], 0.7)
    foam = surf(rng)
    layer = Image.fromarray((foam * 255).astype(np.uint8)).resize(
        (WIDE, WIDE), Image.Resampling.BILINEAR
    )
    canvas.paste((238, 240, 238), ImageChops.multiply(mask, layer))


def dunes(canvas: Canvas, items: list[Item]) -> None:
    """Dune crests: a lit slope towards the sun, a shaded one away from it."""
    bright = Image.new("L", (WIDE, WIDE), 0)
    dark = Image.new("L", (WIDE, WIDE), 0)
    for item in items:
        line = spine(item.shape)
        push = np.asarray(canvas.sun) * item.width * 0.35
        bright = ImageChops.lighter(bright, canvas.line_mask([(line + push, item.width * 0.6)]))
        dark = ImageChops.lighter(dark, canvas.line_mask([(line - push, item.width * 0.6)]))
    canvas.darken(dark.filter(ImageFilter.GaussianBlur(2.4)), (196, 176, 160))
    soft = bright.filter(ImageFilter.GaussianBlur(2.4)).point([v * 4 // 10 for v in range(256)])
    canvas.paste((246, 226, 190), soft)


def island(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A small island: a pale shore about growth or bare earth."""
    shore = tinted(rng, (176, 160, 128))
    canvas.paste(shore, _rough(canvas.mask([item.shape]), rng, 0.3))
    core = canvas.mask([shrunk(item.shape, 0.84)], 0.5)
    if item.colour == "brown":
        canvas.paste(tinted(rng, (132, 104, 76)), core)
    else:
        colours = leaves_of(rng, "summer", "green")
        canvas.paste(canopy(rng, colours, 5.0, canvas.sun, 0.0), core)


def field(canvas: Canvas, item: Item, rng: np.random.Generator) -> None:
    """A field under crops, in furrows, behind a narrow verge."""
    colour = item.colour or {"green": "green", "yellow": "yellow"}.get(
        SEASONS[canvas.season][0], "brown"
    )
    chosen = pick(rng, CROPS[colour])
    turn = canvas.angle + float(rng.choice((0.0, math.pi / 2)))
    picture = crops(rng, chosen, turn, float(rng.uniform(2.4, 6.5)))
    middle = item.shape.mean(axis=0)
    step = item.shape - middle
    reach = np.maximum(1.0, np.hypot(step[:, 0], step[:, 1]))[:, None]
    canvas.paste(picture, canvas.mask([middle + step * (1.0 - 1.2 / reach)], 0.35))


WATERS = {"river": inland, "pond": inland, "sea": sea}
