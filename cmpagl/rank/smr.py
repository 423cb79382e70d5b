"""Similarity matrix reweighting (SMR).

`rerank` works on one direction with queries as rows: pass ``sims`` for image->text, ``sims.T`` for
text->image. What the other queries think of the gallery comes in as a `Bank`. For query q,
candidate g and raw score A, the terms are

- ``a = (A - min_row) / (max_row - min_row)``: the place in the query's own range;
- ``e = (A - min_col) / (max_col - min_col)``: the place in the candidate's range (bank and q), low
  for a hub that scores well with everybody;
- ``f = exp(-xi * forward rank)`` and ``b = exp(-xi * backward rank)``, the latter on a scale on
  which every bank has 1,000 queries;
- ``L_t``: the soft extreme of the candidate's bank scores (`Bank.soft_extreme`); where ``steps``
  is set, the balanced one, in which no query likes more than another (`Bank.balanced_extreme`).

Form ``ratio``: ``a * (1 + lf f + lb b + le e)`` orders the query's top K, the rest stays below.
``soft``: ``A - alpha * L_t`` for every candidate. ``combined``: soft on the whole row, then ratio
on its top K, with the a and f of the softened row; softening shifts a whole column alike, so e and
b stay. The paper (arXiv 2411.14704) names the algorithm; the formulas are this project's reading.

Candidates with equal scores have equal ranks (1 + the number above), and all that tie with the K-th
belong to the top, so equal captions stay tied and nothing depends on the gallery's order. A row is
computed from itself and the bank alone: a live query gives exactly its row of a batch.

Shapes: Q queries, G gallery items, B bank queries, N (query, candidate) pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cmpagl.config.ranking import SMRConfig
from cmpagl.errors import DataError
from cmpagl.rank.arrays import FloatArray, IntArray, lift, places, ranks, top_pairs
from cmpagl.rank.bank import Bank
from cmpagl.rank.reranker import BankOf, ByHand, Offset, Reranker, matched

__all__ = [
    "SMR",
    "Explanation",
    "RatioTerms",
    "explain",
    "ratio_terms",
    "rerank",
    "softened",
]


_RANK_SCALE = 1000.0  # backward ranks are read as if the bank had this many queries


@dataclass(frozen=True)
class Explanation:
    """Why one candidate stands where it stands, in the terms of the module's docstring."""

    item: int
    score: float  # A
    soft_extreme: float | None  # L_t, where the form uses it
    softened: float  # A - alpha * L_t, or A
    a: float
    e: float
    f: float
    b: float
    rank_before: int  # by A
    rank_backward: float  # the place in the column of bank and query; whole in an exact bank
    bank_size: int
    in_top: bool  # whether the ratio form reordered it
    reweighted: float | None  # a * (1 + lf f + lb b + le e) where it did
    final: float  # its value in rerank's row
    rank_after: int  # by that
    config: SMRConfig

    @property
    def ratio_steps(self) -> dict[str, float]:
        """The parts whose sum is ``reweighted``; empty outside the reordered top."""
        if self.reweighted is None:
            return {}
        weights, a = self.config, self.a
        return {
            "a": a,
            "f": a * weights.lf * self.f,
            "b": a * weights.lb * self.b,
            "e": a * weights.le * self.e,
        }


class RatioTerms(NamedTuple):
    """What the ratio form makes its terms of, for N pairs; all ``(N,)``."""

    a: npt.NDArray[np.float64]
    e: npt.NDArray[np.float64]
    forward: IntArray | None  # None where f has no weight
    backward: npt.NDArray[np.float64]
    bank_size: int

    def f(self, xi: float) -> npt.NDArray[np.float64]:
        """``exp(-xi * forward)``, or 0 where f has no weight."""
        return np.zeros(len(self.a)) if self.forward is None else np.exp(-xi * self.forward)

    def b(self, xi: float) -> npt.NDArray[np.float64]:
        """``exp(-xi * backward)``, the rank as in a bank of 1,000 queries."""
        return np.exp(-xi * self.backward * (_RANK_SCALE / self.bank_size))

    def reweighted(self, config: SMRConfig) -> npt.NDArray[np.float64]:
        """``a * (1 + lf f + lb b + le e)``."""
        weight = 1.0 + config.le * self.e
        if config.lf:
            weight += config.lf * self.f(config.xi)
        if config.lb:
            weight += config.lb * self.b(config.xi)
        return self.a * weight


def rerank(scores: npt.ArrayLike, bank: Bank, config: SMRConfig) -> FloatArray:
    """SMR in one of its forms; see `Reranker.rerank`."""
    return SMR.rerank(scores, bank, config)


def _extreme(bank: Bank, config: SMRConfig) -> FloatArray:
    """``L_t`` of each item ``(G,)``, as the settings ask for it.

    Raises:
        ConfigError: ``steps`` is set and the bank is live.
    """
    if config.steps:
        return bank.balanced_extreme(config.t, config.steps)
    return bank.soft_extreme(config.t)


def _smr(scores: FloatArray, bank: Bank, config: SMRConfig) -> FloatArray:
    result = softened(scores, bank, config)
    if config.reorders:
        result = np.ascontiguousarray(result)
        _reorder(result, scores, bank, config)
    return result


def _offset(bank: Bank, config: SMRConfig) -> Offset | None:
    return Offset(config.alpha, _extreme(bank, config)) if config.softens else None


SMR = Reranker(
    name="smr",
    settings=SMRConfig(),
    function=_smr,
    published_with=BankOf.SPLIT,
    tuned=lambda tuned: tuned.smr,
    acts=lambda config: config.softens or config.reorders,
    offset=_offset,
    has_terms=True,
    by_hand={
        "top_k": ByHand(2, 200, 1),
        "xi": ByHand(0, 0.5, 0.005),
        "alpha": ByHand(0, 3, 0.05),
        "lf": ByHand(0, 4, 0.1),
        "lb": ByHand(0, 4, 0.1),
        "le": ByHand(0, 4, 0.1),
    },
    tried={
        "t": (3.0, 5.0, 8.0, 12.0, 18.0, 27.0, 40.0, 60.0),
        "alpha": (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0),
        "steps": (0, 2, 4),  # others than 0 where the bank is the benchmark's own queries
        "top_k": (10, 30, 60),
        "xi": (0.02, 0.05, 0.15),
        "lf": (0.0, 1.0),
        "lb": (0.0, 0.5, 1.0, 2.0),
        "le": (0.0, 0.5, 1.0, 2.0),
    },
)


def explain(scores_row: npt.ArrayLike, bank: Bank, config: SMRConfig, item: int) -> Explanation:
    """The terms of one candidate of one query, from the same computation as `rerank`.

    Args:
        scores_row: ``(G,)``, the query's raw scores.
        bank: as in `rerank`.
        config: as in `rerank`, but SMR only.
        item: the candidate, from 0.

    Raises:
        DataError: as in `rerank`, or there is no such candidate.
    """
    raw = matched(np.asarray(scores_row)[None], bank)
    if not 0 <= item < raw.shape[1]:
        raise DataError(
            f"Candidate {item} does not exist; the gallery has items 0 to {raw.shape[1] - 1}."
        )
    soft = softened(raw, bank, config)
    after = rerank(raw, bank, config)[0]
    forward = int(ranks(soft[0])[item])
    one = np.array([item])
    terms = ratio_terms(raw, soft, np.zeros(1, np.int64), one, np.array([forward]), bank)
    in_top = config.reorders and item in top_pairs(soft, config.top_k).items
    return Explanation(
        item=item,
        score=float(raw[0, item]),
        soft_extreme=float(_extreme(bank, config)[item]) if config.softens else None,
        softened=float(soft[0, item]),
        a=float(terms.a[0]),
        e=float(terms.e[0]),
        f=float(terms.f(config.xi)[0]),
        b=float(terms.b(config.xi)[0]),
        rank_before=int(ranks(raw[0])[item]),
        rank_backward=float(terms.backward[0]),
        bank_size=bank.size,
        in_top=in_top,
        reweighted=float(terms.reweighted(config)[0]) if in_top else None,
        final=float(after[item]),
        rank_after=int(ranks(after)[item]),
        config=config,
    )


def softened(scores: FloatArray, bank: Bank, config: SMRConfig) -> FloatArray:
    """``A - alpha * L_t`` ``(Q, G)`` where the form asks for it, a copy of A where not."""
    if config.softens:
        return scores - scores.dtype.type(config.alpha) * _extreme(bank, config)
    return scores.copy()


def _reorder(softened: FloatArray, raw: FloatArray, bank: Bank, config: SMRConfig) -> None:
    """The ratio form on the top K of each softened row, in place."""
    top = top_pairs(softened, config.top_k)
    forward = places(top.rows, -softened[top.rows, top.items]) if config.lf else None
    terms = ratio_terms(raw, softened, top.rows, top.items, forward, bank)
    lift(softened, top, terms.reweighted(config))


def ratio_terms(
    raw: FloatArray,
    softened: FloatArray,
    rows: IntArray,
    items: IntArray,
    forward: IntArray | None,
    bank: Bank,
    columns: IntArray | None = None,
) -> RatioTerms:
    """The ratio form's terms, in float64, of the pairs ``(rows, items)``.

    Args:
        raw: ``(Q, G)`` scores, compared with the bank's in e and b.
        softened: ``(Q, G)`` scores whose range gives a.
        rows: ``(N,)``.
        items: ``(N,)``.
        forward: ``(N,)`` ranks in the softened rows; None where f has no weight.
        bank: what other queries think of the items.
        columns: ``(N,)`` the items' numbers in the bank, where they differ from ``items``.
    """
    columns = items if columns is None else columns
    score = raw[rows, items]
    row_min = softened.min(axis=1).astype(np.float64)
    row_range = softened.max(axis=1) - row_min
    backward = bank.rank(columns, score)
    lowest, highest = bank.extremes(columns)
    column_min = np.minimum(lowest, score).astype(np.float64)
    column_range = np.maximum(highest, score) - column_min
    return RatioTerms(
        a=_ratio(softened[rows, items] - row_min[rows], row_range[rows]),
        e=_ratio(score - column_min, column_range),
        forward=forward,
        backward=backward,
        bank_size=bank.size,
    )


def _ratio(
    part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """``part / whole``, and 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
