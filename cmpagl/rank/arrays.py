"""Array functions that every reranker needs: top pairs, places, soft maxima, a new order on top.

Shapes: Q queries, G gallery items, B bank queries, L levels, N (query, item) pairs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cmpagl.errors import DataError

__all__ = [
    "FloatArray",
    "IntArray",
    "TopPairs",
    "as_scores",
    "count_above",
    "count_at_most",
    "lift",
    "places",
    "ranks",
    "soft_maximum",
    "top_pairs",
]

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.int64]

_ROW_BLOCK = 64  # rows exponentiated at once: they stay in the second-level cache
_PAIR_BLOCK = 256  # pairs counted at once
_BLOCK_VALUES = 2**18  # scores looked through at once for each row's highest
_GROUP = 8  # items of which first only the highest is looked at


class TopPairs(NamedTuple):
    """The pairs of each query with its highest items, query after query."""

    rows: IntArray  # (N,) ascending
    items: IntArray  # (N,) ascending within a row
    threshold: FloatArray  # (Q,) the lowest score that still belongs to the top


def as_scores(scores: npt.ArrayLike, what: str) -> FloatArray:
    """Check a matrix and give it as float32 or float64 (anything else becomes float64).

    Args:
        scores: ``(rows, columns)``, every value finite, both sides at least 1.
        what: the matrix's name, for the message.

    Raises:
        DataError: ``scores`` is not such a matrix.
    """
    array = np.asarray(scores)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    if array.ndim != 2 or 0 in array.shape:
        raise DataError(
            f"{what} must be a matrix with at least one row and one column, but has the shape "
            f"{array.shape}; pass one row per query and one column per gallery item."
        )
    if not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise DataError(
            f"{what} holds {array[row, column]} at row {row}, column {column}; every value must be "
            "finite, so check the embeddings that it was computed from."
        )
    return array


def top_pairs(scores: FloatArray, k: int) -> TopPairs:
    """Each query's k highest items ``(Q, G)``, and all that tie with the k-th.

    With the ties, equal items share one fate and nothing depends on the gallery's order. A k above
    G takes every item.
    """
    n_items = scores.shape[1]
    threshold = np.empty(len(scores), scores.dtype)
    flat = []
    block = max(1, _BLOCK_VALUES // n_items)
    for start in range(0, len(scores), block):
        part = scores[start : start + block]
        found, threshold[start : start + block] = _top_of_block(part, k)
        flat.append(start * n_items + found)
    rows, items = np.divmod(np.concatenate(flat), n_items)
    return TopPairs(rows, items, threshold)


def _top_of_block(scores: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
    """Flat numbers of the pairs of `top_pairs` and each row's threshold.

    The k-th highest of the maxima of groups of items is a bound that k items reach, so only what
    reaches it is looked at further: a fifth of the time of selecting among all.
    """
    n_items = scores.shape[1]
    width = n_items // _GROUP
    if width <= 2 * k:
        lowest = _kth_highest(scores, k)
        return np.flatnonzero(scores >= lowest[:, None]), lowest
    groups = [scores[:, n * width : (n + 1) * width] for n in range(_GROUP)]
    maxima = np.maximum(groups[0], groups[1])
    for group in groups[2:]:
        np.maximum(maxima, group, out=maxima)
    flat = np.flatnonzero(scores >= _kth_highest(maxima, k)[:, None])
    rows, items = np.divmod(flat, n_items)
    values = scores[rows, items]
    count = np.bincount(rows, minlength=len(scores))
    place = np.arange(len(rows)) - (np.cumsum(count) - count)[rows]
    found = np.full((len(scores), count.max()), -np.inf, scores.dtype)
    found[rows, place] = values
    lowest = _kth_highest(found, k)
    return flat[values >= lowest[rows]], lowest


def _kth_highest(scores: FloatArray, k: int) -> FloatArray:
    """The k-th highest value of each row ``(Q, G)``, its lowest where k is above G."""
    kth = max(0, scores.shape[1] - k)
    return np.asarray(np.partition(scores, kth, axis=1)[:, kth])


def places(rows: IntArray, *keys: npt.NDArray[Any]) -> IntArray:
    """Each pair's place in its row by ascending keys, the first key first; equal keys share one.

    Args:
        rows: ``(N,)`` ascending row numbers.
        keys: ``(N,)`` each.

    Returns:
        ``(N,)`` from 1: 1 + the pairs of the row with smaller keys.
    """
    order = np.lexsort((*reversed(keys), rows))
    new_row = np.ones(len(rows), np.bool_)
    new_row[1:] = rows[order][1:] != rows[order][:-1]
    new_place = new_row.copy()
    for key in keys:
        new_place[1:] |= key[order][1:] != key[order][:-1]
    index = np.arange(len(rows))
    row_start = np.maximum.accumulate(np.where(new_row, index, 0))
    first_equal = np.maximum.accumulate(np.where(new_place, index, 0))
    result = np.empty(len(rows), np.int64)
    result[order] = first_equal - row_start + 1
    return result


def lift(scores: FloatArray, top: TopPairs, values: npt.NDArray[np.float64]) -> None:
    """Give the top the order of ``values``, in place; the rest of ``scores (Q, G)`` stays below.

    The values are shifted and scaled per row, which keeps their order: the lowest becomes the row's
    threshold, and one unit the row's largest top score, so that neither drowns in the other.
    """
    counts = np.bincount(top.rows, minlength=len(scores))
    first = np.cumsum(counts) - counts  # where each row's pairs begin
    lowest = np.minimum.reduceat(values, first)
    unit = np.maximum.reduceat(np.abs(scores[top.rows, top.items]), first).astype(np.float64)
    unit[unit == 0] = 1.0
    lifted = (values - lowest[top.rows]) * unit[top.rows]
    scores[top.rows, top.items] = top.threshold[top.rows] + lifted


def ranks(scores: FloatArray) -> IntArray:
    """The place of each item of one row ``(G,)``: 1 + the items that score higher."""
    descending = np.sort(scores)[::-1]
    return 1 + np.searchsorted(-descending, -scores, side="left").astype(np.int64)


def count_above(scores: FloatArray, items: IntArray, values: FloatArray) -> IntArray:
    """How many of its item's scores are above a value, per pair, by looking at each of them.

    Args:
        scores: ``(G, B)``.
        items: ``(N,)`` rows of ``scores``.
        values: ``(N,)``.

    Returns:
        ``(N,)`` counts from 0 to B.
    """
    count = np.empty(len(items), np.int64)
    order = np.argsort(items, kind="stable")  # pairs of one item follow each other: it stays cached
    if len(items) > len(scores):
        scores = np.ascontiguousarray(scores)
    for start in range(0, len(items), _PAIR_BLOCK):
        chosen = order[start : start + _PAIR_BLOCK]
        above = scores[items[chosen]] > values[chosen, None]
        count[chosen] = above.view(np.uint8).sum(axis=1, dtype=np.int32)
    return count


def count_at_most(levels: FloatArray, items: IntArray, values: FloatArray) -> IntArray:
    """How many of its item's levels are <= a value, per pair: one binary search for all.

    Args:
        levels: ``(G, L)``, ascending along the second axis.
        items: ``(N,)`` rows of ``levels``.
        values: ``(N,)``.

    Returns:
        ``(N,)`` counts from 0 to L.
    """
    n_levels = levels.shape[1]
    flat, start = levels.ravel(), items * n_levels
    count = np.zeros(len(items), np.int64)
    step = 1 << (n_levels.bit_length() - 1)
    while step:
        further = count + step
        inside = further <= n_levels
        reached = flat[start + np.minimum(further, n_levels) - 1] <= values
        count = np.where(inside & reached, further, count)
        step >>= 1
    return count


def soft_maximum(scores: FloatArray, t: float, weights: FloatArray | None = None) -> FloatArray:
    """``(1 / t) log mean w * exp(t * scores)`` along the second axis of ``(G, B)``: ``(G,)``.

    The maximum is taken out first, so that no t overflows. Works along the memory's order; sums of
    a block are in the scores' precision, sums of blocks in float64.

    Args:
        scores: ``(G, B)``.
        t: above 0.
        weights: w ``(G, B)``, none below 0; a row of zeros counts as one of ones. None: all 1.
    """
    if weights is not None:
        return _weighted_soft_maximum(scores, t, weights)
    n_items, size = scores.shape
    highest = scores.max(axis=1)
    total = np.zeros(n_items)
    if scores.flags.c_contiguous:
        for start in range(0, n_items, _ROW_BLOCK):
            block = scores[start : start + _ROW_BLOCK] - highest[start : start + _ROW_BLOCK, None]
            block *= scores.dtype.type(t)
            total[start : start + _ROW_BLOCK] = np.exp(block, out=block).sum(axis=1)
    else:
        for start in range(0, size, _ROW_BLOCK):
            block = scores.T[start : start + _ROW_BLOCK] - highest
            block *= scores.dtype.type(t)
            total += np.exp(block, out=block).sum(axis=0)
    return np.asarray(highest + np.log(total / size) / t, scores.dtype)


def _weighted_soft_maximum(scores: FloatArray, t: float, weights: FloatArray) -> FloatArray:
    n_items, size = scores.shape
    result = np.empty(n_items, scores.dtype)
    for start in range(0, n_items, _ROW_BLOCK):
        weight = weights[start : start + _ROW_BLOCK]
        weight = np.where(weight.any(axis=1, keepdims=True), weight, 1)
        # What has no weight must not be the maximum: at a sharp t the others would underflow.
        counted = np.where(weight > 0, scores[start : start + _ROW_BLOCK], -np.inf)
        highest = counted.max(axis=1)
        counted -= highest[:, None]
        counted *= scores.dtype.type(t)
        total = (np.exp(counted, out=counted) * weight).sum(axis=1, dtype=np.float64)
        result[start : start + _ROW_BLOCK] = highest + np.log(total / size) / t
    return result
