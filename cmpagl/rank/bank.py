"""The bank: what other queries think of the gallery, in the form that reranking needs.

A reranker asks how a candidate scores with *other* queries: the scores of B bank queries against
the same G gallery items. Two forms answer alike (`cmpagl.rank.bank_scores`):

- **exact** (`Bank.from_scores`, `Bank.transductive`): the scores themselves are held.
- **live** (`Bank.from_embeddings`): only the two sets of vectors are held. A statistic is computed
  when it is asked for, of the items that are asked for, block by block, and then kept; a soft
  extreme that is known already (a store keeps those of the tuned ``t``) is given along.

Shapes: Q queries, G gallery items, B bank queries, E embedding width, N (query, item) pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.errors import ConfigError
from cmpagl.rank.arrays import FloatArray, IntArray, soft_maximum
from cmpagl.rank.bank_scores import HeldScores, LiveScores, hold_scores, live_scores
from cmpagl.rank.sinkhorn import sinkhorn_hubness

__all__ = ["Bank"]

_MAX_T = 1e4


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
        scores: HeldScores | LiveScores,
        *,
        soft_extremes: Mapping[float, FloatArray] | None = None,
        includes_query: bool = False,
    ) -> None:
        """Keep the parts as they are; use the class methods, which check them."""
        self.size = scores.size
        self.includes_query = includes_query
        self._scores = scores
        self._soft_extremes = dict(soft_extremes or {})  # t -> (G,)
        self._balanced: dict[tuple[float, int], FloatArray] = {}  # t and steps -> (G,)
        self._top_means: dict[int, FloatArray] = {}  # k -> (G,)
        self._mean: npt.NDArray[np.float64] | None = None  # (G,)
        self._favourites: npt.NDArray[np.bool_] | None = None  # (G,)
        self._extremes: tuple[FloatArray, FloatArray] | None = None
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
        return cls(hold_scores(bank_scores, weights, targets))

    @classmethod
    def transductive(cls, scores: npt.ArrayLike, occurring: IntArray | None = None) -> Bank:
        """An exact bank of the very queries to rerank, ``(Q, G)``: a benchmark's usual setting.

        Args:
            scores: ``(Q, G)``.
            occurring: ``(G,)``, how many items each one stands for, from 1 (captions that read
                alike are one column); None: one each.

        Raises:
            DataError: the scores are not a finite matrix.
        """
        held = hold_scores(scores)
        held.occurring = occurring
        return cls(held, includes_query=True)

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
        scores = live_scores(bank_embeds, gallery_embeds, right_embeds)
        return cls(scores, soft_extremes=soft_extremes)

    def take(self, items: npt.ArrayLike) -> Bank:
        """The bank of a selection of gallery items, in the order given (a filter; equal captions).

        A live bank's favourites stay those of the whole gallery.

        Args:
            items: ``(n,)`` item numbers, at least one; repetition is allowed.
        """
        chosen = np.asarray(items, dtype=np.int64)
        taken = Bank(
            self._scores.take(chosen),
            soft_extremes={t: values[chosen] for t, values in self._soft_extremes.items()},
            includes_query=self.includes_query,
        )
        if isinstance(self._scores, LiveScores):
            taken._whole = self, chosen
        return taken

    # Statistics

    @property
    def n_items(self) -> int:
        """G, the number of gallery items."""
        return self._scores.n_items

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """The precision of the bank's scores; queries are compared with them in it."""
        return self._scores.dtype

    def extremes(self, items: IntArray | None = None) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest bank score of each item, two arrays ``(G,)``.

        Args:
            items: ``(N,)`` of these alone, with repetition; None: of all.
        """
        live = isinstance(self._scores, LiveScores)
        if self._extremes is None and items is not None and live:
            distinct, place = np.unique(items, return_inverse=True)
            lowest, highest = self.take(distinct).extremes()
            return lowest[place], highest[place]
        if self._extremes is None:
            lowest = self._each(lambda part: part.values.min(axis=1))
            self._extremes = lowest, self._each(lambda part: part.values.max(axis=1))
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
                    lambda part: soft_maximum(part.values, t, part.weights), weighed=True
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

            def mean(part: HeldScores) -> FloatArray:
                top = np.partition(part.values, least, axis=1)[:, least:]
                return np.asarray(top.mean(axis=1))

            self._top_means[k] = self._each(mean)
        return self._top_means[k]

    def balanced_extreme(self, t: float, steps: int) -> FloatArray:
        """The soft extreme ``(G,)`` in which no query likes more than another.

        The bank's training items, where it has any, vote with the gallery; see `sinkhorn_hubness`.

        Raises:
            ConfigError: t or steps is out of range, or the bank is live and holds no scores.
        """
        if isinstance(self._scores, LiveScores):
            raise ConfigError(
                "A live bank holds no scores, which Sinkhorn's balance is made of; measure it on a "
                "split (python -m cmpagl evaluate)."
            )
        if (t, steps) not in self._balanced:
            held = self._scores
            self._balanced[t, steps] = sinkhorn_hubness(
                held.values.T, held.targets, occurring=held.occurring, t=t, steps=steps
            )
        return self._balanced[t, steps]

    def mean(self) -> npt.NDArray[np.float64]:
        """Each item's mean bank score, ``(G,)``."""
        if self._mean is None:
            self._mean = self._each(lambda part: part.values.mean(axis=1, dtype=np.float64))
        return self._mean

    def favourites(self) -> npt.NDArray[np.bool_]:
        """Which items are the first of at least one bank query, ``(G,)``."""
        if self._favourites is None and self._whole is not None:
            whole, chosen = self._whole
            self._favourites = whole.favourites()[chosen]
        if self._favourites is None:
            best = self.best_scores()
            self._favourites = self._each(lambda part: (part.values == best).any(axis=1))
        return self._favourites

    def best_scores(self) -> FloatArray:
        """Each bank query's highest score over the items, ``(B,)``."""
        best = np.full(self.size, -np.inf, self.dtype)
        for part in self._scores.parts(weighed=False):
            np.maximum(best, part.values.max(axis=0), out=best)
        return best

    def rank(self, items: IntArray, values: FloatArray) -> npt.NDArray[np.float64]:
        """The place that a score takes in an item's column: 1 + the bank scores above it.

        Args:
            items: ``(N,)`` item numbers.
            values: ``(N,)`` one score for each.

        Returns:
            ``(N,)`` places from 1 to B + 1.
        """
        return self._scores.rank(items, values)

    def _each(
        self, statistic: Callable[[HeldScores], npt.NDArray[Any]], *, weighed: bool = False
    ) -> npt.NDArray[Any]:
        """A statistic of every item, ``(G,)``, from the scores of some at a time."""
        return np.concatenate([statistic(part) for part in self._scores.parts(weighed=weighed)])
