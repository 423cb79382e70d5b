"""Windows and cells of a token grid: pure index arithmetic, no weights.

Names follow timm's `swin_transformer.py`. A *window* is an M x M block of tokens, shifted every
other block; a *cell* is one of G x G equal blocks that cover the grid, represented by its mean.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

__all__ = [
    "cell_index",
    "cell_log_counts",
    "get_relative_position_index",
    "local_token_index",
    "pool_cells",
    "shifted_window_mask",
    "window_partition",
]


def window_partition(x: Tensor, window_size: int) -> Tensor:
    """Cut a map into windows.

    Args:
        x: (B, H, W, C), H and W multiples of ``window_size``.
        window_size: M, in tokens.

    Returns:
        (B * nW, M * M, C), windows in reading order.
    """
    B, H, W, C = x.shape
    M = window_size
    x = x.view(B, H // M, M, W // M, M, C)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, M * M, C)


def get_relative_position_index(window_size: int) -> Tensor:
    """Row of the bias table for each pair of a window's tokens, (M * M, M * M), as in Swin."""
    coords = torch.stack(torch.meshgrid([torch.arange(window_size)] * 2, indexing="ij")).flatten(1)
    relative = (coords[:, :, None] - coords[:, None, :]).permute(1, 2, 0)  # M*M, M*M, 2
    relative = relative + (window_size - 1)
    return relative[..., 0] * (2 * window_size - 1) + relative[..., 1]


def local_token_index(grid: int, window_size: int, shift_size: int) -> Tensor:
    """Which token stands at each place of each (cyclically shifted) window, (nW, M * M)."""
    tokens = torch.arange(grid * grid).view(1, grid, grid, 1)
    if shift_size:
        tokens = torch.roll(tokens, shifts=(-shift_size, -shift_size), dims=(1, 2))
    return window_partition(tokens, window_size).squeeze(-1)


def shifted_window_mask(grid: int, window_size: int, shift_size: int) -> Tensor:
    """True where two places of a window may see each other, (nW, M * M, M * M).

    The cyclic shift brings tokens of opposite edges into one window; those pairs are False.
    """
    if shift_size == 0:
        windows = (grid // window_size) ** 2
        return torch.ones(windows, window_size**2, window_size**2, dtype=torch.bool)
    region = torch.zeros(1, grid, grid, 1, dtype=torch.long)
    bounds = (0, grid - window_size, grid - shift_size, grid)
    label = 0
    for top, bottom in pairwise(bounds):
        for left, right in pairwise(bounds):
            region[:, top:bottom, left:right] = label
            label += 1
    places = window_partition(region, window_size).squeeze(-1)  # nW, M*M
    return places[:, :, None] == places[:, None, :]


def cell_index(grid: int, global_size: int) -> Tensor:
    """Which of the G * G cells covers each token, (grid * grid,)."""
    row = torch.arange(grid) // (grid // global_size)
    return (row[:, None] * global_size + row[None, :]).flatten()


def cell_log_counts(grid: int, window_size: int, shift_size: int, global_size: int) -> Tensor:
    """Log n per query place and cell, n = the cell's tokens outside the query's visible local set.

    Returns:
        (nW, M * M, G * G), minus infinity where n = 0, so that the cell is masked for that query.
    """
    index = local_token_index(grid, window_size, shift_size)  # nW, M*M
    visible = shifted_window_mask(grid, window_size, shift_size)  # nW, M*M, M*M
    cells = torch.nn.functional.one_hot(cell_index(grid, global_size), global_size**2)  # N, G*G
    seen = visible.float() @ cells[index].float()  # nW, M*M, G*G
    return torch.log(cells.sum(0).float() - seen)


def pool_cells(x: Tensor, grid: int, global_size: int) -> Tensor:
    """Mean of the tokens of each cell: (B, N, C) -> (B, G * G, C)."""
    B, _, C = x.shape
    step = grid // global_size
    cells = x.view(B, global_size, step, global_size, step, C)
    # A mean over both places at once takes 17 times as long; of 2 x 2 tokens it is the same.
    wide = torch.promote_types(x.dtype, torch.float32)
    mean = cells.sum(dim=4, dtype=wide).sum(dim=2) / step**2
    return mean.to(x.dtype).flatten(1, 2)
