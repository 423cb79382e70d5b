"""The scores that B bank queries give to G gallery items: held, or made of vectors when asked for.

What a bank query is *right* to like says nothing about an item being liked by all. A training image
scores high with captions that say what its own captions say; `wrongness` tells how far an item
counts for such a query, and the soft extremes weigh by it. Ranks and means count every query.

Shapes: G gallery items, B bank queries, E embedding width, N (query, item) pairs, T training items.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.config.ranking import LEAST, RIGHT, WRONG
from cmpagl.errors import DataError
from cmpagl.rank.arrays import FloatArray, IntArray, as_scores, count_above, count_at_most

__all__ = ["HeldScores", "LiveScores", "hold_scores", "live_scores", "wrongness"]

_BLOCK_VALUES = 2**22  # scores held at once by blockwise work: 16 MiB of float32
_COUNTED = 8  # ranks asked per column, up to which counting takes less time than sorting it


def wrongness(right_embeds: FloatArray, item_embeds: FloatArray) -> FloatArray:
    """How far items are wrong for bank queries, by how unlike they are to what is right for them.

    Args:
        right_embeds: ``(B, E)``, unit vectors: for a training image, the mean of its captions.
        item_embeds: ``(G, E)``, unit vectors.

    Returns:
        ``(B, G)``: 1 up to a cosine of `WRONG`, falling towards 0 at `RIGHT`, but never below
        `LEAST`.
    """
    alike = right_embeds @ item_embeds.T
    return np.clip((RIGHT - alike) / (RIGHT - WRONG), LEAST, 1.0)


class HeldScores:
    """The scores themselves; `hold_scores` checks them.

    Attributes:
        values: ``(G, B)``, an item's scores are one row.
        weights: ``(G, B)``, how far each counts in soft extremes; None: all alike.
        targets: ``(B, T)``, the bank queries' scores of training items; None: there are none.
        occurring: ``(G,)``, how many items each one stands for; None: one each.
    """

    def __init__(
        self,
        values: FloatArray,
        weights: FloatArray | None = None,
        targets: FloatArray | None = None,
        occurring: IntArray | None = None,
    ) -> None:
        """Hold them as they are."""
        self.values, self.weights, self.targets = values, weights, targets
        self.occurring = occurring
        self._sorted: FloatArray | None = None  # (G, B) ascending

    @property
    def size(self) -> int:
        """B, the number of bank queries."""
        return int(self.values.shape[1])

    @property
    def n_items(self) -> int:
        """G, the number of gallery items."""
        return len(self.values)

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """The precision of the scores."""
        return self.values.dtype

    def take(self, items: IntArray) -> HeldScores:
        """Those of some items, in the order given."""
        weights = None if self.weights is None else self.weights[items]
        occurring = None if self.occurring is None else self.occurring[items]
        return HeldScores(self.values[items], weights, self.targets, occurring)

    def parts(self, *, weighed: bool = True) -> Iterator[HeldScores]:
        """Scores of consecutive items: itself."""
        yield self

    def rank(self, items: IntArray, values: FloatArray) -> npt.NDArray[np.float64]:
        """The place of each value among the scores of its item, ``(N,)``; see `Bank.rank`."""
        if self._sorted is None and len(items) <= _COUNTED * self.n_items:
            # A few pairs: counting is quicker than sorting every column, and gives the same.
            return np.asarray(1.0 + count_above(self.values, items, values), np.float64)
        if self._sorted is None:
            self._sorted = np.array(self.values, order="C")
            self._sorted.sort(axis=1)
        values = values.astype(self.dtype, copy=False)
        return np.asarray(1.0 + self.size - count_at_most(self._sorted, items, values))


class LiveScores:
    """The inner products of two sets of vectors, made block by block; `live_scores` checks them."""

    def __init__(self, bank: FloatArray, items: FloatArray, right: FloatArray | None) -> None:
        """Hold ``(B, E)``, ``(G, E)`` and what is right for each bank query, ``(B, E)``."""
        self._bank, self._items, self._right = bank, items, right

    @property
    def size(self) -> int:
        """B, the number of bank queries."""
        return len(self._bank)

    @property
    def n_items(self) -> int:
        """G, the number of gallery items."""
        return len(self._items)

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """The precision of the scores."""
        return self._items.dtype

    def take(self, items: IntArray) -> LiveScores:
        """Those of some items, in the order given."""
        return LiveScores(self._bank, self._items[items], self._right)

    def parts(self, *, weighed: bool = True) -> Iterator[HeldScores]:
        """Scores of consecutive items, a block at a time; their weights cost as much again."""
        step = self._step()
        for start in range(0, self.n_items, step):
            yield self._part(slice(start, start + step), weighed=weighed)

    def rank(self, items: IntArray, values: FloatArray) -> npt.NDArray[np.float64]:
        """The place of each value among the scores of its item, ``(N,)``; see `Bank.rank`."""
        distinct, place = np.unique(items, return_inverse=True)
        found = np.empty(len(items), np.float64)
        step = self._step()
        for start in range(0, len(distinct), step):
            here = (place >= start) & (place < start + step)
            part = self._part(distinct[start : start + step], weighed=False)
            found[here] = part.rank(place[here] - start, values[here])
        return found

    def _part(self, numbers: IntArray | slice, *, weighed: bool) -> HeldScores:
        items, right = self._items[numbers], self._right if weighed else None
        weights = None if right is None else wrongness(right, items).T
        return HeldScores(items @ self._bank.T, weights)

    def _step(self) -> int:
        return max(1, _BLOCK_VALUES // self.size)


def hold_scores(
    bank_scores: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    targets: npt.ArrayLike | None = None,
) -> HeldScores:
    """Check and hold scores; see `Bank.from_scores`.

    Raises:
        DataError: the scores are not a finite matrix, or the weights none of that shape, or the
            targets are of another bank.
    """
    scores = as_scores(bank_scores, "The bank's score matrix")
    others: FloatArray | None = None
    if targets is not None:
        others = as_scores(targets, "The bank's score matrix of training items")
        if len(others) != len(scores):
            raise DataError(
                f"The bank has {len(scores)} queries for the gallery and {len(others)} for "
                "training items; score both with the same queries."
            )
    if weights is None:
        return HeldScores(scores.T, targets=others)
    checked = as_scores(weights, "The matrix of the bank's weights")
    if checked.shape != scores.shape or checked.min() < 0:
        raise DataError(
            f"The bank has scores of shape {scores.shape} and weights of shape {checked.shape}, "
            f"the lowest {checked.min():g}; give each score one weight of at least 0."
        )
    return HeldScores(scores.T, checked.T, others)


def live_scores(
    bank_embeds: npt.ArrayLike,
    gallery_embeds: npt.ArrayLike,
    right_embeds: npt.ArrayLike | None = None,
) -> LiveScores:
    """Check embeddings, and hold them in float32; see `Bank.from_embeddings`.

    Raises:
        DataError: the embeddings are not finite matrices of one width, or not one is given of
            what is right for each bank query.
    """
    bank = as_scores(bank_embeds, "The bank's embedding matrix")
    gallery = as_scores(gallery_embeds, "The gallery's embedding matrix")
    if bank.shape[1] != gallery.shape[1]:
        raise DataError(
            f"The bank's embeddings are {bank.shape[1]} wide and the gallery's {gallery.shape[1]}; "
            "both must come from the same checkpoint."
        )
    right = None
    if right_embeds is not None:
        right = as_scores(right_embeds, "The matrix of what is right")
        if right.shape != bank.shape:
            raise DataError(
                f"What is right for the bank has the shape {right.shape} and the bank "
                f"{bank.shape}; give one embedding for each bank query."
            )
        right = right.astype(np.float32, copy=False)
    return LiveScores(
        bank.astype(np.float32, copy=False), gallery.astype(np.float32, copy=False), right
    )
