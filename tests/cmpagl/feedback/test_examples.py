"""What marks and unwanted words do to scores, on rows whose answer is known."""

import time

import numpy as np
import pytest
from tiny_split import unit

from cmpagl.errors import QueryError
from cmpagl.feedback.examples import MOST_MARKS, WEIGHT, centred, exclude, learn, standard


def crowd(n=200, width=16, seed=0):
    """Two kinds of scenes in turns, and a query that cannot tell them apart."""
    rng = np.random.default_rng(seed)
    kinds = rng.standard_normal((2, width))
    rows = centred(unit(kinds[np.arange(n) % 2] + 0.5 * rng.standard_normal((n, width))))
    return rows, standard(rng.standard_normal(n))


def test_without_marks_nothing_changes():
    assert not learn(crowd()[0], [], []).any()


def test_scenes_like_the_good_ones_rise_above_those_like_the_bad():
    """Three of each kind are marked; nearly all the others of the good kind then stand above."""
    rows, scores = crowd()
    added = learn(rows, [0, 2, 4], [1, 3, 5])
    assert added[0::2].mean() > 0.5 > 0 > added[1::2].mean()
    best = np.argsort(-(scores + added))[:50]
    assert (best % 2 == 0).mean() > 0.9


def test_it_is_rocchios_formula():
    """Twice the mean cosine with the good, minus that with the bad, by plain loops."""
    rows, _ = crowd(n=20)
    added = learn(rows, [3, 7], [1, 2, 9])
    for scene in range(20):
        likes = np.mean([rows[scene] @ rows[n] for n in (3, 7)])
        dislikes = np.mean([rows[scene] @ rows[n] for n in (1, 2, 9)])
        assert added[scene] == pytest.approx(WEIGHT * (2 * likes - dislikes), abs=1e-5)


def test_what_all_scenes_share_says_nothing():
    """Moving every embedding alike changes nothing: only what tells scenes apart is learned."""
    rng = np.random.default_rng(0)
    embeds = rng.standard_normal((30, 8)).astype(np.float32)
    moved = learn(centred(embeds + 5), [0], [1])
    np.testing.assert_allclose(moved, learn(centred(embeds), [0], [1]), atol=1e-4)


def test_what_is_not_wanted_falls_and_nothing_rises():
    taken = exclude(np.array([-2.0, 0.0, 1.0, 3.0]))
    np.testing.assert_array_equal(taken, [0, 0, 0, -2])


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ([1], [1], "marked twice"),
        ([500], [], "names no scene"),
        (list(range(150)), list(range(150, MOST_MARKS + 1)), "at most"),
    ],
)
def test_marks_that_cannot_be(good, bad, said):
    rows, _ = crowd(n=MOST_MARKS + 50)
    with pytest.raises(QueryError, match=said):
        learn(rows, good, bad)


def test_sixty_marks_in_ten_thousand_scenes_take_a_moment():
    """Far below the 100 ms in which the page has to answer."""
    rows = centred(unit(np.random.default_rng(0).standard_normal((10_000, 256))))
    assert min(_seconds(rows) for _ in range(3)) < 0.05


def _seconds(rows):
    start = time.process_time()
    learn(rows, list(range(30)), list(range(30, 60)))
    return time.process_time() - start
