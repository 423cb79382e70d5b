"""What a land-use class is planned from: kinds with their counts, relations with alternatives."""

from __future__ import annotations

from dataclasses import dataclass

from cmpagl.scenes.planning.vocabulary import MANY, SOME

__all__ = [
    "AROUND",
    "IN_PLACE",
    "LEVELS",
    "NEAR",
    "ROWS",
    "SIDES",
    "TREES",
    "Choice",
    "SceneClass",
    "Use",
    "upto",
]


@dataclass(frozen=True)
class Use:
    """How a class uses a kind: the counts it may have and how often it is there (1.0: always)."""

    kind: str
    counts: tuple[int, ...]
    share: float = 1.0


@dataclass(frozen=True)
class Choice:
    """A relation with its alternatives; at most one of ``predicates`` is planned in one scene.

    ``target`` is a kind, the word "ground" (whatever ``attributes["ground"]`` says) or "scene" (the
    whole picture). Alternatives exclude each other: the picture must show the planned one only.
    """

    subject: str
    predicates: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class SceneClass:
    """A land-use class: its grounds, what it holds, how that is arranged."""

    grounds: tuple[str, ...]
    uses: tuple[Use, ...]
    choices: tuple[Choice, ...] = ()
    shapes: tuple[str, ...] = ("straight",)


def upto(low: int, high: int) -> tuple[int, ...]:
    """All counts from ``low`` to ``high``."""
    return tuple(range(low, high + 1))


LEVELS = (SOME, MANY)
TREES = Use("tree", LEVELS, 0.6)
IN_PLACE = ("in the middle of", "in a corner of")
SIDES = ("on both sides of", "on one side of")
AROUND = ("around", "on one side of")
ROWS = ("in rows on", "scattered on")
NEAR = ("beside", "far from")
