"""What the map tells of each point beside its place: hubness, the rank of its own, its first hit.

All of it comes from the aligned similarities of an index's images and distinct captions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cmpagl.measure.occurrence import k_occurrence
from cmpagl.store.gallery import Gallery

__all__ = ["LEVELS", "TOP", "Figures", "caption_pairs", "figures", "hub_levels"]

TOP = 10
"""Hubness counts how often a point is among this many first results."""

LEVELS = (0.0, 1.0, 2.0, 5.0)
"""Hub levels end here, in times the mean; beyond the last a point is a hub."""

BLOCK_VALUES = 2**22  # similarities held at once

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Figures:
    """Of n images and then d distinct captions: arrays of n + d, and who belongs together."""

    hubness: npt.NDArray[np.float64]  # in how many of the other kind's first `TOP` it is
    own_rank: IntArray  # where the best of its own stands in its ranking, from 1; 0: none known
    first: IntArray  # the first of its ranking: an image's caption, a caption's image; -1: none
    pairs: IntArray  # (P, 2), each distinct caption with each image that it describes


def caption_pairs(gallery: Gallery) -> IntArray:
    """Each distinct caption with each image that it describes, ``(P, 2)``, in order."""
    stacked = np.stack([gallery.caption_groups, gallery.caption_to_image], axis=1)
    return np.unique(stacked.astype(np.int64), axis=0)


@lru_cache(maxsize=2)
def figures(gallery: Gallery) -> Figures:
    """Rank captions by images and images by captions; without captions, images by images."""
    n, d = len(gallery), len(gallery.distinct_captions)
    images = np.asarray(gallery.image_embeds)
    if d == 0:
        occurrence, _, first = _ranked(images, images, np.empty((0, 2), np.int64), itself=True)
        return Figures(occurrence, np.zeros(n, np.int64), first, np.empty((0, 2), np.int64))
    captions = np.asarray(gallery.caption_embeds)
    pairs = caption_pairs(gallery)
    of_images, caption_ranks, first_images = _ranked(captions, images, pairs)
    of_captions, image_ranks, first_captions = _ranked(images, captions, pairs[:, ::-1])
    return Figures(
        hubness=np.concatenate([of_images, of_captions]),
        own_rank=np.concatenate([image_ranks, caption_ranks]),
        first=np.concatenate([first_captions, first_images]),
        pairs=pairs,
    )


def hub_levels(found: Figures, n: int) -> IntArray:
    """How often each point is among first results, against the mean of its modality: 0 to 4.

    Args:
        found: figures of n images and d captions.
        n: how many of the points are images.

    Returns:
        ``(n + d,)``: 0 never, then up to once, twice and five times the mean; 4: a hub.
    """
    levels = np.zeros(len(found.hubness), np.int64)
    for part in (slice(0, n), slice(n, None)):
        times = found.hubness[part]
        mean = times.mean() if times.size and times.any() else 1.0
        levels[part] = np.searchsorted(LEVELS, times / mean, side="left")
    return levels


def _ranked(
    queries: npt.NDArray[np.float32],
    items: npt.NDArray[np.float32],
    pairs: IntArray,
    *,
    itself: bool = False,
) -> tuple[npt.NDArray[np.float64], IntArray, IntArray]:
    """Rank items for each query, a block of queries at a time.

    Args:
        queries: (Q, E).
        items: (G, E).
        pairs: (P, 2), queries and the items that are right for them.
        itself: queries are the items, and none is an answer to itself.

    Returns:
        how often each item is among the first `TOP`, ``(G,)``; the rank of the best right item of
        each query, ``(Q,)``, 0 where there is none; the first item of each query, ``(Q,)``.
    """
    occurrence = np.zeros(len(items))
    ranks = np.zeros(len(queries), np.int64)
    first = np.full(len(queries), -1, np.int64)
    if itself and len(items) < 2:
        return occurrence, ranks, first
    step = max(1, BLOCK_VALUES // len(items))
    for start in range(0, len(queries), step):
        sims = queries[start : start + step] @ items.T  # (block, G)
        if itself:
            rows = np.arange(len(sims))
            sims[rows, start + rows] = -2.0  # below every cosine
        occurrence += k_occurrence(sims, min(TOP, len(items) - itself))
        first[start : start + len(sims)] = sims.argmax(axis=1)
        here = pairs[(pairs[:, 0] >= start) & (pairs[:, 0] < start + len(sims))]
        if len(here):
            best = np.full(len(sims), -np.inf)
            np.maximum.at(best, here[:, 0] - start, sims[here[:, 0] - start, here[:, 1]])
            known = np.isfinite(best)
            above = (sims > best[:, None]).sum(axis=1) + 1
            ranks[start : start + len(sims)] = np.where(known, above, 0)
    return occurrence, ranks, first
