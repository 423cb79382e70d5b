"""Planning drawn scenes: what shall be in the picture, before anything is painted.

Scene ``index`` of a seed depends on nothing but the two numbers, so that a longer run begins with
the shorter one. Every four scenes are a hard pair and two single scenes. Pairs and singles each go
through all classes in a shuffled order before a class comes again.
"""

from __future__ import annotations

import random
from dataclasses import replace

from cmpagl.errors import ConfigError
from cmpagl.scenes.planning.classes import CLASSES, SceneClass, Use
from cmpagl.scenes.planning.hard_pairs import hard_pair
from cmpagl.scenes.planning.rules import VEHICLES, colours_of, look_alike, possible, shows_on
from cmpagl.scenes.planning.truth import ObjectSpec, Relation, SceneSpec
from cmpagl.scenes.planning.vocabulary import MAX_EXACT, SCALES, SEASONS

__all__ = ["plan_scene"]

_IN_TWO_COLOURS = (
    *("plane", "boat", "car", "truck", "bus", "house", "tent", "umbrella", "storage tank"),
    *("field", "factory", "tennis court", "building", "flower bed"),
)


def plan_scene(index: int, seed: int, *, attempt: int = 0) -> SceneSpec:
    """Plan scene ``index`` of ``seed``.

    Args:
        index: From 0. Scenes ``4 k`` and ``4 k + 1`` are a hard pair.
        seed: From 0; scenes of different seeds are different.
        attempt: Another plan of the same class for the same index, where one finds no room; the
            two scenes of a pair take the same one.

    Raises:
        ConfigError: A negative index or seed.
    """
    if index < 0 or seed < 0:
        raise ConfigError(
            f"Scene index {index} of seed {seed}: neither may be negative; give numbers from 0 on."
        )
    block, place = divmod(index, 4)
    kind_of_draw = "pair" if place < 2 else "single"
    number = block if place < 2 else 2 * block + place - 2
    class_name = _class_of(number, f"{seed}/{kind_of_draw}")
    rng = random.Random(f"{seed}/{kind_of_draw}/{number}/{attempt}")
    spec = _plan_one(class_name, rng)
    if place < 2:
        pair = hard_pair(spec, f"{seed}-{block:05d}", rng)
        while pair is None:  # nothing in this one can be varied
            pair = hard_pair(_plan_one(class_name, rng), f"{seed}-{block:05d}", rng)
        spec = pair[place]
    return replace(spec, scene_id=f"{class_name.replace(' ', '_')}_{seed}_{index:05d}")


def _class_of(number: int, key: str) -> str:
    turn, place = divmod(number, len(CLASSES))
    names = sorted(CLASSES)
    random.Random(f"{key}/classes/{turn}").shuffle(names)
    return names[place]


def _plan_one(class_name: str, rng: random.Random) -> SceneSpec:
    scene_class = CLASSES[class_name]
    ground = rng.choice(scene_class.grounds)
    season = "winter" if ground == "snow" else rng.choice(("summer", "summer", *SEASONS))
    attributes = {
        "ground": ground,
        "season": season,
        "sky": "hazy" if rng.random() < 0.12 else "clear",
        "scale": rng.choice(tuple(SCALES)),
        "shape": rng.choice(scene_class.shapes),
    }
    uses = [use for use in _chosen_uses(scene_class, rng) if shows_on(use.kind, ground, class_name)]
    objects: list[ObjectSpec] = []
    for use in uses:
        objects += _groups(use.kind, rng.choice(use.counts), attributes, uses, rng)
    relations = _relations(scene_class, tuple(objects), rng)
    return SceneSpec(
        scene_id="",
        seed=rng.getrandbits(32),
        class_name=class_name,
        objects=tuple(objects),
        relations=relations,
        attributes=attributes,
    )


def _chosen_uses(scene_class: SceneClass, rng: random.Random) -> list[Use]:
    """The uses that are always there and two or three of the others, likelier ones more often."""
    always = [use for use in scene_class.uses if use.share >= 1.0]
    others = [use for use in scene_class.uses if use.share < 1.0]
    wanted = min(len(others), rng.choice((2, 2, 3)))
    others.sort(key=lambda use: rng.random() ** (1.0 / use.share), reverse=True)
    chosen = {use.kind for use in always + others[:wanted]}
    if "island" in chosen and not chosen & {"pond", "river"}:
        chosen.remove("island")
    return [use for use in scene_class.uses if use.kind in chosen]


def _groups(
    kind: str, count: int, attributes: dict[str, str], uses: list[Use], rng: random.Random
) -> list[ObjectSpec]:
    colours = colours_of(kind, attributes, uses)
    if not colours:
        return [ObjectSpec(kind, count)]
    # The vocabulary names the commonest colour first.
    colour = rng.choices(colours, weights=range(len(colours) + 1, 1, -1))[0]
    if count > MAX_EXACT and kind in VEHICLES:
        return [ObjectSpec(kind, count)]  # a full lot has cars of all colours
    if count > MAX_EXACT and kind in ("house", "building", "boat") and rng.random() < 0.4:
        return [ObjectSpec(kind, count)]
    two = 0.75 if kind == "field" else 0.25  # like fields side by side are hard to tell apart
    if 3 <= count <= MAX_EXACT and kind in _IN_TWO_COLOURS and rng.random() < two:
        others = [other for other in colours if not look_alike(colour, other)]
        if others:
            fewer = rng.choice((1, 1, count // 2))
            other = rng.choice(others)
            return [ObjectSpec(kind, count - fewer, colour), ObjectSpec(kind, fewer, other)]
    return [ObjectSpec(kind, count, colour)]


def _relations(
    scene_class: SceneClass, objects: tuple[ObjectSpec, ...], rng: random.Random
) -> tuple[Relation, ...]:
    """One relation for most subjects; those without an alternative always hold."""
    result: list[Relation] = []
    free: dict[str, list[Relation]] = {}
    for choice in scene_class.choices:
        can = possible(choice, objects)
        if len(choice.predicates) == 1 and can:
            result.append(Relation(choice.subject, can[0], choice.target))
        elif can:
            relation = Relation(choice.subject, rng.choice(can), choice.target)
            free.setdefault(choice.subject, []).append(relation)
    placed = {relation.subject for relation in result}
    for subject, candidates in free.items():
        if subject not in placed and rng.random() < 0.92:
            result.append(rng.choice(candidates))
    return tuple(result)
