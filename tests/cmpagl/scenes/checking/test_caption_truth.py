"""The checker: true captions pass, each sort of untruth is found and named."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest
from drawn_truth import truth_of
from false_captions import false_caption
from planned import plan_scenes

import cmpagl.scenes
from cmpagl.scenes.checking.caption_truth import check_caption
from cmpagl.scenes.planning.hard_pairs import DIFFERENCES
from cmpagl.scenes.planning.truth import ObjectSpec, Relation, SceneSpec
from cmpagl.scenes.planning.vocabulary import MANY, SOME

AIRPORT = truth_of(
    SceneSpec(
        "airport",
        1,
        "airport",
        (
            ObjectSpec("plane", 3, "white"),
            ObjectSpec("plane", 1, "red"),
            ObjectSpec("terminal", 1, "grey"),
            ObjectSpec("car", SOME),
        ),
        (Relation("plane", "beside", "terminal"),),
        {"ground": "concrete", "season": "summer", "sky": "clear"},
    )
)
POND = truth_of(
    SceneSpec(
        "pond",
        1,
        "pond",
        (
            ObjectSpec("pond", 1, "green"),
            ObjectSpec("tree", MANY, "orange"),
            ObjectSpec("house", 2, "red"),
            ObjectSpec("road", 1, "grey"),
        ),
        (Relation("tree", "around", "pond"), Relation("house", "on one side of", "road")),
        {"ground": "grass", "season": "autumn", "sky": "hazy", "shape": "curved"},
    )
)


@pytest.mark.parametrize(
    ("truth", "caption"),
    [
        (AIRPORT, "four planes are parked next to the terminal of this airport"),
        (AIRPORT, "three white planes and a red one stand beside a grey terminal ."),
        (AIRPORT, "next to a terminal there are three white and one red plane"),
        (AIRPORT, "an airfield with some cars on the concrete and several planes"),
        (AIRPORT, "the terminal is grey, and there are four aircraft"),
        (POND, "a pond is surrounded by many orange trees"),
        (POND, "a hazy view of a pond with green water and lots of trees around it"),
        (POND, "two houses with red roofs stand on one side of a curved road on the green grass"),
        (POND, "many trees growing around the lake are orange"),
    ],
)
def test_true_sentences_written_by_hand_are_accepted(truth, caption):
    """Sentences that the grammar did not write are understood, and true ones accepted."""
    verdict = check_caption(caption, truth)
    assert verdict.holds, verdict


@pytest.mark.parametrize(
    ("truth", "caption", "aspect"),
    [
        (AIRPORT, "four planes are parked in a harbor", "class"),
        (AIRPORT, "four planes and two boats can be seen", "object"),
        (AIRPORT, "five planes are next to the terminal", "count"),
        (AIRPORT, "a plane is next to the terminal", "count"),
        (AIRPORT, "two white planes and a red one are next to a terminal", "count"),
        (AIRPORT, "many cars are on the concrete", "count"),
        (AIRPORT, "three white planes and a blue one are next to a terminal", "colour"),
        (AIRPORT, "all four planes are white", "colour"),
        (AIRPORT, "a terminal with a brown roof and four planes beside it", "colour"),
        (AIRPORT, "four planes are far away from the terminal", "relation"),
        (AIRPORT, "four planes are standing on the lawn", "ground"),
        (AIRPORT, "four planes in hazy weather", "sky"),
        (POND, "a pond is surrounded by two houses", "relation"),
        (POND, "a pond with many trees on one side", "relation"),
        (POND, "two houses stand on both sides of the road", "relation"),
        (POND, "a straight road with two houses on one side", "shape"),
        (POND, "many trees growing around the lake are green", "colour"),
        (POND, "a lake with blue water", "colour"),
        (POND, "some houses stand on one side of a road on the yellow grass", "ground"),
    ],
)
def test_an_untruth_is_named(truth, caption, aspect):
    """A false sentence is rejected for the claim that is false."""
    verdict = check_caption(caption, truth)
    assert not verdict.holds
    assert aspect in {claim.aspect for claim in verdict.false_claims}, verdict
    assert not verdict.not_understood


def test_unknown_words_and_empty_sentences_do_not_pass():
    """What the checker cannot read it does not call true."""
    assert check_caption("four purple planes", AIRPORT).not_understood == ("purple",)
    assert not check_caption("four purple planes", AIRPORT).holds
    assert not check_caption("this is it", AIRPORT).holds


@pytest.mark.parametrize("aspect", DIFFERENCES)
def test_false_captions_are_rejected(aspect):
    """Of captions falsified in one aspect at least 99 in 100 are rejected, for that aspect."""
    rng = random.Random(3)
    rejected = named = written = 0
    for spec in plan_scenes(500, 1):
        caption = false_caption(spec, aspect, rng)
        if caption is None:
            continue
        written += 1
        verdict = check_caption(caption, truth_of(spec))
        rejected += not verdict.holds
        named += any(claim.aspect == aspect for claim in verdict.false_claims)
    assert written >= 250
    assert rejected >= 0.99 * written
    assert named >= 0.99 * written


def test_the_checker_shares_no_words_with_the_writer():
    """Lexicon, reading and checker import neither the phrases nor the grammar of the captions."""
    folder = Path(cmpagl.scenes.__path__[0]) / "checking"
    for name in ("lexicon", "reading", "caption_truth"):
        tree = ast.parse((folder / f"{name}.py").read_text("utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert imported
        assert not any(module.startswith("cmpagl.scenes.telling") for module in imported)
