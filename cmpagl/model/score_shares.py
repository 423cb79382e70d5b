"""Where a score came from: what each place of a picture adds to its cosine with a query.

An embedding is a function of the tokens that one block of the image tower hands to the next. On the
way from the mean of all places to the tokens that they are, a place's share is the slope of the
cosine at its token times how far it goes: integrated gradients (Sundararajan et al., ICML 2017). So
the shares add up to the cosine less what it would be if every place looked like the picture's
average, as nearly as the few `STEPS` allow by which the way is walked. They are taken at `BLOCK` of
the way through the tower, where tokens still tell of their own place and the blocks behind carry it
on to what the head reads; any encoder has such a point (see `ImageEncoder`). What the head reads of
blocks further down is held as it is. `hidden_scores` holds the shares against pictures in which
places are hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.towers import ImageTower, turned_view, view_numbers

__all__ = ["hidden_scores", "hidden_squares", "place_shares"]

BLOCK = 0.75  # of the blocks lie below the tokens that are asked; chosen on drawn scenes
STEPS = 2


def place_shares(
    tower: ImageTower, square: NDArray[np.uint8], queries: Tensor
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What each place adds to the cosine of a picture with some queries.

    Args:
        tower: in evaluation mode, on the CPU.
        square: (S, S, 3) in the size that the tower reads.
        queries: (Q, E) embeddings of length 1.

    Returns:
        The shares (Q, grid, grid), rows from the top, the turned views of the tower turned back
        and summed; and the cosines (Q,) that they are of.
    """
    vision = tower.vision
    pixels = to_pixel_values(square[None], vision.config.preprocessing)
    views = view_numbers(tower.views)
    batch = torch.cat([turned_view(pixels, view) for view in views])
    start = int(BLOCK * vision.num_blocks)
    below: list[Tensor] = []
    with torch.no_grad():
        tokens, _ = vision.run_blocks(vision.embed(batch), 0, start, kept=below)

    def scores(now: Tensor) -> Tensor:
        """The cosines (Q,) with the tokens (views, L, C) in place of those that there are."""
        kept = [now if one is tokens else one for one in below]
        last, _ = vision.run_blocks(now, start, kept=kept)
        _, pooled = vision.pool(last, kept)
        return queries @ normalize(normalize(tower.head(pooled), dim=-1).sum(dim=0), dim=0)

    grid = isqrt(tokens.shape[1])
    first = tokens.shape[1] - grid * grid  # the tokens before stand for no place
    apart = torch.zeros_like(tokens)
    apart[:, first:] = tokens[:, first:] - tokens[:, first:].mean(dim=1, keepdim=True)
    shares = torch.zeros(len(queries), *tokens.shape[:2])
    for step in range(STEPS):
        part = (step + 0.5) / STEPS
        with torch.enable_grad():
            leaf = (tokens - (1 - part) * apart).detach().requires_grad_()
            found = scores(leaf)
            for row, score in zip(shares, found, strict=True):
                (slope,) = torch.autograd.grad(score, leaf, retain_graph=True)
                row += (slope * apart).sum(dim=-1) / STEPS
    with torch.no_grad():
        whole = scores(tokens)
    maps = shares[:, :, first:].reshape(len(queries), len(views), grid, grid)
    upright = torch.stack([_turned_back(maps[:, n], view) for n, view in enumerate(views)]).sum(0)
    return upright.numpy(), whole.numpy()


def hidden_squares(
    square: NDArray[np.uint8], grid: int, hidden: Sequence[NDArray[np.bool_]]
) -> NDArray[np.uint8]:
    """The picture with some of its places painted in its mean colour: (n, S, S, 3).

    Args:
        square: (S, S, 3).
        grid: places a side.
        hidden: n times (grid, grid), which places.
    """
    edges = np.linspace(0, len(square), grid + 1).round().astype(int)
    at = np.searchsorted(edges, np.arange(len(square)), side="right") - 1
    plain = square.mean(axis=(0, 1)).round().astype(np.uint8)
    return np.stack([np.where(one[np.ix_(at, at)][..., None], plain, square) for one in hidden])


def hidden_scores(
    tower: ImageTower,
    square: NDArray[np.uint8],
    query: Tensor,
    grid: int,
    hidden: Sequence[NDArray[np.bool_]],
) -> NDArray[np.float32]:
    """The cosines (n,) with a query (E,) once places are hidden; arguments as `hidden_squares`."""
    squares = hidden_squares(square, grid, hidden)
    with torch.inference_mode():
        pixels = to_pixel_values(squares, tower.vision.config.preprocessing)
        scores: NDArray[np.float32] = (tower(pixels).image_embeds @ query).numpy()
    return scores


def _turned_back(maps: Tensor, view: int) -> Tensor:
    """Maps (..., grid, grid) of a turned view as they lie on the upright picture."""
    maps = maps.flip(-1) if view % 2 else maps
    return torch.rot90(maps, -(view // 2), dims=(-2, -1))
