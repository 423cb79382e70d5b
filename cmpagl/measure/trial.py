"""How good a ranking would be: recall of one direction under many settings, quickly.

A `Trial` is one direction of one split with one bank. Subtracting a soft extreme changes whole
columns, so it is counted over the whole matrix; the ratio form and fusion only reorder each query's
top, so their many settings are counted over the top's pairs, whose terms are computed once.

Shapes: Q benchmark queries (a caption that occurs twice is two), G gallery items, N pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmpagl.config.ranking import SMRConfig
from cmpagl.measure.metrics import RECALL_AT, RankCounts
from cmpagl.measure.split_stages import SplitScores
from cmpagl.rank.arrays import FloatArray, IntArray, places, top_pairs
from cmpagl.rank.bank import Bank
from cmpagl.rank.match import Match, standardised
from cmpagl.rank.smr import RatioTerms, ratio_terms, softened

__all__ = ["Top", "Trial", "make_trial", "mean_recall"]

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Top:
    """Each query's best pairs by some scores: what a reordering of the top needs to know."""

    rows: IntArray  # (N,) ascending
    items: IntArray  # (N,)
    weights: Float64Array  # (N,) how many captions an item stands for
    positive_rows: IntArray  # (P,) rows of the pairs that are right, as often as they count
    positive_pairs: IntArray  # (P,) which pairs these are
    below: RankCounts  # of the scores themselves: for queries whose positives are not in the top


@dataclass(frozen=True)
class Trial:
    """One direction of one split, with the bank of one mode."""

    scores: FloatArray  # (Q, G) aligned
    bank: Bank
    weights: Float64Array  # (G,) how many captions an item stands for; 1 for an image
    queries: IntArray  # (C,) with items: every right pair, as often as it counts
    items: IntArray  # (C,)
    image: IntArray  # (Q,) the image that a query belongs to
    match_rows: IntArray  # (Q,) the query's number for a `Match`

    def softened(self, config: SMRConfig) -> FloatArray:
        """``A - alpha * L_t`` where the form asks for it, as reranking has it."""
        return softened(self.scores, self.bank, config)

    def counts(self, scores: FloatArray) -> RankCounts:
        """Where each query's best positive stands by scores ``(Q, G)``, in captions or images."""
        positive = scores[self.queries, self.items]
        best = np.full(len(scores), -np.inf, scores.dtype)
        np.maximum.at(best, self.queries, positive)
        level = self.queries[positive == best[self.queries]]
        return RankCounts(
            above=self._weighed(scores > best[:, None]),
            tied=self._weighed(scores == best[:, None]),
            tied_positives=np.bincount(level, minlength=len(scores)),
        )

    def top(self, scores: FloatArray, k: int) -> Top:
        """The best ``k`` of each query by scores ``(Q, G)``."""
        best = top_pairs(scores, k)
        # A right pair's place among the pairs: both are sorted by row, then by item.
        n_items = scores.shape[1]
        key = best.rows * n_items + best.items
        wanted = self.queries * n_items + self.items
        at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        found = key[at] == wanted
        return Top(
            best.rows,
            best.items,
            self.weights[best.items],
            self.queries[found],
            at[found],
            self.counts(scores),
        )

    def reordered(self, top: Top, values: Float64Array) -> RankCounts:
        """The counts when the top is ordered by ``values (N,)`` and the rest stays below it."""
        n_queries = len(self.scores)
        positive = values[top.positive_pairs]
        best = np.full(n_queries, -np.inf)
        np.maximum.at(best, top.positive_rows, positive)
        bound = best[top.rows]
        inside = best > -np.inf
        level = top.positive_rows[positive == best[top.positive_rows]]

        def weighed(chosen: npt.NDArray[np.bool_]) -> IntArray:
            rows, weights = top.rows[chosen], top.weights[chosen]
            return np.bincount(rows, weights, minlength=n_queries).astype(np.int64)

        below = top.below
        return RankCounts(
            above=np.where(inside, weighed(values > bound), below.above),
            tied=np.where(inside, weighed(values == bound), below.tied),
            tied_positives=np.where(
                inside, np.bincount(level, minlength=n_queries), below.tied_positives
            ),
        )

    def ratio_terms(self, base: FloatArray, top: Top) -> RatioTerms:
        """The ratio form's terms of the top of ``base (Q, G)``, for any weights and xi."""
        forward = places(top.rows, -base[top.rows, top.items])
        return ratio_terms(self.scores, base, top.rows, top.items, forward, self.bank)

    def matched(self, top: Top, match: Match) -> Float64Array:
        """The standardised match scores of the top, ``(N,)``."""
        return standardised(match(self.match_rows[top.rows], top.items), top.rows)

    def _weighed(self, chosen: npt.NDArray[np.bool_]) -> IntArray:
        """How many captions or images each row of ``(Q, G)`` marks."""
        if (self.weights == 1).all():
            return np.asarray(np.count_nonzero(chosen, axis=1))
        return (chosen.astype(np.float32) @ self.weights.astype(np.float32)).astype(np.int64)


def make_trial(scores: SplitScores, direction: str, *, transductive: bool) -> Trial:
    """The trial of one direction of a split, "t2i" or "i2t"."""
    own, group = scores.caption_to_image, scores.caption_group
    n_images, n_captions = len(scores.i2t.scores), len(own)
    if direction == "t2i":
        one = scores.t2i
        return Trial(
            scores=one.scores[group],
            bank=one.transductive if transductive else one.bank,
            weights=np.ones(n_images),
            queries=np.arange(n_captions),
            items=own,
            image=own,
            match_rows=group,
        )
    one = scores.i2t
    return Trial(
        scores=one.scores,
        bank=one.transductive if transductive else one.bank,
        weights=np.bincount(group, minlength=one.scores.shape[1]).astype(np.float64),
        queries=own,
        items=group,
        image=np.arange(n_images),
        match_rows=np.arange(n_images),
    )


def mean_recall(counts: RankCounts) -> Float64Array:
    """Each query's share ``(Q,)`` of its direction's mean of R@1, R@5 and R@10, in percent."""
    hits = np.mean([counts.above < k for k in RECALL_AT], axis=0)
    shared = np.flatnonzero(counts.tied > counts.tied_positives)  # seldom: only these need chances
    if len(shared):
        ties = RankCounts(counts.above[shared], counts.tied[shared], counts.tied_positives[shared])
        hits[shared] = np.mean([ties.hits(k) for k in RECALL_AT], axis=0)
    return np.asarray(100.0 * hits)
