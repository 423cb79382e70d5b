"""Marks and unwanted words through a retriever: what they add, where, and how it is told."""

import numpy as np
import pytest
from tiny_index import TUNED, tiny_retriever, with_smr

from cmpagl.config.ranking import SMRConfig
from cmpagl.feedback.examples import exclude, learn, standard
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, FINAL, LIVE
from cmpagl.search.explain import explain_scene
from cmpagl.search.teaching import split_unwanted


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    return tiny_retriever(tmp_path_factory.mktemp("taught"))


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("planes -terminal", "planes", "terminal"),
        ('planes -"red roofs" on grass -cars', "planes on grass", "red roofs cars"),
        ("a t-junction and 3 -4 cars", "a t-junction and 3 -4 cars", ""),
        ("-terminal", "-terminal", ""),
        ("a plane - and a car", "a plane - and a car", ""),
    ],
)
def test_a_minus_before_a_word_excludes_it(text, wanted, unwanted):
    assert split_unwanted(text) == (wanted, unwanted)


def test_nothing_taught_is_nothing(retriever):
    assert retriever.teach(retriever.query_text("a red ship")) is None


@pytest.mark.parametrize("stage", LIVE, ids=lambda stage: stage.name)
def test_every_stage_is_taught_on_its_own_scale(retriever, stage):
    """What is added are the library's terms, in deviations of the stage's own scores."""
    query = retriever.query_text("a red ship on the water")
    taught = retriever.teach(query, [0], [1], retriever.query_text("sand"))
    plain = retriever.ranking(query, stage)
    found = retriever.ranking(query, stage, taught=taught)
    assert set(found.added) == {"examples", "unwanted"}
    if plain.fusion_on:
        return  # fusion looks at another top then
    total = sum(taught.terms.values()) * np.std(plain.scores)
    np.testing.assert_allclose(
        found.score_by_item, plain.score_by_item + total, rtol=1e-5, atol=1e-6
    )


def test_terms_are_the_librarys_own(retriever):
    query = retriever.query_scene(3)
    unwanted = retriever.query_text("sand")
    taught = retriever.teach(query, [0, 5], [1], unwanted)
    rows = retriever._centred
    np.testing.assert_array_equal(taught.terms["examples"], learn(rows, [0, 5], [1]))
    np.testing.assert_array_equal(taught.terms["unwanted"], exclude(standard(unwanted.scores)))


@pytest.mark.parametrize("form", ["none", "soft", "ratio", "combined"])
@pytest.mark.parametrize("stage", [ALIGNED, ALIGNED_SMR, FINAL], ids=lambda stage: stage.name)
def test_the_terms_of_a_taught_score_add_up(retriever, stage, form):
    """ "why" has a step for the examples; the steps still end at the score that ranks."""
    query = retriever.query_text("a red ship on the water")
    taught = retriever.teach(query, [0], [1])
    settings = with_smr(TUNED, "t2i", SMRConfig(form, t=6, top_k=5))
    ranking = retriever.ranking(query, stage, ranking_config=settings, taught=taught)
    for scene in ranking.items.tolist():
        told = explain_scene(retriever, query, scene, stage, ranking_config=settings, taught=taught)
        assert told.steps["examples"] == ranking.added_to(scene)["examples"]
        assert told.final == ranking.score_by_item[scene]
        if not (told.smr and told.smr.in_top):
            assert sum(told.steps.values()) == pytest.approx(told.final, abs=1e-5)
