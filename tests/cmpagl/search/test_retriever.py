from dataclasses import replace

import numpy as np
import pytest
from tiny_index import TUNED, tiny_retriever, with_smr

from cmpagl.config.ranking import UNTUNED, SMRConfig
from cmpagl.errors import QueryError
from cmpagl.measure.split_stages import rank_split, split_scores
from cmpagl.model.embed import SplitEmbeddings
from cmpagl.rank.match import MatchScores
from cmpagl.rank.smr import rerank
from cmpagl.rank.stage import (
    ALIGNED,
    ALIGNED_SMR,
    FINAL,
    FINAL_TRANSDUCTIVE,
    FUSED,
    LIVE,
    stage_named,
)


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    return tiny_retriever(tmp_path_factory.mktemp("retriever"))


@pytest.fixture(scope="module")
def batch(retriever):
    """The gallery's captions and images as a benchmark, ranked all at once."""
    gallery = retriever.gallery
    _, tokens = retriever.encode_texts(gallery.distinct_captions)
    split = SplitEmbeddings(
        np.asarray(gallery.image_embeds),
        np.asarray(gallery.caption_embeds),
        gallery.caption_to_image,
        gallery.caption_groups,
        *retriever.scene_tokens(np.arange(len(gallery))),
        tuple(tokens),
    )
    scores = split_scores(split, retriever.checkpoint.bank())
    match = MatchScores(retriever.checkpoint.fusion(), split)
    return {one.stage: one for one in rank_split(scores, TUNED, LIVE, match=match, top=4)}


@pytest.mark.parametrize("stage", LIVE, ids=lambda stage: stage.name)
def test_a_live_text_is_its_row_of_the_batch(retriever, batch, stage):
    """Text to image, every stage: the same scores, so the same order, as when all are ranked."""
    rows = batch[stage]
    for caption in (0, 9, 20):
        query = retriever.query_text(retriever.gallery.captions[caption])
        found = retriever.ranking(query, stage)
        np.testing.assert_allclose(found.score_by_item, rows.t2i[caption], atol=2e-5)
        np.testing.assert_array_equal(found.items, np.argsort(-rows.t2i[caption]))


@pytest.mark.parametrize("stage", LIVE, ids=lambda stage: stage.name)
def test_a_scene_finds_captions_as_in_the_batch(retriever, batch, stage):
    """Image to text, over the distinct captions; here all are distinct."""
    rows = batch[stage]
    for scene in (1, 8):
        found = retriever.captions_for_image(retriever.query_scene(scene), stage)
        np.testing.assert_allclose(found.score_by_item, rows.i2t[scene], atol=2e-5)


def test_a_live_row_is_exactly_a_row_of_many(retriever):
    """On given scores, one query alone gives bit for bit what it gives among others."""
    gallery = retriever.gallery
    texts = [gallery.captions[i] for i in (2, 5, 11)]
    queries = [retriever.query_text(text) for text in texts]
    rows = np.stack([query.scores for query in queries])
    many = rerank(rows, gallery.t2i, TUNED.bank_only.t2i.smr)
    for query, row in zip(queries, many, strict=True):
        found = retriever.ranking(query, ALIGNED_SMR)
        np.testing.assert_array_equal(found.score_by_item, row.astype(np.float64))


def test_a_picture_is_reranked_with_what_pictures_score(retriever):
    """Image to image: the settings of image to text, and the bank of images against the scenes."""
    gallery, query = retriever.gallery, retriever.query_scene(3)
    found = retriever.ranking(query, FINAL)
    others = np.delete(np.arange(14), 3)
    bank = gallery.i2i.take(others)
    expected = rerank(query.scores[others][None], bank, TUNED.bank_only.i2t.smr)[0]
    np.testing.assert_allclose(found.score_by_item[others], expected, atol=1e-6)
    assert 3 not in found.items
    assert len(found.items) == 13
    assert found.beta == 0


def test_a_mixed_query_takes_both_extremes_off(retriever):
    """On the z-scores' scale, with the same weights; nothing else reorders it."""
    text, image = retriever.query_text("a red ship on the water"), retriever.query_scene(3)
    mixed = retriever.query_mixed(text, image, 0.25)
    found = retriever.ranking(mixed, FINAL)
    gallery, t2i = retriever.gallery, TUNED.bank_only.t2i.smr
    expected = mixed.scores.astype(np.float64)
    expected -= 0.25 * t2i.alpha * gallery.t2i.soft_extreme(t2i.t) / text.scores.std()
    expected -= 0.75 * t2i.alpha * gallery.i2i.soft_extreme(t2i.t) / image.scores.std()
    others = np.delete(np.arange(14), 3)
    np.testing.assert_allclose(found.score_by_item[others], expected[others], atol=1e-5)
    with pytest.raises(QueryError, match="'csls' is not defined for a text and a picture"):
        retriever.ranking(mixed, stage_named("csls"))


def test_a_filter_narrows_the_gallery(retriever):
    """Class and threshold leave candidates; ranks count among them, the top is taken of them."""
    query = retriever.query_text("a red ship on the water")
    least = float(np.median(query.scores))
    items = retriever.candidates(query, least=least)
    assert set(items) == set(np.flatnonzero(query.scores >= least))
    found = retriever.ranking(query, FINAL, candidates=items)
    assert set(found.items) == set(items)
    assert sorted(found.ranks) == list(range(1, len(items) + 1))
    assert set(found.matched) <= set(items)
    with pytest.raises(QueryError, match="No scene is left"):
        retriever.candidates(query, class_name="volcano")
    assert 2 not in retriever.candidates(retriever.query_scene(2))
    everything = np.arange(len(retriever.gallery))
    np.testing.assert_array_equal(retriever.candidates(query, data_set="fake"), everything)
    with pytest.raises(QueryError, match="No scene is left"):
        retriever.candidates(query, data_set="other")


def test_other_settings_are_used_and_not_kept(retriever):
    """A visitor's sliders change one call."""
    query = retriever.query_text("a red ship on the water")
    before = retriever.ranking(query, FINAL)
    off = replace(TUNED, bank_only=UNTUNED.bank_only)
    changed = retriever.ranking(query, FINAL, ranking_config=off)
    aligned = retriever.ranking(query, ALIGNED)
    np.testing.assert_array_equal(changed.items, aligned.items)
    assert changed.reranker_on is changed.fusion_on is False
    np.testing.assert_array_equal(retriever.ranking(query, FINAL).scores, before.scores)
    other = with_smr(TUNED, "t2i", SMRConfig("soft", t=7.7))
    found = retriever.ranking(query, ALIGNED_SMR, ranking_config=other).score_by_item
    expected = query.scores - retriever.gallery.t2i.soft_extreme(7.7)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_matched_top_is_named(retriever):
    """As many as the checkpoint says, the best of the stage before; asked again, none is new."""
    query = retriever.query_text("a red ship on the water")
    found = retriever.ranking(query, FUSED)
    aligned = retriever.ranking(query, ALIGNED)
    assert set(found.matched) == set(aligned.items[:4])
    assert set(query.matches.known) == set(found.matched)
    assert retriever.ranking(query, ALIGNED).matched is None


def test_what_cannot_be_ranked_is_refused(retriever):
    text = retriever.query_text("a red ship")
    with pytest.raises(QueryError, match=r"'smr_transductive' asks .* choose one of aligned, "):
        retriever.ranking(text, FINAL_TRANSDUCTIVE)
    with pytest.raises(QueryError, match="'smr_transductive' asks a benchmark's other queries"):
        retriever.captions_for_image(retriever.query_scene(0), FINAL_TRANSDUCTIVE)
    with pytest.raises(QueryError, match="for a picture"):
        retriever.captions_for_image(text)
    with pytest.raises(QueryError, match="Only a text can be matched"):
        retriever.match_logits(retriever.query_scene(0), np.array([1]))
