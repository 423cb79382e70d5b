"""Rerankers as loops: the form in which GaLR's and MTFN's are published, written anew.

One Python step per query and candidate, a full sort both ways, and each backward rank looked up
with ``np.where`` in the candidate's sorted column. Slow on purpose: `cmpagl.rank.smr` is checked
and timed against it. Every function takes ``sims (Q, G)`` with queries as rows and has the
benchmark's own queries as its bank. Sorts are stable, where the published scripts leave the order
of equal keys to chance.
"""

from __future__ import annotations

import numpy as np

__all__ = ["loop_galr", "loop_mtfn", "loop_ratio", "loop_soft"]


def _sorted_both_ways(sims: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    by_row = np.argsort(-sims, axis=1, kind="stable")
    by_column = np.argsort(-sims, axis=0, kind="stable")
    return by_row, by_column


def loop_mtfn(sims: np.ndarray, top_k: int = 15) -> np.ndarray:
    """Orders ``(Q, G)``: each query's top K by their backward rank (MTFN, as GaLR runs it)."""
    by_row, by_column = _sorted_both_ways(sims)
    top_k = min(top_k, sims.shape[1])
    for query in range(len(sims)):
        address = np.array([])
        for place in range(top_k):
            column = by_column[:, by_row[query, place]]
            address = np.append(address, np.where(column == query)[0][0])
        by_row[query, :top_k] = by_row[query, :top_k][np.argsort(address, kind="stable")]
    return by_row


def loop_galr(
    sims: np.ndarray,
    top_k: int = 30,
    xi: float = 0.05,
    significance: float = 0.3,
    backward: float = 1.1,
) -> np.ndarray:
    """Scores ``(Q, G)``: GaLR's multivariate rerank.

    -inf outside the top K, where the script has 0, which a negative column sum can fall below.
    """
    by_row, by_column = _sorted_both_ways(sims)
    result = np.full(sims.shape, -np.inf)
    top_k = min(top_k, sims.shape[1])
    for query in range(len(sims)):
        address = np.array([])
        for place in range(top_k):
            item = by_row[query, place]
            result[query, item] = significance * (sims[query, item] / np.sum(sims[:, item]))
            result[query, item] += np.exp(-xi * (place + 1))
            address = np.append(address, np.where(by_column[:, item] == query)[0][0])
        order = by_row[query, :top_k][np.argsort(address, kind="stable")]
        for place, item in enumerate(order):
            result[query, item] += backward * np.exp(-xi * (place + 1))
    return result


def loop_ratio(
    sims: np.ndarray,
    top_k: int = 30,
    xi: float = 0.05,
    lf: float = 0.0,
    lb: float = 1.0,
    le: float = 1.0,
) -> np.ndarray:
    """Scores ``(Q, G)``, -inf outside the top K: SMR's ratio form in the same shape of code."""
    by_row, by_column = _sorted_both_ways(sims)
    result = np.full(sims.shape, -np.inf)
    scale = 1000 / len(sims)
    for query in range(len(sims)):
        row = sims[query]
        for place in range(min(top_k, sims.shape[1])):
            item = by_row[query, place]
            column = sims[:, item]
            row_range, column_range = row.max() - row.min(), column.max() - column.min()
            a = (row[item] - row.min()) / row_range if row_range > 0 else 0.0
            e = (row[item] - column.min()) / column_range if column_range > 0 else 0.0
            f = np.exp(-xi * (place + 1))
            rank = np.where(by_column[:, item] == query)[0][0] + 1
            b = np.exp(-xi * rank * scale)
            result[query, item] = a * (1 + lf * f + lb * b + le * e)
    return result


def loop_soft(sims: np.ndarray, t: float = 12.0, alpha: float = 1.0) -> np.ndarray:
    """Scores ``(Q, G)``: SMR's soft form, one pair after the other."""
    n_queries, n_items = sims.shape
    result = np.empty(sims.shape)
    for item in range(n_items):
        extreme = np.log(np.mean([np.exp(t * score) for score in sims[:, item]])) / t
        for query in range(n_queries):
            result[query, item] = sims[query, item] - alpha * extreme
    return result
