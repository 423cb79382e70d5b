"""Fresh scenes: the same each time, and cases whose word names what the boxes hold."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from unpainted import unpainted_scenes

from cmpagl.cli.commands import parse
from cmpagl.diagnose.scenes import (
    MAX_SHARE,
    WORDS,
    draw_fresh,
    draw_further,
    pointing_cases,
)
from cmpagl.scenes.planning.truth import ObjectSpec, SceneObject
from cmpagl.scenes.planning.vocabulary import KINDS, MANY
from cmpagl.scenes.telling.phrases import NOUNS

SEED = 5


def test_a_scene_does_not_depend_on_the_others():
    """Half of a pair drawn alone has the bytes and the truth it has among others."""
    told = []
    two = draw_fresh([1, 2], SEED, 48, progress=lambda *step: told.append(step))
    assert [scene.index for scene in two] == [1, 2]
    assert told == [("scenes", 1, 2), ("scenes", 2, 2)]
    (again,) = draw_fresh([1], SEED, 48)
    assert again.truth == two[0].truth
    np.testing.assert_array_equal(again.square, two[0].square)
    assert again.square.shape == (48, 48, 3)


def test_words_are_countable_things():
    """What is asked for is an object with a box, not a band or a surface."""
    assert all(word in KINDS and not KINDS[word].area for word in WORDS)


def test_cases_say_their_word_and_box_its_things():
    """The name in the sentence is one of the word's, and there is a box for each planned thing."""
    scenes = unpainted_scenes(60, SEED)
    cases = pointing_cases(scenes)
    assert len({(case.scene, case.word) for case in cases}) == len(cases) > 20
    for case in cases:
        start, end = case.span
        names = {name for pair in NOUNS[case.word] for name in pair}
        assert case.sentence[start:end] in names, case.sentence
        planned = sum(
            group.count
            for group in scenes[case.scene].truth.spec.objects
            if group.kind == case.word
        )
        assert len(case.boxes) == planned
        assert 0 < case.share <= MAX_SHARE
    assert [case.sentence for case in pointing_cases(scenes)] == [c.sentence for c in cases]


def one_case():
    scenes = unpainted_scenes(60, SEED)
    case = pointing_cases(scenes)[0]
    return scenes[case.scene], case.word


def words_in(scene):
    return [case.word for case in pointing_cases([scene])]


def test_what_fills_the_picture_is_no_case():
    """Boxes over more than a fifth of the picture cannot be missed, so they are not asked for."""
    scene, word = one_case()
    objects = [item for item in scene.truth.objects if item.kind != word]
    for side, asked in ((100.0, True), (101.0, False)):  # 100^2 / 224^2 = 19.9 %
        big = SceneObject(word, (0.0, 0.0, side, side))
        changed = replace(scene, truth=replace(scene.truth, objects=(*objects, big)))
        assert (word in words_in(changed)) == asked


def test_levels_are_no_case():
    """Of "many" things not every one has a box, so a peak beside the boxes proves nothing."""
    scene, word = one_case()
    groups = tuple(
        replace(group, count=MANY) if group.kind == word else group
        for group in scene.truth.spec.objects
    )
    assert all(isinstance(group, ObjectSpec) for group in groups)
    spec = replace(scene.truth.spec, objects=groups)
    assert word not in words_in(replace(scene, truth=replace(scene.truth, spec=spec)))


def test_further_scenes_hold_the_missing_word():
    """Scenes are added until a word has its cases, none from before and none of a pair."""
    scenes = unpainted_scenes(4, SEED)
    had = words_in_all(scenes)
    wanted = had.count("car") + 1
    further = draw_further(scenes, SEED, 32, cases_per_word=wanted, words=("car",))
    assert words_in_all([*scenes, *further]).count("car") >= wanted
    assert all(scene.index >= 4 and scene.truth.spec.pair_id is None for scene in further)
    assert not draw_further(scenes, SEED, 32, cases_per_word=0)


def test_few_further_scenes_serve_many_words():
    """Scenes that show several missing words at once are drawn first."""
    scenes = unpainted_scenes(16, SEED)
    words, wanted = ("house", "swimming pool"), 7
    further = draw_further(scenes, SEED, 32, cases_per_word=wanted, words=words)
    had, got = (words_in_all(some) for some in (scenes, [*scenes, *further]))
    missing = sum(max(wanted - had.count(word), 0) for word in words)
    assert min(got.count(word) for word in words) >= wanted
    assert 0 < len(further) < missing
    assert len({scene.index for scene in further}) == len(further)


def words_in_all(scenes):
    return [case.word for case in pointing_cases(scenes)]


def test_the_default_seed_is_not_the_gallery_s(repository):
    """The shipped gallery's scenes are not asked about again."""
    path = repository / "assets" / "gallery" / "dataset_drawn.json"
    if not path.is_file():
        pytest.skip("the gallery is not there")
    assert parse(["diagnose"]).seed != json.loads(path.read_text("utf-8"))["seed"]
