"""CMPAGL: image tower, text tower, their heads, and the fusion encoder, as one module."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from cmpagl.config.model import ModelConfig
from cmpagl.model.encoder import (
    BlockAttention,
    ImageEncoder,
    TextEncoder,
    build_image_encoder,
    build_text_encoder,
)
from cmpagl.model.fusion import FusionEncoder

__all__ = [
    "CMPAGL",
    "EmbeddingHead",
    "ImageFeatures",
    "ImageTower",
    "TextFeatures",
    "TextTower",
    "turned_view",
    "view_numbers",
]


@dataclass(frozen=True)
class ImageFeatures:
    """What the model knows of a batch of images."""

    image_embeds: Tensor  # (B, E), L2-normalised
    image_tokens: Tensor  # (B, N, D)
    pooled: Tensor  # (B, P): what the head reads of the upright view
    attention: tuple[BlockAttention, ...] | None  # of the upright view, where there are maps


@dataclass(frozen=True)
class TextFeatures:
    """What the model knows of a batch of texts."""

    text_embeds: Tensor  # (B, E), L2-normalised
    text_tokens: Tensor  # (B, L, D)


class EmbeddingHead(nn.Module):
    """A pooled vector to the joint space: standardise, then linear + two-layer MLP, summed.

    ``mean`` and ``std`` are statistics of the training set, kept as buffers.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, in_dim: int, out_dim: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(in_dim))
        self.register_buffer("std", torch.ones(in_dim))
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(in_dim, out_dim)
        self.mlp = nn.Sequential(
            nn.Linear(in_dim, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, out_dim)
        )

    def start_as(self, projection: Tensor, bias: Tensor, columns: slice) -> None:
        """Give what a projection makes of some columns of what is pooled, until trained.

        The statistics must be set: what they do to those columns is undone.

        Args:
            projection: (E, D).
            bias: (E,).
            columns: D of them.
        """
        projection, bias = projection.to(self.std), bias.to(self.std)
        with torch.no_grad():
            self.linear.weight.zero_()
            self.linear.weight[:, columns] = projection * self.std[columns]
            self.linear.bias.copy_(projection @ self.mean[columns] + bias)
            for parameter in self.mlp[-1].parameters():  # it adds nothing yet
                parameter.zero_()

    def forward(self, pooled: Tensor) -> Tensor:
        """(B, P) -> (B, E), not normalised."""
        x = self.dropout((pooled - self.mean) / self.std)
        out: Tensor = self.linear(x) + self.mlp(x)
        return out


def turned_view(pixel_values: Tensor, view: int) -> Tensor:
    """A view of squares (..., S, S): ``view // 2`` quarter turns, mirrored where odd; 0 to 7.

    A scene from above has no up, so all eight show the same place.
    """
    turned = torch.rot90(pixel_values, view // 2, dims=(-2, -1))
    return turned.flip(-1) if view % 2 else turned


def view_numbers(views: int) -> tuple[int, ...]:
    """Which views a number means: upright; + a quarter turn; all four turns; all eight."""
    return {1: (0,), 2: (0, 2), 4: (0, 2, 4, 6), 8: tuple(range(8))}[views]


class ImageTower(nn.Module):
    """An image encoder and its head: pixels to the joint space.

    One weights file of a checkpoint.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.views = config.views
        self.vision: ImageEncoder = build_image_encoder(config.vision)
        self.head = EmbeddingHead(
            config.vision.pooled_dim, config.embed_dim, config.head_dim, config.head_dropout
        )

    def forward(self, pixel_values: Tensor, need_weights: bool = False) -> ImageFeatures:
        """Encode normalised pixels (B, 3, S, S).

        With ``views`` > 1 the embedding is the mean over turned views; tokens and attention are
        those of the upright one.
        """
        upright = self.vision(pixel_values, need_weights=need_weights)
        embeds = normalize(self.head(upright.pooled), dim=-1)
        for view in view_numbers(self.views)[1:]:
            pooled = self.vision(turned_view(pixel_values, view)).pooled
            embeds = embeds + normalize(self.head(pooled), dim=-1)
        embeds = normalize(embeds, dim=-1)
        return ImageFeatures(embeds, upright.tokens, upright.pooled, upright.attention)


class TextTower(nn.Module):
    """The text encoder and its head: word pieces to the joint space.

    One weights file of a checkpoint, and the frozen word embeddings in another.
    """

    templates: tuple[str, ...] = ()
    """What texts are read in (`cmpagl.model.templates`): this one learned from bare captions."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embed_dim, self.max_length = config.embed_dim, config.text.max_length
        self.encoder: TextEncoder = build_text_encoder(config.text)
        self.head = EmbeddingHead(
            config.text.pooled_dim, config.embed_dim, config.head_dim, config.head_dropout
        )

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> TextFeatures:
        """Encode word pieces (B, L)."""
        tokens, pooled = self.encoder(input_ids, attention_mask)
        return TextFeatures(normalize(self.head(pooled), dim=-1), tokens)


class CMPAGL(nn.Module):
    """The whole model; see `ModelConfig` for the sizes.

    ``image(pixel_values)`` and ``text(input_ids, attention_mask)`` give aligned embeddings and
    tokens; ``fusion(text_tokens, attention_mask, fusion_tokens)`` matches pairs.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.image = ImageTower(config)
        self.text = TextTower(config)
        self.fusion = FusionEncoder(
            config.fusion, text_dim=config.text.dim, image_dim=config.vision.out_dim
        )
