"""The fusion encoder: text attends to image tokens; a matching head says whether they fit.

It runs on features that pre-alignment has already brought into one space, and at search time only
on a query's best few. The image tokens it reads are the stored ones: projected to the fusion width
and rounded to int8 with one scale per token, in training as in use.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cmpagl.config.model import FusionConfig

__all__ = ["CrossModalLayer", "FusionEncoder", "dequantise_tokens", "quantise_tokens"]


def quantise_tokens(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Round tokens (..., F) to int8 (..., F), with one float16 scale (...) per token."""
    scale = (tokens.abs().amax(dim=-1) / 127).clamp(min=1e-6).to(torch.float16)
    values = (tokens / scale.float().unsqueeze(-1)).round().clamp(-127, 127).to(torch.int8)
    return values, scale


def dequantise_tokens(values: Tensor, scales: Tensor) -> Tensor:
    """The inverse of `quantise_tokens`, float32 (..., F)."""
    return values.float() * scales.float().unsqueeze(-1)


class CrossModalLayer(nn.Module):
    """Text tokens attend to image tokens, then an MLP; pre-norm."""

    def __init__(self, config: FusionConfig) -> None:
        super().__init__()
        dim = config.dim
        self.num_heads = config.num_heads
        self.norm1 = nn.LayerNorm(dim)
        self.q = nn.Linear(dim, dim)
        self.kv = nn.Linear(dim, 2 * dim)
        self.proj = nn.Linear(dim, dim)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(
            nn.Linear(dim, int(dim * config.mlp_ratio)),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(int(dim * config.mlp_ratio), dim),
        )

    def forward(self, text: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """Text (B, L, F), image (B or 1, N, F) -> text (B, L, F), weights (B, heads, L, N)."""
        B, L, F = text.shape

        def heads(x: Tensor) -> Tensor:
            return x.view(len(x), -1, self.num_heads, F // self.num_heads).transpose(1, 2)

        q = heads(self.q(self.norm1(text)))
        k, v = (heads(x) for x in self.kv(image).chunk(2, dim=-1))
        weights = (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5).softmax(dim=-1)
        text = text + self.proj((weights @ v).transpose(1, 2).reshape(B, L, F))
        return text + self.mlp(self.norm2(text)), weights


class FusionEncoder(nn.Module):
    """Projections, cross-modal layers and the matching head (ITM)."""

    def __init__(self, config: FusionConfig, *, text_dim: int, image_dim: int) -> None:
        super().__init__()
        self.config = config
        self.image_norm = nn.LayerNorm(image_dim)
        self.image_proj = nn.Linear(image_dim, config.dim)
        self.text_proj = nn.Linear(text_dim, config.dim)
        self.layers = nn.ModuleList(CrossModalLayer(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.dim)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.dim, 1)

    def project_image(self, image_tokens: Tensor) -> Tensor:
        """Image tokens (B, N, D) to what the index stores, before rounding: (B, N, F)."""
        out: Tensor = self.image_proj(self.image_norm(image_tokens))
        return out

    def forward(
        self, text_tokens: Tensor, attention_mask: Tensor, fusion_tokens: Tensor
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Match text i with image i.

        Args:
            text_tokens: (B, L, D_text) of the text tower.
            attention_mask: (B, L), 1 on real word pieces.
            fusion_tokens: (B, N, F) as `project_image` gives them; (1, N, F) for one image with
                many texts.

        Returns:
            match logits (B,), higher is a better match, and per layer the word-to-region weights
            (B, heads, L, N).
        """
        x = self.text_proj(text_tokens)
        maps = []
        for layer in self.layers:
            x, weights = layer(x, fusion_tokens)
            maps.append(weights)
        mask = attention_mask.unsqueeze(-1).to(x.dtype)
        pooled = (self.norm(x) * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
        logits: Tensor = self.head(self.dropout(pooled)).squeeze(-1)
        return logits, tuple(maps)
