"""The drawing board of one scene: twice the final size, one sun, one season.

Coordinates everywhere are pixels of the final 224 x 224 picture; the board draws at `SCALE` times
that and is reduced at the end, which smooths every edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from cmpagl.scenes.laying.layout import SIZE, Item
from cmpagl.scenes.laying.shapes import Points, placed
from cmpagl.scenes.painting.noise import Field

__all__ = ["SCALE", "SIZE", "WIDE", "Canvas", "Rgb", "blend", "inside", "pick", "shaded", "tinted"]

SCALE = 2
WIDE = SIZE * SCALE

Rgb = tuple[int, int, int]
T = TypeVar("T")


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of some choices, each as likely."""
    return choices[int(rng.integers(len(choices)))]


def shaded(colour: Rgb, factor: float) -> Rgb:
    """The colour made darker (below 1) or lighter (above 1)."""
    red, green, blue = (min(255, max(0, round(c * factor))) for c in colour)
    return red, green, blue


def tinted(rng: np.random.Generator, colour: Rgb, spread: float = 6.0) -> Rgb:
    """The colour with a little variation, mostly in brightness."""
    common = rng.normal(0.0, spread)
    red, green, blue = (
        min(255, max(0, round(c + common + rng.normal(0.0, spread * 0.3)))) for c in colour
    )
    return red, green, blue


def blend(first: Rgb, second: Rgb, share: float) -> Rgb:
    """The first colour with so much of the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def inside(item: Item, pairs: Points | list[tuple[float, float]]) -> Points:
    """Points in an item's own frame, in units of its length and width, in picture pixels."""
    unit = np.asarray(pairs, dtype=np.float64).reshape(-1, 2)
    return placed(unit * (item.length, item.width), item.x, item.y, item.angle)


class Canvas:
    """One scene being drawn."""

    def __init__(self, rng: np.random.Generator, season: str, angle: float) -> None:
        """Choose the light.

        Args:
            rng: decides the sun.
            season: a key of `vocabulary.SEASONS`.
            angle: how far the layout is turned, in radians.
        """
        self.image = Image.new("RGB", (WIDE, WIDE))
        self.season = season
        self.angle = angle
        sun = rng.uniform(0.0, 2.0 * math.pi)
        reach = rng.uniform(0.55, 1.15)  # shadow length per unit of height
        self.sun = (math.cos(sun), math.sin(sun))  # towards the light
        self.fall = (-self.sun[0] * reach, -self.sun[1] * reach)  # where shadows fall
        depth = float(rng.uniform(0.72, 1.12))  # how dark shadows are
        self.shadow_tint = shaded((82, 88, 104), depth)

    def lit(self, way: float) -> float:
        """How bright a slope is that faces the direction ``way`` (radians)."""
        return 1.0 + 0.2 * (math.cos(way) * self.sun[0] + math.sin(way) * self.sun[1])

    # --- drawing ------------------------------------------------------------------------------

    def _scaled(self, shape: Points) -> list[tuple[float, float]]:
        # Pillow's pixel centres lie on whole numbers
        return [(float(x), float(y)) for x, y in shape * SCALE - 0.5]

    def polygon(self, shape: Points, colour: Rgb) -> None:
        """Fill an outline."""
        ImageDraw.Draw(self.image).polygon(self._scaled(shape), fill=colour)

    def polygons(self, shapes: Iterable[tuple[Points, Rgb]]) -> None:
        """Fill many outlines, in order."""
        draw = ImageDraw.Draw(self.image)
        for shape, colour in shapes:
            draw.polygon(self._scaled(shape), fill=colour)

    def line(self, shape: Points, width: float, colour: Rgb) -> None:
        """A line through the points, ``width`` pixels wide."""
        ImageDraw.Draw(self.image).line(
            self._scaled(shape), fill=colour, width=max(1, round(width * SCALE)), joint="curve"
        )

    def dashes(self, shape: Points, width: float, colour: Rgb, dash: float, gap: float) -> None:
        """A dashed line along the points."""
        steps = np.hypot(*np.diff(shape, axis=0).T)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        draw = ImageDraw.Draw(self.image)
        wide = max(1, round(width * SCALE))
        for start in np.arange(0.0, along[-1], dash + gap):
            stops = np.linspace(start, min(start + dash, along[-1]), 3)
            piece = np.stack([np.interp(stops, along, shape[:, k]) for k in (0, 1)], axis=1)
            draw.line(self._scaled(piece), fill=colour, width=wide)

    def mask(self, shapes: Iterable[Points], soften: float = 0.0) -> Image.Image:
        """A `WIDE` mask (mode L) of the outlines, its edge softened by a blur of so many pixels."""
        result = Image.new("L", (WIDE, WIDE), 0)
        draw = ImageDraw.Draw(result)
        for shape in shapes:
            draw.polygon(self._scaled(shape), fill=255)
        if soften > 0.0:
            result = result.filter(ImageFilter.GaussianBlur(soften * SCALE))
        return result

    def line_mask(self, lines: Iterable[tuple[Points, float]], soften: float = 0.0) -> Image.Image:
        """A mask of bands: ``(points, width)`` each."""
        result = Image.new("L", (WIDE, WIDE), 0)
        draw = ImageDraw.Draw(result)
        for line, width in lines:
            draw.line(
                self._scaled(line), fill=255, width=max(1, round(width * SCALE)), joint="curve"
            )
        if soften > 0.0:
            result = result.filter(ImageFilter.GaussianBlur(soften * SCALE))
        return result

    def paste(self, what: Image.Image | Rgb, mask: Image.Image) -> None:
        """Lay a `WIDE` picture or a colour over the board where the mask is white."""
        box = mask.getbbox()
        if box is None:
            return
        if isinstance(what, Image.Image):
            self.image.paste(what.crop(box), box, mask.crop(box))
        else:
            self.image.paste(what, box, mask.crop(box))

    def darken(self, mask: Image.Image, tint: Rgb | None = None) -> None:
        """Multiply the board by a tint (of 255) where the mask is white."""
        box = mask.getbbox()
        if box is None:
            return
        part = self.image.crop(box)
        flat = Image.new("RGB", part.size, tint or self.shadow_tint)
        self.image.paste(ImageChops.multiply(part, flat), box, mask.crop(box))

    def shadows(self, shapes: Iterable[tuple[Points, float]]) -> None:
        """Cast the shadows of prisms: each an outline and its height in pixels, all on one mask."""
        result = Image.new("L", (WIDE, WIDE), 0)
        draw = ImageDraw.Draw(result)
        for shape, height in shapes:
            far = shape + np.asarray(self.fall) * height
            draw.polygon(self._scaled(far), fill=255)
            base = self._scaled(shape)
            tip = self._scaled(far)
            for i in range(len(base)):
                # the walls: each edge swept along the shadow's direction
                draw.polygon([base[i - 1], base[i], tip[i], tip[i - 1]], fill=255)
        self.darken(result)

    # --- fields -------------------------------------------------------------------------------

    def mottle(self, field: Field, amount: float, mask: Image.Image | None = None) -> None:
        """Brighten and darken the board by a 0..1 field, by up to ``amount`` of 255 either way."""
        grey = np.clip((field - 0.5) * (2.0 * amount) + 128.0, 0.0, 255.0).astype(np.uint8)
        layer = Image.fromarray(grey).resize((WIDE, WIDE), Image.Resampling.BILINEAR)
        box = mask.getbbox() if mask is not None else (0, 0, WIDE, WIDE)
        if box is None:
            return
        part = self.image.crop(box)
        flat = Image.merge("RGB", [layer.crop(box)] * 3)
        # a + b - 128, clipped
        mixed = ImageChops.add(part, flat, 1.0, -128)
        self.image.paste(mixed, box, None if mask is None else mask.crop(box))
