import numpy as np
import pytest

from cmpagl.errors import ConfigError, DataError
from cmpagl.rank.arrays import soft_maximum
from cmpagl.rank.bank import Bank
from cmpagl.rank.sinkhorn import sinkhorn_hubness


def cosines(n_queries, n_items, seed=0):
    return np.random.default_rng(seed).uniform(0.0, 0.9, size=(n_queries, n_items))


def test_every_query_and_every_item_ends_with_one_vote():
    """The matrix ``exp(t (A - v - h))``: items exactly, queries as the steps converge."""
    scores, t = cosines(30, 20), 10.0
    hubness = sinkhorn_hubness(scores, t=t, steps=200)
    left = np.exp(t * (scores - hubness))
    balanced = left / left.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(balanced.mean(axis=0), 1.0, atol=1e-9)


def test_one_step_weighs_each_query_by_how_much_it_likes_all():
    """By hand: queries first, against items that are all alike, then items."""
    scores, t = cosines(12, 9, seed=1), 20.0
    of_query = np.log(np.exp(t * scores).mean(axis=1)) / t
    expected = np.log(np.exp(t * (scores - of_query[:, None])).mean(axis=0)) / t
    np.testing.assert_allclose(sinkhorn_hubness(scores, t=t, steps=1), expected)


def test_a_query_that_likes_everything_makes_no_hub():
    """Its scores raised by a constant change nothing, where the soft extreme follows them."""
    scores = cosines(25, 15, seed=2)
    louder = scores + np.where(np.arange(25) == 3, 0.5, 0.0)[:, None]
    np.testing.assert_allclose(sinkhorn_hubness(louder), sinkhorn_hubness(scores), atol=1e-12)
    assert np.abs(soft_maximum(louder.T, 50.0) - soft_maximum(scores.T, 50.0)).max() > 0.1


def test_a_target_bank_equal_to_the_gallery_changes_nothing_and_another_does():
    """Items that stand twice share what they had."""
    scores = cosines(40, 12, seed=3)
    alone = sinkhorn_hubness(scores)
    np.testing.assert_allclose(sinkhorn_hubness(scores, scores), alone, atol=1e-12)
    other = sinkhorn_hubness(scores, cosines(40, 60, seed=4))
    assert other.shape == alone.shape
    assert np.ptp(other - alone) > 1e-3


def test_an_item_that_stands_for_several_votes_as_they_do():
    """As a column that is there so often, in a bank as well."""
    scores, times = cosines(40, 12, seed=3), np.arange(12) % 3 + 1
    repeated = np.repeat(scores, times, axis=1)
    expected = sinkhorn_hubness(repeated)[np.cumsum(times) - 1]
    np.testing.assert_allclose(sinkhorn_hubness(scores, occurring=times), expected, atol=1e-12)
    items = np.array([7, 2])
    some = Bank.transductive(scores, times).take(items).balanced_extreme(50.0, 10)
    np.testing.assert_allclose(
        some, sinkhorn_hubness(scores[:, items], occurring=times[items]), atol=1e-12
    )


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_small_and_constant_matrices_are_defined(shape):
    """Where nothing differs, no item is a hub."""
    found = sinkhorn_hubness(np.full(shape, 0.3))
    np.testing.assert_allclose(found, found[0])


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: sinkhorn_hubness(cosines(3, 4), t=0.0), ConfigError, "t is 0"),
        (lambda: sinkhorn_hubness(cosines(3, 4), steps=0), ConfigError, "steps are 0"),
        (lambda: sinkhorn_hubness(cosines(3, 4), cosines(2, 4)), DataError, "3 queries"),
        (lambda: sinkhorn_hubness([[np.nan]]), DataError, "finite"),
    ],
)
def test_what_does_not_fit_is_refused(make, kind, message):
    """By name, with the rule."""
    with pytest.raises(kind, match=message):
        make()
