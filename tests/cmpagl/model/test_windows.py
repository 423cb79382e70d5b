"""`cmpagl.model.windows`: index arithmetic against loops over places."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from timm.models import swin_transformer

from cmpagl.model.windows import (
    cell_index,
    cell_log_counts,
    get_relative_position_index,
    local_token_index,
    pool_cells,
    shifted_window_mask,
    window_partition,
)

ARRANGEMENTS = [  # grid, window, shift, cells per side
    (8, 4, 0, 4),
    (8, 4, 2, 4),
    (12, 6, 3, 4),
    (12, 6, 3, 6),
    (9, 3, 1, 3),
    (8, 4, 2, 8),
    (8, 8, 0, 2),
]


def place(grid, window, shift, which, at):
    """Row and column of the token at a place of a shifted window, before any wrap."""
    per_side = grid // window
    row = (which // per_side) * window + at // window + shift
    column = (which % per_side) * window + at % window + shift
    return row, column


def sees(grid, window, shift, which, at, other):
    """Whether two places of a window are true neighbours: both, or neither, beyond each edge."""
    (r0, c0), (r1, c1) = (place(grid, window, shift, which, p) for p in (at, other))
    return (r0 >= grid) == (r1 >= grid) and (c0 >= grid) == (c1 >= grid)


@pytest.mark.parametrize(("grid", "window", "shift", "cells"), ARRANGEMENTS)
def test_tokens_of_shifted_windows(grid, window, shift, cells):
    """Each place holds the token that a cyclic shift brings there, and each token has one place."""
    index = local_token_index(grid, window, shift)
    for which, at in itertools.product(*map(range, index.shape)):
        row, column = place(grid, window, shift, which, at)
        assert index[which, at] == row % grid * grid + column % grid
    assert index.flatten().sort().values.tolist() == list(range(grid * grid))


@pytest.mark.parametrize(("grid", "window", "shift", "cells"), ARRANGEMENTS)
def test_mask_of_the_shift(grid, window, shift, cells):
    """Two places see each other unless the edge of the picture runs between them."""
    mask = shifted_window_mask(grid, window, shift)
    windows, places = (grid // window) ** 2, window**2
    expected = torch.tensor(
        [
            [[sees(grid, window, shift, w, p, q) for q in range(places)] for p in range(places)]
            for w in range(windows)
        ]
    )
    assert torch.equal(mask, expected)


@pytest.mark.parametrize(("grid", "window", "shift", "cells"), ARRANGEMENTS)
def test_cells_count_the_tokens_that_are_not_seen_locally(grid, window, shift, cells):
    """exp(log count), by a loop over every query place and every token of every cell."""
    counts = cell_log_counts(grid, window, shift, cells)
    index = local_token_index(grid, window, shift)
    step = grid // cells
    for which in range(index.shape[0]):
        for at in range(index.shape[1]):
            seen = {
                int(index[which, other])
                for other in range(index.shape[1])
                if sees(grid, window, shift, which, at, other)
            }
            for cell in range(cells**2):
                top, left = cell // cells * step, cell % cells * step
                covered = {
                    row * grid + column
                    for row in range(top, top + step)
                    for column in range(left, left + step)
                }
                count = len(covered - seen)
                expected = math.log(count) if count else -math.inf
                assert counts[which, at, cell].item() == pytest.approx(expected)


def test_partition_keeps_each_window_together():
    """Window by window in reading order; put together again it is the map."""
    grid, window = 6, 3
    x = torch.arange(2 * grid * grid * 2).view(2, grid, grid, 2)
    windows = window_partition(x, window)
    for b, i, j in itertools.product(range(2), range(2), range(2)):
        block = x[b, 3 * i : 3 * i + 3, 3 * j : 3 * j + 3].reshape(9, 2)
        assert torch.equal(windows[b * 4 + 2 * i + j], block)
    back = torch.zeros(2, grid * grid, 2, dtype=x.dtype)
    back[:, local_token_index(grid, window, 0).flatten()] = windows.view(2, -1, 2)
    assert torch.equal(back.view_as(x), x)


def test_relative_position_index_is_swins():
    """The very table of timm, whose weights it addresses."""
    ours = get_relative_position_index(7)
    assert torch.equal(ours, swin_transformer.get_relative_position_index(7, 7))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_pooling_by_twos_is_the_mean_to_the_last_bit(dtype):
    """In two steps, and of a part of another tensor, as attention has it."""
    x = torch.randn(3, 145, 48, generator=torch.Generator().manual_seed(0)).to(dtype)
    tokens = x.chunk(3, dim=-1)[1][:, 1:]
    wanted = tokens.unflatten(1, (6, 2, 6, 2)).mean(dim=(2, 4)).flatten(1, 2)
    found = pool_cells(tokens, 12, 6)
    assert found.dtype == dtype
    assert torch.equal(found, wanted)


def test_cells_are_means_of_their_tokens():
    """By a loop over tokens and the cell that covers each."""
    grid, cells = 6, 3
    x = torch.randn(2, grid * grid, 5, dtype=torch.float64)
    of_token = cell_index(grid, cells).tolist()
    pooled = pool_cells(x, grid, cells)
    assert of_token[:6] == [0, 0, 1, 1, 2, 2]
    assert of_token[12:18] == [3, 3, 4, 4, 5, 5]
    for cell in range(cells**2):
        members = [t for t in range(grid * grid) if of_token[t] == cell]
        torch.testing.assert_close(pooled[:, cell], x[:, members].mean(1))
