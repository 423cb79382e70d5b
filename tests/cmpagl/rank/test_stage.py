"""Stages: named once, asked what they are, and what they need is what they read."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_index import TUNED

from app.query.titles import stage_help, stage_title
from cmpagl.config.ranking import (
    FORMS,
    UNTUNED,
    Fused,
    FusedBothWays,
    RankingConfig,
    SMRConfig,
)
from cmpagl.rank.bank import Bank
from cmpagl.rank.baselines import PUBLISHED
from cmpagl.rank.reranker import BankOf
from cmpagl.rank.smr import SMR
from cmpagl.rank.stage import (
    ALIGNED,
    ALIGNED_SMR,
    ALIGNED_SMR_TRANSDUCTIVE,
    FINAL,
    FINAL_TRANSDUCTIVE,
    FUSED,
    LIVE,
    STAGES,
    as_offered,
    offered,
    said_equal,
    stage_named,
)


def scores(n_queries=6, n_items=40, seed=0):
    return np.random.default_rng(seed).uniform(0.0, 0.9, (n_queries, n_items)).astype(np.float32)


def test_every_name_is_read_back_to_its_stage():
    """One name, one stage; a live query reads fewer."""
    assert len({stage.name for stage in STAGES}) == len(STAGES)
    for stage in STAGES:
        assert stage_named(stage.name, STAGES) is stage
        assert stage_named(stage.name) is (stage if stage.live else None)
    assert stage_named("best", STAGES) is None


def test_links_of_before_stages_were_a_type_still_open():
    """The page's names, in the page's order: each was copied into links."""
    names = ["aligned", "aligned_smr", "fused", "smr"]
    names += ["galr", "mtfn", "dual_softmax", "csls", "qb_norm"]
    assert [stage.name for stage in LIVE][: len(names)] == names


def test_a_name_means_one_bank():
    """With the suffix the benchmark's other queries, without it training queries, or no bank."""
    for stage in STAGES:
        transductive = stage.name.endswith("_transductive")
        assert (stage.bank is BankOf.SPLIT) is transductive
        assert not (transductive and stage.live)
        if not transductive:
            assert stage.bank is (BankOf.TRAINING if stage.reranker else None)


def test_settings_and_weights_are_those_of_bank_and_direction():
    """Each of the six values of a ranking is asked for by exactly the stages that use it."""
    ranking = replace(TUNED, transductive=TUNED.bank_only.changed(t=31.0))
    bank_only, transductive, fused = ranking.bank_only, ranking.transductive, ranking.fused
    for way in ("t2i", "i2t"):
        assert ALIGNED.settings(ranking, way) is FUSED.settings(ranking, way) is None
        assert ALIGNED_SMR.settings(ranking, way) == bank_only.of(way).smr
        assert FINAL.settings(ranking, way) == bank_only.of(way).smr
        assert ALIGNED_SMR_TRANSDUCTIVE.settings(ranking, way) == transductive.of(way).smr
        assert ALIGNED.beta(ranking, way) == ALIGNED_SMR.beta(ranking, way) == 0.0
        assert FUSED.beta(ranking, way) == fused.of(way).beta > 0
        assert FINAL.beta(ranking, way) == bank_only.of(way).beta > 0
        assert FINAL_TRANSDUCTIVE.beta(ranking, way) == transductive.of(way).beta > 0
    for reranker in PUBLISHED:
        stage = stage_named(reranker.name)
        assert stage.settings(ranking, "t2i") is reranker.settings


def test_what_gained_nothing_is_off():
    assert FINAL.off(UNTUNED, "t2i") == ("reranker", "fusion")
    assert ALIGNED_SMR.off(UNTUNED, "t2i") == ("reranker",)
    assert FUSED.off(UNTUNED, "i2t") == ("fusion",)
    assert not any(stage.off(TUNED, "i2t") for stage in LIVE)


def test_a_stage_with_fusion_is_offered_where_it_takes_part():
    """In one direction is enough; else the stage that ranks alike stands for it, and says so."""
    one_way = replace(UNTUNED, fused=FusedBothWays(i2t=Fused(0.01)))
    assert offered(TUNED) == LIVE
    assert set(LIVE) - set(offered(one_way)) == {FINAL}
    assert set(LIVE) - set(offered(UNTUNED)) == {FINAL, FUSED}
    pairs = ((FUSED, ALIGNED), (FINAL, ALIGNED_SMR))
    pairs += ((FINAL_TRANSDUCTIVE, ALIGNED_SMR_TRANSDUCTIVE),)
    for stage, same in pairs:
        assert as_offered(stage, UNTUNED) is same
        assert as_offered(same, UNTUNED) is same
        told = said_equal(stage, UNTUNED)
        assert repr(stage.name) in told
        assert repr(same.name) in told
        assert not said_equal(same, UNTUNED)
    assert as_offered(FUSED, one_way) is FUSED


@pytest.mark.parametrize("stage", LIVE, ids=lambda stage: stage.name)
@pytest.mark.parametrize("form", FORMS)
def test_a_live_bank_ranks_as_the_scores_do(stage, form):
    """Every live stage, for any form that a person may choose by hand, whatever is known."""
    if stage.reranker is None:
        return
    bank_scores = scores(300, seed=1)
    exact = Bank.from_scores(bank_scores)
    known = {7.25: exact.soft_extreme(7.25)}
    n_items = bank_scores.shape[1]
    live = Bank.from_embeddings(bank_scores, np.eye(n_items), soft_extremes=known)
    ranking = RankingConfig(bank_only=TUNED.bank_only.changed(form="none", t=7.25))
    settings = stage.settings(ranking, "t2i")
    if isinstance(settings, SMRConfig):
        settings = replace(settings, form=form)
    found, expected = (stage.reranker.rerank(scores(), bank, settings) for bank in (live, exact))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("form", ["none", "soft"])
def test_an_offset_is_what_the_function_takes(form):
    """Where the form only shifts columns, scores less the offset are the function's."""
    bank, config = Bank.from_scores(scores(50, seed=2)), SMRConfig(form, t=9.0, alpha=0.7)
    offset = SMR.offset(bank, config)
    taken = 0.0 if offset is None else np.float32(offset.weight) * offset.values
    np.testing.assert_array_equal(scores() - taken, SMR.rerank(scores(), bank, config))


def test_every_live_stage_has_its_words():
    """A title and a line; a stage without is called by its name, which none of ours is."""
    for stage in LIVE:
        assert stage_title(stage) != stage.name
        assert stage_help(stage)
    unknown = replace(FINAL, name="new", label="new")
    assert (stage_title(unknown), stage_help(unknown)) == ("new", "")
