"""What the earth looks like from above: grass, soil, sand, rock, water, canopy and paving.

Every function returns an RGB picture `WIDE` pixels square, made at the final size and enlarged, to
be laid under a mask. Fine grain (leaf, gravel, wave) is kept near the size of one final pixel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cmpagl.scenes.painting.canvas import SIZE, WIDE, Rgb, pick
from cmpagl.scenes.painting.noise import (
    Field,
    cellular,
    fractal,
    ridged,
    stretched,
    stripes,
    warped,
)
from cmpagl.scenes.painting.palettes import TURF

__all__ = [
    "asphalt",
    "canopy",
    "concrete",
    "crops",
    "desert",
    "grass",
    "mountain",
    "ramp",
    "sand",
    "soil",
    "surf",
    "water",
]


def ramp(field: Field, colours: Sequence[Rgb]) -> NDArray[np.float32]:
    """Colours spread evenly over 0..1, interpolated: ``(size, size)`` to ``(size, size, 3)``."""
    stops = np.linspace(0.0, 1.0, len(colours))
    table = np.arange(256) / 255.0
    lut = np.stack(
        [np.interp(table, stops, [c[k] for c in colours]) for k in range(3)], axis=1
    ).astype(np.float32)
    pixels: NDArray[np.float32] = lut[np.clip(field * 255.0, 0.0, 255.0).astype(np.uint8)]
    return pixels


def _picture(pixels: NDArray[np.float32]) -> Image.Image:
    small = Image.fromarray(np.clip(pixels, 0.0, 255.0).astype(np.uint8))
    return small.resize((WIDE, WIDE), Image.Resampling.BICUBIC)


def _grain(rng: np.random.Generator, amount: float) -> NDArray[np.float32]:
    result = rng.standard_normal((SIZE, SIZE, 1), dtype=np.float32)
    result *= np.float32(amount)
    return result


def grass(rng: np.random.Generator, season: str, cells: float, wear: float) -> Image.Image:
    """Meadow or lawn; ``wear`` is the share that shows dry soil."""
    field = fractal(rng, SIZE, cells, 5, 0.6)
    pixels = ramp(field, pick(rng, TURF[season]))
    bare = np.clip((fractal(rng, SIZE, cells * 1.5, 4, 0.6) - (1.0 - wear)) * 4.0, 0.0, 1.0)
    dry = np.array((150, 136, 104), np.float32)
    pixels += (bare * 0.7)[..., None] * (dry - pixels)
    return _picture(pixels + _grain(rng, 4.0))


def soil(rng: np.random.Generator) -> Image.Image:
    """Bare earth with stains and faint tracks."""
    sets: tuple[tuple[Rgb, ...], ...] = (
        ((98, 78, 66), (124, 102, 88), (152, 130, 114)),
        ((112, 96, 76), (142, 124, 100), (174, 156, 130)),
        ((92, 84, 78), (120, 112, 104), (148, 140, 130)),
        ((120, 84, 62), (146, 108, 84), (172, 136, 110)),
    )
    chosen = pick(rng, sets)
    field = 0.7 * fractal(rng, SIZE, 3.0, 6, 0.65)
    field += 0.3 * stretched(rng, SIZE, 3.0, 30.0, rng.uniform(0, math.pi))
    return _picture(ramp(field, chosen) + _grain(rng, 4.0))


def crops(
    rng: np.random.Generator, colours: Sequence[Rgb], angle: float, period: float
) -> Image.Image:
    """A field's planting: rows along ``angle`` with uneven growth."""
    growth = fractal(rng, SIZE, 3.0, 4, 0.55)
    rows = stripes(SIZE, period, angle, 1.5 * fractal(rng, SIZE, 6.0, 2))
    drawn = stretched(rng, SIZE, 2.0, 40.0, angle, 2)
    field = 0.55 * growth + rng.uniform(0.08, 0.3) * rows + 0.25 * drawn
    return _picture(ramp(field, colours) + _grain(rng, 3.0))


def sand(rng: np.random.Generator, angle: float) -> Image.Image:
    """Beach sand: pale, faintly banded along ``angle``."""
    sets: tuple[tuple[Rgb, ...], ...] = (
        ((176, 158, 134), (200, 184, 160), (222, 208, 188)),
        ((186, 172, 148), (212, 200, 178), (236, 228, 212)),
        ((158, 140, 116), (184, 166, 142), (206, 192, 170)),
    )
    chosen = pick(rng, sets)
    field = 0.55 * fractal(rng, SIZE, 4.0, 6, 0.6)
    field += 0.45 * stretched(rng, SIZE, 2.0, 14.0, angle)
    return _picture(ramp(field, chosen) + _grain(rng, 4.0))


def desert(rng: np.random.Generator, colours: Sequence[Rgb], ripple: float) -> Image.Image:
    """Dunes: warped ridges with a lit and a shadowed side, finer ripples over them."""
    wind = rng.uniform(0.0, math.pi)
    bend_x, bend_y = fractal(rng, SIZE, 2.0, 3), fractal(rng, SIZE, 2.0, 3)
    dunes = stretched(rng, SIZE, rng.uniform(1.5, 3.0), rng.uniform(5.0, 14.0), wind)
    dunes = warped(dunes, bend_x, bend_y, 14.0)
    slope = np.gradient(dunes, axis=0) * math.sin(wind + 1.5) + np.gradient(
        dunes, axis=1
    ) * math.cos(wind + 1.5)
    fine = stripes(
        SIZE, rng.uniform(3.5, 6.0), wind, (9.0 * (bend_x + 0.5 * bend_y)).astype(np.float32)
    )
    field = 0.5 + slope * 7.0 + 0.18 * (fractal(rng, SIZE, 3.0, 5) - 0.5)
    field += ripple * 0.22 * (fine - 0.5) * fractal(rng, SIZE, 4.0, 2)
    return _picture(ramp(np.clip(field, 0.0, 1.0), colours) + _grain(rng, 3.0))


def canopy(
    rng: np.random.Generator,
    colours: tuple[Rgb, Rgb, Rgb],
    spacing: float,
    sun: tuple[float, float],
    gaps: float,
) -> Image.Image:
    """Closed forest: lit crowns of two sizes, dark between them, stands of differing tint."""
    x, y, height, tint = cellular(rng, SIZE, spacing)
    stand = fractal(rng, SIZE, 4.0, 5, 0.6)
    leaf = fractal(rng, SIZE, SIZE / max(2.0, spacing * 0.45), 2, 0.8)
    light = 0.42 + 0.34 * (x * sun[0] + y * sun[1]) * np.sqrt(height + 1e-4)
    light += 0.28 * (leaf - 0.5) + 0.30 * (tint - 0.5) + 0.5 * (stand - 0.5)
    light *= np.clip(height * 2.2 + 0.45, 0.0, 1.0)
    if gaps > 0.0:
        light *= 1.0 - 0.7 * np.clip((gaps - stand) * 5.0, 0.0, 1.0)
    return _picture(ramp(np.clip(light, 0.0, 1.0), colours) + _grain(rng, 4.0))


def mountain(
    rng: np.random.Generator,
    colours: Sequence[Rgb],
    sun: tuple[float, float],
    snow: float = 0.0,
    green: Rgb | None = None,
) -> tuple[Image.Image, Field]:
    """Ridges and gullies lit from one side, with optional snow on the crests and growth below.

    Returns:
        The picture and its height field in 0..1, ``(SIZE, SIZE)``.
    """
    cells = rng.uniform(1.6, 3.2)
    height = ridged(rng, SIZE, cells, 6)
    shift_x, shift_y = fractal(rng, SIZE, 3.0, 4), fractal(rng, SIZE, 3.0, 4)
    height = warped(height, shift_x, shift_y, 16.0)
    blurred = Image.fromarray(height).resize((SIZE // 2, SIZE // 2), Image.Resampling.BOX)
    smooth = np.asarray(blurred.resize((SIZE, SIZE), Image.Resampling.BICUBIC), np.float32)
    height = 0.65 * smooth + 0.35 * height
    slope = np.gradient(smooth, axis=1) * sun[0] + np.gradient(smooth, axis=0) * sun[1]
    detail = np.gradient(height, axis=1) * sun[0] + np.gradient(height, axis=0) * sun[1]
    light = 1.0 - np.tanh(slope * 9.0 + detail * 4.0) * 0.55
    base = ramp(0.5 * fractal(rng, SIZE, 3.0, 5, 0.6) + 0.5 * height, colours)
    if green is not None:
        share = np.clip((0.62 - height + 0.5 * (fractal(rng, SIZE, 5.0, 5) - 0.5)) * 5.0, 0.0, 1.0)
        base += share[..., None] * (np.array(green, np.float32) - base) * 0.85
    if snow > 0.0:
        cover = np.clip((height - (1.0 - snow) + 0.15 * (shift_x - 0.5)) * 9.0, 0.0, 1.0)
        base += cover[..., None] * (np.array((236, 240, 246), np.float32) - base)
    return _picture(base * light[..., None] + _grain(rng, 4.0)), height


def water(
    rng: np.random.Generator,
    colours: Sequence[Rgb],
    swell: float = 0.4,
    glint: float = 0.1,
    angle: float | None = None,
) -> Image.Image:
    """Open water: broad tone, swell across ``angle``, small glints on the wave crests."""
    way = rng.uniform(0.0, math.pi) if angle is None else angle
    tone = fractal(rng, SIZE, 2.0, 3, 0.45)
    waves = stretched(rng, SIZE, 14.0, rng.uniform(30.0, 60.0), way, 2)
    waves = warped(waves, tone, fractal(rng, SIZE, 4.0, 2), 10.0)
    field = np.clip(0.5 + 0.6 * (tone - 0.5) + swell * 0.5 * (waves - 0.5), 0.0, 1.0)
    pixels = ramp(field, colours)
    spark = np.clip((waves - 0.86) * 7.0, 0.0, 1.0) * rng.random((SIZE, SIZE), dtype=np.float32)
    pixels += spark[..., None] * np.float32(200.0 * glint)
    return _picture(pixels + _grain(rng, 2.0))


def surf(rng: np.random.Generator) -> Field:
    """How dense foam is, 0..1: torn patches, ``(SIZE, SIZE)``."""
    torn = fractal(rng, SIZE, 22.0, 4, 0.7)
    foam: Field = np.clip(torn * 2.6 - 0.55, 0.0, 1.0).astype(np.float32)
    return foam


def asphalt(rng: np.random.Generator, tone: float) -> Image.Image:
    """Worn tarmac: patches, stains and faint seams."""
    level = 70.0 + 70.0 * tone
    field = 0.6 * fractal(rng, SIZE, 4.0, 5, 0.6)
    field += 0.4 * stretched(rng, SIZE, 2.0, 24.0, rng.uniform(0.0, math.pi))
    low = (round(level - 16), round(level - 15), round(level - 12))
    high = (round(level + 18), round(level + 18), round(level + 17))
    return _picture(ramp(field, (low, high)) + _grain(rng, 4.0))


def concrete(rng: np.random.Generator, slab: float, angle: float) -> Image.Image:
    """Pale paving; with ``slab`` pixels wide plates and dark joints along ``angle``."""
    sets: tuple[tuple[Rgb, ...], ...] = (
        ((138, 134, 124), (164, 160, 150), (186, 182, 172)),
        ((150, 150, 148), (176, 176, 172), (198, 198, 194)),
        ((124, 118, 106), (150, 144, 130), (174, 168, 154)),
    )
    chosen = pick(rng, sets)
    pixels = ramp(fractal(rng, SIZE, 5.0, 5, 0.6), chosen)
    if slab > 0.0:
        rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
        u = (math.cos(angle) * columns + math.sin(angle) * rows) / np.float32(slab)
        v = (-math.sin(angle) * columns + math.cos(angle) * rows) / np.float32(slab)
        cell = (np.floor(u).astype(np.int64) * 73 + np.floor(v).astype(np.int64) * 151) % 97
        plates = rng.normal(0.0, 5.0, 97).astype(np.float32)[cell]
        joint = (np.minimum(u % 1.0, v % 1.0) < 1.0 / slab) * np.float32(-14.0)
        pixels += (plates + joint)[..., None]
    return _picture(pixels + _grain(rng, 3.5))
