"""The two linear layers of a block, with the kinds of GELU that published towers compute with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Mlp"]


class QuickGELU(nn.Module):
    """CLIP's approximation of GELU."""

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        return x * torch.sigmoid(1.702 * x)


class Mlp(nn.Module):
    """Two linear layers with a kind of GELU, as in timm."""

    def __init__(self, dim: int, hidden: int, act: str = "gelu") -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.act = (
            QuickGELU()
            if act == "quick_gelu"
            else nn.GELU("tanh" if act == "gelu_tanh" else "none")
        )
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C)."""
        out: Tensor = self.fc2(self.act(self.fc1(x)))
        return out
