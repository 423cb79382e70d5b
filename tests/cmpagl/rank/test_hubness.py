import numpy as np
import pytest

from cmpagl.errors import ConfigError, DataError
from cmpagl.rank.bank import Bank
from cmpagl.rank.hubness import DBSN, MEASURED, NNN, DBSNConfig, NNNConfig
from cmpagl.rank.sinkhorn import sinkhorn_hubness
from cmpagl.rank.stage import LIVE, STAGES


def cosines(n_queries=12, n_items=60, seed=0):
    return np.random.default_rng(seed).uniform(0.0, 0.9, size=(n_queries, n_items))


def test_nnn_by_hand():
    """Item 0 is liked by all; three quarters of its two best bank scores' mean are taken off."""
    bank = Bank.from_scores([[0.9, 0.1], [0.7, 0.3], [0.1, 0.2]])
    found = NNN.rerank([[0.6, 0.5]], bank, NNNConfig(neighbours=2))
    np.testing.assert_allclose(found, [[0.6 - 0.75 * 0.8, 0.5 - 0.75 * 0.25]])


def test_dbsn_takes_off_what_both_banks_say():
    """Training items vote with the gallery; with the split's own queries there are none."""
    bank_scores, targets, sims = cosines(50, 60, 1), cosines(50, 90, 2), cosines()
    found = DBSN.rerank(sims, Bank.from_scores(bank_scores, targets=targets))
    expected = sims - sinkhorn_hubness(bank_scores, targets, t=100.0, steps=10)
    np.testing.assert_allclose(found, expected)
    transductive = DBSN.rerank(sims, Bank.transductive(sims))
    np.testing.assert_allclose(transductive, sims - sinkhorn_hubness(sims, t=100.0, steps=10))


def test_training_items_stay_with_a_selection_of_the_gallery():
    """`Bank.take` changes the gallery, not who else votes."""
    bank_scores, targets = cosines(50, 60, 1), cosines(50, 90, 2)
    chosen = np.array([3, 3, 40])
    taken = Bank.from_scores(bank_scores, targets=targets).take(chosen)
    expected = Bank.from_scores(bank_scores[:, chosen], targets=targets)
    np.testing.assert_allclose(taken.balanced_extreme(50.0, 3), expected.balanced_extreme(50.0, 3))


@pytest.mark.parametrize("reranker", MEASURED, ids=lambda one: one.name)
def test_a_query_is_its_row_of_the_batch(reranker):
    """Exactly, in float32: the shift is the gallery's, not the queries'."""
    sims = cosines().astype(np.float32)
    bank = Bank.from_scores(
        cosines(200, 60, 3).astype(np.float32), targets=cosines(200, 80, 4).astype(np.float32)
    )
    batch = reranker.rerank(sims, bank)
    for row, expected in zip(sims, batch, strict=True):
        np.testing.assert_array_equal(reranker.rerank(row[None], bank)[0], expected)


@pytest.mark.parametrize("reranker", MEASURED, ids=lambda one: one.name)
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_small_and_constant_matrices_are_defined(reranker, shape):
    """No range, one item, one query."""
    sims = np.full(shape, 0.3)
    for bank in (Bank.transductive(sims), Bank.from_scores(sims[:1])):
        found = reranker.rerank(sims, bank)
        assert np.isfinite(found).all()
        assert np.ptp(found) < 1e-12


def test_measured_and_not_offered():
    """A split is measured by them; a live query cannot be ranked by them, so no index pays."""
    names = [stage.name for stage in STAGES if stage.reranker in MEASURED]
    assert names == ["nnn", "dbsn_transductive", "dbsn"]
    assert not any(stage.reranker in MEASURED for stage in LIVE)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NNNConfig(neighbours=0), "NNNConfig.neighbours is 0"),
        (lambda: NNNConfig(weight=float("nan")), "NNNConfig.weight is nan"),
        (lambda: DBSNConfig(t=0.0), "DBSNConfig.t is 0.0"),
        (lambda: DBSNConfig(steps=0), "DBSNConfig.steps is 0"),
    ],
)
def test_values_out_of_range_are_refused(make, message):
    """By name, with the rule."""
    with pytest.raises(ConfigError, match=message):
        make()


def test_targets_of_another_bank_are_refused():
    """Each bank query scores the gallery and the training items."""
    with pytest.raises(DataError, match="50 queries for the gallery and 40"):
        Bank.from_scores(cosines(50, 6), targets=cosines(40, 9))
