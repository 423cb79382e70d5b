"""What may be planned together: colours that show, predicates that a number of objects can show."""

from __future__ import annotations

from cmpagl.scenes.planning.classes import Choice, Use
from cmpagl.scenes.planning.truth import ObjectSpec
from cmpagl.scenes.planning.vocabulary import KINDS, MAX_EXACT, SEASONS

__all__ = ["VEHICLES", "colours_of", "look_alike", "possible", "shows_on", "total"]

# Colours that a person may take for one another at this size: never the two sides of a pair.
_LOOK_ALIKE = {
    frozenset(pair)
    for pair in (
        ("white", "grey"),
        ("grey", "black"),
        ("red", "orange"),
        ("red", "brown"),
        ("orange", "yellow"),
        ("orange", "brown"),
        ("brown", "black"),
        ("white", "yellow"),
        ("blue", "black"),
        ("grey", "blue"),
        ("green", "black"),
        ("green", "brown"),
    )
}
# A colour that hardly shows on a ground.
_LOST_ON: dict[str, tuple[str, ...]] = {
    "grass": ("green",),
    "woods": ("green",),
    "gardens": ("green",),
    "bare ground": ("brown",),
    "sand": ("yellow", "brown", "white"),
    "concrete": ("grey",),
    "asphalt": ("black", "grey"),
    "snow": ("white",),
    "rock face": ("grey",),
    "water": (),
}
VEHICLES = ("car", "truck", "bus")
# Least number of subjects that show a predicate; a running track encloses a field alone.
_LEAST = {"around": 3, "on both sides of": 2, "along": 2, "in rows on": 3, "scattered on": 3}
# Predicates that mean one thing only where the target is one thing.
_ONE_TARGET = ("on both sides of", "on one side of", "along", "in the middle of", "in a corner of")


def look_alike(first: str, second: str) -> bool:
    """Whether two colours may be taken for one another in a small picture."""
    return first == second or frozenset((first, second)) in _LOOK_ALIKE


def colours_of(kind: str, attributes: dict[str, str], uses: list[Use]) -> list[str]:
    """The colours of ``kind`` that season and ground allow."""
    if kind == "tree":
        return ["green" if attributes["ground"] == "snow" else SEASONS[attributes["season"]][1]]
    if kind == "bush":
        return ["green" if attributes["season"] in ("summer", "autumn") else "brown"]
    lost: tuple[str, ...] = () if KINDS[kind].area else _LOST_ON[attributes["ground"]]
    if kind in VEHICLES and any(KINDS[use.kind].colours == ("grey",) for use in uses):
        lost += ("grey", "black")  # on a road
    return [colour for colour in KINDS[kind].colours if colour not in lost]


def shows_on(kind: str, ground: str, class_name: str) -> bool:
    """Whether ``kind`` can be told from the ground: single trees are lost in a closed canopy."""
    return not (kind in ("tree", "bush") and ground == "woods" and class_name != "forest")


def total(objects: tuple[ObjectSpec, ...], kind: str) -> int:
    """How many of ``kind`` are planned; above `MAX_EXACT` a level rather than a number."""
    return sum(group.count for group in objects if group.kind == kind)


def possible(choice: Choice, objects: tuple[ObjectSpec, ...]) -> tuple[str, ...]:
    """The predicates of ``choice`` that these objects can show."""
    count, targets = total(objects, choice.subject), total(objects, choice.target)
    whole = choice.target in ("ground", "scene")
    if count == 0 or not (targets or whole):
        return ()
    result = []
    for predicate in choice.predicates:
        least = 1 if choice.subject == "running track" else _LEAST.get(predicate, 1)
        if count < least or (predicate in _ONE_TARGET and not whole and targets != 1):
            continue
        if choice.target == "scene" and count > (1 if predicate == "in the middle of" else 3):
            continue
        if predicate in ("around", "far from") and targets > MAX_EXACT:
            continue
        result.append(predicate)
    return tuple(result)
