"""Outlines in picture pixels: ``(N, 2)`` arrays of x, y, closed by joining last to first."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Points",
    "blob",
    "bounds",
    "curve",
    "ellipse",
    "offset_line",
    "placed",
    "points",
    "rect",
    "ribbon",
    "shrunk",
    "spine",
    "stadium_outline",
]

Points = NDArray[np.float64]


def points(pairs: Sequence[tuple[float, float]]) -> Points:
    """An outline from pairs."""
    return np.asarray(pairs, dtype=np.float64).reshape(-1, 2)


def placed(shape: Points, x: float, y: float, angle: float = 0.0, scale: float = 1.0) -> Points:
    """A shape drawn about the origin, scaled, turned by ``angle`` radians and moved to x, y."""
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    turn = np.array([[cos, sin], [-sin, cos]])
    result: Points = shape @ turn + (x, y)
    return result


def shrunk(shape: Points, share: float) -> Points:
    """The shape about its mean point, ``share`` times as large."""
    middle = shape.mean(axis=0)
    result: Points = (shape - middle) * share + middle
    return result


def rect(x: float, y: float, width: float, height: float, angle: float = 0.0) -> Points:
    """A rectangle about its middle."""
    a, b = width / 2.0, height / 2.0
    return placed(points([(-a, -b), (a, -b), (a, b), (-a, b)]), x, y, angle)


def ellipse(
    x: float, y: float, radius_x: float, radius_y: float, angle: float = 0.0, count: int = 28
) -> Points:
    """An ellipse as a polygon."""
    turn = np.linspace(0.0, 2.0 * math.pi, count, endpoint=False)
    shape = np.stack([radius_x * np.cos(turn), radius_y * np.sin(turn)], axis=1)
    return placed(shape, x, y, angle)


def blob(
    rng: np.random.Generator,
    x: float,
    y: float,
    radius_x: float,
    radius_y: float,
    angle: float = 0.0,
    rough: float = 0.25,
    count: int = 48,
) -> Points:
    """A rounded irregular outline; never beyond ``1 + rough`` times the radii."""
    turn = np.linspace(0.0, 2.0 * math.pi, count, endpoint=False)
    radius = np.zeros(count)
    for wave in (2, 3, 4, 6):
        radius += rng.normal() / wave * np.cos(wave * turn + rng.uniform(0.0, 2.0 * math.pi))
    radius *= rough / max(1e-9, float(np.abs(radius).max()))
    shape = np.stack([np.cos(turn) * radius_x, np.sin(turn) * radius_y], axis=1)
    return placed(shape * (1.0 + radius)[:, None], x, y, angle)


def stadium_outline(x: float, y: float, length: float, width: float, angle: float) -> Points:
    """A rectangle of ``length`` with half circles at its ends (a running track)."""
    radius, half = width / 2.0, max(0.0, (length - width) / 2.0)
    turn = np.linspace(-math.pi / 2.0, math.pi / 2.0, 14)
    right = np.stack([half + radius * np.cos(turn), radius * np.sin(turn)], axis=1)
    return placed(np.concatenate([right, -right]), x, y, angle)


def spine(band: Points) -> Points:
    """The middle line of an outline whose second half runs back along the first (`ribbon`)."""
    half = len(band) // 2
    result: Points = (band[:half] + band[half:][::-1]) / 2.0
    return result


def curve(through: Sequence[tuple[float, float]], steps: int = 10) -> Points:
    """A Catmull-Rom curve through the points, open."""
    knots = points(through)
    if len(knots) < 3:
        return knots
    ends = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    pieces = []
    for i in range(len(knots) - 1):
        a, b, c, d = ends[i : i + 4]
        pieces.append(
            0.5
            * (
                2 * b
                + (c - a) * t
                + (2 * a - 5 * b + 4 * c - d) * t**2
                + (3 * b - a - 3 * c + d) * t**3
            )
        )
    pieces.append(knots[-1:])
    result: Points = np.concatenate(pieces)
    return result


def _sideways(line: Points) -> Points:
    """Unit steps to the left of a line at each of its points, with y pointing down."""
    step = np.gradient(line, axis=0)
    step /= np.maximum(1e-9, np.hypot(step[:, 0], step[:, 1]))[:, None]
    return np.stack([step[:, 1], -step[:, 0]], axis=1)


def offset_line(line: Points, by: float) -> Points:
    """The line moved sideways (to its left for positive ``by`` with y pointing down)."""
    result: Points = line + by * _sideways(line)
    return result


def ribbon(line: Points, width: float | NDArray[np.float64]) -> Points:
    """The outline of a band of ``width`` about a line."""
    side = np.asarray(width, dtype=np.float64).reshape(-1, 1) / 2.0 * _sideways(line)
    result: Points = np.concatenate([line + side, (line - side)[::-1]])
    return result


def bounds(shape: Points) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    low, high = shape.min(axis=0), shape.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
