"""Layered noise fields for ground, water and canopy: float32, decided by the generator alone.

All fields are square, ``size`` pixels wide. Octaves are small random grids that Pillow enlarges
with a bicubic filter, far quicker than gradient noise in numpy and alike after summing.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Field", "cellular", "fractal", "ridged", "rotated", "stretched", "stripes", "warped"]

Field = NDArray[np.float32]


def _enlarged(grid: Field, size: int) -> Field:
    image = Image.fromarray(grid).resize((size, size), Image.Resampling.BICUBIC)
    result: Field = np.asarray(image, dtype=np.float32)
    return result


def _unit(field: Field) -> Field:
    """Rescale so that mean +- 2.2 deviations fill 0..1, clipped."""
    low = float(field.mean()) - 2.2 * float(field.std())
    span = 4.4 * float(field.std()) + 1e-6
    unit: Field = np.clip((field - low) / span, 0.0, 1.0).astype(np.float32)
    return unit


def fractal(
    rng: np.random.Generator, size: int, cells: float, octaves: int = 4, gain: float = 0.5
) -> Field:
    """Fractal value noise in 0..1.

    Args:
        rng: source of every random number.
        size: width and height in pixels.
        cells: how many lattice cells of the first octave span the picture.
        octaves: layers; each doubles the cells.
        gain: weight of an octave relative to the one before.

    Returns:
        ``(size, size)`` float32 with mean near 0.5.
    """
    total = np.zeros((size, size), np.float32)
    weight = 1.0
    for _ in range(octaves):
        # one cell of margin and a random shift keep lattice lines from meeting at the corner
        count = min(size, math.ceil(cells) + 3)
        grid = rng.standard_normal((count, count), dtype=np.float32)
        if count >= size:
            total += weight * grid[:size, :size]
            break
        image = Image.fromarray(grid)
        left, top = rng.uniform(0.0, count - cells, 2)
        box = (left, top, min(left + cells, count), min(top + cells, count))
        resized = image.resize((size, size), Image.Resampling.BICUBIC, box=box)
        total += weight * np.asarray(resized, dtype=np.float32)
        weight *= gain
        cells *= 2.0
    return _unit(total)


def ridged(rng: np.random.Generator, size: int, cells: float, octaves: int = 5) -> Field:
    """Ridged fractal noise in 0..1: sharp crests, as mountains and dunes have them."""
    total = np.zeros((size, size), np.float32)
    weight = 1.0
    carried = np.ones((size, size), np.float32)
    for _ in range(octaves):
        layer = 1.0 - np.abs(2.0 * fractal(rng, size, cells, 1) - 1.0)
        layer = layer * layer * carried  # detail grows on the crests, valleys stay smooth
        total += weight * layer
        carried = np.clip(layer * 1.6, 0.0, 1.0)
        weight *= 0.55
        cells *= 2.1
    return (total / float(total.max())).astype(np.float32)


def rotated(field: Field, size: int, angle: float) -> Field:
    """The middle ``size`` square of a larger field, turned by ``angle`` radians."""
    source = field.shape[0]
    cos, sin, half, middle = math.cos(angle), math.sin(angle), size / 2.0, source / 2.0
    data = (
        cos, sin, middle - cos * half - sin * half,
        -sin, cos, middle + sin * half - cos * half,
    )  # fmt: skip
    image = Image.fromarray(field).transform(
        (size, size), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
    )
    return np.asarray(image, dtype=np.float32)


def stretched(
    rng: np.random.Generator,
    size: int,
    along: float,
    across: float,
    angle: float,
    octaves: int = 3,
) -> Field:
    """Fractal noise drawn out along ``angle``: ``along`` cells that way, ``across`` the other."""
    wide = math.ceil(size * 1.45)
    total = np.zeros((wide, wide), np.float32)
    weight = 1.0
    for _ in range(octaves):
        grid = rng.standard_normal(
            (min(wide, math.ceil(across) + 2), min(wide, math.ceil(along) + 2)), dtype=np.float32
        )
        total += weight * _enlarged(grid, wide)
        weight *= 0.55
        along, across = along * 2.0, across * 2.0
    return _unit(rotated(total, size, angle))


def warped(field: Field, shift_x: Field, shift_y: Field, amount: float) -> Field:
    """Domain warp: look the field up at points moved by up to ``amount`` pixels."""
    size = field.shape[0]
    rows, columns = np.mgrid[0:size, 0:size]
    x = np.clip(columns + (shift_x - 0.5) * 2.0 * amount, 0, size - 1).astype(np.intp)
    y = np.clip(rows + (shift_y - 0.5) * 2.0 * amount, 0, size - 1).astype(np.intp)
    result: Field = field[y, x]
    return result


def stripes(size: int, period: float, angle: float, phase: Field | float = 0.0) -> Field:
    """Sine rows in 0..1 that run along ``angle``; ``phase`` in radians bends them."""
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    across = -math.sin(angle) * columns + math.cos(angle) * rows
    waves: Field = (0.5 + 0.5 * np.sin(2.0 * math.pi / period * across + phase)).astype(np.float32)
    return waves


def cellular(
    rng: np.random.Generator, size: int, spacing: float
) -> tuple[Field, Field, Field, Field]:
    """Crowns on a jittered grid: which crown covers a pixel, and where in it the pixel lies.

    Args:
        rng: source of every random number.
        size: width and height in pixels.
        spacing: mean distance of crowns in pixels.

    Returns:
        ``(x, y, height, tint)``, each ``(size, size)``: the offset from the crown's middle in units
        of its radius, its dome height 0..1 (0 in the gaps), and a random number per crown.
    """
    count = math.ceil(size / spacing) + 4
    jitter = rng.uniform(-0.45, 0.45, (2, count, count)).astype(np.float32)
    radius = rng.uniform(0.55, 1.0, (count, count)).astype(np.float32)
    tints = rng.random((count, count), dtype=np.float32)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) / np.float32(spacing)
    rows, columns = rows + 2.0, columns + 2.0
    row0, column0 = rows.astype(np.intp), columns.astype(np.intp)
    best = np.full((size, size), -1.0, np.float32)
    best_x, best_y, tint = (np.zeros((size, size), np.float32) for _ in range(3))
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            row, column = row0 + down, column0 + right
            scale = radius[row, column]
            x = (columns - column - 0.5 - jitter[0][row, column]) / scale
            y = (rows - row - 0.5 - jitter[1][row, column]) / scale
            # a wide crown also stands higher, so that it overlaps the small ones beside it
            height = (1.0 - x * x - y * y) * scale
            nearer = height > best
            np.copyto(best, height, where=nearer)
            np.copyto(best_x, x, where=nearer)
            np.copyto(best_y, y, where=nearer)
            np.copyto(tint, tints[row, column], where=nearer)
    return best_x, best_y, np.clip(best, 0.0, 1.0), tint
