"""Hard pairs: two scenes of one class that differ in one count, colour, relation or object."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from cmpagl.scenes.planning.classes import CLASSES
from cmpagl.scenes.planning.rules import colours_of, look_alike, possible, shows_on, total
from cmpagl.scenes.planning.truth import ObjectSpec, Relation, SceneSpec
from cmpagl.scenes.planning.vocabulary import MAX_EXACT

__all__ = ["DIFFERENCES", "hard_pair", "other_relations", "with_group"]

DIFFERENCES = ("count", "colour", "relation", "object")


def hard_pair(
    spec: SceneSpec, pair_id: str, rng: random.Random
) -> tuple[SceneSpec, SceneSpec] | None:
    """``spec`` and its counterpart, which differs in one thing.

    Args:
        spec: The first scene.
        pair_id: What both get as their ``pair_id``.
        rng: Decides what differs and how.

    Returns:
        The two scenes, or None where nothing in the scene can be varied.
    """
    ways = {
        "count": _other_count,
        "colour": _other_colour,
        "relation": _other_relation,
        "object": _other_object,
    }
    order = list(DIFFERENCES)
    rng.shuffle(order)
    if rng.random() < 0.3:  # few scenes have a relation with an alternative: use it when there
        order.sort(key=lambda differs: differs != "relation")
    for differs in order:
        found = ways[differs](spec, rng)
        if found is not None:
            kind, other_kind, other = found
            return (
                replace(spec, pair_id=pair_id, pair_differs=differs, pair_kind=kind),
                replace(other, pair_id=pair_id, pair_differs=differs, pair_kind=other_kind),
            )
    return None


_Found = tuple[str, str, SceneSpec] | None  # the kind here, the kind there, the other scene


def _alone(spec: SceneSpec) -> list[int]:
    """Places of the groups that are the only one of their kind."""
    kinds = [group.kind for group in spec.objects]
    return [place for place, kind in enumerate(kinds) if kinds.count(kind) == 1]


def with_group(spec: SceneSpec, place: int, group: ObjectSpec) -> SceneSpec:
    """``spec`` with another group of objects at a place."""
    objects = (*spec.objects[:place], group, *spec.objects[place + 1 :])
    return replace(spec, objects=objects)


def other_relations(spec: SceneSpec) -> Iterator[tuple[Relation, SceneSpec]]:
    """Every relation that could stand in the place of a planned one, and the scene that has it."""
    for place, relation in enumerate(spec.relations):
        for choice in CLASSES[spec.class_name].choices:
            if (choice.subject, choice.target) != (relation.subject, relation.target):
                continue
            for predicate in possible(choice, spec.objects):
                if predicate != relation.predicate:
                    other = replace(relation, predicate=predicate)
                    relations = (*spec.relations[:place], other, *spec.relations[place + 1 :])
                    yield other, replace(spec, relations=relations)


def _other_count(spec: SceneSpec, rng: random.Random) -> _Found:
    counts = {use.kind: use.counts for use in CLASSES[spec.class_name].uses}
    candidates = []
    for place in _alone(spec):
        group = spec.objects[place]
        for count in counts[group.kind]:
            # Far enough apart for a person to see: one of few, two of many.
            if max(count, group.count) > MAX_EXACT or abs(count - group.count) < (
                1 if min(count, group.count) < 3 else 2
            ):
                continue
            other = with_group(spec, place, replace(group, count=count))
            if _still_holds(other):
                candidates.append((group.kind, group.kind, other))
    return rng.choice(candidates) if candidates else None


def _other_colour(spec: SceneSpec, rng: random.Random) -> _Found:
    uses = [use for use in CLASSES[spec.class_name].uses if total(spec.objects, use.kind)]
    candidates = []
    for place in _alone(spec):
        group = spec.objects[place]
        if group.colour is None:
            continue
        for colour in colours_of(group.kind, spec.attributes, uses):
            if not look_alike(colour, group.colour):
                other = with_group(spec, place, replace(group, colour=colour))
                candidates.append((group.kind, group.kind, other))
    return rng.choice(candidates) if candidates else None


def _other_relation(spec: SceneSpec, rng: random.Random) -> _Found:
    candidates = [(other.subject, other.subject, found) for other, found in other_relations(spec)]
    return rng.choice(candidates) if candidates else None


def _other_object(spec: SceneSpec, rng: random.Random) -> _Found:
    """Another kind in the place of one that takes part in no relation as a target."""
    targets = {relation.target for relation in spec.relations}
    present = {group.kind for group in spec.objects}
    uses = {use.kind: use for use in CLASSES[spec.class_name].uses}
    leaving = [
        place
        for place in _alone(spec)
        if uses[spec.objects[place].kind].share < 1.0 and spec.objects[place].kind not in targets
    ]
    coming = [
        kind
        for kind in uses
        if kind not in present
        and kind != "island"
        and shows_on(kind, spec.attributes["ground"], spec.class_name)
    ]
    if not leaving or not coming:
        return None
    place, kind = rng.choice(leaving), rng.choice(coming)
    old = spec.objects[place].kind
    count = min(spec.objects[place].count, max(uses[kind].counts))
    if count not in uses[kind].counts:
        count = min(uses[kind].counts)
    used = [use for use in uses.values() if use.kind in present or use.kind == kind]
    colours = colours_of(kind, spec.attributes, used)
    group = ObjectSpec(kind, count, rng.choice(colours) if colours else None)
    relations = tuple(relation for relation in spec.relations if relation.subject != old)
    other = replace(with_group(spec, place, group), relations=relations)
    forced = tuple(
        Relation(choice.subject, choice.predicates[0], choice.target)
        for choice in CLASSES[spec.class_name].choices
        if len(choice.predicates) == 1
        and kind in (choice.subject, choice.target)
        and possible(choice, other.objects)
    )
    return old, kind, replace(other, relations=relations + forced)


def _still_holds(spec: SceneSpec) -> bool:
    """Whether every planned relation can still be shown."""
    choices = CLASSES[spec.class_name].choices
    return all(
        any(
            relation.predicate in possible(choice, spec.objects)
            for choice in choices
            if (choice.subject, choice.target) == (relation.subject, relation.target)
        )
        for relation in spec.relations
    )
