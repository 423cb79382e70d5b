"""Published rerankers to compare SMR with, each a small configuration, an array function, an entry.

All take scores ``(Q, G)`` with queries as rows and a `Bank`, and give new scores whose order within
a row is the published one; what is constant within a row is left out. In transductive mode a
column is the benchmark's; otherwise it is the bank and the query.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.errors import ConfigError
from cmpagl.rank.arrays import FloatArray, TopPairs, lift, places, top_pairs
from cmpagl.rank.bank import Bank
from cmpagl.rank.reranker import BankOf, Reranker

__all__ = [
    "CSLS",
    "DUAL_SOFTMAX",
    "GALR",
    "MTFN",
    "PUBLISHED",
    "QB_NORM",
    "CSLSConfig",
    "DualSoftmaxConfig",
    "GaLRConfig",
    "MTFNConfig",
    "QBNormConfig",
]


def _check(config: Any) -> None:  # noqa: ANN401 (any of the dataclasses below)
    """Refuse a value that the formulas have no meaning for."""
    lowest = {"top_k": 1, "neighbours": 1, "t": 1e-4}
    for field in fields(config):
        value, least = getattr(config, field.name), lowest.get(field.name, 0)
        kind = "whole" if isinstance(field.default, int) else "finite"
        fits = isinstance(value, int) if kind == "whole" else math.isfinite(value)
        if not (fits and value >= least):
            raise ConfigError(
                f"{type(config).__name__}.{field.name} is {value!r}, but must be a {kind} number "
                f"of at least {least:g}."
            )


@dataclass(frozen=True)
class GaLRConfig:
    """Multivariate rerank of GaLR (Yuan et al., TGRS 2022; its script's values).

    For the top K: ``significance * A / sum(column) + exp(-xi * forward place) + backward *
    exp(-xi * place by backward rank within the top)``. The quotient is meant for positive scores.
    """

    top_k: int = 30
    xi: float = 0.05
    significance: float = 0.3
    backward: float = 1.1

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class MTFNConfig:
    """Rank-position rerank of MTFN (Wang et al., ACM MM 2019): the top K by their backward rank.

    Its text->image half looks up all captions of the query's own image; a search does not know
    them, so the query itself counts here, as in GaLR's version.
    """

    top_k: int = 15

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class DualSoftmaxConfig:
    """The product of the softmax over the row and the softmax over the column, at sharpness t.

    Its logarithm is ``2 t A - log sum exp(t column)`` but for the row's constant, so it stands for
    twice the score less the column's soft extreme.
    """

    t: float = 20.0

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class CSLSConfig:
    """Cross-domain similarity local scaling (Conneau et al., ICLR 2018).

    Twice the score less the mean of the candidate's k highest bank scores.
    """

    neighbours: int = 10

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class QBNormConfig:
    """Query-bank normalisation (Bogolin et al., CVPR 2022): the dynamic inverted softmax.

    Only a query whose first item is also the first of some bank query is normalised: by the sum of
    ``exp(t * score)`` over the bank. In transductive mode that is every query.
    """

    t: float = 20.0

    def __post_init__(self) -> None:
        _check(self)


def _galr(scores: FloatArray, bank: Bank, config: GaLRConfig) -> FloatArray:
    top = top_pairs(scores, config.top_k)
    score = scores[top.rows, top.items].astype(np.float64)
    forward = places(top.rows, -score)
    position = places(top.rows, bank.rank(top.items, score), forward)
    column = bank.mean()[top.items] * bank.size
    if not bank.includes_query:
        column += score
    significance = np.divide(score, column, out=np.zeros_like(score), where=column != 0)
    values = (
        config.significance * significance
        + np.exp(-config.xi * forward)
        + config.backward * np.exp(-config.xi * position)
    )
    return _lifted(scores, top, values)


def _mtfn(scores: FloatArray, bank: Bank, config: MTFNConfig) -> FloatArray:
    top = top_pairs(scores, config.top_k)
    score = scores[top.rows, top.items]
    position = places(top.rows, bank.rank(top.items, score), places(top.rows, -score))
    return _lifted(scores, top, -position.astype(np.float64))


def _dual_softmax(scores: FloatArray, bank: Bank, config: DualSoftmaxConfig) -> FloatArray:
    return 2 * scores - _column_extreme(scores, bank, config.t)


def _csls(scores: FloatArray, bank: Bank, config: CSLSConfig) -> FloatArray:
    return 2 * scores - bank.top_mean(config.neighbours)


def _qb_norm(scores: FloatArray, bank: Bank, config: QBNormConfig) -> FloatArray:
    first = scores[:, bank.favourites()].max(axis=1) == scores.max(axis=1)  # (Q,)
    extreme = bank.soft_extreme(config.t)
    return scores - np.where(first[:, None], extreme, scores.dtype.type(0))


def _lifted(scores: FloatArray, top: TopPairs, values: npt.NDArray[np.float64]) -> FloatArray:
    result = scores.copy()
    lift(result, top, values)
    return result


def _column_extreme(scores: FloatArray, bank: Bank, t: float) -> FloatArray:
    """The soft extreme of each column with the query's own score in it, ``(Q, G)`` or ``(G,)``."""
    extreme = bank.soft_extreme(t)
    if bank.includes_query:
        return extreme
    total = np.logaddexp(t * extreme + math.log(bank.size), t * scores)
    return np.asarray((total - math.log(bank.size + 1)) / t, scores.dtype)


GALR = Reranker(
    name="galr",
    settings=GaLRConfig(),
    function=_galr,
    published_with=BankOf.SPLIT,
)
MTFN = Reranker(
    name="mtfn",
    settings=MTFNConfig(),
    function=_mtfn,
    published_with=BankOf.SPLIT,
)
DUAL_SOFTMAX = Reranker(
    name="dual_softmax",
    settings=DualSoftmaxConfig(),
    function=_dual_softmax,
    published_with=BankOf.SPLIT,
)
CSLS = Reranker(
    name="csls",
    settings=CSLSConfig(),
    function=_csls,
    published_with=BankOf.SPLIT,
)
QB_NORM = Reranker(
    name="qb_norm",
    settings=QBNormConfig(),
    function=_qb_norm,
    published_with=BankOf.TRAINING,
)

PUBLISHED: tuple[Reranker[Any], ...] = (GALR, MTFN, DUAL_SOFTMAX, CSLS, QB_NORM)
"""Every published reranker, in the order in which lists name them."""
