"""What is known of one query where not all scores are computed: which rows, and their vectors.

A search finds the best by one product; the rows of several searches are joined, and their vectors
read once. Scores are those of the vectors, so they are exact; -inf stands for "not looked at".

Shapes: G rows, W = E + EXTRA vector width, k rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cmpagl.rank.arrays import IntArray
from cmpagl.store.engine import Candidates

__all__ = ["Hits", "Product"]

FloatArray = NDArray[np.float32]

_KEPT_ROWS = 16_384  # vectors that one query remembers: 17 MB
_KEPT_SEARCHES = 32


class Product(NamedTuple):
    """What a row's vector is multiplied with to give a stage's score."""

    vector: FloatArray  # (W,)
    strength: float = 1.0  # of the reranking beside the tuned one


class Hits:
    """The rows that one query was answered from. Several threads may ask."""

    def __init__(
        self,
        engine: Candidates,
        scores: FloatArray,
        score: Callable[[IntArray, FloatArray], FloatArray],
    ) -> None:
        """Nothing is found yet.

        Args:
            engine: that searches.
            scores: (G,) all -inf, filled as rows become known.
            score: scores (k,) of rows by their numbers (k,) and vectors (k, W).
        """
        self.engine, self._scores, self._score = engine, scores, score
        self._items = np.empty(0, np.int64)  # ascending
        self._vectors: FloatArray | None = None
        self._found: dict[tuple[bytes, str], IntArray] = {}
        self._lock = threading.Lock()

    def find(self, products: Sequence[Product], sql: str = "") -> IntArray:
        """The rows that are best by any of the products, ascending; their scores are then known.

        Args:
            products: what rows are multiplied with, and how strongly that reranks.
            sql: only rows of which this holds.
        """
        found = [self._search(product, sql) for product in products]
        items = found[0] if len(found) == 1 else np.unique(np.concatenate(found))
        self.vectors(items)
        return items

    def _search(self, product: Product, sql: str) -> IntArray:
        key = (product.vector.tobytes(), sql)
        known = self._found.get(key)
        if known is None:
            known = self.engine.search(product.vector, sql, strength=product.strength)
            with self._lock:
                self._found[key] = known
                for old in list(self._found)[:-_KEPT_SEARCHES]:
                    del self._found[old]
        return known

    def vectors(self, items: IntArray) -> FloatArray:
        """The vectors (k, W) of rows, ascending, read-only; what is not known of them is read."""
        if not len(items):
            return np.empty((0, 0), np.float32)
        with self._lock:
            if self._vectors is not None and np.array_equal(items, self._items):
                return self._vectors  # all that is known, as mostly: megabytes that are not copied
            missing = np.setdiff1d(items, self._items, assume_unique=True)
            if len(missing):
                self._learn(missing, self.engine.vectors(missing), items)
            assert self._vectors is not None
            return self._vectors[np.searchsorted(self._items, items)]

    def share(self, other: Hits, items: IntArray) -> None:
        """Take rows over from another query of the same index, scored for this one."""
        vectors = other.vectors(items)
        with self._lock:
            self._items, self._vectors = np.empty(0, np.int64), None
            self._learn(items, vectors, items)

    def _learn(self, new: IntArray, vectors: FloatArray, wanted: IntArray) -> None:
        """Remember rows and score them; where there are too many, only those that are wanted."""
        self._scores[new] = self._score(new, vectors)
        if self._vectors is None:
            self._items, self._vectors = new, vectors
            self._vectors.flags.writeable = False
            return
        items = np.concatenate([self._items, new])
        everything = np.concatenate([self._vectors, vectors])
        order = np.argsort(items, kind="stable")
        if len(order) > _KEPT_ROWS:
            order = order[np.isin(items[order], wanted)]
        self._items, self._vectors = items[order], everything[order]
        self._vectors.flags.writeable = False
