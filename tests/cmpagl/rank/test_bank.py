import itertools

import numpy as np
import pytest

from cmpagl.errors import ConfigError, DataError, GalleryError
from cmpagl.rank.bank import Bank, wrongness


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


def test_summary_of_a_small_bank_is_exact():
    """No more queries than levels: nothing is lost but the scores' order."""
    bank = Bank.from_scores(drawn(n_bank=40))
    short = bank.summary(ts=(12.0,), neighbours=(10,), quantiles=64)
    items, values = np.repeat(np.arange(11), 20), np.tile(np.linspace(-0.3, 0.9, 20), 11)
    np.testing.assert_array_equal(short.rank(items, values), bank.rank(items, values))
    np.testing.assert_array_equal(short.soft_extreme(12), bank.soft_extreme(12))
    np.testing.assert_array_equal(short.extremes(), bank.extremes())


def test_summary_of_a_large_bank_is_close_where_it_matters():
    """256 levels for 4,000 queries: places within 25, and b = exp(-xi * rank) within 0.02."""
    scores = np.random.default_rng(4).standard_normal((4000, 5))
    bank, short = Bank.from_scores(scores), Bank.from_scores(scores).summary()
    levels = short.to_arrays()["levels"]
    assert levels.shape[1] <= 256
    items, values = np.repeat(np.arange(5), 400), np.tile(np.linspace(-4, 4, 400), 5)
    true, found = bank.rank(items, values), short.rank(items, values)
    np.testing.assert_array_equal(short.extremes(), bank.extremes())
    assert np.abs(found - true).max() < 25
    b_true, b_found = (np.exp(-0.05 * rank * 1000 / 4000) for rank in (true, found))
    assert np.abs(b_found - b_true).max() < 0.02
    first = true <= 5
    np.testing.assert_allclose(found[first], true[first])
    assert (np.diff(found.reshape(5, 400), axis=1) <= 0).all()  # a higher score, a better place


def test_embeddings_give_the_summary_of_their_products(monkeypatch):
    """Block by block (here 3 blocks, the last one smaller) as in one piece."""
    gallery, queries = vectors(700), vectors(300, seed=1)
    whole = Bank.from_scores(queries @ gallery.T).summary(ts=(5.0,), neighbours=(3,))
    monkeypatch.setattr("cmpagl.rank.bank._BLOCK_VALUES", 300 * 250)
    blocks = Bank.from_embeddings(queries, gallery, ts=(5.0,), neighbours=(3,)).to_arrays()
    for name, expected in whole.to_arrays().items():
        np.testing.assert_allclose(blocks[name], expected, atol=1e-6, err_msg=name)


def test_wrongness_falls_where_an_item_says_what_is_right():
    """By the cosine: 1 up to 0.2, 0 from 0.35, a line between."""
    cosines = np.array([-1.0, 0.2, 0.23, 0.275, 0.32, 0.35, 1.0])
    items = np.column_stack([cosines, np.sqrt(1 - cosines**2)])
    found = wrongness(np.array([[1.0, 0.0], [-1.0, 0.0]]), items)
    np.testing.assert_allclose(found[0], [1, 1, 0.8, 0.5, 0.2, 0, 0], atol=1e-12)
    np.testing.assert_allclose(found[1], [0, 1, 1, 1, 1, 1, 1], atol=1e-12)


def test_weights_count_in_soft_extremes_alone():
    """A hub of queries that are right to like it is none; ranks and means keep them."""
    scores, weights = drawn(), np.random.default_rng(1).uniform(0, 1, (300, 11))
    bank, plain = Bank.from_scores(scores, weights), Bank.from_scores(scores)
    expected = np.log((weights * np.exp(8.0 * scores)).mean(axis=0)) / 8.0
    np.testing.assert_allclose(bank.soft_extreme(8.0), expected)
    chosen = np.array([4, 1, 1])
    np.testing.assert_allclose(bank.take(chosen).soft_extreme(8.0), expected[chosen])
    np.testing.assert_allclose(bank.summary(ts=(8.0,)).soft_extreme(8.0), expected)
    np.testing.assert_array_equal(bank.mean(), plain.mean())
    np.testing.assert_array_equal(bank.top_mean(5), plain.top_mean(5))
    pairs = np.arange(11), np.full(11, 0.5)
    np.testing.assert_array_equal(bank.rank(*pairs), plain.rank(*pairs))


def test_embeddings_of_what_is_right_weigh_the_products(monkeypatch):
    """Block by block as in one piece."""
    gallery, queries, right = vectors(70), vectors(30, seed=1), vectors(30, seed=2)
    exact = Bank.from_scores(queries @ gallery.T, wrongness(right, gallery))
    monkeypatch.setattr("cmpagl.rank.bank._BLOCK_VALUES", 30 * 25)
    blocks = Bank.from_embeddings(queries, gallery, right_embeds=right, ts=(5.0,))
    np.testing.assert_allclose(blocks.soft_extreme(5.0), exact.soft_extreme(5.0), atol=1e-6)
    plain = Bank.from_embeddings(queries, gallery, ts=(5.0,))
    assert (blocks.soft_extreme(5.0) < plain.soft_extreme(5.0)).all()


def test_stored_and_read_again_a_bank_is_the_same(tmp_path):
    """Through safetensors, as an index keeps it; an exact bank keeps all of its levels."""
    from safetensors.numpy import load_file, save_file

    items, values = np.array([3, 0, 7]), np.array([0.1, 0.5, 0.79], np.float32)
    scores = drawn().astype(np.float32)
    for bank in (
        Bank.from_scores(scores),
        Bank.from_scores(scores).summary(ts=(8.0, 12.0), neighbours=(10,), quantiles=50),
    ):
        save_file(bank.to_arrays(), tmp_path / "bank.safetensors")
        again = Bank.from_arrays(load_file(tmp_path / "bank.safetensors"))
        assert (again.size, again.n_items, again.dtype) == (300, 11, np.float32)
        assert again.ts == bank.ts
        np.testing.assert_array_equal(again.rank(items, values), bank.rank(items, values))
        np.testing.assert_array_equal(again.favourites(), bank.favourites())
        np.testing.assert_array_equal(again.mean(), bank.mean())
        for t in bank.ts:
            np.testing.assert_array_equal(again.soft_extreme(t), bank.soft_extreme(t))


@pytest.mark.parametrize("exact", [True, False])
def test_a_selection_of_items_is_the_bank_of_the_selection(exact):
    """A filter, another order, and repeated items (equal captions)."""
    chosen = np.array([4, 1, 1, 9])
    bank, part = Bank.from_scores(drawn()), Bank.from_scores(drawn()[:, chosen])
    taken = (bank if exact else bank.summary(ts=(8.0,), neighbours=(5,))).take(chosen)
    np.testing.assert_allclose(taken.soft_extreme(8.0), part.soft_extreme(8.0))
    np.testing.assert_array_equal(taken.extremes(), part.extremes())
    np.testing.assert_allclose(taken.top_mean(5), part.top_mean(5))
    pairs = np.arange(4), np.array([0.1, 0.2, 0.2, 0.75])
    np.testing.assert_allclose(taken.rank(*pairs), part.rank(*pairs), atol=3.0)


def test_a_damaged_store_is_refused_by_name():
    """Missing, cut, or not finite."""
    arrays = Bank.from_scores(drawn()).summary(ts=(8.0,)).to_arrays()
    without = {name: value for name, value in arrays.items() if name != "levels"}
    with pytest.raises(GalleryError, match="lacks levels"):
        Bank.from_arrays(without)
    with pytest.raises(GalleryError, match="soft_extremes"):
        Bank.from_arrays({**arrays, "soft_extremes": arrays["soft_extremes"][:, :-1]})
    broken = arrays["levels"].copy()
    broken[2, 3] = np.nan
    with pytest.raises(GalleryError, match="levels"):
        Bank.from_arrays({**arrays, "levels": broken})


def test_a_summary_says_what_it_lacks():
    """The t that it was made for are named."""
    short = Bank.from_scores(drawn()).summary(ts=(8.0, 12.0), neighbours=(10,))
    with pytest.raises(ConfigError, match=r"t = 9 \(kept: 8, 12\)"):
        short.soft_extreme(9.0)
    with pytest.raises(ConfigError, match=r"5 highest scores \(kept: 10\)"):
        short.top_mean(5)


def test_values_out_of_range_are_refused():
    """With the rule."""
    bank = Bank.from_scores(drawn())
    for t in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(ConfigError, match="above 0"):
            bank.soft_extreme(t)
    with pytest.raises(ConfigError, match="at least 1"):
        bank.top_mean(0)
    with pytest.raises(ConfigError, match="at least 2"):
        bank.summary(quantiles=1)
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
    assert Bank.from_arrays(bank.to_arrays()).rank(np.array([0]), np.array([0.4])).tolist() == [1]
