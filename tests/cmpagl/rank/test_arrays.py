import numpy as np
import pytest

from cmpagl.errors import DataError
from cmpagl.rank.arrays import (
    as_scores,
    count_above,
    count_at_most,
    lift,
    places,
    ranks,
    soft_maximum,
    top_pairs,
)


def test_top_pairs_take_all_that_tie_with_the_kth():
    """Row 0's second place is shared by two items, row 1's is not."""
    scores = np.array([[0.1, 0.9, 0.5, 0.5], [0.4, 0.3, 0.2, 0.1]])
    top = top_pairs(scores, 2)
    assert top.rows.tolist() == [0, 0, 0, 1, 1]
    assert top.items.tolist() == [1, 2, 3, 0, 1]
    assert top.threshold.tolist() == [0.5, 0.3]
    assert len(top_pairs(scores, 99).rows) == 8


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("levels", [3, 50, 10**6])
def test_top_pairs_of_wide_rows_are_those_of_a_full_sort(dtype, levels):
    """Many ties, some, none; rows that reach over a block, a width that no group divides."""
    scores = np.random.default_rng(levels).integers(levels, size=(300, 1501)).astype(dtype) / levels
    for matrix in (scores, np.asfortranarray(scores), scores[:, :40]):
        for k in (1, 7, 60):
            top = top_pairs(matrix, k)
            kth = np.sort(matrix, axis=1)[:, max(0, matrix.shape[1] - k)]
            rows, items = np.nonzero(matrix >= kth[:, None])
            assert top.threshold.tolist() == kth.tolist()
            assert top.rows.tolist() == rows.tolist()
            assert top.items.tolist() == items.tolist()


def test_counting_above_agrees_with_a_search():
    rng = np.random.default_rng(0)
    scores = rng.integers(40, size=(20, 301)).astype(np.float32)
    for n_pairs in (7, 900):  # below and above the number of items; one block and several
        items, values = rng.integers(20, size=n_pairs), rng.integers(-1, 41, size=n_pairs)
        expected = [int((scores[i] > v).sum()) for i, v in zip(items, values, strict=True)]
        assert count_above(scores, items, values.astype(np.float32)).tolist() == expected
        levels = np.sort(scores, axis=1)
        assert (301 - count_at_most(levels, items, values)).tolist() == expected


def test_places_by_two_keys_with_ties():
    """Within a row by the first key, then the second; what is equal in both shares a place."""
    rows = np.array([0, 0, 0, 0, 1, 1])
    first = np.array([2, 1, 2, 2, 9, 8])
    second = np.array([5, 7, 5, 4, 0, 0])
    assert places(rows, first, second).tolist() == [3, 1, 3, 2, 2, 1]
    assert places(rows, first).tolist() == [2, 1, 2, 2, 2, 1]


def test_lift_orders_the_top_by_its_values_above_the_rest():
    """The rest keeps its very scores; a large score does not drown the values."""
    for offset in (0.0, -0.4, 1e6):
        scores = (np.array([[0.5, 0.1, 0.4, 0.2, 0.3]]) + offset).astype(np.float32)
        given = scores.copy()
        top = top_pairs(scores, 3)  # items 0, 2, 4
        lift(scores, top, np.array([1.0, 3.0, 2.0]))
        assert np.argsort(-scores[0]).tolist()[:3] == [2, 4, 0]
        assert scores[0, [1, 3]].tolist() == given[0, [1, 3]].tolist()
        assert scores[0, 0] >= given[0, 4]


def test_ranks_count_what_scores_higher():
    """Ties share the better place."""
    assert ranks(np.array([0.1, 0.9, 0.5, 0.5])).tolist() == [4, 1, 2, 2]


@pytest.mark.parametrize("n_levels", [1, 2, 3, 7, 8, 9, 100])
def test_one_search_for_all_agrees_with_numpy_per_item(n_levels):
    """Values below, between, upon and above the levels, with repeated levels."""
    rng = np.random.default_rng(n_levels)
    levels = np.sort(rng.integers(0, n_levels, size=(5, n_levels)), axis=1).astype(np.float32)
    items = np.repeat(np.arange(5), n_levels + 4)
    values = np.tile(np.arange(-2, n_levels + 2, dtype=np.float32), 5)
    expected = [
        np.searchsorted(levels[item], value, side="right")
        for item, value in zip(items, values, strict=True)
    ]
    assert count_at_most(levels, items, values).tolist() == expected


@pytest.mark.parametrize("t", [0.1, 1.0, 12.0, 500.0, 1e4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_soft_maximum_agrees_with_a_loop(t, dtype):
    """In either memory order, sharp or flat, without overflow."""
    scores = np.random.default_rng(0).uniform(-1, 1, size=(7, 150)).astype(dtype)
    expected = []
    for row in scores.astype(np.float64):
        top = row.max()
        expected.append(top + np.log(np.mean([np.exp(t * (x - top)) for x in row])) / t)
    tolerance = 2e-6 / min(t, 1.0) if dtype is np.float32 else 1e-12
    for form in (scores, np.asfortranarray(scores)):
        found = soft_maximum(form, t)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, atol=tolerance)


@pytest.mark.parametrize("t", [0.1, 12.0, 1e4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_weighted_soft_maximum_agrees_with_a_loop(t, dtype):
    """In either memory order; the highest score without a weight does not count."""
    rng = np.random.default_rng(0)
    scores = rng.uniform(-1, 1, size=(70, 150)).astype(dtype)
    weights = np.clip(rng.uniform(-0.5, 1, size=(70, 150)), 0, None).astype(dtype)
    weights[np.arange(70), scores.argmax(axis=1)] = 0
    expected = []
    for row, weight in zip(scores.astype(np.float64), weights, strict=True):
        pairs = [(x, w) for x, w in zip(row, weight, strict=True) if w > 0]
        top = max(x for x, _ in pairs)
        total = sum(w * np.exp(t * (x - top)) for x, w in pairs)
        expected.append(top + np.log(total / 150) / t)
    tolerance = 4e-6 / min(t, 1.0) if dtype is np.float32 else 1e-12
    for order in "CF":
        found = soft_maximum(np.array(scores, order=order), t, np.array(weights, order=order))
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, atol=tolerance)


def test_without_any_weight_all_count():
    scores = np.random.default_rng(0).uniform(-1, 1, size=(3, 20))
    weights = np.ones_like(scores)
    weights[1] = 0
    np.testing.assert_allclose(soft_maximum(scores, 9.0, weights), soft_maximum(scores, 9.0))


def test_as_scores_names_what_is_wrong():
    """The matrix, the place and the rule."""
    assert as_scores([[1, 2]], "It").dtype == np.float64
    with pytest.raises(DataError, match="It holds nan at row 0, column 1"):
        as_scores([[1.0, np.nan]], "It")
    for shape in ((3,), (0, 3), (3, 0), (1, 2, 3)):
        with pytest.raises(DataError, match="must be a matrix"):
            as_scores(np.zeros(shape), "It")
