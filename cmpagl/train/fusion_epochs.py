"""Training the fusion encoder: pairs of aligned tokens, negatives that alignment finds hard.

The image tokens are read as an index stores them (projected, int8 with a scale per token), so that
the encoder meets in training what it meets in use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import log_softmax

from cmpagl.config.model import ModelConfig
from cmpagl.config.run import TrainConfig
from cmpagl.growing import Rows, grow
from cmpagl.model.fusion import FusionEncoder, dequantise_tokens, quantise_tokens
from cmpagl.train.images import IMAGES_AT_ONCE, TEXTS_AT_ONCE, Captions
from cmpagl.train.losses import itm_loss

__all__ = ["MatchingSet", "matching_loss", "rounded_tokens"]

CANDIDATES = 64  # hard negatives are drawn from a query's best so many


def rounded_tokens(tokens: Tensor) -> Tensor:
    """Tokens as they come back from the index; the gradient passes the rounding unchanged."""
    stored = dequantise_tokens(*quantise_tokens(tokens.detach()))
    return tokens + (stored - tokens.detach())


@dataclass(frozen=True)
class MatchingSet:
    """Tokens of all training images and captions, and which of them are hard to tell apart."""

    image_tokens: NDArray[np.float16]  # (I, N, D), memory-mapped
    text_tokens: NDArray[np.float16]  # (all word pieces, D), memory-mapped
    text_starts: NDArray[np.int64]  # (C,) first word piece of each caption
    text_lengths: NDArray[np.int64]  # (C,) and how many it has
    captions: Captions
    hard_images: NDArray[np.int32]  # (C, CANDIDATES) best images of a caption that are not its own
    hard_captions: NDArray[
        np.int32
    ]  # (I, CANDIDATES) best captions of an image that are not its own

    @classmethod
    def build(
        cls,
        captions: Captions,
        *,
        image_embeds: NDArray[np.float32],
        image_tokens: Callable[[NDArray[np.int64]], Tensor],
        text_tokens: Callable[[list[str]], tuple[NDArray[np.float32], list[Tensor]]],
        config: ModelConfig,
        folder: Path,
        progress: Callable[[str, int, int], None],
    ) -> MatchingSet:
        """Compute the set, or what is missing of it.

        Args:
            captions: of the training set.
            image_embeds: (I, E) of the training images.
            image_tokens: gives (n, N, D) for rows of images.
            text_tokens: gives embeddings and word-piece tokens of texts.
            config: of the model, for the widths.
            folder: keeps what is done; of this model and these data alone.
            progress: called with (what, done, total) once that much is kept; may raise to stop.
        """
        count = len(image_embeds)
        shape = (config.vision.out_grid**2, config.vision.out_dim)
        images = grow(
            folder / "images",
            {"tokens": Rows(shape, np.float16)},
            count,
            lambda start, end: [image_tokens(np.arange(start, end)).half().cpu().numpy()],
            at_once=IMAGES_AT_ONCE,
            progress=partial(progress, "image tokens"),
        )
        # Captions of like length together: each batch is padded to its longest.
        order = captions.by_length
        lengths = np.array([len(captions.word_pieces[i]) for i in order])
        starts = np.cumsum([0, *lengths])

        def encode(start: int, end: int) -> list[NDArray[Any]]:
            embeds, tokens = text_tokens([captions.texts[i] for i in order[start:end]])
            return [embeds, torch.cat([t.half() for t in tokens]).numpy()]

        texts = grow(
            folder / "captions",
            {
                "embeds": Rows((config.embed_dim,), np.float32),
                "tokens": Rows((config.text.dim,), np.float16, starts),
            },
            len(order),
            encode,
            at_once=TEXTS_AT_ONCE,
            progress=partial(progress, "caption tokens"),
        )
        place = np.argsort(order)  # of each caption
        embeds = texts["embeds"][place]
        hard_images, hard_captions = _hard(image_embeds, embeds, captions.of_image.numpy())
        return cls(
            images["tokens"],
            texts["tokens"],
            starts[place],
            lengths[place],
            captions,
            hard_images,
            hard_captions,
        )

    def texts(self, ids: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Tokens (n, L, D) and attention mask (n, L) of captions."""
        lengths = self.text_lengths[ids]
        tokens = np.zeros((len(ids), int(lengths.max()), self.text_tokens.shape[1]), np.float32)
        mask = np.arange(tokens.shape[1]) < lengths[:, None]
        for k, i in enumerate(ids):
            start = self.text_starts[i]
            tokens[k, : lengths[k]] = self.text_tokens[start : start + lengths[k]]
        return torch.from_numpy(tokens), torch.from_numpy(mask.astype(np.int64))


def _hard(
    image_embeds: NDArray[np.float32], text_embeds: NDArray[np.float32], of_image: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Best wrong images of each caption and best wrong captions of each image, in blocks."""
    own: list[list[int]] = [[] for _ in text_embeds]
    for image, row in enumerate(of_image):
        for text in row[row >= 0]:
            own[text].append(image)

    own_captions = [row[row >= 0].tolist() for row in of_image]
    hard_images = _best(text_embeds, image_embeds, own)
    hard_captions = _best(image_embeds, text_embeds, own_captions)
    return hard_images, hard_captions


def _best(
    queries: NDArray[np.float32], items: NDArray[np.float32], right: list[list[int]]
) -> NDArray[np.int32]:
    """The best items of each query but for the right ones, (Q, CANDIDATES), in no order."""
    keep = min(CANDIDATES, len(items) - 1)
    found = np.zeros((len(queries), keep), np.int32)
    for start in range(0, len(queries), 1024):
        sims = queries[start : start + 1024] @ items.T
        for k in range(len(sims)):
            sims[k, right[start + k]] = -np.inf
        top = np.argpartition(-sims, keep - 1, axis=1)[:, :keep]
        found[start : start + 1024] = np.sort(top, axis=1)
    return found


def matching_loss(
    fusion: FusionEncoder,
    pairs: MatchingSet,
    rows: NDArray[np.int64],
    rng: np.random.Generator,
    config: TrainConfig,
) -> tuple[Tensor, dict[str, float]]:
    """Matching over true pairs and hard negatives of a batch of images.

    Each image gives one caption; each pair gets ``fuse_negatives`` wrong images and as many wrong
    captions. The loss is binary cross-entropy over all pairs plus, since the score is used to rank,
    the cross-entropy of finding the true one among its negatives.
    """
    n, negatives = len(rows), config.fuse_negatives
    chosen = rng.integers(pairs.captions.count[rows])
    ids = pairs.captions.of_image.numpy()[rows, chosen]
    wrong_images = pairs.hard_images[
        ids[:, None], rng.integers(pairs.hard_images.shape[1], size=(n, negatives))
    ]
    wrong_captions = pairs.hard_captions[
        rows[:, None], rng.integers(pairs.hard_captions.shape[1], size=(n, negatives))
    ]
    device = fusion.head.weight.device
    # Column 0 is the true pair; every image and caption of the batch is projected once.
    images, image_of = np.unique(np.concatenate([rows, wrong_images.ravel()]), return_inverse=True)
    tokens = torch.from_numpy(pairs.image_tokens[images].astype(np.float32)).to(device)
    stored = rounded_tokens(fusion.project_image(tokens))
    pair_images = np.concatenate([image_of, np.repeat(image_of[:n], negatives)])
    pair_texts = np.concatenate([ids, np.repeat(ids, negatives), wrong_captions.ravel()])
    text, mask = pairs.texts(pair_texts)
    logits, _ = fusion(text.to(device), mask.to(device), stored[torch.from_numpy(pair_images)])
    matches = torch.zeros(len(pair_texts), dtype=torch.bool, device=device)
    matches[:n] = True
    true = logits[:n, None]
    by_text = torch.cat([true, logits[n : n + n * negatives].view(n, negatives)], dim=1)
    by_image = torch.cat([true, logits[n + n * negatives :].view(n, negatives)], dim=1)
    ranking = -(log_softmax(by_text, dim=1)[:, 0] + log_softmax(by_image, dim=1)[:, 0]).mean()
    itm = itm_loss(logits, matches)
    first = (
        (by_text.argmax(dim=1) == 0).float() + (by_image.argmax(dim=1) == 0).float()
    ).mean() / 2
    parts = {"itm": itm, "ranking": ranking, "true_first": first}
    return itm + ranking, {k: round(float(v.detach()), 5) for k, v in parts.items()}
