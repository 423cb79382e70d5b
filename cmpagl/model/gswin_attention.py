"""What a token of the Gswin encoder asks: its own window, and the means of the picture's cells.

`cmpagl.model.gswin` says how the two meet.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cmpagl.model.encoder import BlockAttention
from cmpagl.model.windows import (
    cell_log_counts,
    get_relative_position_index,
    local_token_index,
    pool_cells,
    shifted_window_mask,
)

__all__ = ["GswinAttention"]


class GswinAttention(nn.Module):
    """Local window self-attention and global-local window cross-attention on one token grid.

    Shapes: x (B, T + N, C), T = 1 with a class token else 0, N = grid * grid.
    """

    local_index: Tensor
    token_place: Tensor
    local_bias: Tensor
    cell_bias: Tensor
    relative_position_index: Tensor

    def __init__(
        self,
        dim: int,
        *,
        grid: int,
        window_size: int,
        shift_size: int,
        global_size: int,
        num_heads: int,
        join: str,
        class_token: bool,
        relative_position_bias: bool,
    ) -> None:
        super().__init__()
        self.grid, self.num_heads, self.class_token = grid, num_heads, class_token
        self.window_size = min(window_size, grid)
        self.shift_size = shift_size if self.window_size < grid else 0
        # A map that is one window has nothing beyond it to look at.
        self.global_size = global_size if self.window_size < grid else 0
        self.join = join if self.global_size else "local"
        self.scale = (dim // num_heads) ** -0.5

        self.qkv = nn.Linear(dim, dim * 3)
        self.proj = nn.Linear(dim, dim)
        if self.join == "scale":
            self.global_qkv = nn.Linear(dim, dim * 3)
            self.global_proj = nn.Linear(dim, dim)
            self.global_scale = nn.Parameter(torch.zeros(dim))
        places = self.window_size**2
        self.relative_position_bias_table: nn.Parameter | None = None
        if relative_position_bias and self.join != "global":
            table = torch.zeros((2 * self.window_size - 1) ** 2, num_heads)
            self.relative_position_bias_table = nn.Parameter(nn.init.trunc_normal_(table, std=0.02))
            index = get_relative_position_index(self.window_size)
            self.register_buffer("relative_position_index", index, persistent=False)

        index = local_token_index(grid, self.window_size, self.shift_size)
        visible = shifted_window_mask(grid, self.window_size, self.shift_size)
        bias = torch.zeros(visible.shape).masked_fill_(~visible, float("-inf"))
        self.register_buffer("local_index", index, persistent=False)
        self.register_buffer("token_place", index.flatten().argsort(), persistent=False)
        self.register_buffer("local_bias", bias, persistent=False)  # nW, M*M, M*M
        if self.join == "joint":
            cells = cell_log_counts(grid, self.window_size, self.shift_size, self.global_size)
        else:  # no local set, or a branch of its own: every cell counts alike
            cells = torch.zeros(index.shape[0], places, self.global_size**2)
        self.register_buffer("cell_bias", cells, persistent=False)  # nW, M*M, G*G

    def _heads(self, x: Tensor) -> Tensor:
        """(B, L, C) -> (B, heads, L, C / heads)."""
        B, L, C = x.shape
        return x.view(B, L, self.num_heads, C // self.num_heads).transpose(1, 2)

    def _windows(self, x: Tensor) -> Tensor:
        """Tokens (B, N, C) -> (B, nW, heads, M*M, C / heads) of the shifted windows."""
        B, _, C = x.shape
        windows = x[:, self.local_index.flatten()].view(B, *self.local_index.shape, C)
        return windows.view(*windows.shape[:3], self.num_heads, -1).transpose(2, 3)

    def _shared(self, x: Tensor) -> Tensor:
        """(B, L, C) that every window sees -> (B, nW, heads, L, C / heads)."""
        return self._heads(x)[:, None].expand(-1, self.local_index.shape[0], -1, -1, -1)

    def _local_bias(self) -> Tensor:
        """Mask of the shift, plus Swin's relative position bias: (nW, 1 or heads, M*M, M*M)."""
        bias = self.local_bias[:, None]
        if self.relative_position_bias_table is not None:
            table = self.relative_position_bias_table[self.relative_position_index.flatten()]
            places = self.window_size**2
            bias = bias + table.view(places, places, -1).permute(2, 0, 1)
        return bias

    def _tokens(self, windows: Tensor) -> Tensor:
        """(B, nW, heads, M*M, K) -> (B, heads, N, K) in reading order of the tokens."""
        return windows.transpose(1, 2).flatten(2, 3)[:, :, self.token_place]

    def forward(
        self, x: Tensor, need_weights: bool = False
    ) -> tuple[Tensor, BlockAttention | None]:
        """Attend; with ``need_weights`` also return the weights that were used."""
        B, _, C = x.shape
        T = 1 if self.class_token else 0
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q = q * self.scale
        # One list of keys per query place: the window's tokens, the cells, the class token.
        keys, values, biases = [], [], []
        if self.join != "global":
            keys.append(self._windows(k[:, T:]))
            values.append(self._windows(v[:, T:]))
            biases.append(self._local_bias())
        if self.join in ("joint", "global"):
            keys.append(self._shared(pool_cells(k[:, T:], self.grid, self.global_size)))
            values.append(self._shared(pool_cells(v[:, T:], self.grid, self.global_size)))
            biases.append(
                self.cell_bias[:, None].expand(-1, biases[0].shape[1] if biases else 1, -1, -1)
            )
        if self.class_token:
            keys.append(self._shared(k[:, :1]))
            values.append(self._shared(v[:, :1]))
            biases.append(torch.zeros_like(biases[0][..., :1]))
        sizes = [part.shape[-2] for part in keys]
        scores = self._windows(q[:, T:]) @ torch.cat(keys, dim=-2).transpose(-2, -1)
        attended = (scores + torch.cat(biases, dim=-1)).softmax(dim=-1)  # B, nW, heads, M*M, keys
        mixed = attended @ torch.cat(values, dim=-2)
        out = self._tokens(mixed).transpose(1, 2).reshape(B, -1, C)  # B, N, C

        from_class = None
        if self.class_token:
            q_class, k_all, v_all = self._heads(q[:, :1]), self._heads(k), self._heads(v)
            from_class = (q_class @ k_all.transpose(-2, -1)).softmax(dim=-1)  # B, heads, 1, 1+N
            class_out = (from_class @ v_all).transpose(1, 2).reshape(B, 1, C)
            out = torch.cat([class_out, out], dim=1)
        out = self.proj(out)

        branch_weights = None
        share = None
        if self.join == "scale":
            branch, branch_weights = self._global_branch(x[:, T:])
            if need_weights:
                sizes_of = branch.norm(dim=-1), out[:, T:].norm(dim=-1)
                share = (sizes_of[0] / (sizes_of[0] + sizes_of[1]))[:, None]
                share = share.expand(-1, self.num_heads, -1)
            out = torch.cat([out[:, :T], out[:, T:] + branch], dim=1)
        if not need_weights:
            return out, None

        parts = [self._tokens(w) for w in torch.split(attended, sizes, dim=-1)]
        local_weights = parts.pop(0) if self.join != "global" else None
        global_weights = parts.pop(0) if self.join in ("joint", "global") else branch_weights
        to_class = parts.pop(0).squeeze(-1) if self.class_token else None
        if share is None and global_weights is not None:
            share = global_weights.sum(dim=-1)
        return out, BlockAttention(
            grid=self.grid,
            local_index=self.local_index,
            local=local_weights,
            global_=global_weights,
            to_class=to_class,
            from_class=None if from_class is None else from_class.squeeze(2),
            share=share,
        )

    def _global_branch(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """GLCA of its own (``scale``): (B, N, C) -> output, weights (B, heads, N, G*G)."""
        q, k, v = self.global_qkv(x).chunk(3, dim=-1)
        k = self._heads(pool_cells(k, self.grid, self.global_size))
        v = self._heads(pool_cells(v, self.grid, self.global_size))
        weights = (self._heads(q) * self.scale @ k.transpose(-2, -1)).softmax(dim=-1)
        out = (weights @ v).transpose(1, 2).flatten(2)
        return self.global_proj(out) * self.global_scale, weights
