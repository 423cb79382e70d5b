"""The approximate search over one table of a store: the best few thousand, without all scores.

Lance's IVF index holds the vectors ``[g, -L]`` in clusters, a byte a number; a search looks into
the clusters nearest to ``[q, alpha]``. What it finds is scored anew with the vectors themselves, so
only *which* scenes are found is approximate, no score of them. A filter is applied before.

Shapes: n rows, W = E + EXTRA vector width, k rows found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cmpagl.store.ann import nearest
from cmpagl.store.disk import read_errors
from cmpagl.store.schema import EXTRA
from cmpagl.store.stored_rows import StoredRows

__all__ = ["EXACT_MOST", "FOUND", "Candidates", "Mode", "Reach"]

Mode = Literal["auto", "exact", "candidates"]
"""How an index is searched: "auto" is exact up to `EXACT_MOST` rows."""

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

EXACT_MOST = 200_000
"""Rows up to which all scores are computed: 211 MB of vectors, some 20 ms a query."""

FOUND = 2000
"""Rows that one search finds."""

_SAMPLE = 4096  # rows from which the mean and the deviation of all scores are told
_WIDER = 4  # times as many clusters are looked into where a filter leaves few rows in each


@dataclass(frozen=True)
class Reach:
    """Which rows answers are made of, for the page and the command line to say."""

    mode: Literal["exact", "candidates"]
    rows: int  # of the index
    found: int  # by one search; all of them where it is exact
    recall: float | None = None  # of the first `top` of an exact search, measured on this index
    top: int = 0


class Candidates:
    """Searches one table; any number of threads may."""

    def __init__(self, rows: StoredRows, said: Mapping[str, Any] | None) -> None:
        """Search ``rows``; ``said`` is what the description keeps of their index, if there is one.

        Without an index Lance compares every row, which is exact and slower.
        """
        self.rows = rows
        self._probes = dict(said["probes"]) if said else {"plain": 1, "reranked": 1}
        self.partitions = int(said["partitions"]) if said else 1
        self.reach = Reach(
            "candidates",
            len(rows),
            min(FOUND, len(rows)),
            min(said["recall"].values()) if said else 1.0,
            int(said["top"]) if said else 60,
        )

    def search(self, product: FloatArray, sql: str = "", *, strength: float = 1.0) -> IntArray:
        """The numbers of the rows with the highest inner products, (k,) ascending.

        Args:
            product: (W,).
            sql: only rows of which this holds.
            strength: of the reranking beside the tuned one; the stronger, the more clusters.
        """
        plain = not product[-EXTRA:].any()
        probes = self._probes["plain" if plain else "reranked"]
        probes = round(probes * max(1.0, strength) * (_WIDER if sql else 1))
        probes = min(probes, self.partitions)
        if len(self.rows) <= FOUND:
            probes = self.partitions  # all are wanted
        with read_errors(self.rows.path):
            found = nearest(self.rows.data, product, FOUND, probes, sql)
        return np.sort(self.rows.numbers_of(found))

    def vectors(self, numbers: IntArray) -> FloatArray:
        """The vectors (k, W) of rows by number, ascending is quickest."""
        return self.rows.some_vectors(numbers)

    def moments(self, product: FloatArray) -> tuple[float, float]:
        """The mean and the deviation of a query's scores over all rows, from a sample of them.

        Args:
            product: what vectors are multiplied with, (W,), or embeddings alone, (E,).
        """
        scores = self.sample[:, : len(product)] @ product
        return float(scores.mean()), float(scores.std()) or 1.0

    @cached_property
    def sample(self) -> FloatArray:
        """The vectors of rows from all over the table, (k, W)."""
        n = len(self.rows)
        numbers = np.unique(np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.int64))
        return np.ascontiguousarray(self.vectors(numbers))
