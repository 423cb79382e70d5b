"""How often an item is found: N_k, its k-occurrence, and how unevenly it is spread."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cmpagl.errors import DataError
from cmpagl.measure.metrics import Float64Array
from cmpagl.rank.arrays import as_scores

__all__ = ["hubness_skewness", "k_occurrence"]


def k_occurrence(scores: npt.ArrayLike, k: int) -> Float64Array:
    """N_k: how many queries have each item among their first k, ``(G,)``; a hub has many.

    Items that tie at the k-th place share what is left of it, so the sum is always Q * min(k, G).

    Args:
        scores: ``(Q, G)``, queries as rows.
        k: at least 1.

    Raises:
        DataError: not a finite matrix, or k below 1.
    """
    matrix = as_scores(scores, "The score matrix")
    if k < 1:
        raise DataError(f"k is {k}, but an occurrence among the first k needs k of at least 1.")
    n_items = matrix.shape[1]
    k = min(k, n_items)
    kth = np.partition(matrix, n_items - k, axis=1)[:, n_items - k, None]
    above, level = matrix > kth, matrix == kth
    share = (k - above.sum(axis=1)) / level.sum(axis=1)
    return np.asarray(above.sum(axis=0) + share @ level)


def hubness_skewness(occurrences: npt.ArrayLike) -> float:
    """The skewness of N_k (Radovanović et al., JMLR 2010): large with hubs, 0 if all are equal."""
    values = np.asarray(occurrences, dtype=np.float64)
    centred = values - values.mean()
    spread = float(np.sqrt(np.mean(centred**2)))
    return float(np.mean(centred**3)) / spread**3 if spread > 0 else 0.0
