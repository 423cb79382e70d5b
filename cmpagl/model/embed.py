"""Images and texts to embeddings in batches, without gradients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from cmpagl.errors import CheckpointError, DataError
from cmpagl.model.fusion import FusionEncoder, quantise_tokens
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.precision import in_precision
from cmpagl.model.templates import filled
from cmpagl.model.text import tokenize
from cmpagl.model.towers import ImageTower, TextTower

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "ImageBatch",
    "SplitEmbeddings",
    "TextTokens",
    "embed_images",
    "embed_texts",
    "image_tokens",
    "sound",
]


@dataclass(frozen=True)
class ImageBatch:
    """What an index keeps of a batch of images."""

    image_embeds: NDArray[np.float32]  # (B, E)
    token_values: NDArray[np.int8]  # (B, N, F) fusion tokens
    token_scales: NDArray[np.float16]  # (B, N)
    pooled: NDArray[np.float32]  # (B, ...) of the tower's last pooled block alone, for a map


@dataclass(frozen=True)
class TextTokens:
    """What fusion reads of one text."""

    tokens: Tensor  # (L, D)
    cut: bool  # the text was longer than the tower reads


def embed_images(
    tower: ImageTower,
    fusion: FusionEncoder,
    squares: Iterable[NDArray[np.uint8]],
    *,
    batch_size: int = 32,
    precision: str = "float32",
) -> Iterator[ImageBatch]:
    """Encode decoded squares (S, S, 3) as they come; an `ImageBatch` per ``batch_size`` of them.

    ``precision`` is a name of `cmpagl.model.precision`.
    """
    batch: list[NDArray[np.uint8]] = []
    for square in squares:
        batch.append(square)
        if len(batch) == batch_size:
            yield _embed_batch(tower, fusion, batch, precision)
            batch = []
    if batch:
        yield _embed_batch(tower, fusion, batch, precision)


def _embed_batch(
    tower: ImageTower, fusion: FusionEncoder, batch: list[NDArray[np.uint8]], precision: str
) -> ImageBatch:
    device = next(tower.parameters()).device
    with torch.inference_mode(), in_precision(precision, device):
        pixels = to_pixel_values(np.stack(batch), tower.vision.config.preprocessing)
        features = tower(pixels.to(device))
        values, scales = quantise_tokens(fusion.project_image(features.image_tokens).float())
    return ImageBatch(
        sound(features.image_embeds.float().cpu().numpy()),
        values.cpu().numpy(),
        scales.cpu().numpy(),
        features.pooled[:, -tower.vision.config.block_pooled_dim :].float().cpu().numpy(),
    )


def sound(embeds: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit vectors ``(n, E)`` as a tower gives them.

    Raises:
        CheckpointError: one is none: its weights are finite, and yet what they make is not.
    """
    if not (np.linalg.norm(embeds, axis=1) > 0.5).all() or not np.isfinite(embeds).all():
        raise CheckpointError(
            "The model gives embeddings that are not finite, or of no length; its weights are "
            "damaged or its training diverged, so take another checkpoint."
        )
    return embeds


def image_tokens(
    tower: ImageTower, fusion: FusionEncoder, squares: Sequence[NDArray[np.uint8]]
) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """What fusion reads of decoded squares (S, S, 3), upright alone: ``(B, N, F)``, ``(B, N)``."""
    device = next(tower.parameters()).device
    with torch.inference_mode():
        pixels = to_pixel_values(np.stack(squares), tower.vision.config.preprocessing)
        features = tower.vision(pixels.to(device))
        values, scales = quantise_tokens(fusion.project_image(features.tokens))
    return values.cpu().numpy(), scales.cpu().numpy()


def embed_texts(
    tower: TextTower,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    *,
    batch_size: int = 128,
    keep_tokens: bool = False,
) -> tuple[NDArray[np.float32], list[TextTokens]]:
    """Encode texts, each by itself up to rounding; texts of like length share a batch.

    Args:
        tower: the text tower, in evaluation mode.
        tokenizer: its tokenizer.
        texts: pass each distinct text once: equal texts then tie exactly.
        batch_size: texts per batch.
        keep_tokens: also return the text tokens, which fusion reads.

    Returns:
        text_embeds (n, E) float32 in the order of ``texts``, and, if asked for, their tokens.

    Raises:
        CheckpointError: what it gives are no unit vectors.
    """
    embed = _embed_in_templates if tower.templates else _embed_as_written
    embeds, tokens = embed(tower, tokenizer, texts, batch_size, keep_tokens)
    return sound(embeds), tokens


def _embed_in_templates(
    tower: TextTower, tokenizer: Tokenizer, texts: Sequence[str], batch_size: int, keep_tokens: bool
) -> tuple[NDArray[np.float32], list[TextTokens]]:
    """The mean of each text's embeddings in the tower's templates; tokens are of the first."""
    found = [
        _embed_as_written(tower, tokenizer, filled(template, texts), batch_size, keep_tokens)
        for template in tower.templates
    ]
    mean = np.mean([embeds for embeds, _ in found], axis=0)
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    return np.asarray(mean / np.maximum(length, 1e-12), np.float32), found[0][1]


def _embed_as_written(
    tower: TextTower, tokenizer: Tokenizer, texts: Sequence[str], batch_size: int, keep_tokens: bool
) -> tuple[NDArray[np.float32], list[TextTokens]]:
    device = next(tower.parameters()).device
    order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), texts[i]))
    embeds = np.zeros((len(texts), tower.embed_dim), dtype=np.float32)
    kept: list[TextTokens | None] = [None] * (len(texts) if keep_tokens else 0)
    with torch.inference_mode():
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            batch = tokenize(tokenizer, [texts[i] for i in rows], tower.max_length).to(device)
            features = tower(batch.input_ids, batch.attention_mask)
            embeds[rows] = features.text_embeds.cpu().numpy()
            if keep_tokens:
                for k, i in enumerate(rows):
                    length = int(batch.attention_mask[k].sum())
                    kept[i] = TextTokens(features.text_tokens[k, :length].cpu(), batch.cut[k])
    return embeds, [t for t in kept if t is not None]


@dataclass(frozen=True)
class SplitEmbeddings:
    """What the towers say of a split. Without tokens, the stages with fusion are left out."""

    image_embeds: NDArray[np.float32]  # (I, E)
    text_embeds: NDArray[np.float32]  # (D, E), each distinct caption once
    caption_to_image: NDArray[np.int64]  # (C,)
    caption_group: NDArray[np.int64]  # (C,) which distinct caption each one is
    token_values: NDArray[np.int8] | None = None  # (I, N, F) as an index stores them
    token_scales: NDArray[np.float16] | None = None  # (I, N)
    text_tokens: tuple[TextTokens, ...] = ()  # (D,)

    def __post_init__(self) -> None:
        """Refuse parts that are not of one split."""
        n_images, n_distinct = len(self.image_embeds), len(self.text_embeds)
        own, group = self.caption_to_image, self.caption_group
        if len(own) == 0:
            raise DataError(
                "The split has no captions, so retrieval cannot be measured; give a data set with "
                "captions."
            )
        if own.shape != group.shape or own.max() >= n_images or group.max() >= n_distinct:
            raise DataError(
                f"{len(own)} captions are assigned to images up to {own.max()} and distinct "
                f"captions up to {group.max()}, but there are {n_images} images and {n_distinct} "
                "distinct captions; take all of one split."
            )

    @property
    def has_tokens(self) -> bool:
        """Whether pairs can be matched by fusion."""
        return self.token_values is not None and bool(self.text_tokens)
