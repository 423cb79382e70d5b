import itertools

import numpy as np
import pytest
from tiny_split import random_bank, random_split, tiny_fusion

from cmpagl.config.ranking import SMRConfig
from cmpagl.measure.metrics import retrieval
from cmpagl.measure.split_stages import split_scores
from cmpagl.measure.trial import make_trial, mean_recall
from cmpagl.rank.match import MatchScores, fuse_top
from cmpagl.rank.smr import rerank

CASES = list(itertools.product(("t2i", "i2t"), (False, True)))


@pytest.fixture(scope="module")
def split():
    return random_split(20)


@pytest.fixture(scope="module")
def scores(split):
    return split_scores(split, random_bank())


def by_metrics(split, scores, direction, values):
    """The counts that `retrieval` finds for one direction's values over distinct captions."""
    group, own = split.caption_group, split.caption_to_image
    i2t, t2i = scores.i2t.scores[:, group], scores.t2i.scores[group]
    if direction == "t2i":
        return retrieval(i2t, values, own).t2i
    return retrieval(values[:, group], t2i, own).i2t


def same(found, expected):
    for name in ("above", "tied", "tied_positives"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)


@pytest.mark.parametrize(("direction", "transductive"), CASES)
def test_counts_are_those_of_the_metrics(split, scores, direction, transductive):
    """Ties among equal captions included: an item counts as often as it is written."""
    trial = make_trial(scores, direction, transductive=transductive)
    softened = trial.softened(SMRConfig(t=5.0, alpha=0.7))
    for values in (trial.scores, np.round(trial.scores, 1), softened):
        same(trial.counts(values), by_metrics(split, scores, direction, values))


@pytest.mark.parametrize(("direction", "transductive"), CASES)
@pytest.mark.parametrize("form", ["ratio", "combined"])
def test_reordering_the_top_counts_as_reranking_does(direction, transductive, form, scores):
    """The quick way over pairs against `rerank` on the whole matrix, for several settings, with
    votes balanced or not."""
    trial = make_trial(scores, direction, transductive=transductive)
    for k, xi, (lf, lb, le) in itertools.product(
        (1, 4, 9, 99), (0.05, 0.3), ((0, 1, 1), (1, 0.5, 0), (0, 0, 2))
    ):
        config = SMRConfig(form, 6, 0.6, k % 2 * 3, top_k=k, xi=xi, lf=lf, lb=lb, le=le)
        base = trial.softened(config) if form == "combined" else trial.scores
        top = trial.top(base, k)
        values = trial.ratio_terms(base, top).reweighted(config)
        same(trial.reordered(top, values), trial.counts(rerank(trial.scores, trial.bank, config)))


@pytest.mark.parametrize("direction", ["t2i", "i2t"])
def test_fusing_the_top_counts_as_the_stage_does(split, scores, direction):
    """The match score of a repeated caption is looked up by its distinct number."""
    match = getattr(MatchScores(tiny_fusion(), split), direction)
    trial = make_trial(scores, direction, transductive=False)
    top = trial.top(trial.scores, 5)
    values = trial.scores[top.rows, top.items] + 0.3 * trial.matched(top, match)
    whole = fuse_top(trial.scores, lambda rows, items: match(trial.match_rows[rows], items), 0.3, 5)
    same(trial.reordered(top, values), trial.counts(whole))


def test_mean_recall_is_the_mean_of_the_three(split, scores):
    trial = make_trial(scores, "t2i", transductive=False)
    group = split.caption_group
    metrics = retrieval(scores.i2t.scores[:, group], trial.scores, split.caption_to_image).metrics()
    expected = (metrics.t2i_r1 + metrics.t2i_r5 + metrics.t2i_r10) / 3
    assert mean_recall(trial.counts(trial.scores)).mean() == pytest.approx(expected)
