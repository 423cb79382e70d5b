import numpy as np
import pytest

from benchmarks.loop_rerank import loop_galr, loop_mtfn
from cmpagl.errors import ConfigError
from cmpagl.rank.bank import Bank
from cmpagl.rank.baselines import (
    CSLS,
    DUAL_SOFTMAX,
    GALR,
    MTFN,
    PUBLISHED,
    QB_NORM,
    CSLSConfig,
    DualSoftmaxConfig,
    GaLRConfig,
    MTFNConfig,
    QBNormConfig,
)


def cosines(n_queries=40, n_items=70, seed=0):
    """Positive, without ties."""
    return np.random.default_rng(seed).uniform(0.0, 0.9, size=(n_queries, n_items))


def order(scores, k):
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", [(40, 70), (70, 40), (9, 7)])
def test_mtfn_gives_the_ranks_of_the_published_loop(shape, seed):
    """All places, not only the top: the rest keeps its order."""
    sims = cosines(*shape, seed=seed)
    found = MTFN.rerank(sims, Bank.transductive(sims), MTFNConfig(top_k=15))
    np.testing.assert_array_equal(order(found, shape[1]), loop_mtfn(sims, top_k=15))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", [(40, 70), (70, 40), (9, 7)])
def test_galr_gives_the_ranks_of_the_published_loop(shape, seed):
    """Its first K places; the script leaves the rest level."""
    sims, k = cosines(*shape, seed=seed), min(30, shape[1])
    found = GALR.rerank(sims, Bank.transductive(sims), GaLRConfig())
    expected = loop_galr(sims)
    np.testing.assert_array_equal(order(found, k), order(expected, k))
    rest = order(sims, shape[1])[:, k:]
    np.testing.assert_array_equal(order(found, shape[1])[:, k:], rest)


def test_galr_bank_only_is_the_loop_with_the_query_added_to_the_bank():
    """Each query joins the bank's matrix alone."""
    bank, sims = cosines(30, 50, seed=1), cosines(6, 50, seed=2)
    found = GALR.rerank(sims, Bank.from_scores(bank), GaLRConfig())
    for row, result in zip(sims, found, strict=True):
        expected = loop_galr(np.vstack([bank, row]))[-1:]
        np.testing.assert_array_equal(order(result[None], 30), order(expected, 30))


def test_dual_softmax_orders_by_the_product_of_both_softmaxes():
    """Transductive, and with the query added to a bank."""
    sims, bank = cosines(20, 30), cosines(50, 30, seed=3)

    def product(matrix, t=20.0):
        weights = np.exp(t * matrix)
        return weights / weights.sum(1, keepdims=True) * (weights / weights.sum(0))

    found = DUAL_SOFTMAX.rerank(sims, Bank.transductive(sims), DualSoftmaxConfig())
    np.testing.assert_array_equal(order(found, 30), order(product(sims), 30))
    found = DUAL_SOFTMAX.rerank(sims, Bank.from_scores(bank), DualSoftmaxConfig())
    for row, result in zip(sims, found, strict=True):
        expected = product(np.vstack([bank, row]))[-1:]
        np.testing.assert_array_equal(order(result[None], 30), order(expected, 30))


def test_csls_by_hand():
    """Item 0 is liked by all; the mean of its two best bank scores is taken off."""
    bank = Bank.from_scores([[0.9, 0.1], [0.7, 0.3], [0.1, 0.2]])
    found = CSLS.rerank([[0.6, 0.5]], bank, CSLSConfig(neighbours=2))
    np.testing.assert_allclose(found, [[1.2 - 0.8, 1.0 - 0.25]])


def test_qb_norm_touches_only_queries_that_ask_for_a_hub():
    """Bank queries want item 0: the first query does too and is normalised, the second is not."""
    bank_scores = np.array([[0.9, 0.1, 0.2], [0.8, 0.2, 0.3]])
    sims = np.array([[0.7, 0.6, 0.1], [0.2, 0.6, 0.1]])
    found = QB_NORM.rerank(sims, Bank.from_scores(bank_scores), QBNormConfig(t=20.0))
    normalised = np.exp(20 * sims[0]) / np.exp(20 * bank_scores).sum(axis=0)
    expected = np.log(normalised / normalised[0]) / 20
    np.testing.assert_allclose(found[0] - found[0, 0], expected, atol=1e-12)
    np.testing.assert_array_equal(found[1], sims[1])


@pytest.mark.parametrize("reranker", PUBLISHED, ids=lambda one: one.name)
def test_a_live_query_is_its_row_of_the_batch(reranker):
    """Exactly, in float32, exact bank or live."""
    sims = cosines(12, 200).astype(np.float32)
    scores = cosines(400, 200, seed=5).astype(np.float32)
    for bank in (Bank.from_scores(scores), Bank.from_embeddings(scores, np.eye(200))):
        batch = reranker.rerank(sims, bank)
        for row, expected in zip(sims, batch, strict=True):
            np.testing.assert_array_equal(reranker.rerank(row[None], bank)[0], expected)


@pytest.mark.parametrize("reranker", PUBLISHED, ids=lambda one: one.name)
def test_renumbering_the_gallery_renumbers_the_result(reranker):
    """Ties included; and the order of the queries does not matter."""
    rng = np.random.default_rng(6)
    sims = np.round(cosines(15, 40), 1)
    items, queries = rng.permutation(40), rng.permutation(15)
    before = reranker.rerank(sims, Bank.transductive(sims))
    moved = sims[np.ix_(queries, items)]
    after = reranker.rerank(moved, Bank.transductive(moved))
    np.testing.assert_allclose(after, before[np.ix_(queries, items)], atol=1e-12)


@pytest.mark.parametrize("reranker", PUBLISHED, ids=lambda one: one.name)
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_small_and_constant_matrices_are_defined(reranker, shape):
    """No range, no column sum, one item, one query."""
    for value in (0.0, 0.3):
        sims = np.full(shape, value)
        for bank in (Bank.transductive(sims), Bank.from_scores(sims[:1])):
            found = reranker.rerank(sims, bank)
            assert np.isfinite(found).all()
            assert (found == found[:, :1]).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GaLRConfig(top_k=0), "GaLRConfig.top_k is 0"),
        (lambda: GaLRConfig(xi=float("nan")), "GaLRConfig.xi is nan"),
        (lambda: MTFNConfig(top_k=2.5), "whole number"),
        (lambda: DualSoftmaxConfig(t=0.0), "DualSoftmaxConfig.t is 0.0"),
        (lambda: CSLSConfig(neighbours=0), "CSLSConfig.neighbours"),
        (lambda: QBNormConfig(t=float("inf")), "QBNormConfig.t is inf"),
    ],
)
def test_values_out_of_range_are_refused(make, message):
    """By name, with the rule."""
    with pytest.raises(ConfigError, match=message):
        make()
