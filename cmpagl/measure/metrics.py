"""Recall at k both ways, and what ties do to it.

One correspondence vector says what belongs together: ``caption_to_image[j]`` is the image that
caption j describes, as in ``[0, 0, 1, 1]``; any number of captions per image, at least one. Ranks
come from counting the scores above and level with the best positive, so no order is sorted and ties
are exact:

- ``expected``: the chance that a random order of the tied items puts a positive within k, which is
  the recall to expect of a model that breaks ties by lot. A constant matrix scores exactly chance.
- ``pessimistic`` and ``optimistic``: every tied non-positive stands before, or behind.

All results are float64, in percent where it is a recall. Shapes: I images, C captions, Q queries, G
gallery items.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cmpagl.errors import DataError
from cmpagl.rank.arrays import FloatArray, IntArray, as_scores

__all__ = [
    "METRIC_NAMES",
    "RECALL_AT",
    "Float64Array",
    "RankCounts",
    "Retrieval",
    "RetrievalMetrics",
    "TieRule",
    "retrieval",
]

TieRule = Literal["expected", "pessimistic", "optimistic"]
Float64Array = npt.NDArray[np.float64]

RECALL_AT = (1, 5, 10)
METRIC_NAMES = (*(f"i2t_r{k}" for k in RECALL_AT), *(f"t2i_r{k}" for k in RECALL_AT), "mR")


@dataclass(frozen=True)
class RetrievalMetrics:
    """Recall at 1, 5 and 10 of both directions and their mean, in percent."""

    i2t_r1: float
    i2t_r5: float
    i2t_r10: float
    t2i_r1: float
    t2i_r5: float
    t2i_r10: float
    mR: float

    def to_json(self) -> dict[str, float]:
        """The values by name."""
        return asdict(self)


@dataclass(frozen=True)
class RankCounts:
    """Where each query's best positive stands, ties kept apart; all ``(Q,)``."""

    above: IntArray  # items that score higher than the best positive
    tied: IntArray  # items that score the same, positives included; at least 1
    tied_positives: IntArray  # positives among them; at least 1

    def hits(self, k: int, ties: TieRule = "expected") -> Float64Array:
        """Per query ``(Q,)``, 1 where a positive is within the first k, 0 where not.

        With ``expected`` ties, the chance of it: 1 - C(T - P, m) / C(T, m) for m free places, T
        tied items and P positives among them.
        """
        if ties != "expected":
            return (self.ranks(ties) <= k).astype(np.float64)
        places = np.maximum(k - self.above, 0)  # those of the first k that the tied items share
        others = self.tied - self.tied_positives
        miss = np.ones(len(self.above))
        for drawn in range(int(min(k, places.max(initial=0)))):
            left = np.maximum(others - drawn, 0) / np.maximum(self.tied - drawn, 1)
            miss *= np.where(drawn < places, left, 1.0)
        return 1.0 - miss

    def ranks(self, ties: TieRule = "expected") -> Float64Array:
        """Each best positive's place ``(Q,)`` from 1; with ``expected`` ties, its mean place."""
        others = self.tied - self.tied_positives
        before = {
            "expected": others / (self.tied_positives + 1),
            "pessimistic": others,
            "optimistic": np.zeros(len(others)),
        }[ties]
        return np.asarray(self.above + 1.0 + before)


@dataclass(frozen=True)
class Retrieval:
    """One ranking of a benchmark, query by query: the metrics and all ledgers come from it."""

    i2t: RankCounts  # (I,) queries
    t2i: RankCounts  # (C,) queries
    caption_to_image: IntArray  # (C,)

    def metrics(self, ties: TieRule = "expected") -> RetrievalMetrics:
        """The seven numbers in percent, ties counted by the rule given."""
        recalls = [
            100.0 * float(counts.hits(k, ties).mean())
            for counts in (self.i2t, self.t2i)
            for k in RECALL_AT
        ]
        values = [*recalls, float(np.mean(recalls))]
        return RetrievalMetrics(**dict(zip(METRIC_NAMES, values, strict=True)))


def retrieval(
    i2t_scores: npt.ArrayLike,
    t2i_scores: npt.ArrayLike,
    caption_to_image: npt.ArrayLike,
    *,
    caption_group: npt.ArrayLike | None = None,
) -> Retrieval:
    """Find every query's best positive in two rankings (which a rerank makes independent).

    Args:
        i2t_scores: ``(I, C)``, images as queries; higher is better.
        t2i_scores: ``(C, I)``, captions as queries; ``i2t_scores.T`` for plain similarities.
        caption_to_image: ``(C,)`` the image of each caption, from 0; every image has a caption.
        caption_group: ``(C,)`` whole numbers, equal where captions are the same word for word. If
            given, a caption that reads like one of an image's own is right for that image, and the
            image for the caption (the benchmark's ``equal_right``); if not, only its own image is.

    Raises:
        DataError: not finite, shapes that do not fit, an image without a caption or out of range.
    """
    i2t = as_scores(i2t_scores, "The image-to-text score matrix")
    t2i = as_scores(t2i_scores, "The text-to-image score matrix")
    own = np.asarray(caption_to_image)
    n_images, n_captions = i2t.shape
    if t2i.shape != (n_captions, n_images) or own.shape != (n_captions,):
        raise DataError(
            f"The scores are {i2t.shape} image to text and {t2i.shape} text to image with "
            f"{own.shape} captions assigned; they must be (I, C), (C, I) and (C,)."
        )
    if own.dtype.kind not in "iu" or own.min() < 0 or own.max() >= n_images:
        raise DataError(
            f"caption_to_image must hold whole numbers from 0 to {n_images - 1}, one per caption."
        )
    captions_of = np.bincount(own, minlength=n_images)
    if not captions_of.all():
        raise DataError(
            f"Image {int(np.argmin(captions_of))} has no caption, so it cannot be a query; leave "
            "images without captions out of the evaluation."
        )
    own = own.astype(np.int64)
    images, captions = own, np.arange(n_captions)
    if caption_group is not None:
        images, captions = _equal_pairs(own, np.asarray(caption_group), n_images)
    return Retrieval(
        _counts(i2t, images, captions), _counts(t2i, captions, images), caption_to_image=own
    )


def _equal_pairs(own: IntArray, group: IntArray, n_images: int) -> tuple[IntArray, IntArray]:
    """All (image, caption) pairs in which the caption reads like one of the image's own."""
    if group.shape != own.shape or group.dtype.kind not in "iu":
        raise DataError(
            f"caption_group must hold one whole number per caption ({own.shape}), but has the "
            f"shape {group.shape} and the type {group.dtype}."
        )
    _, group = np.unique(group, return_inverse=True)
    says = np.zeros((n_images, int(group.max()) + 1), np.bool_)  # image x distinct text
    says[own, group] = True
    images, captions = np.nonzero(says[:, group])
    return images, captions


def _counts(scores: FloatArray, queries: IntArray, items: IntArray) -> RankCounts:
    """Counts for ``scores (Q, G)`` whose positives are the pairs ``(queries, items)``."""
    positive = scores[queries, items]
    best = np.full(len(scores), -np.inf, scores.dtype)
    np.maximum.at(best, queries, positive)
    return RankCounts(
        above=np.count_nonzero(scores > best[:, None], axis=1),
        tied=np.count_nonzero(scores == best[:, None], axis=1),
        tied_positives=np.bincount(queries[positive == best[queries]], minlength=len(scores)),
    )
