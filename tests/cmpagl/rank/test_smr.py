import dataclasses
import json
import time

import numpy as np
import pytest

from benchmarks.loop_rerank import loop_ratio, loop_soft
from cmpagl.config.ranking import SMRConfig
from cmpagl.errors import ConfigError, DataError
from cmpagl.measure.metrics import retrieval
from cmpagl.rank.bank import Bank
from cmpagl.rank.smr import explain, rerank
from cmpagl.rank.spread import rank_spread

FORMS = ("none", "ratio", "soft", "combined")
ALL_TERMS = {"lf": 0.7, "lb": 1.3, "le": 0.4, "xi": 0.02}


def cosines(n_queries, n_items, seed=0, dtype=np.float64):
    """Without ties, partly negative."""
    values = np.random.default_rng(seed).uniform(-0.3, 0.9, size=(n_queries, n_items))
    return values.astype(dtype)


def order(scores, k=None):
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def plain_row(row, bank, config):
    """The formula for one query: a loop over the candidates in plain Python floats."""
    n_items, n_bank = len(row), len(bank)
    start = list(row)
    if config.form in ("soft", "combined"):
        for g in range(n_items):
            mean = sum(np.exp(config.t * bank[q][g]) for q in range(n_bank)) / n_bank
            start[g] -= config.alpha * np.log(mean) / config.t
    if config.form in ("none", "soft"):
        return start
    by_start = sorted(range(n_items), key=lambda g: -start[g])
    result = [0.0] * n_items
    for place, g in enumerate(by_start):
        column = [bank[q][g] for q in range(n_bank)] + [row[g]]
        a = (start[g] - min(start)) / (max(start) - min(start)) if max(start) > min(start) else 0.0
        low, high = min(column), max(column)
        e = (row[g] - low) / (high - low) if high > low else 0.0
        forward = 1 + sum(other > start[g] for other in start)
        backward = (1 + sum(other > row[g] for other in column)) * 1000 / n_bank
        f, b = np.exp(-config.xi * forward), np.exp(-config.xi * backward)
        reweighted = a * (1 + config.lf * f + config.lb * b + config.le * e)
        result[g] = reweighted if place < config.top_k else -1.0 - place
    return result


def test_ratio_by_hand():
    """3 x 3, image 0: item 1 leads by a little but is everybody's, so item 0 overtakes it."""
    sims = np.array([[0.6, 0.7, 0.1], [0.2, 0.9, 0.3], [0.1, 0.8, 0.5]])
    config = SMRConfig(form="ratio", top_k=2, lb=0.0, le=1.0)
    found = rerank(sims, Bank.transductive(sims), config)
    # a: 5/6 and 1; e: (0.6 - 0.1) / 0.5 = 1 and (0.7 - 0.7) / 0.2 = 0; a (1 + e): 10/6 and 1
    assert order(found)[0].tolist() == [0, 1, 2]
    assert found[0, 2] == sims[0, 2]  # outside the top 2
    assert (found[0, 0] - found[0, 1]) == pytest.approx((10 / 6 - 1) * 0.7)


def test_soft_by_hand():
    """Each candidate loses the soft extreme of its own column."""
    bank = np.array([[0.0, 0.5], [0.2, 0.5]])
    found = rerank([[0.6, 0.7]], Bank.from_scores(bank), SMRConfig(form="soft", t=10.0, alpha=2.0))
    extreme = np.log((1 + np.exp(2)) / 2) / 10
    np.testing.assert_allclose(found, [[0.6 - 2 * extreme, 0.7 - 2 * 0.5]])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("top_k", [1, 4, 30])
def test_bank_only_agrees_with_the_plain_loop(form, top_k):
    """All terms on, every place compared."""
    config = SMRConfig(form=form, top_k=top_k, t=9.0, alpha=0.8, **ALL_TERMS)
    sims, bank = cosines(6, 13), cosines(17, 13, seed=1)
    found = rerank(sims, Bank.from_scores(bank), config)
    expected = np.array([plain_row(row, bank, config) for row in sims.tolist()])
    np.testing.assert_array_equal(order(found), order(expected))
    if form in ("none", "soft"):
        np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("shape", [(40, 70), (70, 40), (9, 7)])
def test_transductive_agrees_with_the_loops_of_the_benchmark(shape):
    """The ratio form's top K in order, the rest in its own; the soft form's scores."""
    sims, k = cosines(*shape), min(30, shape[1])
    bank = Bank.transductive(sims)
    for weights in ({}, ALL_TERMS):
        found = rerank(sims, bank, SMRConfig(form="ratio", **weights))
        expected = loop_ratio(sims, **weights)
        np.testing.assert_array_equal(order(found, k), order(expected, k))
        np.testing.assert_array_equal(order(found)[:, k:], order(sims)[:, k:])
    found = rerank(sims, bank, SMRConfig(form="soft", t=8.0, alpha=1.5))
    np.testing.assert_allclose(found, loop_soft(sims, t=8.0, alpha=1.5), atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("live", [False, True])
def test_a_live_query_is_its_row_of_the_batch(form, dtype, live):
    """Exactly: one row alone, a transposed batch, a block of many."""
    config = SMRConfig(form=form, lf=0.5)
    scores = cosines(500, 333, seed=2, dtype=dtype)
    bank = Bank.from_embeddings(scores, np.eye(333)) if live else Bank.from_scores(scores)
    sims = cosines(333, 37, dtype=dtype).T
    batch = rerank(sims, bank, config)
    assert batch.dtype == (np.float32 if live else dtype)
    for row, expected in zip(sims, batch, strict=True):
        np.testing.assert_array_equal(rerank(row[None], bank, config)[0], expected)


@pytest.mark.parametrize("form", FORMS)
def test_renumbering_queries_and_gallery_renumbers_the_result(form):
    """With many ties: no result may depend on the order of the items."""
    rng = np.random.default_rng(3)
    sims = np.round(cosines(30, 60), 1)
    queries, items = rng.permutation(30), rng.permutation(60)
    config = SMRConfig(form=form, top_k=7, **ALL_TERMS)
    before = rerank(sims, Bank.transductive(sims), config)
    moved = sims[np.ix_(queries, items)]
    after = rerank(moved, Bank.transductive(moved), config)
    np.testing.assert_allclose(after, before[np.ix_(queries, items)], atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_equal_captions_stay_tied(form):
    """Also where the two stand on either side of the K-th place."""
    sims = cosines(20, 30, dtype=np.float32)
    sims[:, 17] = sims[:, 4]
    found = rerank(sims, Bank.transductive(sims), SMRConfig(form=form, top_k=3, lf=1.0))
    np.testing.assert_array_equal(found[:, 17], found[:, 4])


@pytest.mark.parametrize("form", FORMS)
def test_a_constant_matrix_still_scores_chance(form):
    """Nothing is known, and reweighting must not pretend otherwise."""
    sims, own = np.full((10, 30), 0.4, np.float32), np.repeat(np.arange(10), 3)
    scores = [rerank(s, Bank.transductive(s), SMRConfig(form=form)) for s in (sims, sims.T)]
    metrics = retrieval(*scores, own).metrics()
    assert metrics.i2t_r1 == pytest.approx(10.0)
    assert metrics.t2i_r5 == pytest.approx(50.0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (3, 4)])
@pytest.mark.parametrize("top_k", [1, 1000])
def test_small_matrices_are_defined(form, shape, top_k):
    """K above G, one item, one query, a bank of one, no range: finite values."""
    config = SMRConfig(form=form, top_k=top_k, **ALL_TERMS)
    for sims in (np.zeros(shape), np.full(shape, -0.2, np.float32), cosines(*shape)):
        for bank in (Bank.transductive(sims), Bank.from_scores(sims[:1])):
            assert np.isfinite(rerank(sims, bank, config)).all()


def test_reweighting_off_is_no_reweighting():
    """alpha = 0, and the ratio form without weights, keep every order."""
    sims, bank = cosines(8, 20), Bank.from_scores(cosines(30, 20, seed=1))
    np.testing.assert_array_equal(rerank(sims, bank, SMRConfig(form="soft", alpha=0.0)), sims)
    plain = rerank(sims, bank, SMRConfig(form="ratio", lf=0.0, lb=0.0, le=0.0))
    np.testing.assert_array_equal(order(plain), order(sims))


def test_hubs_are_demoted():
    """Item 0 scores well with everybody; each query's own item stands just behind it."""
    n = 50
    rng = np.random.default_rng(4)
    sims = rng.uniform(0, 0.2, (n, n)) + 0.5 * np.eye(n)
    sims[:, 0] = 0.8 + rng.uniform(0, 0.01, n)
    bank = Bank.from_scores(rng.uniform(0, 0.2, (300, n)) + np.where(np.arange(n) == 0, 0.7, 0))
    assert (order(sims, 1)[1:, 0] == 0).all()
    for config in (SMRConfig(form="soft"), SMRConfig(form="ratio"), SMRConfig(form="combined")):
        assert (order(rerank(sims, bank, config), 1)[1:, 0] == np.arange(1, n)).all()


def test_input_is_left_as_it_was():
    """Neither the scores nor the bank's are written to."""
    sims, bank_scores = cosines(5, 9), cosines(7, 9, seed=1)
    given = sims.copy(), bank_scores.copy()
    for form in FORMS:
        rerank(sims, Bank.from_scores(bank_scores), SMRConfig(form=form))
    np.testing.assert_array_equal(sims, given[0])
    np.testing.assert_array_equal(bank_scores, given[1])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("live", [False, True])
def test_explanation_is_the_computation(form, live):
    """Its parts add up, and order a row as rerank does."""
    config = SMRConfig(form=form, top_k=5, **ALL_TERMS)
    scores = cosines(300, 12, seed=1)
    bank = Bank.from_embeddings(scores, np.eye(12)) if live else Bank.from_scores(scores)
    row = cosines(1, 12)[0].astype(bank.dtype)
    final = rerank(row[None], bank, config)[0]
    told = [explain(row, bank, config, item) for item in range(12)]
    assert [part.final for part in told] == final.tolist()
    assert [part.rank_after for part in told] == [int((final > x).sum()) + 1 for x in final]
    assert [part.rank_before for part in told] == [int((row > x).sum()) + 1 for x in row]
    for part in told:
        if part.in_top:
            assert sum(part.ratio_steps.values()) == pytest.approx(part.reweighted)
    top = [part for part in told if part.in_top]
    assert len(top) == (5 if config.reorders else 0)
    by_terms = sorted(top, key=lambda part: -part.reweighted)
    assert [part.rank_after for part in by_terms] == list(range(1, len(top) + 1))


def test_explanation_by_hand():
    """The terms of the hand-worked 3 x 3 matrix."""
    sims = np.array([[0.6, 0.7, 0.1], [0.2, 0.9, 0.3], [0.1, 0.8, 0.5]])
    config = SMRConfig(form="ratio", top_k=2, lb=0.0, le=1.0)
    told = explain(sims[0], Bank.transductive(sims), config, 1)
    assert (told.a, told.e) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-12))
    assert (told.rank_before, told.rank_after, told.rank_backward) == (1, 2, 3)
    assert told.f == pytest.approx(np.exp(-0.05))
    assert told.b == pytest.approx(np.exp(-0.05 * 3 * 1000 / 3))
    assert told.soft_extreme is None
    assert not explain(sims[0], Bank.transductive(sims), config, 2).in_top
    with pytest.raises(DataError, match="Candidate 3"):
        explain(sims[0], Bank.transductive(sims), config, 3)


@pytest.mark.parametrize("live", [False, True])
def test_a_score_beyond_the_bank_widens_the_column(live):
    """The column is the bank and the query: lowest of all is 0, highest of all is 1."""
    scores = np.array([[0.2, 0.2], [0.6, 0.6]])
    bank = Bank.from_embeddings(scores, np.eye(2)) if live else Bank.from_scores(scores)
    told = [explain([0.1, 0.7], bank, SMRConfig(form="ratio"), item) for item in (0, 1)]
    assert [part.e for part in told] == [0.0, 1.0]
    assert [part.rank_backward for part in told] == [3, 1]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("form", ["ratio", "soft", "combined"])
def test_rank_spread_agrees_with_reranking_on_each_drawn_bank(form, weighted):
    """The shortcut through weighted means gives the ranks of the long way."""
    config = SMRConfig(form=form, top_k=6, **ALL_TERMS)
    row, bank_scores = cosines(1, 15)[0], cosines(40, 15, seed=1)
    weights = np.random.default_rng(2).uniform(0, 1, (40, 15)) if weighted else np.ones((40, 15))
    weights[:, 3] = 1 - weighted  # without any, all count
    spread = rank_spread(
        row, bank_scores, config, n_resamples=30, seed=7, weights=weights if weighted else None
    )
    drawn = np.random.default_rng(7).integers(40, size=(30, 40))
    ranks = []
    for queries in drawn:
        bank = Bank.from_scores(bank_scores[queries], weights[queries])
        final = rerank(row[None], bank, config)[0]
        ranks.append([(final > value).sum() + 1 for value in final])
    low, median, high = np.percentile(ranks, [2.5, 50, 97.5], axis=0)
    np.testing.assert_array_equal(spread.low, low)
    np.testing.assert_array_equal(spread.median, median)
    np.testing.assert_array_equal(spread.high, high)
    final = rerank(row[None], Bank.from_scores(bank_scores, weights), config)[0]
    assert spread.rank.tolist() == [(final > value).sum() + 1 for value in final]


def test_rank_spread_narrows_with_the_bank():
    """400 queries say more than 20; a very sharp t stays finite."""
    row, scores = cosines(1, 30)[0], cosines(400, 30, seed=1)

    def width(bank_scores):
        spread = rank_spread(row, bank_scores, SMRConfig(form="soft", t=20.0, alpha=2.0))
        return (spread.high - spread.low).mean()

    assert width(scores) < width(scores[:20])
    sharp = rank_spread(row, scores.astype(np.float32), SMRConfig(form="soft", t=1e4))
    assert np.isfinite(sharp.high).all()
    with pytest.raises(ConfigError, match="n_resamples is 0"):
        rank_spread(row, scores, SMRConfig(), n_resamples=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_non_finite_scores_are_refused_with_their_place(bad):
    """In the scores and in the bank."""
    sims = cosines(3, 4)
    sims[2, 1] = bad
    for form in FORMS:
        with pytest.raises(DataError, match="row 2, column 1"):
            rerank(sims, Bank.from_scores(cosines(3, 4)), SMRConfig(form=form))
    with pytest.raises(DataError, match="The bank's score matrix"):
        Bank.transductive(sims)


def test_a_bank_of_another_gallery_is_refused():
    """With both numbers."""
    with pytest.raises(DataError, match="4 gallery items and the bank of 5"):
        rerank(cosines(3, 4), Bank.from_scores(cosines(3, 5)), SMRConfig())


def test_the_config_is_plain_json():
    """What a checkpoint's config.json holds."""
    config = SMRConfig(form="combined", t=9.0, top_k=12)
    assert SMRConfig(**json.loads(json.dumps(dataclasses.asdict(config)))) == config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"form": "hard"}, "'hard', but must be one of none, ratio, soft, combined"),
        ({"t": 0.0}, "t is 0.0"),
        ({"t": float("nan")}, "t is nan"),
        ({"alpha": -1.0}, "alpha is -1.0"),
        ({"top_k": 0}, "top_k is 0"),
        ({"top_k": 3.5}, "top_k is 3.5"),
        ({"xi": float("inf")}, "xi is inf"),
        ({"lf": -0.1}, "lf is -0.1"),
        ({"lb": -0.1}, "lb is -0.1"),
        ({"le": float("nan")}, "le is nan"),
    ],
)
def test_config_values_out_of_range_are_refused(values, message):
    """By name, with the rule."""
    with pytest.raises(ConfigError, match=message):
        SMRConfig(**values)


def test_one_query_at_ten_thousand_scenes_is_quick():
    """50 ms is the page's budget on two cores; with known extremes it takes far less."""
    rng = np.random.default_rng(0)
    queries, items = (rng.standard_normal((n, 64)).astype(np.float32) for n in (300, 10_000))
    known = rng.standard_normal(10_000).astype(np.float32)
    bank = Bank.from_embeddings(queries, items, soft_extremes={12.0: known})
    config = SMRConfig(form="combined")
    times = []
    for row in queries[:10] @ items.T:
        start = time.perf_counter()
        rerank(row[None], bank, config)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05
