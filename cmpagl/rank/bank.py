"""The bank: what other queries think of the gallery, in the form that reranking needs.

A reranker asks how a candidate scores with *other* queries: the scores of B bank queries against
the same G gallery items. Two forms answer alike:

- **exact** (`Bank.from_scores`, `Bank.transductive`): the scores themselves are held.
- **live** (`Bank.from_embeddings`): only the two sets of vectors are held. A statistic is computed
  when it is asked for, of the items that are asked for, block by block, and then kept; a soft
  extreme that is known already (a store keeps those of the tuned ``t``) is given along.

What a bank query is *right* to like says nothing about an item being liked by all. A training image
scores high with captions that say what its own captions say; `wrongness` tells how far an item
counts for such a query, and the soft extremes weigh by it. Ranks and means count every query.

Shapes: Q queries, G gallery items, B bank queries, E embedding width, N (query, item) pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cmpagl.config.ranking import LEAST, RIGHT, WRONG
from cmpagl.errors import ConfigError, DataError
from cmpagl.rank.arrays import (
    FloatArray,
    IntArray,
    as_scores,
    count_above,
    count_at_most,
    soft_maximum,
)
from cmpagl.rank.sinkhorn import sinkhorn_hubness

__all__ = ["Bank", "wrongness"]

_BLOCK_VALUES = 2**22  # scores held at once by blockwise work: 16 MiB of float32
_COUNTED = 8  # ranks asked per column, up to which counting takes less time than sorting it
_MAX_T = 1e4


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


class _Vectors(NamedTuple):
    """What a live bank makes its scores of."""

    bank: FloatArray  # (B, E)
    items: FloatArray  # (G, E)
    right: FloatArray | None  # (B, E), what is right for each bank query

    def part(self, numbers: IntArray | slice) -> Bank:
        """The exact bank of some items."""
        items = self.items[numbers]
        weights = None if self.right is None else wrongness(self.right, items).T
        return Bank(size=len(self.bank), scores=items @ self.bank.T, weights=weights)


class Bank:
    """Statistics of the scores that B other queries give to G gallery items.

    Make one with `from_scores`, `from_embeddings` or `transductive`.

    Attributes:
        size: B, the number of bank queries.
        includes_query: True in transductive mode, where the reranked queries are the bank's rows,
            so that a query's own score already stands in every column.
    """

    def __init__(
        self,
        *,
        size: int,
        scores: FloatArray | None = None,
        weights: FloatArray | None = None,
        targets: FloatArray | None = None,
        vectors: _Vectors | None = None,
        soft_extremes: Mapping[float, FloatArray] | None = None,
        includes_query: bool = False,
    ) -> None:
        """Hold the parts as they are; use the class methods, which check them."""
        self.size = size
        self.includes_query = includes_query
        self._scores = scores  # (G, B): an item's scores are one row
        self._weights = weights  # (G, B): how far each counts in soft extremes; None: all alike
        self._targets = targets  # (B, T): the bank queries' scores of other items
        self._vectors = vectors  # of a live bank, which has no scores
        self._soft_extremes = dict(soft_extremes or {})  # t -> (G,)
        self._top_means: dict[int, FloatArray] = {}  # k -> (G,)
        self._mean: npt.NDArray[np.float64] | None = None  # (G,)
        self._favourites: npt.NDArray[np.bool_] | None = None  # (G,)
        self._extremes: tuple[FloatArray, FloatArray] | None = None
        self._sorted_scores: FloatArray | None = None  # (G, B) ascending
        self._whole: tuple[Bank, IntArray] | None = None  # what a live bank was taken from

    # Construction

    @classmethod
    def from_scores(
        cls,
        bank_scores: npt.ArrayLike,
        weights: npt.ArrayLike | None = None,
        *,
        targets: npt.ArrayLike | None = None,
    ) -> Bank:
        """An exact bank from the scores of other queries, ``(B, G)``.

        Args:
            bank_scores: ``(B, G)``.
            weights: ``(B, G)`` from 0, how far each counts in soft extremes (`wrongness`); None:
                each 1.
            targets: ``(B, T)``, the same queries' scores of training items (`balanced_extreme`);
                None: there are none.

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
            return cls(size=scores.shape[0], scores=scores.T, targets=others)
        checked = as_scores(weights, "The matrix of the bank's weights")
        if checked.shape != scores.shape or checked.min() < 0:
            raise DataError(
                f"The bank has scores of shape {scores.shape} and weights of shape "
                f"{checked.shape}, the lowest {checked.min():g}; give each score one weight of at "
                "least 0."
            )
        return cls(size=scores.shape[0], scores=scores.T, weights=checked.T, targets=others)

    @classmethod
    def transductive(cls, scores: npt.ArrayLike) -> Bank:
        """An exact bank of the very queries to rerank, ``(Q, G)``: a benchmark's usual setting.

        Raises:
            DataError: the scores are not a finite matrix.
        """
        bank = cls.from_scores(scores)
        bank.includes_query = True
        return bank

    @classmethod
    def from_embeddings(
        cls,
        bank_embeds: npt.ArrayLike,
        gallery_embeds: npt.ArrayLike,
        *,
        right_embeds: npt.ArrayLike | None = None,
        soft_extremes: Mapping[float, FloatArray] | None = None,
    ) -> Bank:
        """A live bank of the inner products of two sets of embeddings, in float32.

        Args:
            bank_embeds: ``(B, E)``, the bank queries.
            gallery_embeds: ``(G, E)``, the gallery items; held, not copied, where it is float32.
            right_embeds: ``(B, E)``, what is right for each bank query (`wrongness`); None: every
                score counts in full.
            soft_extremes: those known already, ``(G,)`` each, by their t.

        Raises:
            DataError: the embeddings are not finite matrices of one width, or not one is given of
                what is right for each bank query.
        """
        bank_vectors = as_scores(bank_embeds, "The bank's embedding matrix")
        gallery = as_scores(gallery_embeds, "The gallery's embedding matrix")
        if bank_vectors.shape[1] != gallery.shape[1]:
            raise DataError(
                f"The bank's embeddings are {bank_vectors.shape[1]} wide and the gallery's "
                f"{gallery.shape[1]}; both must come from the same checkpoint."
            )
        right = None
        if right_embeds is not None:
            right = as_scores(right_embeds, "The matrix of what is right")
            if right.shape != bank_vectors.shape:
                raise DataError(
                    f"What is right for the bank has the shape {right.shape} and the bank "
                    f"{bank_vectors.shape}; give one embedding for each bank query."
                )
            right = right.astype(np.float32, copy=False)
        return cls(
            size=len(bank_vectors),
            vectors=_Vectors(
                bank_vectors.astype(np.float32, copy=False),
                gallery.astype(np.float32, copy=False),
                right,
            ),
            soft_extremes=soft_extremes,
        )

    def take(self, items: npt.ArrayLike) -> Bank:
        """The bank of a selection of gallery items, in the order given (a filter; equal captions).

        A live bank's favourites stay those of the whole gallery.

        Args:
            items: ``(n,)`` item numbers, at least one; repetition is allowed.
        """
        chosen = np.asarray(items, dtype=np.int64)
        taken = Bank(
            size=self.size,
            scores=None if self._scores is None else self._scores[chosen],
            weights=None if self._weights is None else self._weights[chosen],
            targets=self._targets,
            soft_extremes={t: values[chosen] for t, values in self._soft_extremes.items()},
            includes_query=self.includes_query,
        )
        if self._vectors is not None:
            taken._vectors = self._vectors._replace(items=self._vectors.items[chosen])
            taken._whole = self, chosen
        return taken

    # Statistics

    @property
    def n_items(self) -> int:
        """G, the number of gallery items."""
        return len(self._vectors.items if self._vectors is not None else self._exact())

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """The precision of the bank's scores; queries are compared with them in it."""
        return (self._vectors.items if self._vectors is not None else self._exact()).dtype

    def extremes(self, items: IntArray | None = None) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest bank score of each item, two arrays ``(G,)``.

        Args:
            items: ``(N,)`` of these alone, with repetition; None: of all.
        """
        if self._extremes is None and items is not None and self._vectors is not None:
            distinct, place = np.unique(items, return_inverse=True)
            lowest, highest = self.take(distinct).extremes()
            return lowest[place], highest[place]
        if self._extremes is None:
            lowest = self._each(lambda part: part._exact().min(axis=1))
            self._extremes = lowest, self._each(lambda part: part._exact().max(axis=1))
        lowest, highest = self._extremes
        return (lowest, highest) if items is None else (lowest[items], highest[items])

    def soft_extreme(self, t: float) -> FloatArray:
        """``(1 / t) log mean w * exp(t * score)`` over the bank, per item ``(G,)``.

        It says how much everybody likes the item. Where all weights w are 1, it lies between the
        mean (t -> 0) and the maximum (t -> infinity) of the item's scores.

        Raises:
            ConfigError: t is out of range.
        """
        t = float(t)
        if t not in self._soft_extremes:
            if not 0 < t <= _MAX_T:
                raise ConfigError(f"t is {t:g}, but must lie above 0 and be at most {_MAX_T:g}.")
            if self._whole is not None and 2 * self.n_items > self._whole[0].n_items:
                whole, chosen = self._whole  # nearly all: found once, for every such selection
                self._soft_extremes[t] = whole.soft_extreme(t)[chosen]
            else:
                self._soft_extremes[t] = self._each(
                    lambda part: soft_maximum(part._exact(), t, part._weights)
                )
        return self._soft_extremes[t]

    def top_mean(self, k: int) -> FloatArray:
        """The mean of each item's k highest bank scores (of all B if k is more), ``(G,)``.

        Raises:
            ConfigError: k is below 1.
        """
        if k not in self._top_means:
            if k < 1:
                raise ConfigError(f"The number of neighbours is {k}, but must be at least 1.")
            least = max(0, self.size - k)

            def mean(part: Bank) -> FloatArray:
                top = np.partition(part._exact(), least, axis=1)[:, least:]
                return np.asarray(top.mean(axis=1))

            self._top_means[k] = self._each(mean)
        return self._top_means[k]

    def balanced_extreme(self, t: float, steps: int) -> FloatArray:
        """The soft extreme ``(G,)`` in which no query likes more than another.

        The bank's training items, where it has any, vote with the gallery; see `sinkhorn_hubness`.

        Raises:
            ConfigError: t or steps is out of range, or the bank is live and holds no scores.
        """
        if self._scores is None:
            raise ConfigError(
                "A live bank holds no scores, which Sinkhorn's balance is made of; measure it on a "
                "split (python -m cmpagl evaluate)."
            )
        return sinkhorn_hubness(self._scores.T, self._targets, t=t, steps=steps)

    def mean(self) -> npt.NDArray[np.float64]:
        """Each item's mean bank score, ``(G,)``."""
        if self._mean is None:
            self._mean = self._each(lambda part: part._exact().mean(axis=1, dtype=np.float64))
        return self._mean

    def favourites(self) -> npt.NDArray[np.bool_]:
        """Which items are the first of at least one bank query, ``(G,)``."""
        if self._favourites is None and self._whole is not None:
            whole, chosen = self._whole
            self._favourites = whole.favourites()[chosen]
        if self._favourites is None:
            best = self.best_scores()
            self._favourites = self._each(lambda part: (part._exact() == best).any(axis=1))
        return self._favourites

    def best_scores(self) -> FloatArray:
        """Each bank query's highest score over the items, ``(B,)``."""
        best = np.full(self.size, -np.inf, self.dtype)
        for part in self._parts():
            np.maximum(best, part._exact().max(axis=0), out=best)
        return best

    def rank(self, items: IntArray, values: FloatArray) -> npt.NDArray[np.float64]:
        """The place that a score takes in an item's column: 1 + the bank scores above it.

        Args:
            items: ``(N,)`` item numbers.
            values: ``(N,)`` one score for each.

        Returns:
            ``(N,)`` places from 1 to B + 1.
        """
        if self._vectors is not None:
            return self._rank_live(self._vectors, items, values)
        scores = self._exact()
        if self._sorted_scores is None and len(items) <= _COUNTED * self.n_items:
            # A few pairs: counting is quicker than sorting every column, and gives the same.
            return np.asarray(1.0 + count_above(scores, items, values), np.float64)
        if self._sorted_scores is None:
            self._sorted_scores = np.array(scores, order="C")
            self._sorted_scores.sort(axis=1)
        values = values.astype(scores.dtype, copy=False)
        return np.asarray(1.0 + self.size - count_at_most(self._sorted_scores, items, values))

    def _rank_live(
        self, vectors: _Vectors, items: IntArray, values: FloatArray
    ) -> npt.NDArray[np.float64]:
        distinct, place = np.unique(items, return_inverse=True)
        found = np.empty(len(items), np.float64)
        step = self._step()
        for start in range(0, len(distinct), step):
            here = (place >= start) & (place < start + step)
            part = vectors.part(distinct[start : start + step])
            found[here] = part.rank(place[here] - start, values[here])
        return found

    # Parts

    def _exact(self) -> FloatArray:
        """The scores ``(G, B)`` of an exact bank."""
        assert self._scores is not None
        return self._scores

    def _step(self) -> int:
        return max(1, _BLOCK_VALUES // self.size)

    def _parts(self) -> Iterator[Bank]:
        """Exact banks of consecutive items: itself, or blocks of a live one."""
        if self._vectors is None:
            yield self
            return
        for start in range(0, self.n_items, self._step()):
            yield self._vectors.part(slice(start, start + self._step()))

    def _each(self, statistic: Callable[[Bank], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """A statistic of every item, ``(G,)``, from exact parts."""
        return np.concatenate([statistic(part) for part in self._parts()])
