import itertools
import json

import numpy as np
import pytest

from cmpagl.errors import DataError
from cmpagl.measure.bootstrap import Interval, bootstrap, paired_bootstrap, pooled_bootstrap
from cmpagl.measure.metrics import RankCounts, retrieval
from cmpagl.measure.occurrence import hubness_skewness, k_occurrence

OWN = np.array([0, 0, 1, 1])
"""Two images with two captions each."""


def plain(scores, caption_to_image=OWN, **kwargs):
    """The ranking by one matrix (I, C) both ways."""
    scores = np.asarray(scores, dtype=np.float64)
    return retrieval(scores, scores.T, caption_to_image, **kwargs)


def loop_hits(scores, positives, k):
    """Expected hits by brute force: every order of every row's items that the scores allow."""
    hits = []
    for row, right in zip(scores, positives, strict=True):
        good = total = 0
        for order in itertools.permutations(range(len(row))):
            if all(row[a] >= row[b] for a, b in itertools.pairwise(order)):
                total += 1
                good += any(right[item] for item in order[:k])
        hits.append(good / total)
    return np.array(hits)


def test_hand_worked_matrix():
    """Image 0's best caption is second, image 1's first; captions 0 to 3 find theirs but for 1."""
    metrics = plain([[0.6, 0.1, 0.7, 0.2], [0.5, 0.4, 0.9, 0.3]]).metrics()
    assert metrics.i2t_r1 == 50.0
    assert metrics.i2t_r5 == metrics.i2t_r10 == 100.0
    assert metrics.t2i_r1 == 75.0
    assert metrics.t2i_r5 == metrics.t2i_r10 == 100.0
    assert metrics.mR == pytest.approx((50 + 75 + 4 * 100) / 6)


def test_metrics_go_to_json_by_name():
    """The seven names of the benchmark, each a plain number."""
    content = json.loads(json.dumps(plain(np.eye(2)[:, OWN]).metrics().to_json()))
    assert content == dict.fromkeys(
        ["i2t_r1", "i2t_r5", "i2t_r10", "t2i_r1", "t2i_r5", "t2i_r10", "mR"], 100.0
    )


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_expected_ties_agree_with_every_order_of_the_tied(k):
    """Coarse scores tie often; the formula gives the share of tie orders that have a hit."""
    rng = np.random.default_rng(k)
    scores = rng.integers(0, 3, size=(3, 6)).astype(float)
    own = np.array([0, 0, 0, 1, 1, 2])
    ranking = plain(scores, own)
    positives = own == np.arange(3)[:, None]
    np.testing.assert_allclose(ranking.i2t.hits(k), loop_hits(scores, positives, k), atol=1e-12)
    np.testing.assert_allclose(ranking.t2i.hits(k), loop_hits(scores.T, positives.T, k), atol=1e-12)


def test_expected_rank_is_the_mean_place_of_the_best_positive():
    """Brute force over the orders of 5 tied items with 2 positives, one item above them."""
    counts = RankCounts(above=np.array([1]), tied=np.array([5]), tied_positives=np.array([2]))
    places = [
        1 + min(order.index(0), order.index(1)) + 1 for order in itertools.permutations(range(5))
    ]
    assert counts.ranks()[0] == pytest.approx(np.mean(places))
    assert counts.ranks("optimistic")[0] == min(places)
    assert counts.ranks("pessimistic")[0] == max(places)


def test_constant_matrix_scores_chance():
    """Any other rule for ties would give 0 or 100 percent."""
    own = np.repeat(np.arange(12), 5)
    ranking = plain(np.full((12, 60), 0.3), own)
    metrics = ranking.metrics()
    for k in (1, 5, 10):
        miss = np.prod([(55 - drawn) / (60 - drawn) for drawn in range(k)])
        assert getattr(metrics, f"i2t_r{k}") == pytest.approx(100 * (1 - miss))
        assert getattr(metrics, f"t2i_r{k}") == pytest.approx(100 * k / 12)
    assert ranking.metrics("optimistic").mR == 100.0
    assert ranking.metrics("pessimistic").mR == 0.0


def test_tie_rules_bracket_the_expected_value():
    """Pessimistic <= expected <= optimistic, and all agree where nothing ties."""
    rng = np.random.default_rng(0)
    own = np.repeat(np.arange(20), 3)
    coarse = plain(rng.integers(0, 6, size=(20, 60)), own)
    low, mid, high = (coarse.metrics(rule).mR for rule in ("pessimistic", "expected", "optimistic"))
    assert low < mid < high
    fine = plain(rng.standard_normal((20, 60)), own)
    assert len({fine.metrics(rule).mR for rule in ("pessimistic", "expected", "optimistic")}) == 1


def test_equal_right_accepts_a_caption_that_reads_the_same():
    """Captions 1 and 2 are equal and tie; each is right for one image by its words alone."""
    scores = [[0.1, 0.8, 0.8, 0.2], [0.1, 0.3, 0.3, 0.2]]
    own_only = plain(scores)
    equal = plain(scores, caption_group=np.array([7, 3, 3, 9]))
    assert own_only.i2t.hits(1).tolist() == [0.5, 0.5]  # the best caption ties with the other's
    assert equal.i2t.hits(1).tolist() == [1.0, 1.0]
    assert own_only.t2i.hits(1).tolist() == [0.5, 1.0, 0.0, 0.5]
    assert equal.t2i.hits(1).tolist() == [0.5, 1.0, 1.0, 0.5]


def test_distinct_captions_make_equal_right_the_plain_figure():
    """With a group per caption there is nothing more to be right."""
    rng = np.random.default_rng(1)
    own = np.repeat(np.arange(9), 4)
    scores = rng.standard_normal((9, 36))
    grouped = plain(scores, own, caption_group=rng.permutation(36))
    assert grouped.metrics() == plain(scores, own).metrics()


def test_order_of_images_and_captions_does_not_matter():
    """Renumbering both leaves every figure, ties and equal captions included."""
    rng = np.random.default_rng(2)
    own, group = rng.permutation(np.repeat(np.arange(8), 3)), rng.integers(0, 15, 24)
    scores = rng.integers(0, 5, size=(8, 24)).astype(float)
    before = plain(scores, own, caption_group=group).metrics()
    images, captions = rng.permutation(8), rng.permutation(24)
    new_own = np.argsort(images)[own[captions]]
    moved = plain(scores[np.ix_(images, captions)], new_own, caption_group=group[captions])
    assert moved.metrics().to_json() == pytest.approx(before.to_json())


def test_the_two_directions_may_be_ranked_apart():
    """After a rerank text->image is no longer the transpose of image->text."""
    good = np.eye(2)[:, OWN]
    metrics = retrieval(good, (1 - good).T, OWN).metrics()
    assert (metrics.i2t_r1, metrics.t2i_r1) == (100.0, 0.0)


def test_bootstrap_agrees_with_resampling_by_hand():
    """The intervals are the percentiles of the recalls of drawn images with their captions."""
    rng = np.random.default_rng(3)
    own = np.concatenate([np.repeat(np.arange(10), 2), np.arange(10)])
    ranking = plain(rng.standard_normal((10, 30)), own)
    found = bootstrap(ranking, n_resamples=400, seed=5)
    by_hand = []
    draws = np.random.default_rng(5).multinomial(10, np.full(10, 0.1), size=400)
    for times in draws:
        images = np.repeat(np.arange(10), times)
        captions = np.concatenate([np.flatnonzero(own == image) for image in images])
        by_hand.append(100 * ranking.t2i.hits(1)[captions].mean())
    low, high = np.percentile(by_hand, [2.5, 97.5])
    assert found["t2i_r1"].low == pytest.approx(low)
    assert found["t2i_r1"].high == pytest.approx(high)
    assert found["t2i_r1"].value == pytest.approx(ranking.metrics().t2i_r1)
    assert found["mR"].low < found["mR"].value < found["mR"].high
    one = bootstrap(plain(np.array([[0.2, 0.4]]), np.array([0, 0])))["mR"]
    assert one == Interval(100.0, None, None)
    assert one.between("5.2f") == "(no interval)"


def test_paired_interval_is_narrower_than_two_apart():
    """The same images on both sides: a small steady gain shows, a ranking against itself is 0."""
    rng = np.random.default_rng(4)
    own = np.repeat(np.arange(200), 2)
    noise = rng.standard_normal((200, 400))
    signal = (own == np.arange(200)[:, None]).astype(float)
    before, after = plain(noise + 1.5 * signal, own), plain(noise + 2.0 * signal, own)
    gain = paired_bootstrap(before, after, n_resamples=500)["mR"]
    alone = bootstrap(after, n_resamples=500)["mR"]
    assert gain.value == pytest.approx(after.metrics().mR - before.metrics().mR)
    assert gain.low > 0
    assert gain.high - gain.low < alone.high - alone.low
    none = paired_bootstrap(before, before, n_resamples=50)["mR"]
    assert (none.low, none.value, none.high) == (0.0, 0.0, 0.0)
    with pytest.raises(DataError, match="different captions"):
        paired_bootstrap(before, plain(np.eye(2)[:, OWN]))


def test_pooled_interval_of_data_sets():
    """Each drawn by itself, weighed by its images: narrower than either, about their mean."""
    rng = np.random.default_rng(3)
    pairs = []
    for n in (60, 120):
        own = np.repeat(np.arange(n), 2)
        right = np.arange(n)[:, None] == own
        before, after = (rng.normal(size=right.shape) + gain * right for gain in (1.0, 1.4))
        pairs.append(tuple(retrieval(m, m.T, own) for m in (before, after)))
    small, large = (paired_bootstrap(*pair)["mR"] for pair in pairs)
    both = pooled_bootstrap(pairs)["mR"]
    assert both.value == pytest.approx((small.value + 2 * large.value) / 3)
    assert both.high - both.low < min(small.high - small.low, large.high - large.low)
    assert pooled_bootstrap(pairs[:1]) == paired_bootstrap(*pairs[0])


def test_k_occurrence_counts_and_shares():
    """Item 0 is everybody's first; a tie at the k-th place is shared; the sum is Q * k."""
    scores = np.array([[0.9, 0.5, 0.5, 0.1], [0.8, 0.2, 0.3, 0.1]])
    np.testing.assert_allclose(k_occurrence(scores, 1), [2, 0, 0, 0])
    np.testing.assert_allclose(k_occurrence(scores, 2), [2, 0.5, 1.5, 0])
    np.testing.assert_allclose(k_occurrence(scores, 9), [2, 2, 2, 2])
    assert hubness_skewness(k_occurrence(scores, 1)) > 1
    assert hubness_skewness([2.0, 2.0, 2.0]) == 0.0
    with pytest.raises(DataError, match="k is 0"):
        k_occurrence(scores, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_non_finite_scores_are_refused_with_their_place(bad):
    """A NaN would silently count as lower than everything."""
    scores = np.zeros((2, 4))
    scores[1, 2] = bad
    with pytest.raises(DataError, match="row 1, column 2"):
        retrieval(scores, np.zeros((4, 2)), OWN)
    with pytest.raises(DataError, match="row 2, column 1"):
        retrieval(np.zeros((2, 4)), scores.T, OWN)


@pytest.mark.parametrize(
    ("shape", "own", "message"),
    [
        ((2, 4), [0, 0, 0, 0], "Image 1 has no caption"),
        ((2, 4), [0, 1, 1, 2], "from 0 to 1"),
        ((2, 4), [0, 1, 1, -1], "from 0 to 1"),
        ((2, 4), [0.0, 0.0, 1.0, 1.0], "whole numbers"),
        ((2, 4), [0, 0, 1], r"\(C,\)"),
        ((2, 0), [], "at least one row"),
        ((8,), [0] * 8, "must be a matrix"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shape, own, message):
    """Each with a sentence that says what is wrong."""
    scores = np.zeros(shape)
    with pytest.raises(DataError, match=message):
        retrieval(scores, scores.T, np.array(own))


def test_text_groups_of_another_length_are_refused():
    """One number per caption."""
    with pytest.raises(DataError, match="caption_group"):
        plain(np.zeros((2, 4)), caption_group=np.zeros(3, int))
