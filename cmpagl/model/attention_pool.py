"""SigLIP's head: one learned query looks over all tokens, and what it finds is the picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cmpagl.model.feed_forward import Mlp

__all__ = ["AttentionPool"]


class AttentionPool(nn.Module):
    """Tokens (B, L, C) to one vector each (B, C); weights have SigLIP's names."""

    def __init__(self, dim: int, heads: int, hidden: int, eps: float, act: str) -> None:
        super().__init__()
        self.probe = nn.Parameter(torch.zeros(1, 1, dim))
        self.attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.layernorm = nn.LayerNorm(dim, eps=eps)
        self.mlp = Mlp(dim, hidden, act)

    def forward(self, tokens: Tensor) -> Tensor:
        """Attend to all tokens, then ``x + mlp(norm(x))``."""
        probe = self.probe.expand(len(tokens), -1, -1)
        x = self.attention(probe, tokens, tokens, need_weights=False)[0]
        out: Tensor = x + self.mlp(self.layernorm(x))
        return out[:, 0]
