"""Noun phrases for the objects of a scene: how many, of which colour, under which name."""

from __future__ import annotations

import random
from dataclasses import dataclass

from cmpagl.scenes.planning.truth import ObjectSpec, SceneSpec
from cmpagl.scenes.planning.vocabulary import KINDS, MAX_EXACT, SOME
from cmpagl.scenes.telling.phrases import (
    ADJECTIVES,
    LEVELS,
    NOUNS,
    NUMBERS,
    ROOFED,
    SHAPE_WORDS,
    WATERS,
)

__all__ = ["Nominal", "NounWriter", "with_article"]

_SHAPED = ("river", "road", "path")  # the first that is there has the planned shape


@dataclass(frozen=True)
class Nominal:
    """A noun phrase and its number."""

    text: str
    plural: bool
    kind: str


class NounWriter:
    """Writes noun phrases for the kinds of one scene.

    Args:
        spec: What is in the picture.
        rng: Decides the wording.
        exact: The kind whose number and colour are always said.
    """

    def __init__(self, spec: SceneSpec, rng: random.Random, exact: str | None) -> None:
        self._rng = rng
        self._exact = exact
        self._groups: dict[str, list[ObjectSpec]] = {}
        for group in spec.objects:
            self._groups.setdefault(group.kind, []).append(group)
        shaped = next((kind for kind in _SHAPED if kind in self._groups), None)
        self._shaped = shaped if shaped and self.total(shaped) == 1 else None
        self._shape = spec.attributes.get("shape")

    def total(self, kind: str) -> int:
        """How many of ``kind``; above `MAX_EXACT` a level rather than a number."""
        return sum(group.count for group in self._groups[kind])

    def full(self, kind: str) -> Nominal:
        """The objects of ``kind`` with their number and mostly their colour."""
        groups, count = self._groups[kind], self.total(kind)
        if len(groups) == 2 and (kind == self._exact or self._rng.random() < 0.75):
            return Nominal(self._two_colours(kind, *groups), True, kind)
        text = self._named(kind, count > 1, self._colour(kind))
        return Nominal(self._counted(text, kind, count), count > 1, kind)

    def target(self, kind: str) -> str:
        """``kind`` as what something else stands beside, on or around."""
        count = self.total(kind)
        if self._rng.random() < 0.4 or kind == self._exact:
            return self.full(kind).text
        colour = self._colour(kind) if self._rng.random() < 0.5 else None
        text = self._named(kind, count > 1, colour)
        if 1 < count <= MAX_EXACT and self._rng.random() < 0.5:
            return f"the {NUMBERS[count]} {text}"
        return f"the {text}"

    def subject_and_colour(self, kind: str) -> tuple[Nominal, str] | None:
        """A subject without its colour and "are white"; None where the colour is not one."""
        groups, count = self._groups[kind], self.total(kind)
        colour = groups[0].colour
        if len(groups) > 1 or colour is None or KINDS[kind].colours == (colour,):
            return None
        text = self._named(kind, count > 1, None)
        colour = _spelt(colour, self._rng)
        plural = count > 1
        if count <= MAX_EXACT:
            number = f"{NUMBERS[count]} " if plural else ""
            start = (
                self._rng.choice(("the ", "the ", "all " if count > 2 else ""))
                if plural
                else "the "
            )
            text = start + number + text
        else:
            text = self._counted(text, kind, count)
        if kind in ROOFED and self._rng.random() < 0.5:
            statement = f"have {colour} roofs" if plural else f"has a {colour} roof"
        elif kind in WATERS and not plural and self._rng.random() < 0.5:
            statement = f"has {colour} water"
        else:
            statement = f"are {colour}" if plural else f"is {colour}"
            if plural and "all" not in text and self._rng.random() < 0.3:
                statement = f"are all {colour}"
        return Nominal(text, plural, kind), statement

    def _colour(self, kind: str) -> str | None:
        group = self._groups[kind][0]
        if len(self._groups[kind]) > 1 or group.colour is None:
            return None
        told = 0.25 if len(KINDS[kind].colours) == 1 else 0.75  # hardly anyone calls a road grey
        said = self._rng.random() < told
        return group.colour if said or kind == self._exact else None

    def _named(self, kind: str, plural: bool, colour: str | None) -> str:
        """Adjective, colour, noun: "large white-roofed houses", "pond with green water"."""
        noun = self._rng.choice(NOUNS[kind])[plural]
        words = [noun]
        after = ""
        if colour is not None:
            said = _spelt(colour, self._rng)
            style = self._rng.random()
            if kind in ROOFED and style < 0.35:
                if style < 0.12:
                    words.insert(0, f"{said}-roofed")
                else:
                    after = f" with {said} roofs" if plural else f" with {with_article(said)} roof"
            elif kind in WATERS and not plural and style < 0.2:
                after = f" with {said} water"
            else:
                words.insert(0, said)
        if kind == self._shaped and self._shape and self._rng.random() < 0.3:
            words.insert(0, self._rng.choice(SHAPE_WORDS[self._shape]))
        elif kind in ADJECTIVES and self._rng.random() < 0.25:
            adjective = self._rng.choice(ADJECTIVES[kind])
            if adjective not in noun and not (adjective == "straight" and kind == self._shaped):
                words.insert(0, adjective)
        return " ".join(words) + after

    def _counted(self, text: str, kind: str, count: int) -> str:
        rng = self._rng
        if count > MAX_EXACT:
            level = "some" if count == SOME else "many"
            if rng.random() < 0.12 and kind != self._exact:
                return text
            return f"{rng.choice(LEVELS[level])} {text}"
        if count == 1:
            style = rng.random()
            if style < 0.12:
                return f"one {text}"
            return f"a single {text}" if style < 0.16 else with_article(text)
        if kind != self._exact and count >= 3 and rng.random() < 0.1:
            return f"{rng.choice(('several', 'a few') if count <= 5 else ('several',))} {text}"
        if count == 2 and rng.random() < 0.08:
            return f"a pair of {text}"
        return f"{NUMBERS[count]} {text}"

    def _two_colours(self, kind: str, more: ObjectSpec, fewer: ObjectSpec) -> str:
        first, second = _spelt(str(more.colour), self._rng), _spelt(str(fewer.colour), self._rng)
        noun = self._rng.choice(NOUNS[kind])
        if fewer.count == 1 and self._rng.random() < 0.7:
            last = self._rng.choice((f"{with_article(second)} one", f"one {second} one"))
            return f"{NUMBERS[more.count]} {first} {noun[more.count > 1]} and {last}"
        if self._rng.random() < 0.5 and fewer.count > 1:
            return (
                f"{NUMBERS[more.count]} {first} {noun[1]} and {NUMBERS[fewer.count]} {second} ones"
            )
        return (
            f"{NUMBERS[more.count]} {first} and {NUMBERS[fewer.count]} {second} "
            f"{noun[fewer.count > 1]}"
        )


def with_article(text: str) -> str:
    """``text`` after "a" or "an"."""
    return ("an " if text[0] in "aeiou" else "a ") + text


def _spelt(colour: str, rng: random.Random) -> str:
    return "gray" if colour == "grey" and rng.random() < 0.3 else colour
