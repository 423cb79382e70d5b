import itertools

import numpy as np
import pytest

from cmpagl.errors import ConfigError, DataError
from cmpagl.rank.bank import Bank
from cmpagl.rank.bank_scores import wrongness


def drawn(n_bank=300, n_items=11, seed=0):
    return np.random.default_rng(seed).uniform(-0.2, 0.8, size=(n_bank, n_items))


def vectors(n, width=12, seed=0):
    values = np.random.default_rng(seed).standard_normal((n, width)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_statistics_of_a_hand_worked_bank():
    """Three queries, two items."""
    bank = Bank.from_scores([[0.1, 0.9], [0.2, 0.3], [0.6, 0.3]])
    assert (bank.size, bank.n_items, bank.dtype) == (3, 2, np.float64)
    lowest, highest = bank.extremes()
    assert (lowest.tolist(), highest.tolist()) == ([0.1, 0.3], [0.6, 0.9])
    np.testing.assert_allclose(bank.mean(), [0.3, 0.5])
    np.testing.assert_allclose(bank.top_mean(2), [0.4, 0.6])
    np.testing.assert_allclose(bank.top_mean(99), bank.mean())
    assert bank.favourites().tolist() == [True, True]
    # above 0.2 lies one score of item 0; nothing lies above 0.9 in item 1, all above 0
    ranks = bank.rank(np.array([0, 1, 1]), np.array([0.2, 0.9, 0.0]))
    assert ranks.tolist() == [2, 1, 4]


def test_soft_extreme_lies_between_mean_and_maximum():
    """It grows with t from the one to the other."""
    bank = Bank.from_scores(drawn())
    values = [bank.mean(), *(bank.soft_extreme(t) for t in (1e-3, 1, 8, 30, 1e4))]
    values.append(bank.extremes()[1])
    for smaller, larger in itertools.pairwise(values):
        assert (smaller < larger + 1e-4).all()
    np.testing.assert_allclose(values[1], values[0], atol=1e-3)
    np.testing.assert_allclose(values[-2], values[-1], atol=1e-3)


def test_rank_counts_strictly_higher_scores_sorted_or_not():
    """Few pairs are counted, many looked up in sorted columns: the same places, ties included."""
    scores = np.random.default_rng(1).integers(0, 20, size=(50, 12)).astype(float)
    items = np.random.default_rng(2).integers(0, 12, size=200)
    values = np.random.default_rng(3).integers(-1, 21, size=200).astype(float)
    expected = [1 + (scores[:, i] > v).sum() for i, v in zip(items, values, strict=True)]
    many, few = Bank.from_scores(scores), Bank.from_scores(scores)
    assert many.rank(items, values).tolist() == expected
    assert [few.rank(items[[n]], values[[n]])[0] for n in range(200)] == expected


def test_wrongness_falls_where_an_item_says_what_is_right():
    """By the cosine: 1 up to 0.2, a line from there towards 0 at 0.35, a tenth at least."""
    cosines = np.array([-1.0, 0.2, 0.23, 0.275, 0.32, 0.35, 1.0])
    items = np.column_stack([cosines, np.sqrt(1 - cosines**2)])
    found = wrongness(np.array([[1.0, 0.0], [-1.0, 0.0]]), items)
    np.testing.assert_allclose(found[0], [1, 1, 0.8, 0.5, 0.2, 0.1, 0.1], atol=1e-12)
    np.testing.assert_allclose(found[1], [0.1, 1, 1, 1, 1, 1, 1], atol=1e-12)


def test_weights_count_in_soft_extremes_alone():
    """A hub of queries that are right to like it is none; ranks and means keep them."""
    scores, weights = drawn(), np.random.default_rng(1).uniform(0, 1, (300, 11))
    bank, plain = Bank.from_scores(scores, weights), Bank.from_scores(scores)
    expected = np.log((weights * np.exp(8.0 * scores)).mean(axis=0)) / 8.0
    np.testing.assert_allclose(bank.soft_extreme(8.0), expected)
    chosen = np.array([4, 1, 1])
    np.testing.assert_allclose(bank.take(chosen).soft_extreme(8.0), expected[chosen])
    np.testing.assert_array_equal(bank.mean(), plain.mean())
    np.testing.assert_array_equal(bank.top_mean(5), plain.top_mean(5))
    pairs = np.arange(11), np.full(11, 0.5)
    np.testing.assert_array_equal(bank.rank(*pairs), plain.rank(*pairs))


@pytest.mark.parametrize("right", [None, vectors(30, seed=2)])
def test_a_live_bank_answers_as_the_products_themselves(monkeypatch, right):
    """Block by block (here 3 blocks, the last one smaller), of all items or of those asked for."""
    gallery, queries = vectors(70), vectors(30, seed=1)
    weights = None if right is None else wrongness(right, gallery)
    exact = Bank.from_scores(queries @ gallery.T, weights)
    monkeypatch.setattr("cmpagl.rank.bank_scores._BLOCK_VALUES", 30 * 25)
    live = Bank.from_embeddings(queries, gallery, right_embeds=right)
    items = np.random.default_rng(2).integers(0, 70, 400)
    values = np.random.default_rng(3).uniform(-1, 1, 400).astype(np.float32)
    assert (live.size, live.n_items, live.dtype) == (30, 70, np.float32)
    np.testing.assert_array_equal(live.rank(items, values), exact.rank(items, values))
    np.testing.assert_allclose(live.extremes(items), exact.extremes(items), atol=1e-6)
    np.testing.assert_allclose(live.extremes(), exact.extremes(), atol=1e-6)
    np.testing.assert_allclose(live.soft_extreme(5.0), exact.soft_extreme(5.0), atol=1e-6)
    np.testing.assert_allclose(live.top_mean(3), exact.top_mean(3), atol=1e-6)
    np.testing.assert_allclose(live.mean(), exact.mean(), atol=1e-6)
    np.testing.assert_allclose(live.best_scores(), exact.best_scores(), atol=1e-6)
    np.testing.assert_array_equal(live.favourites(), exact.favourites())


def test_soft_extremes_that_are_known_are_not_computed():
    """Those of a store, also of a selection; another t is computed, once for nearly all items."""
    known = np.arange(40, dtype=np.float32)
    live = Bank.from_embeddings(vectors(30, seed=1), vectors(40), soft_extremes={9.0: known})
    exact = Bank.from_scores(vectors(30, seed=1) @ vectors(40).T)
    for chosen in (np.array([7, 7, 0]), np.arange(1, 40)):
        taken = live.take(chosen)
        np.testing.assert_array_equal(taken.soft_extreme(9.0), known[chosen])
        np.testing.assert_allclose(
            taken.soft_extreme(5.0), exact.soft_extreme(5.0)[chosen], atol=1e-6
        )


@pytest.mark.parametrize("exact", [True, False])
def test_a_selection_of_items_is_the_bank_of_the_selection(exact):
    """A filter, another order, and repeated items (equal captions)."""
    chosen = np.array([4, 1, 1, 9])
    scores = (vectors(300, seed=1) @ vectors(11).T).astype(np.float64)
    part = Bank.from_scores(scores[:, chosen])
    bank = Bank.from_scores(scores)
    if not exact:
        bank = Bank.from_embeddings(vectors(300, seed=1), vectors(11))
    taken = bank.take(chosen)
    np.testing.assert_allclose(taken.soft_extreme(8.0), part.soft_extreme(8.0), atol=1e-6)
    np.testing.assert_allclose(taken.extremes(), part.extremes(), atol=1e-6)
    np.testing.assert_allclose(taken.top_mean(5), part.top_mean(5), atol=1e-6)
    pairs = np.arange(4), np.array([0.1, 0.2, 0.2, 0.75])
    np.testing.assert_array_equal(taken.rank(*pairs), part.rank(*pairs))
    np.testing.assert_array_equal(taken.favourites(), bank.favourites()[chosen])


def test_values_out_of_range_are_refused():
    """With the rule."""
    bank = Bank.from_scores(drawn())
    for t in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(ConfigError, match="above 0"):
            bank.soft_extreme(t)
    with pytest.raises(ConfigError, match="at least 1"):
        bank.top_mean(0)
    with pytest.raises(DataError, match="12 wide and the gallery's 8"):
        Bank.from_embeddings(vectors(3), vectors(3, width=8))
    with pytest.raises(DataError, match=r"shape \(2, 12\) and the bank \(3, 12\)"):
        Bank.from_embeddings(vectors(3), vectors(3), right_embeds=vectors(2))
    with pytest.raises(DataError, match=r"weights of shape \(1, 2\)"):
        Bank.from_scores([[0.1], [0.2]], [[1.0, 1.0]])
    with pytest.raises(DataError, match=r"the lowest -1"):
        Bank.from_scores([[0.1], [0.2]], [[1.0], [-1.0]])
    with pytest.raises(DataError, match="The bank's score matrix holds nan"):
        Bank.from_scores([[np.nan]])


def test_a_bank_of_one_query_and_one_item():
    """Everything is defined."""
    bank = Bank.from_scores([[0.4]])
    assert bank.soft_extreme(12.0).tolist() == [0.4]
    assert bank.rank(np.array([0, 0]), np.array([0.3, 0.5])).tolist() == [2, 1]
    assert bank.rank(np.array([0]), np.array([0.4])).tolist() == [1]
