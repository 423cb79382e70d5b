"""Two models' scores as one: each query's z-scores by both, added.

A cosine of one model is no cosine of another, so each row is brought to mean 0 and deviation 1
before they are added; neither model has a weight to be tuned.

Shapes: Q queries, G gallery items.
"""

from __future__ import annotations

import numpy as np

from cmpagl.errors import DataError
from cmpagl.rank.arrays import FloatArray

__all__ = ["both_scores", "z_scores"]


def z_scores(scores: FloatArray, over: FloatArray | None = None) -> FloatArray:
    """Each row with mean 0 and deviation 1; a row of equal scores becomes 0.

    Args:
        scores: ``(Q, G)``.
        over: what mean and deviation are of, ``(Q, n)``; default the scores themselves.
    """
    of = scores if over is None else over
    spread = of.std(axis=1, keepdims=True)
    found = (scores - of.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
    return np.asarray(found, np.float32)


def both_scores(first: FloatArray, second: FloatArray) -> FloatArray:
    """The z-scores of two models, added, ``(Q, G)``.

    Raises:
        DataError: they are not of the same queries and items.
    """
    if first.shape != second.shape:
        raise DataError(
            f"The scores of the two models have the shapes {first.shape} and {second.shape}; "
            "score the same queries and items with both."
        )
    return z_scores(first) + z_scores(second)
