"""The bank: what other queries think of the gallery, in the form that reranking needs.

A reranker asks how a candidate scores with *other* queries: the scores of B bank queries against
the same G gallery items. Two forms answer alike:

- **exact**: the scores themselves; every statistic is computed when first asked for, then kept.
- **summary** (`Bank.summary`, `Bank.from_embeddings`): per item, order statistics of its column
  (close at the top, wider apart further down), soft extremes for chosen ``t`` and a few means. It
  is what an index stores: about 1 kB per item, whatever the bank's size.

What a bank query is *right* to like says nothing about an item being liked by all. A training image
scores high with captions that say what its own captions say; `wrongness` tells how far an item
counts for such a query, and the soft extremes weigh by it. Ranks and means count every query.

Shapes: Q queries, G gallery items, B bank queries, E embedding width, N (query, item) pairs, L
levels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.errors import ConfigError, DataError, GalleryError
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
# Cosines of an item and of what is right for a bank query; chosen on validation data.
_RIGHT, _WRONG = 0.35, 0.2


def wrongness(right_embeds: FloatArray, item_embeds: FloatArray) -> FloatArray:
    """How far items are wrong for bank queries, by how unlike they are to what is right for them.

    Args:
        right_embeds: ``(B, E)``, unit vectors: for a training image, the mean of its captions.
        item_embeds: ``(G, E)``, unit vectors.

    Returns:
        ``(B, G)``: 1 up to a cosine of 0.2, falling to 0 at 0.35.
    """
    alike = right_embeds @ item_embeds.T
    return np.clip((_RIGHT - alike) / (_RIGHT - _WRONG), 0.0, 1.0)


class Bank:
    """Statistics of the scores that B other queries give to G gallery items.

    Make one with `from_scores`, `from_embeddings`, `transductive` or `from_arrays`.

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
        levels: FloatArray | None = None,
        positions: IntArray | None = None,
        mean: npt.NDArray[np.float64] | None = None,
        favourites: npt.NDArray[np.bool_] | None = None,
        soft_extremes: Mapping[float, FloatArray] | None = None,
        top_means: Mapping[int, FloatArray] | None = None,
        includes_query: bool = False,
    ) -> None:
        """Hold the parts as they are; use the class methods, which check them."""
        self.size = size
        self.includes_query = includes_query
        self._scores = scores  # (G, B): an item's scores are one row
        self._weights = weights  # (G, B): how far each counts in soft extremes; None: all alike
        self._targets = targets  # (B, T): the bank queries' scores of other items
        self._levels = levels  # (G, L) ascending order statistics of each item's scores
        self._positions = positions  # (L,) their places in the sorted column, from 0 to B - 1
        self._mean = mean  # (G,)
        self._favourites = favourites  # (G,)
        self._soft_extremes = dict(soft_extremes or {})  # t -> (G,)
        self._top_means = dict(top_means or {})  # k -> (G,)
        self._extremes: tuple[FloatArray, FloatArray] | None = None

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
        ts: Sequence[float] = (),
        neighbours: Sequence[int] = (),
        quantiles: int = 256,
    ) -> Bank:
        """A summary of the inner products of two sets of embeddings, in float32, block by block.

        Memory beyond the summary stays near 100 MB for any gallery.

        Args:
            bank_embeds: ``(B, E)``, the bank queries.
            gallery_embeds: ``(G, E)``, the gallery items.
            right_embeds: ``(B, E)``, what is right for each bank query (`wrongness`); None: every
                score counts in full.
            ts: the sharpness values for which soft extremes are kept.
            neighbours: the k for which the mean of the k highest scores is kept.
            quantiles: the most order statistics kept per item, at least 2; a bank of no more
                queries than this stays exact in its ranks.

        Raises:
            ConfigError: a t, k or ``quantiles`` is out of range.
            DataError: the embeddings are not finite matrices of one width, or not one is given of
                what is right for each bank query.
        """
        bank_vectors = as_scores(bank_embeds, "The bank's embedding matrix").astype(np.float32)
        gallery = as_scores(gallery_embeds, "The gallery's embedding matrix").astype(np.float32)
        size, n_items = len(bank_vectors), len(gallery)
        if bank_vectors.shape[1] != gallery.shape[1]:
            raise DataError(
                f"The bank's embeddings are {bank_vectors.shape[1]} wide and the gallery's "
                f"{gallery.shape[1]}; both must come from the same checkpoint."
            )
        right = None
        if right_embeds is not None:
            right = as_scores(right_embeds, "The matrix of what is right").astype(np.float32)
            if right.shape != bank_vectors.shape:
                raise DataError(
                    f"What is right for the bank has the shape {right.shape} and the bank "
                    f"{bank_vectors.shape}; give one embedding for each bank query."
                )
        best = np.full(size, -np.inf, np.float32)  # each bank query's highest score so far
        best_item = np.zeros(size, np.int64)
        parts: list[Bank] = []
        block = max(1, _BLOCK_VALUES // size)
        for start in range(0, n_items, block):
            items = gallery[start : start + block]
            scores = items @ bank_vectors.T  # (block, B)
            part = cls(
                size=size,
                scores=as_scores(scores, "The product of the embeddings"),
                weights=None if right is None else wrongness(right, items).T,
            )
            parts.append(part.summary(ts=ts, neighbours=neighbours, quantiles=quantiles))
            higher = scores.max(axis=0) > best
            best_item[higher] = start + scores.argmax(axis=0)[higher]
            best = np.maximum(best, scores.max(axis=0))
        favourites = np.zeros(n_items, np.bool_)
        favourites[best_item] = True
        return cls._joined(parts, favourites)

    @classmethod
    def _joined(cls, parts: Sequence[Bank], favourites: npt.NDArray[np.bool_]) -> Bank:
        """One summary from the summaries of consecutive items."""
        first = parts[0]
        return cls(
            size=first.size,
            levels=np.concatenate([part._sorted()[0] for part in parts]),
            positions=first._sorted()[1],
            mean=np.concatenate([part.mean() for part in parts]),
            favourites=favourites,
            soft_extremes={
                t: np.concatenate([part.soft_extreme(t) for part in parts])
                for t in first._soft_extremes
            },
            top_means={
                k: np.concatenate([part.top_mean(k) for part in parts]) for k in first._top_means
            },
        )

    def summary(
        self, *, ts: Sequence[float] = (), neighbours: Sequence[int] = (), quantiles: int = 256
    ) -> Bank:
        """This exact bank without its scores; arguments and errors as in `from_embeddings`."""
        if quantiles < 2:
            raise ConfigError(
                f"quantiles is {quantiles}, but a column needs at least 2 (its lowest and highest)."
            )
        levels, positions = self._sorted()
        kept = _kept_positions(self.size, quantiles)
        return Bank(
            size=self.size,
            levels=np.ascontiguousarray(levels[:, kept]),
            positions=positions[kept],
            mean=self.mean(),
            favourites=self.favourites(),
            soft_extremes={float(t): self.soft_extreme(t) for t in ts},
            top_means={int(k): self.top_mean(k) for k in neighbours},
            includes_query=self.includes_query,
        )

    def take(self, items: npt.ArrayLike) -> Bank:
        """The bank of a selection of gallery items, in the order given (a filter; equal captions).

        Args:
            items: ``(n,)`` item numbers, at least one; repetition is allowed.
        """
        chosen = np.asarray(items, dtype=np.int64)
        return Bank(
            size=self.size,
            scores=None if self._scores is None else self._scores[chosen],
            weights=None if self._weights is None else self._weights[chosen],
            targets=self._targets,
            levels=None if self._levels is None else self._levels[chosen],
            positions=self._positions,
            mean=None if self._mean is None else self._mean[chosen],
            favourites=None if self._scores is not None else self.favourites()[chosen],
            soft_extremes={t: values[chosen] for t, values in self._soft_extremes.items()},
            top_means={k: values[chosen] for k, values in self._top_means.items()},
            includes_query=self.includes_query,
        )

    # Statistics

    @property
    def n_items(self) -> int:
        """G, the number of gallery items."""
        return len(self._scores if self._scores is not None else self._sorted()[0])

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """The precision of the bank's scores; queries are compared with them in it."""
        return (self._scores if self._scores is not None else self._sorted()[0]).dtype

    @property
    def ts(self) -> tuple[float, ...]:
        """The t whose soft extremes are at hand; an exact bank computes any other."""
        return tuple(self._soft_extremes)

    def extremes(self) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest bank score of each item, two arrays ``(G,)``."""
        if self._extremes is None:
            if self._levels is not None:
                self._extremes = self._levels[:, 0], self._levels[:, -1]
            else:
                scores = self._exact("extremes")
                self._extremes = scores.min(axis=1), scores.max(axis=1)
        return self._extremes

    def soft_extreme(self, t: float) -> FloatArray:
        """``(1 / t) log mean w * exp(t * score)`` over the bank, per item ``(G,)``.

        It says how much everybody likes the item. Where all weights w are 1, it lies between the
        mean (t -> 0) and the maximum (t -> infinity) of the item's scores.

        Raises:
            ConfigError: t is out of range, or a summary does not hold it.
        """
        t = float(t)
        if t not in self._soft_extremes:
            if not 0 < t <= _MAX_T:
                raise ConfigError(f"t is {t:g}, but must lie above 0 and be at most {_MAX_T:g}.")
            kept = ", ".join(f"{value:g}" for value in self._soft_extremes) or "none"
            scores = self._exact(f"the soft extreme for t = {t:g} (kept: {kept})")
            self._soft_extremes[t] = soft_maximum(scores, t, self._weights)
        return self._soft_extremes[t]

    def top_mean(self, k: int) -> FloatArray:
        """The mean of each item's k highest bank scores (of all B if k is more), ``(G,)``.

        Raises:
            ConfigError: k is below 1, or a summary does not hold it.
        """
        if k not in self._top_means:
            if k < 1:
                raise ConfigError(f"The number of neighbours is {k}, but must be at least 1.")
            kept = ", ".join(str(value) for value in self._top_means) or "none"
            scores = self._exact(f"the mean of the {k} highest scores (kept: {kept})")
            least = max(0, self.size - k)
            top = np.partition(scores, least, axis=1)[:, least:]
            self._top_means[k] = top.mean(axis=1)
        return self._top_means[k]

    def balanced_extreme(self, t: float, steps: int) -> FloatArray:
        """The soft extreme ``(G,)`` in which no query likes more than another.

        The bank's training items, where it has any, vote with the gallery; see `sinkhorn_hubness`.

        Raises:
            ConfigError: t or steps is out of range, or the bank is a summary.
        """
        scores = self._exact("the scores that Sinkhorn's balance is made of")
        return sinkhorn_hubness(scores.T, self._targets, t=t, steps=steps)

    def mean(self) -> npt.NDArray[np.float64]:
        """Each item's mean bank score, ``(G,)``."""
        if self._mean is None:
            self._mean = self._exact("the mean").mean(axis=1, dtype=np.float64)
        return self._mean

    def favourites(self) -> npt.NDArray[np.bool_]:
        """Which items are the first of at least one bank query, ``(G,)``."""
        if self._favourites is None:
            scores = self._exact("favourites")
            self._favourites = (scores == scores.max(axis=0)).any(axis=1)
        return self._favourites

    def rank(self, items: IntArray, values: FloatArray) -> npt.NDArray[np.float64]:
        """The place that a score takes in an item's column: 1 + the bank scores above it.

        Exact in an exact bank; a summary interpolates between its levels.

        Args:
            items: ``(N,)`` item numbers.
            values: ``(N,)`` one score for each.

        Returns:
            ``(N,)`` places from 1 to B + 1.
        """
        if self._levels is None and len(items) <= _COUNTED * self.n_items:
            # A few pairs: counting is quicker than sorting every column, and gives the same.
            return np.asarray(1.0 + count_above(self._exact("ranks"), items, values), np.float64)
        levels, positions = self._sorted()
        index = count_at_most(levels, items, values.astype(levels.dtype, copy=False))
        below, above = np.maximum(index - 1, 0), np.minimum(index, len(positions) - 1)
        lower, upper = levels[items, below].astype(np.float64), levels[items, above]
        width = upper - lower
        share = np.divide(values - lower, width, out=np.zeros(len(items)), where=width > 0)
        hidden = np.maximum(positions[above] - positions[below] - 1, 0)  # scores between two levels
        at_most = np.where(index > 0, positions[below] + 1 + share * hidden, 0.0)
        return np.asarray(1.0 + self.size - at_most)

    def _sorted(self) -> tuple[FloatArray, IntArray]:
        """Levels ``(G, L)`` and their positions ``(L,)``."""
        if self._levels is None or self._positions is None:
            self._levels = np.array(self._exact("sorted columns"), order="C")
            self._levels.sort(axis=1)
            self._positions = np.arange(self.size, dtype=np.int64)
        return self._levels, self._positions

    def _exact(self, what: str) -> FloatArray:
        if self._scores is None:
            raise ConfigError(
                f"This bank is a summary and does not hold {what}; use a value it holds, or build "
                "the index again with the one that you want."
            )
        return self._scores

    # Storing

    def to_arrays(self) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
        """Plain arrays for a safetensors file; an exact bank is stored with all of its levels."""
        levels, positions = self._sorted()
        n_items = self.n_items
        return {
            "size": np.array([self.size], np.int64),
            "includes_query": np.array([self.includes_query], np.uint8),
            "levels": levels,
            "positions": positions,
            "mean": self.mean(),
            "favourites": self.favourites().astype(np.uint8),
            "soft_t": np.array(list(self._soft_extremes), np.float64),
            "soft_extremes": _stacked(list(self._soft_extremes.values()), n_items, levels.dtype),
            "top_k": np.array(list(self._top_means), np.int64),
            "top_means": _stacked(list(self._top_means.values()), n_items, levels.dtype),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray[Any, np.dtype[Any]]]) -> Bank:
        """The bank that `to_arrays` described.

        Raises:
            GalleryError: an array is missing, of another shape, or not finite.
        """
        names = ["size", "includes_query", "levels", "positions", "mean", "favourites", "soft_t"]
        names += ["soft_extremes", "top_k", "top_means"]
        missing = [name for name in names if name not in arrays]
        if missing:
            raise GalleryError(
                f"The stored bank lacks {', '.join(missing)}; build the index again."
            )
        levels, positions = arrays["levels"], arrays["positions"]
        n_items = len(levels)
        shapes = {
            "size": (1,),
            "includes_query": (1,),
            "levels": (n_items, len(positions)),
            "mean": (n_items,),
            "favourites": (n_items,),
            "soft_extremes": (len(arrays["soft_t"]), n_items),
            "top_means": (len(arrays["top_k"]), n_items),
        }
        for name, shape in shapes.items():
            if arrays[name].shape != shape or not np.isfinite(arrays[name]).all():
                raise GalleryError(
                    f"The stored bank's {name} must be finite and of shape {shape}, but is "
                    f"damaged (shape {arrays[name].shape}); build the index again."
                )
        return cls(
            size=int(arrays["size"][0]),
            levels=levels,
            positions=positions,
            mean=arrays["mean"],
            favourites=arrays["favourites"].astype(np.bool_),
            soft_extremes=dict(
                zip(arrays["soft_t"].tolist(), arrays["soft_extremes"], strict=True)
            ),
            top_means=dict(zip(arrays["top_k"].tolist(), arrays["top_means"], strict=True)),
            includes_query=bool(arrays["includes_query"][0]),
        )


def _kept_positions(size: int, quantiles: int) -> IntArray:
    """Which of ``size`` sorted scores a summary keeps, ``(L,)`` with L <= quantiles, ascending.

    Distances from the top grow quadratically: a backward rank of 3 is worth far more than one of
    3,000, and ``exp(-xi * rank)`` is read only near the top.
    """
    if size <= quantiles:
        return np.arange(size, dtype=np.int64)
    fraction = np.linspace(0.0, 1.0, quantiles)
    from_top = np.unique(np.round((size - 1) * fraction**2).astype(np.int64))
    return size - 1 - from_top[::-1]


def _stacked(rows: list[FloatArray], n_items: int, dtype: np.dtype[np.floating[Any]]) -> FloatArray:
    return np.stack(rows) if rows else np.zeros((0, n_items), dtype)
