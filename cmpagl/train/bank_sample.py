"""Which training captions and images a checkpoint's query bank holds, and their embeddings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import normalize

from cmpagl.growing import Rows, grow
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.train.images import IMAGES_AT_ONCE, TEXTS_AT_ONCE, Captions

__all__ = ["sample_bank", "sample_evenly"]

FloatArray = NDArray[np.float32]


def sample_bank(
    captions: Captions,
    starts: NDArray[np.int64],
    size: int,
    rng: np.random.Generator,
    *,
    width: int,
    embed_texts: Callable[[list[str]], FloatArray],
    embed_images: Callable[[NDArray[np.int64]], FloatArray],
    folder: Path,
    progress: Callable[[str, int, int], None],
) -> BankVectors:
    """Draw images and captions, of each data set as many, and embed them.

    Drawn from all alike, the largest data set alone would say what everybody likes.

    Args:
        captions: of all data sets.
        starts: ``(sets + 1,)`` first image of each data set, and the total.
        size: vectors a direction, at most.
        rng: draws them.
        width: E, of an embedding.
        embed_texts: gives ``(n, E)`` for n texts.
        embed_images: gives ``(n, E)`` for n rows, as an index embeds pictures.
        folder: keeps embeddings as they come; its name must tell model, data and draw.
        progress: called with (what, done, total); may raise to stop, which loses nothing.
    """
    of_image = captions.of_image.numpy()
    rows = sample_evenly(starts, size, rng)
    # Captions are numbered set by set, so those that a set was the first to have are a range.
    ends = [int(of_image[:end].max()) + 1 for end in starts[1:]]
    ids = sample_evenly(np.array([0, *ends]), size, rng)
    own = of_image[rows]  # -1 where an image has no more captions
    needed = np.union1d(ids, own[own >= 0])
    texts = _kept(
        folder / "bank-texts",
        lambda chosen: embed_texts([captions.texts[i] for i in chosen]),
        needed,
        width,
        TEXTS_AT_ONCE,
        partial(progress, "the bank's captions"),
    )
    images = _kept(
        folder / "bank-images",
        embed_images,
        rows,
        width,
        IMAGES_AT_ONCE,
        partial(progress, "the bank's images"),
    )
    means = np.where(own[..., None] >= 0, texts[np.searchsorted(needed, own)], 0.0).sum(axis=1)
    return BankVectors(
        text_embeds=torch.from_numpy(texts[np.searchsorted(needed, ids)]),
        image_embeds=torch.from_numpy(images),
        image_captions=normalize(torch.from_numpy(means), dim=-1),
    )


def sample_evenly(
    starts: NDArray[np.int64], size: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Rows of several data sets, of each as many; what a small one lacks, the larger ones give.

    Args:
        starts: ``(sets + 1,)`` first row of each data set, and the total.
        size: how many rows, all of them if there are no more.
        rng: draws them.

    Returns:
        ``(n,)`` ascending.
    """
    counts = np.diff(starts)
    chosen, left = [], size
    for place, number in enumerate(np.argsort(counts, kind="stable")):
        share = min(int(counts[number]), left // (len(counts) - place))
        left -= share
        chosen.append(starts[number] + rng.permutation(counts[number])[:share])
    return np.sort(np.concatenate(chosen))


def _kept(
    folder: Path,
    embed: Callable[[NDArray[np.int64]], FloatArray],
    items: NDArray[np.int64],
    width: int,
    at_once: int,
    progress: Callable[[int, int], None],
) -> FloatArray:
    """Embeddings ``(n, E)`` of items, chunk by chunk, each kept."""
    found = grow(
        folder,
        {"embeds": Rows((width,), np.float32)},
        len(items),
        lambda start, end: [embed(items[start:end])],
        at_once=at_once,
        progress=progress,
    )
    return np.array(found["embeds"])  # mapped read-only; torch wants to own what it holds
