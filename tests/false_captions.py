"""Captions that are false on purpose, in exactly one count, colour, relation or object.

The plan is changed in that one thing and a caption that must say it is written of the changed plan;
all else that the caption says stays true of the scene.
"""

from __future__ import annotations

import random
from dataclasses import replace

from cmpagl.scenes.planning.hard_pairs import other_relations, with_group
from cmpagl.scenes.planning.rules import look_alike
from cmpagl.scenes.planning.truth import ObjectSpec, SceneSpec
from cmpagl.scenes.planning.vocabulary import KINDS, MAX_EXACT
from cmpagl.scenes.telling.captions import Focus, write_caption

__all__ = ["false_caption"]

# Kinds that a person may call by each other's names; a false object is never one of these.
_TAKEN_FOR = (
    ("building", "house", "factory", "church", "station", "terminal", "greenhouse", "tent"),
    ("road", "path", "highway", "runway", "viaduct", "bridge", "railway", "crosswalk", "dock"),
    ("pond", "river", "sea", "swimming pool", "fountain", "wave"),
    ("boat", "ship"),
    ("car", "truck", "bus", "tractor", "container", "train"),
    ("tree", "bush", "flower bed", "field", "island"),
    ("stadium", "football field", "running track"),
    ("tennis court", "basketball court", "football field"),
    ("rock", "haystack", "dune", "bunker"),
)


def false_caption(spec: SceneSpec, aspect: str, rng: random.Random) -> str | None:
    """A caption that is false of ``spec`` in one ``aspect``, or None where the scene has none.

    Args:
        spec: What is in the picture.
        aspect: "count", "colour", "relation" or "object".
        rng: Decides what is changed and how it is said.
    """
    ways = {
        "count": _count,
        "colour": _colour,
        "relation": _relation,
        "object": _object,
    }
    changed = ways[aspect](spec, rng)
    if not changed:
        return None
    false_spec, focus = rng.choice(changed)
    return write_caption(false_spec, rng, focus)


_Changed = list[tuple[SceneSpec, Focus]]


def _count(spec: SceneSpec, rng: random.Random) -> _Changed:
    result = []
    for place, group in enumerate(spec.objects):
        others = (
            sum(other.count for other in spec.objects if other.kind == group.kind) - group.count
        )
        for count in range(1, MAX_EXACT + 1 - others):
            if count != group.count and group.count <= MAX_EXACT:
                false_spec = with_group(spec, place, replace(group, count=count))
                result.append((false_spec, Focus(group.kind, "count")))
    return result


def _colour(spec: SceneSpec, rng: random.Random) -> _Changed:
    result = []
    for place, group in enumerate(spec.objects):
        taken = [other.colour for other in spec.objects if other.kind == group.kind]
        for colour in KINDS[group.kind].colours:
            if None in taken or any(look_alike(colour, str(other)) for other in taken):
                continue
            false_spec = with_group(spec, place, replace(group, colour=colour))
            result.append((false_spec, Focus(group.kind, "colour")))
    return result


def _relation(spec: SceneSpec, rng: random.Random) -> _Changed:
    return [
        (found, Focus(other.subject, "relation", other)) for other, found in other_relations(spec)
    ]


def _object(spec: SceneSpec, rng: random.Random) -> _Changed:
    present = {group.kind for group in spec.objects}
    avoided = {kind for kinds in _TAKEN_FOR if present & set(kinds) for kind in kinds} | present
    result = []
    for place, group in enumerate(spec.objects):
        if group.kind == spec.class_name or any(
            other.kind == group.kind for other in spec.objects if other is not group
        ):
            continue
        relations = tuple(
            relation
            for relation in spec.relations
            if group.kind not in (relation.subject, relation.target)
        )
        for kind in sorted(set(KINDS) - avoided):
            colours = KINDS[kind].colours
            new = ObjectSpec(kind, group.count, rng.choice(colours) if colours else None)
            false_spec = replace(with_group(spec, place, new), relations=relations)
            result.append((false_spec, Focus(kind, "object")))
    return result
