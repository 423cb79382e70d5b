"""A live query ranked by two models at once: their z-scores over the candidates, added.

Shapes: n candidates.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cmpagl.rank.arrays import IntArray
from cmpagl.rank.both import both_scores, z_scores
from cmpagl.rank.stage import Stage
from cmpagl.search.ranking import Ranking, SceneExplanation, make_ranking

__all__ = ["both_ranking", "explain_both"]


def both_ranking(stage: Stage, first: Ranking, second: Ranking) -> Ranking:
    """The candidates by both models.

    Args:
        stage: what the result is called.
        first: of one model.
        second: of the other, of the same candidates.
    """
    items = np.sort(first.items)
    rows = (one.score_by_item[items][None] for one in (first, second))
    made = make_ranking(
        stage, both_scores(*rows)[0], items, first.n_gallery, settings=first.settings
    )
    return replace(made, parts=(first, second))


def explain_both(ranking: Ranking, item: int) -> SceneExplanation:
    """What each model adds to a candidate's score in a ranking of `both_ranking`."""
    assert ranking.parts is not None
    items: IntArray = np.sort(ranking.items)
    at = int(np.searchsorted(items, item))
    added = [float(z_scores(one.score_by_item[items][None])[0, at]) for one in ranking.parts]
    first = ranking.parts[0]
    return SceneExplanation(
        item=item,
        rank_before=int(first.rank_by_item[item]),
        rank_after=int(ranking.rank_by_item[item]),
        score=float(first.score_by_item[item]),
        final=float(ranking.score_by_item[item]),
        smr=None,
        match_logit=None,
        match_standardised=None,
        beta=0.0,
        steps={"first_model": added[0], "second_model": added[1]},
    )
