"""Pointing: hits follow the peak and the boxes, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_checkpoint, tiny_model_config
from unpainted import unpainted_scenes

from cmpagl.diagnose.pointing import class_hits, measure_pointing, random_model
from cmpagl.diagnose.results import ALL
from cmpagl.diagnose.scenes import SIZE, PointingCase, pointing_cases
from cmpagl.diagnose.score_maps import score_hits
from cmpagl.model.attention import class_map
from cmpagl.model.embed import embed_texts
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.score_shares import place_shares

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


def own_map(asked, name, scene, sentence):
    """One map of one scene, asked for by itself."""
    model, tokenizer, scenes = asked
    if name.startswith("block"):
        with torch.inference_mode():
            values = to_pixel_values(scenes[scene].square[None])
            seen = model.image.vision(values, need_weights=True)
        return class_map(seen.attention, int(name[-1]) - 1).values
    start, end = SPANS[sentence]
    text = SENTENCES[sentence] if name == "sentence" else SENTENCES[sentence][start:end]
    embeds, _ = embed_texts(model.text, tokenizer, [text])
    return place_shares(model.image, scenes[scene].square, torch.from_numpy(embeds))[0][0]


def around(values):
    """A box that holds the middle of the greatest patch and no other."""
    row, column = np.unravel_index(values.argmax(), values.shape)
    x, y = (column + 0.5) * CELL, (row + 0.5) * CELL
    return [x - 3, y - 3, x + 3, y + 3]


FINDS = {"block 2": class_hits, "score": score_hits, "sentence": score_hits}


@pytest.mark.parametrize("name", FINDS)
def test_a_hit_is_the_peak_of_that_map_in_a_box(asked, name):
    """For each of many scenes in one call: a box around the peak is hit, its surroundings not."""
    model, tokenizer, scenes = asked
    hit, missed = [], []
    for scene in range(len(scenes)):
        box = around(own_map(asked, name, scene, scene % 3))
        left, top, right, bottom = box
        beside = [
            *([0, 0, left, SIZE], [right, 0, SIZE, SIZE]),
            *([0, 0, SIZE, top], [0, bottom, SIZE, SIZE]),
        ]
        hit.append(case(scene, box, scene % 3))
        missed.append(case(scene, beside, scene % 3))
    assert FINDS[name](model, tokenizer, scenes, hit)[name].all()
    assert not FINDS[name](model, tokenizer, scenes, missed)[name].any()


@pytest.mark.parametrize(
    ("find", "names", "steps"),
    [(class_hits, ["block 1", "block 2"], 2), (score_hits, ["score", "sentence"], 18)],
)
def test_every_map_is_measured(asked, find, names, steps):
    """Each block's class token; the score of the word and of the sentence."""
    told = []
    cases = [case(n, [0, 0, SIZE, SIZE]) for n in range(18)]
    hits = find(*asked, cases, "maps", lambda *step: told.append(step))
    assert list(hits) == names
    assert all(values.all() for values in hits.values())
    assert len(told) == steps
    assert told[-1] == ("maps", 18, 18)


def test_results_stand_beside_chance_and_random_weights(asked):
    """By word and over all: cases add up, chance is the boxes' mean share, weights are compared."""
    model, tokenizer, scenes = asked
    cases = pointing_cases(scenes)
    results = measure_pointing(model, tokenizer, scenes, find=class_hits)
    *words, every = results
    assert every.word == ALL
    assert sum(one.n_cases for one in words) == every.n_cases == len(cases)
    assert every.chance == pytest.approx(100 * np.mean([c.share for c in cases]))
    assert set(every.maps) == set(every.random)
    for one in results:
        assert set(one.random) in (set(one.maps), set())
        assert all(
            share.limits is None or 0 <= share.low <= share.value <= share.high <= 100
            for share in one.maps.values()
        )
    assert all(share.limits for share in every.maps.values())
    hits = class_hits(model, tokenizer, scenes, cases)
    assert every.maps["block 2"].value == pytest.approx(100 * hits["block 2"].mean())
    assert measure_pointing(model, tokenizer, scenes, find=class_hits) == results
    with_cases = list(dict.fromkeys(c.scene for c in cases))
    half = [c for c in cases if c.scene in with_cases[::2]]
    blank = class_hits(random_model(model.config), tokenizer, scenes, half)
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
        result = measure_pointing(model, tokenizer, [moved], find=class_hits)
        assert next(one for one in result if one.word == first.word).centre == share


def test_without_cases_there_is_no_result(asked):
    model, tokenizer, _ = asked
    assert measure_pointing(model, tokenizer, [], find=class_hits) == ()


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
