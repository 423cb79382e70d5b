"""Plans of drawn scenes: repeatable, balanced, and hard pairs that differ in one thing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from planned import plan_scenes

from cmpagl.errors import ConfigError
from cmpagl.scenes.planning.classes import CLASSES
from cmpagl.scenes.planning.hard_pairs import DIFFERENCES
from cmpagl.scenes.planning.plan import plan_scene
from cmpagl.scenes.planning.rules import look_alike, total
from cmpagl.scenes.planning.truth import SceneTruth
from cmpagl.scenes.planning.vocabulary import (
    COLOURS,
    GROUNDS,
    KINDS,
    MANY,
    MAX_EXACT,
    PREDICATES,
    SOME,
)

SCENES = plan_scenes(1024, 5)


def test_tables_name_only_words_of_the_vocabulary():
    """Every class has its objects, grounds and relations from the vocabulary; none lies idle."""
    used = {use.kind for scene_class in CLASSES.values() for use in scene_class.uses}
    assert used == set(KINDS)
    assert len(CLASSES) >= 26
    for name, scene_class in CLASSES.items():
        kinds = {use.kind for use in scene_class.uses}
        assert set(scene_class.grounds) <= set(GROUNDS), name
        for choice in scene_class.choices:
            assert choice.subject in kinds, name
            assert choice.target in kinds | {"ground", "scene"}, name
            assert set(choice.predicates) <= set(PREDICATES), name
    assert all(set(kind.colours) <= set(COLOURS) for kind in KINDS.values())


def test_plan_depends_on_index_and_seed_alone():
    """A longer run begins with the shorter one, and another seed plans other scenes."""
    assert plan_scenes(40, 5) == SCENES[:40]
    assert plan_scene(33, 5) == SCENES[33]
    assert all(a.objects != b.objects for a, b in zip(plan_scenes(4, 6), SCENES[:4], strict=True))
    assert len({spec.scene_id for spec in SCENES}) == len(SCENES)


def test_classes_are_balanced():
    """After 4 scenes for each class every class has come equally often."""
    counts = Counter(spec.class_name for spec in SCENES[: 4 * len(CLASSES)])
    assert counts == dict.fromkeys(CLASSES, 4)


def test_half_of_the_scenes_are_hard_pairs_of_every_sort():
    """Half of the scenes are in pairs, and each way to differ has at least a tenth of those."""
    pairs = Counter(spec.pair_differs for spec in SCENES if spec.pair_id is not None)
    assert pairs.total() == len(SCENES) // 2
    assert set(pairs) == set(DIFFERENCES)
    assert min(pairs.values()) >= pairs.total() // 10


def test_pairs_differ_in_exactly_one_thing():
    """Two of a pair agree in all but the count, colour, relation or object they are named for."""
    for first, second in zip(SCENES[::4], SCENES[1::4], strict=True):
        assert first.pair_id == second.pair_id is not None
        assert first.pair_differs == second.pair_differs
        plain = {"scene_id": "", "pair_kind": None, "objects": (), "relations": ()}
        assert replace(first, **plain) == replace(second, **plain)
        here = [g for g in first.objects if g not in second.objects]
        there = [g for g in second.objects if g not in first.objects]
        if first.pair_differs == "relation":
            assert first.objects == second.objects
            assert len(set(first.relations) ^ set(second.relations)) == 2
            continue
        assert len(here) == len(there) == 1
        assert here[0].kind == first.pair_kind
        assert there[0].kind == second.pair_kind
        if first.pair_differs == "object":
            assert first.pair_kind != second.pair_kind
            continue
        assert first.relations == second.relations
        if first.pair_differs == "count":
            assert here[0] == replace(there[0], count=here[0].count)
        else:
            assert here[0] == replace(there[0], colour=here[0].colour)
            assert not look_alike(str(here[0].colour), str(there[0].colour))


def test_counts_and_relations_can_be_shown():
    """A total is exact or a level; relations join what is there; no kind comes thrice."""
    for spec in SCENES:
        kinds = Counter(group.kind for group in spec.objects)
        assert max(kinds.values()) <= 2
        for kind in kinds:
            count = total(spec.objects, kind)
            assert 1 <= count <= MAX_EXACT or count in (SOME, MANY)
        for relation in spec.relations:
            assert relation.subject in kinds
            assert relation.target in {*kinds, "ground", "scene"}


def test_truth_round_trip():
    """A truth read back from its JSON form is the truth that was written."""
    truth = SceneTruth(SCENES[0], (), ("one caption .",))
    assert SceneTruth.from_json(truth.to_json()) == truth


@pytest.mark.parametrize(("index", "seed"), [(-1, 0), (0, -1)])
def test_negative_numbers_are_refused(index, seed):
    """A negative index or seed is refused with the numbers in the sentence."""
    with pytest.raises(ConfigError, match="may be negative"):
        plan_scene(index, seed)
