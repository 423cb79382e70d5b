"""Recall and hard pairs of drawn scenes, on embeddings whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_checkpoint
from unpainted import unpainted_scenes, unpainted_truth

from cmpagl.diagnose.results import ALL
from cmpagl.diagnose.scene_recall import RANKINGS, encode_scenes, measure_scenes, pair_cases
from cmpagl.model.pixels import to_pixel_values
from cmpagl.scenes.checking.caption_truth import check_caption

SEED = 11
COUNT = 12  # three pairs and six single scenes; fewer than the embedding is wide


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Model, bank, scenes and their encoding."""
    checkpoint = tiny_checkpoint(tmp_path_factory.mktemp("tiny") / "checkpoint")
    model = checkpoint.model()
    scenes = unpainted_scenes(COUNT, SEED)
    embeds = encode_scenes(model, checkpoint.tokenizer(), scenes)
    return model, checkpoint.bank(), scenes, embeds


def measured(parts, says):
    """Measure with each scene a direction of its own and caption j pointing at scene says[j]."""
    model, bank, scenes, embeds = parts
    truths = [scene.truth for scene in scenes]
    axes = np.eye(COUNT, model.config.embed_dim, dtype=np.float32)
    # captions that are equal share a row; every caption gets one of its own here
    n_captions = len(embeds.caption_to_image)
    known = replace(
        embeds,
        image_embeds=axes,
        text_embeds=axes[says],
        caption_group=np.arange(n_captions),
        text_tokens=tuple(embeds.text_tokens[group] for group in embeds.caption_group),
    )
    return measure_scenes(model, bank, known, truths)


def test_a_model_that_knows_finds_everything(parts):
    """Captions that point at their own scenes give 100 % everywhere, by class and by difference."""
    found = measured(parts, parts[3].caption_to_image)
    assert list(found.recall) == [stage.name for stage in RANKINGS]
    assert found.recall["aligned"].metrics.mR == 100.0
    assert {one.stages["aligned"].mR for one in found.classes} == {100.0}
    assert {one.stages["aligned"].value for one in found.pairs} == {100.0}
    assert found.pairs[-1].differs == ALL
    assert found.pairs[-1].n_cases == sum(one.n_cases for one in found.pairs[:-1])


def test_a_model_that_takes_twins_for_each_other_finds_the_twin(parts):
    """Captions of a pair that point at the other one: hard pairs 0 %, the rest untouched."""
    own = parts[3].caption_to_image
    twin = np.where(own % 4 == 0, own + 1, np.where(own % 4 == 1, own - 1, own))
    found = measured(parts, twin)
    assert {one.stages["aligned"].value for one in found.pairs} == {0.0}
    assert found.recall["aligned"].metrics.t2i_r1 == pytest.approx(50.0)  # the single scenes


def test_a_model_that_cannot_read_tells_no_pair_apart(parts):
    """All captions alike: every pair 50 %, whichever scene they like best."""
    found = measured(parts, np.zeros(len(parts[3].caption_to_image), np.int64))
    for one in found.pairs:
        assert 0 < one.stages["aligned"].value < 100
    ties = measured(parts, np.full(len(parts[3].caption_to_image), 3))  # scene 3 is in no pair
    assert {one.stages["aligned"].value for one in ties.pairs} == {50.0}


def test_classes_add_up_to_the_whole(parts):
    """Recall over all is the mean of the classes' recalls, each as often as it has queries."""
    model, bank, scenes, embeds = parts
    found = measure_scenes(model, bank, embeds, [scene.truth for scene in scenes])
    assert sum(one.n_scenes for one in found.classes) == COUNT
    for name in (stage.name for stage in RANKINGS):
        for metric, size in (("t2i_r5", "n_captions"), ("i2t_r5", "n_scenes")):
            values = [getattr(one.stages[name], metric) for one in found.classes]
            sizes = [getattr(one, size) for one in found.classes]
            whole = getattr(found.recall[name].metrics, metric)
            assert np.average(values, weights=sizes) == pytest.approx(whole)


def test_a_case_names_the_difference():
    """Its caption is true of the own scene and false of the twin; most captions of a pair are."""
    truths = [unpainted_truth(index, SEED) for index in range(24)]
    cases = pair_cases(truths)
    captions = [(scene, text) for scene, truth in enumerate(truths) for text in truth.captions]
    assert len(np.unique(cases.pair)) == 6
    for caption, own, twin, differs in zip(
        cases.captions, cases.own, cases.twin, cases.differs, strict=True
    ):
        scene, text = captions[caption]
        assert scene == own != twin
        assert check_caption(text, truths[own]).holds, text
        assert check_caption(text, truths[twin]).false_claims, text
        assert truths[own].spec.pair_id == truths[twin].spec.pair_id
        assert truths[own].spec.pair_differs == differs
    of_scene = np.bincount(cases.own, minlength=24)
    assert (of_scene[np.arange(24) % 4 < 2] >= 3).all()
    assert (of_scene[np.arange(24) % 4 >= 2] == 0).all()


def test_half_a_pair_is_no_case():
    """Where the last pair is cut in two, and where there is none, there is nothing to compare."""
    truths = [unpainted_truth(index, SEED) for index in range(5)]
    assert set(pair_cases(truths).own) == {0, 1}
    assert len(pair_cases(truths[4:]).captions) == 0


def test_equal_captions_are_encoded_once_and_pictures_in_order(parts):
    """A caption's row is its text's; a scene's row is its picture's, whatever stands beside it."""
    model, _, scenes, embeds = parts
    assert embeds.caption_to_image.tolist() == [n for n in range(COUNT) for _ in range(5)]
    texts = [text for scene in scenes for text in scene.truth.captions]
    assert len(set(embeds.caption_group)) == len(set(texts)) == len(embeds.text_embeds)
    with torch.inference_mode():
        alone = model.image(to_pixel_values(scenes[7].square[None])).image_embeds[0].numpy()
    np.testing.assert_allclose(embeds.image_embeds[7], alone, atol=1e-5)
