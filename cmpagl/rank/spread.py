"""How far a rank depends on which queries the bank holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmpagl.config.ranking import SMRConfig
from cmpagl.errors import ConfigError
from cmpagl.rank.arrays import FloatArray, IntArray, as_scores, lift, places, ranks, top_pairs
from cmpagl.rank.bank import Bank
from cmpagl.rank.reranker import matched
from cmpagl.rank.smr import ratio_terms, rerank

__all__ = ["RankSpread", "rank_spread"]

_BLOCK_VALUES = 2**20  # scores exponentiated at once


@dataclass(frozen=True)
class RankSpread:
    """How the places of one row's candidates vary when the bank is drawn again, each ``(G,)``."""

    rank: IntArray  # with the bank as it is
    low: npt.NDArray[np.float64]  # 2.5 %, 50 % and 97.5 % over the resampled banks
    median: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


def rank_spread(
    scores_row: npt.ArrayLike,
    bank_scores: npt.ArrayLike,
    config: SMRConfig,
    n_resamples: int = 50,
    seed: int = 0,
    *,
    weights: npt.ArrayLike | None = None,
) -> RankSpread:
    """How far a query's list depends on which queries happen to be in the bank (bootstrap).

    Args:
        scores_row: ``(G,)``, the query's raw scores.
        bank_scores: ``(B, G)``, drawn again by rows, with replacement.
        config: the reweighting.
        n_resamples: how many banks are drawn, at least 1.
        seed: of the draws.
        weights: ``(B, G)``, of the bank's scores, as in `Bank.from_scores`.

    Raises:
        DataError: scores that are not finite, or of two galleries; weights of another shape.
        ConfigError: ``n_resamples`` is below 1.
    """
    if n_resamples < 1:
        raise ConfigError(f"n_resamples is {n_resamples}, but must be at least 1.")
    bank = Bank.from_scores(bank_scores, weights)
    raw = matched(np.asarray(scores_row)[None], bank)
    columns = as_scores(bank_scores, "The bank's score matrix")
    drawn = np.random.default_rng(seed).integers(bank.size, size=(n_resamples, bank.size))
    softened = np.repeat(raw, n_resamples, axis=0)
    if config.softens:
        softened -= config.alpha * _resampled_extremes(columns, drawn, config.t, weights)
    result = np.empty((n_resamples, raw.shape[1]), np.int64)
    for index, queries in enumerate(drawn):
        row = softened[index : index + 1]
        if config.reorders:  # only the top's columns are looked at, so only they are drawn
            top = top_pairs(row, config.top_k)
            part = Bank.from_scores(columns[np.ix_(queries, top.items)])
            local = np.arange(len(top.items))
            forward = places(top.rows, -row[0, top.items])
            terms = ratio_terms(raw, row, top.rows, top.items, forward, part, columns=local)
            lift(row, top, terms.reweighted(config))
        result[index] = ranks(row[0])
    low, median, high = np.percentile(result, [2.5, 50.0, 97.5], axis=0)
    return RankSpread(ranks(rerank(raw, bank, config)[0]), low, median, high)


def _resampled_extremes(
    columns: FloatArray, drawn: IntArray, t: float, weights: npt.ArrayLike | None
) -> FloatArray:
    """``L_t`` ``(n, G)`` for n resampled banks (``drawn`` ``(n, B)``) of ``columns`` ``(B, G)``.

    A resampled mean is a weighted mean, so all banks share one pass of exponentials.
    """
    n_resamples, size = drawn.shape
    flat = drawn + size * np.arange(n_resamples)[:, None]
    times = np.bincount(flat.ravel(), minlength=n_resamples * size).reshape(n_resamples, size)
    share = times.astype(columns.dtype) / size
    result = np.empty((n_resamples, columns.shape[1]), columns.dtype)
    block = max(1, _BLOCK_VALUES // size)
    for start in range(0, columns.shape[1], block):
        part = columns[:, start : start + block]
        highest = part.max(axis=0)
        powers = np.exp(t * (part - highest))
        if weights is not None:
            weight = np.asarray(weights)[:, start : start + block]
            powers *= np.where(weight.any(axis=0), weight, 1)  # as in `soft_maximum`
        mean = share @ powers
        # A draw without the highest scores can underflow at a sharp t, and one may hold nothing
        # with a weight: its bound then stands.
        mean = np.maximum(mean, np.finfo(columns.dtype).tiny)
        result[:, start : start + block] = highest + np.log(mean) / t
    return result
