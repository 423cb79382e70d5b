"""Several galleries, searched as one."""

from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset, tiny_model_config
from tiny_index import TUNED, build_index, with_smr

from cmpagl.config.ranking import SMRConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import QueryError
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, FINAL, stage_named
from cmpagl.search.across import search_across
from cmpagl.search.retriever import Retriever

SOFT = with_smr(TUNED, "t2i", SMRConfig("soft", t=8, alpha=0.8))


@pytest.fixture(scope="module")
def galleries(tmp_path_factory):
    """All 14 scenes in one gallery, then the same in two of 9 and 5, and scenes' ids of all."""
    place = tmp_path_factory.mktemp("across")
    checkpoint = tiny_checkpoint(place / "tiny", config=tiny_model_config(ranking=SOFT))
    every = load_dataset(tiny_dataset(place / "data", 14))
    parts = (every.records, every.records[:9], every.records[9:])
    return [
        Retriever(
            build_index(
                replace(every, records=part), checkpoint, place / f"index-{n}", with_map=False
            ),
            checkpoint,
        )
        for n, part in enumerate(parts)
    ]


def names(retrievers, found):
    return [retrievers[one.gallery].gallery.records[one.item].image_id for one in found]


@pytest.mark.parametrize("stage", [ALIGNED, ALIGNED_SMR], ids=lambda stage: stage.name)
@pytest.mark.parametrize("kind", ["text", "scene"])
def test_two_galleries_rank_as_one_that_holds_both(galleries, stage, kind):
    """The same scenes in the same order with the same scores, whatever either holds; a gallery's
    own settings have no part in it; a scene that asks is no answer."""
    whole, *parts = galleries
    ask = lambda one: one.query_text("a red ship") if kind == "text" else one.query_scene(3)  # noqa: E731
    expected = whole.ranking(ask(whole), stage)
    parts[0].chosen = with_smr(SOFT, "t2i", SMRConfig("none"))
    try:
        found = search_across(parts, ask(parts[0]), stage, top=14)
    finally:
        parts[0].chosen = None
    by_name = [whole.gallery.records[item].image_id for item in expected.items]
    assert names(parts, found) == by_name
    np.testing.assert_allclose([one.score for one in found], expected.scores, atol=1e-6)
    assert [one.rank for one in found] == expected.ranks.tolist()
    assert {one.gallery for one in found} == {0, 1}
    assert search_across(parts, ask(parts[0]), stage, top=4) == found[:4]


def test_scores_that_do_not_compare_are_refused(galleries):
    """What looks at a gallery as a whole, mixed queries, and galleries of other models."""
    whole, first, second = galleries
    text, picture = first.query_text("a red ship"), first.query_scene(0)
    for stage in (FINAL, stage_named("csls"), stage_named("dual_softmax")):
        with pytest.raises(QueryError, match="depends on the rest of its gallery"):
            search_across([first, second], text, stage)
    with pytest.raises(QueryError, match="weighed by each gallery's own scores"):
        search_across([first, second], first.query_mixed(text, picture, 0.5))
    other = Retriever(whole.gallery, whole.checkpoint)
    other.checkpoint = replace(whole.checkpoint)
    vars(other.checkpoint)["fingerprint"] = "another"
    with pytest.raises(QueryError, match="whose scores do not compare"):
        search_across([first, other], text)
