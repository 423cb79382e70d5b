import numpy as np
import pytest

from cmpagl.config.ranking import SMRConfig
from cmpagl.errors import QueryError
from cmpagl.rank.baselines import CSLS
from cmpagl.rank.stage import ALIGNED, FINAL, stage_named
from cmpagl.search.ranking import make_ranking, moves, rival


def ranking(scores, candidates=None, stage=ALIGNED, **more):
    scores = np.asarray(scores, np.float64)
    items = np.arange(len(scores)) if candidates is None else np.asarray(candidates)
    return make_ranking(stage, scores, items, 6, **more)


def test_candidates_are_sorted_and_ties_share_a_rank():
    """By hand: of the scenes 5, 1, 3 and 0, two tie and stand by number."""
    found = ranking([0.2, 0.7, 0.9, 0.7], [5, 1, 3, 0])
    assert found.items.tolist() == [3, 0, 1, 5]
    assert found.ranks.tolist() == [1, 2, 2, 4]
    assert found.rank_by_item.tolist() == [2, 2, 0, 1, 0, 4]
    far = make_ranking(ALIGNED, np.array([0.2, 0.7, 0.9, 0.7]), np.array([5, 1, 3, 0]), 10**6)
    for one in (found, far):  # among few items, and among very many
        assert one.ranks_of([3, 2, 0, 5, 4]).tolist() == [1, 0, 2, 4, 0]
        assert one.numbers.tolist() == [0, 1, 3, 5]
    assert found.score_by_item[[3, 5]].tolist() == [0.9, 0.2]
    assert np.isnan(found.score_by_item[[2, 4]]).all()


def test_moves_are_told_by_sign_and_word():
    """First the new top in its order, then what dropped out of the old one."""
    before = ranking([6, 5, 4, 3, 2, 1])
    after = ranking([5, 2, 4, 9, 3, 1])  # order 3, 0, 2, 4, 1, 5
    found = moves(before, after, 3)
    told = [(m.item, m.before, m.after, m.kind, m.by) for m in found]
    assert told == [
        (3, 4, 1, "new", 3),
        (0, 1, 2, "down", -1),
        (2, 3, 3, "same", 0),
        (1, 2, 5, "dropped", -3),
    ]
    assert moves(before, before, 2)[1].kind == "same"
    assert moves(after, before, 6)[1].kind == "up"


def test_rankings_of_other_candidates_are_not_compared():
    with pytest.raises(QueryError, match="same filter"):
        moves(ranking([1, 2]), ranking([1, 2], [0, 3]), 2)


@pytest.mark.parametrize(
    ("stage", "settings", "on"),
    [
        (ALIGNED, None, False),
        (FINAL, SMRConfig("none"), False),
        (FINAL, SMRConfig(), True),
        (stage_named("csls"), CSLS.settings, True),
    ],
)
def test_it_is_said_whether_a_stage_is_on(stage, settings, on):
    found = ranking([1, 2], stage=stage, settings=settings, beta=0.5 * on)
    assert found.reranker_on is found.fusion_on is on


def test_a_rival_is_the_best_overtaken_else_the_last_that_overtook():
    """By hand, from the order 0 1 2 3 to 3 1 0 2: 3 passes all, 2 is passed by 3 alone."""
    before, after = ranking([4, 3, 2, 1]), ranking([2, 3, 1, 4])
    assert [rival(before, after, item) for item in (3, 1, 0, 2)] == [1, 0, 1, 3]
    assert rival(before, before, 2) is None
