"""What is said of a chosen result: its terms, and how far it depends on the bank."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_index import TUNED, tiny_retriever, with_smr

import cmpagl.search.explain
from app.explorer.explorer import Opened
from app.query.request import SearchRequest
from app.search.explain import choose
from cmpagl.config.ranking import SMRConfig
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, FINAL, FUSED, LIVE, stage_named

FORMS = [
    SMRConfig("none"),
    SMRConfig("soft", t=6),
    SMRConfig("ratio", top_k=5, lf=0.5),
    SMRConfig("combined", t=6, top_k=5),
]


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    retriever = tiny_retriever(tmp_path_factory.mktemp("explain"))
    return Opened(retriever.gallery, retriever)


def captions_of(opened, stage, settings):
    query = opened.retriever.query_scene(5)
    rank = opened.retriever.captions_for_image
    rankings = tuple(rank(query, one, ranking_config=settings) for one in (ALIGNED, stage))

    def chosen(item):
        request = SearchRequest(like="x", find="captions", after=stage, scene=str(item))
        return choose(opened, query, request, rankings, settings)

    return rankings, chosen


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.form)
@pytest.mark.parametrize("stage", LIVE[:4], ids=lambda stage: stage.name)
def test_a_caption_is_explained_by_what_ranked_it(opened, stage, form):
    """Of every caption: steps add up, but in a reordered top to its reweighted value and fusion."""
    (before, after), chosen = captions_of(opened, stage, with_smr(TUNED, "i2t", form))
    for item in after.items.tolist():
        found = chosen(item)
        terms = found.terms
        assert terms.final == after.score_by_item[item]
        assert (terms.rank_before, terms.rank_after) == (found.before, found.after)
        assert terms.rank_before == before.rank_by_item[item]
        end = terms.final
        if terms.smr.in_top:
            end = terms.smr.reweighted + terms.steps.get("fusion", 0.0)
            end += terms.steps.get("below_the_top", 0.0)
        assert sum(terms.steps.values()) == pytest.approx(end, abs=1e-5)
        assert ("fusion" in terms.steps) == (after.fusion_on and item in after.matched)
        if found.rival is not None:
            assert found.rival.terms.rank_after == found.rival.after


def test_fusion_of_a_caption_averages_to_nothing_in_its_top(opened):
    """What fusion added is standardised within the matched top, times its weight."""
    (_, after), chosen = captions_of(opened, FUSED, TUNED)
    added = [chosen(int(item)).terms.match_standardised for item in after.matched]
    assert np.mean(added) == pytest.approx(0, abs=1e-5)
    assert np.std(added) == pytest.approx(1, abs=1e-4)


def test_a_baseline_has_no_terms_and_is_named_as_one(opened):
    _, chosen = captions_of(opened, stage_named("csls"), TUNED)
    assert chosen(3).terms is None
    assert chosen(3).baseline
    assert not captions_of(opened, FINAL, TUNED)[1](3).baseline


def test_the_bank_is_drawn_again_only_when_it_is_asked_for(opened, monkeypatch):
    """A slider's step leaves it out and says that there is a spread; asked, it holds the rank."""
    calls = []
    drawn = cmpagl.search.explain.spread_of_ranks

    def spread_of_ranks(*arguments, **options):
        calls.append(arguments)
        return drawn(*arguments, **options)

    monkeypatch.setattr(cmpagl.search.explain, "spread_of_ranks", spread_of_ranks)
    retriever = opened.retriever
    query = retriever.query_text("a red ship on the water")
    name = opened.gallery.records[4].image_id
    request = SearchRequest(text="a red ship on the water", after=ALIGNED_SMR, scene=name)
    rankings = tuple(retriever.ranking(query, stage) for stage in (ALIGNED, ALIGNED_SMR))
    moving = choose(opened, query, request, rankings, TUNED)
    assert not calls
    assert moving.varies
    assert moving.spread is None
    resting = choose(opened, query, request, rankings, TUNED, spread=True)
    low, high = resting.spread
    assert low <= resting.after <= high
    assert replace(resting, spread=None) == moving


@pytest.mark.parametrize("name", ["aligned", "fused", "smr", "csls"])
def test_where_smr_is_not_last_nothing_varies(opened, name):
    """The bank's part in a fused or a baseline's rank is not told, asked for or not."""
    stage = stage_named(name)
    retriever = opened.retriever
    query = retriever.query_text("a red ship on the water")
    request = SearchRequest(after=stage, scene=opened.gallery.records[4].image_id)
    rankings = tuple(retriever.ranking(query, one) for one in (ALIGNED, stage))
    found = choose(opened, query, request, rankings, TUNED, spread=True)
    assert not found.varies
    assert found.spread is None
