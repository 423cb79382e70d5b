"""Pointing: hits follow the peak and the boxes, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_checkpoint, tiny_model_config
from unpainted import unpainted_scenes

from cmpagl.diagnose.pointing import measure_pointing, peak_hits, random_model
from cmpagl.diagnose.results import ALL
from cmpagl.diagnose.scenes import SIZE, PointingCase, pointing_cases
from cmpagl.model.attention import class_map, word_attention, words_of
from cmpagl.model.fusion import dequantise_tokens, quantise_tokens
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.text import tokenize

GRID = 8  # of the tiny model
CELL = SIZE / GRID
SENTENCES = ("a white plane on the grass", "two ships near a bridge", "the house by the road")
SPANS = ((8, 13), (4, 9), (4, 9))


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Model, tokenizer and scenes, more than one pass takes."""
    checkpoint = tiny_checkpoint(tmp_path_factory.mktemp("tiny") / "checkpoint")
    return checkpoint.model(), checkpoint.tokenizer(), unpainted_scenes(18, 2)


def case(scene, boxes, sentence=0):
    boxes = np.array(boxes, np.float64).reshape(-1, 4)
    return PointingCase(scene, "plane", SENTENCES[sentence], SPANS[sentence], boxes, 0.1)


def own_maps(asked, scene, sentence):
    """The last block's map and the mean word map of one scene, asked for by themselves."""
    model, tokenizer, scenes = asked
    limit = model.config.text.max_length
    with torch.inference_mode():
        seen = model.image.vision(to_pixel_values(scenes[scene].square[None]), need_weights=True)
        text = tokenize(tokenizer, [SENTENCES[sentence]], limit)
        tokens = model.text(text.input_ids, text.attention_mask).text_tokens
        stored = dequantise_tokens(*quantise_tokens(model.fusion.project_image(seen.tokens)))
        _, layers = model.fusion(tokens, text.attention_mask, stored)
    words = words_of(tokenizer, SENTENCES[sentence], limit)
    word = next(word for word in words if word.start == SPANS[sentence][0])
    return {
        "block 2": class_map(seen.attention, 1).values,
        "fusion": word_attention([word], layers)[0].map.values,
        "fusion 1": word_attention([word], layers, layer=0)[0].map.values,
    }


def around(values):
    """A box that holds the middle of the greatest patch and no other."""
    row, column = np.unravel_index(values.argmax(), values.shape)
    x, y = (column + 0.5) * CELL, (row + 0.5) * CELL
    return [x - 3, y - 3, x + 3, y + 3]


@pytest.mark.parametrize("name", ["block 2", "fusion", "fusion 1"])
def test_a_hit_is_the_peak_of_that_map_in_a_box(asked, name):
    """For each of many scenes in one call: a box around the peak is hit, its surroundings not."""
    model, tokenizer, scenes = asked
    hit, missed = [], []
    for scene in range(len(scenes)):
        box = around(own_maps(asked, scene, scene % 3)[name])
        left, top, right, bottom = box
        beside = [
            *([0, 0, left, SIZE], [right, 0, SIZE, SIZE]),
            *([0, 0, SIZE, top], [0, bottom, SIZE, SIZE]),
        ]
        hit.append(case(scene, box, scene % 3))
        missed.append(case(scene, beside, scene % 3))
    assert peak_hits(model, tokenizer, scenes, hit)[name].all()
    assert not peak_hits(model, tokenizer, scenes, missed)[name].any()


def test_every_map_is_measured(asked):
    """Word maps over all layers and each, the whole sentence, and each block's class token."""
    model, tokenizer, scenes = asked
    told = []
    hits = peak_hits(
        model,
        tokenizer,
        scenes,
        [case(n, [0, 0, SIZE, SIZE]) for n in range(18)],
        progress=lambda *step: told.append(step),
    )
    assert list(hits) == ["fusion", "fusion 1", "fusion 2", "sentence", "block 1", "block 2"]
    assert all(values.all() for values in hits.values())
    assert told == [("maps", 16, 18), ("maps", 18, 18)]


def test_a_word_that_was_cut_off_is_a_miss(asked):
    """The sentence is longer than the tower reads and its last word is asked for."""
    model, tokenizer, scenes = asked
    sentence = "the road " * 20 + "plane"
    lost = replace(
        case(0, [0, 0, SIZE, SIZE]), sentence=sentence, span=(len(sentence) - 5, len(sentence))
    )
    hits = peak_hits(model, tokenizer, scenes, [lost, case(1, [0, 0, SIZE, SIZE])])
    assert hits["fusion"].tolist() == [False, True]
    assert hits["block 1"].tolist() == [True, True]


def test_results_stand_beside_chance_and_random_weights(asked):
    """By word and over all: cases add up, chance is the boxes' mean share, weights are compared."""
    model, tokenizer, scenes = asked
    cases = pointing_cases(scenes)
    results = measure_pointing(model, tokenizer, scenes)
    *words, every = results
    assert every.word == ALL
    assert sum(one.n_cases for one in words) == every.n_cases == len(cases)
    assert every.chance == pytest.approx(100 * np.mean([c.share for c in cases]))
    assert set(every.maps) == set(every.random)
    for one in results:
        assert set(one.random) in (set(one.maps), set())
        assert all(
            0 <= share.low <= share.value <= share.high <= 100 for share in one.maps.values()
        )
    hits = peak_hits(model, tokenizer, scenes, cases)
    assert every.maps["block 2"].value == pytest.approx(100 * hits["block 2"].mean())
    assert measure_pointing(model, tokenizer, scenes) == results
    with_cases = list(dict.fromkeys(c.scene for c in cases))
    half = [c for c in cases if c.scene in with_cases[::2]]
    blank = peak_hits(random_model(model.config), tokenizer, scenes, half)
    assert every.random["block 2"].value == pytest.approx(100 * blank["block 2"].mean())


def test_the_centre_counts_where_a_box_holds_it(asked):
    """A box over the middle of the picture, made on purpose for one scene of one case."""
    model, tokenizer, scenes = asked
    first = pointing_cases(scenes)[0]
    scene = scenes[first.scene]
    for corner, share in ((100.0, 100.0), (140.0, 0.0)):
        objects = tuple(
            replace(item, box=(corner, corner, corner + 24, corner + 24))
            if item.kind == first.word
            else item
            for item in scene.truth.objects
        )
        moved = replace(scene, truth=replace(scene.truth, objects=objects))
        result = measure_pointing(model, tokenizer, [moved])
        assert next(one for one in result if one.word == first.word).centre == share


def test_without_cases_there_is_no_result(asked):
    model, tokenizer, _ = asked
    assert measure_pointing(model, tokenizer, []) == ()


def test_random_weights_repeat_and_leave_the_lot_alone():
    """The same seed gives the same weights; the caller's random numbers go on as they were."""
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    one, two, other = (random_model(tiny_model_config(), seed) for seed in (0, 0, 1))
    assert torch.rand(1) == expected
    same, different = two.state_dict(), other.state_dict()
    assert all(torch.equal(value, same[name]) for name, value in one.state_dict().items())
    assert any(not torch.equal(value, different[name]) for name, value in one.state_dict().items())
    assert not one.training
