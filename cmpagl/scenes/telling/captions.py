"""Five captions for a drawn scene, in the manner of people who annotate aerial pictures.

A caption names one main object, where that is, often the place and one or two further objects, in
one of a dozen sentence patterns; every word choice is drawn anew, so that two scenes alike in
content get different sentences. Exact counts are always said as numbers where a hard pair turns on
them. A bare "a house" says that there is exactly one.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from cmpagl.scenes.planning.classes import CLASSES
from cmpagl.scenes.planning.truth import Relation, SceneSpec, SceneTruth
from cmpagl.scenes.telling.nouns import with_article
from cmpagl.scenes.telling.phrases import (
    CLASS_OPENINGS,
    CONTAINS,
    HAZY,
    INVERSE,
    PRONOUN_PLACES,
    SEE_OPENINGS,
)
from cmpagl.scenes.telling.sentence import Focus, SentenceParts, listed

__all__ = ["CAPTIONS", "Focus", "write_caption", "write_captions"]

CAPTIONS = 5  # per scene
LONGEST = 20  # words


def write_captions(truth: SceneTruth) -> tuple[str, ...]:
    """Five different captions, all true of ``truth``; three name what a hard pair differs in."""
    spec = truth.spec
    rng = random.Random(f"{spec.scene_id}/{spec.seed}/captions")
    focus = None
    if spec.pair_kind is not None and spec.pair_differs is not None:
        focus = Focus(spec.pair_kind, spec.pair_differs, _differing_relation(spec))
    captions: list[str] = []
    while len(captions) < CAPTIONS:
        caption = write_caption(spec, rng, focus if len(captions) < 3 else None)
        if caption not in captions:
            captions.append(caption)
    rng.shuffle(captions)
    return tuple(captions)


def write_caption(spec: SceneSpec, rng: random.Random, focus: Focus | None = None) -> str:
    """One caption of ``spec``, lower-case, ending in " .".

    Args:
        spec: What is in the picture.
        rng: Decides the wording.
        focus: What must be said exactly; without it any object may be the main one.
    """
    least = rng.choice((2, 3, 3))
    while True:
        text = _Sentence(spec, rng, focus).write(least)
        if text is not None and len(text.split()) <= LONGEST:
            return text + " ."


def _differing_relation(spec: SceneSpec) -> Relation | None:
    """The relation that a hard pair turns on: the one of its kind that has an alternative."""
    if spec.pair_differs != "relation":
        return None
    open_choices = {
        (choice.subject, choice.target)
        for choice in CLASSES[spec.class_name].choices
        if len(choice.predicates) > 1
    }
    return next(
        relation
        for relation in spec.relations
        if relation.subject == spec.pair_kind
        and (relation.subject, relation.target) in open_choices
    )


class _Sentence(SentenceParts):
    """One attempt at a sentence; a pattern that does not suit the facts gives None."""

    def write(self, least: int) -> str | None:
        """A sentence that names ``least`` kinds, relations or land uses, or None."""
        patterns: tuple[tuple[Callable[[], str | None], float], ...] = (
            (self._there_are, 2.0),
            (self._declarative, 3.0),
            (self._class_with, 2.5),
            (self._class_where, 1.0),
            (self._fronted, 1.2),
            (self._inverse, 2.0),
            (self._contains, 1.0),
            (self._coloured, 1.0),
            (self._in_class, 1.2),
            (self._can_be_seen, 0.8),
            (self._seeing, 1.2),
        )
        makers, weights = zip(*patterns, strict=True)
        text: str | None = self.rng.choices(makers, weights)[0]()
        facts = len(self.said) + self.class_said + self.relation_said
        if text is None or facts < min(least, len(self.kinds) + (self.class_name is not None)):
            return None
        if self.focus and self.focus.aspect == "relation" and not self.relation_said:
            return None
        if self.spec.attributes.get("sky") == "hazy" and self.rng.random() < 0.2:
            text += self.rng.choice(HAZY)
        return text

    # patterns -----------------------------------------------------------------------------------

    def _there_are(self) -> str | None:
        subject = self.nouns.full(self.main)
        be = "are" if subject.plural else "is"
        place = self._place(subject, "participle")
        return f"there {be} {subject.text}{place}{self._in_loc()}{self._tail()}"

    def _declarative(self) -> str | None:
        subject = self.nouns.full(self.main)
        place = self._place(subject, "finite")
        loc = self._in_loc(always=not place)
        if not place:
            if not loc:
                return None
            place = " " + self._verb(self.main, subject.plural, None)
        return f"{subject.text}{place}{loc}{self._tail(clause=self.rng.random() < 0.6)}"

    def _seeing(self) -> str | None:
        subject = self.nouns.full(self.main)
        opening = self.rng.choice(SEE_OPENINGS)
        if opening.endswith("are ") and not subject.plural:
            opening = opening[:-4] + "is "
        return f"{opening}{subject.text}{self._place(subject, 'participle')}{self._tail()}"

    def _class_with(self) -> str | None:
        head = self._class_head()
        if head is None:
            return None
        text, head_kind = head
        if head_kind == self.main:
            parts = []
            for _ in range(2):
                parts += [self._beside_head(kind, head_kind) for kind in self._others(1)]
            if not parts:
                return None
        else:
            parts = [self._beside_head(self.main, head_kind)]
            parts += [self.nouns.full(kind).text for kind in self._others(self._extra())]
        return f"{text} with {listed(parts)}"

    def _class_where(self) -> str | None:
        if self.class_name is None:
            return None
        self.class_said = True
        subject = self.nouns.full(self.main)
        place = self._place(subject, "finite")
        if not place:
            return None
        opening = self.rng.choice(CLASS_OPENINGS)
        return f"{opening}{with_article(self.class_name)} where {subject.text}{place}{self._tail()}"

    def _fronted(self) -> str | None:
        if self.relation is None or self.relation.predicate in ("across", "parallel to"):
            return None
        subject = self.nouns.full(self.main)
        place = self._prepositional(self.relation)
        verb = "are" if subject.plural else "is"
        there = self.rng.choice(("there ", "", ", there "))
        gap = "" if there.startswith(",") else " "
        return f"{place}{gap}{there}{verb} {subject.text}{self._in_loc()}{self._tail()}"

    def _inverse(self) -> str | None:
        relation = self.relation
        if relation is None or relation.target in ("ground", "scene"):
            return None
        target = self.nouns.full(relation.target)
        self._say(relation)
        subject = self.nouns.full(self.main)
        styles = [
            style
            for style in ("passive", "with")
            if style == "with" or relation.predicate in INVERSE
        ]
        if self.rng.choice(styles) == "passive":
            be = self.rng.choice((" is ", " is ", " ")) if not target.plural else " are "
            loc = "" if be == " " else self._in_loc()
            return (
                f"{target.text}{be}{self.rng.choice(INVERSE[relation.predicate])} "
                f"{subject.text}{loc}{self._tail()}"
            )
        if relation.predicate not in PRONOUN_PLACES:
            return None
        pronoun = "them" if target.plural else "it"
        place = self.rng.choice(PRONOUN_PLACES[relation.predicate]).format(pronoun)
        opening = self.rng.choice(("", "", "there is ", "this is ")) if not target.plural else ""
        return f"{opening}{target.text} with {subject.text} {place}{self._in_loc()}{self._tail()}"

    def _contains(self) -> str | None:
        if self.class_name is None:
            return None
        self.class_said = True
        kinds = [self.main, *self._others(1 + self._extra())]
        parts = [self.nouns.full(kind).text for kind in kinds]
        if len(parts) < 2:
            return None
        article = self.rng.choice(("the ", "this ", ""))
        subject = article + self.class_name if article else with_article(self.class_name)
        return f"{subject} {self.rng.choice(CONTAINS)} {listed(parts)}"

    def _coloured(self) -> str | None:
        """Such as "the four courts beside the road are blue"."""
        parts = self.nouns.subject_and_colour(self.main)
        if parts is None:
            return None
        subject, statement = parts
        where = self._place(subject, "participle") or self._in_loc(always=True)
        if not where:
            return None
        return f"{subject.text}{where} {statement}{self._tail(clause=True)}"

    def _in_class(self) -> str | None:
        loc = self._in_loc(always=True).strip()
        if not loc:
            return None
        subject = self.nouns.full(self.main)
        verb = "are" if subject.plural else "is"
        middle = self.rng.choice((f" there {verb} ", f", there {verb} ", ", one can see "))
        return f"{loc}{middle}{subject.text}{self._place(subject, 'participle')}{self._tail()}"

    def _can_be_seen(self) -> str | None:
        others = self._others(1 + self._extra())
        loc = self._in_loc(always=True)
        if not others or not loc:
            return None
        parts = [self.nouns.full(kind).text for kind in (self.main, *others)]
        verb = self.rng.choice(("can be seen", "are seen", "are visible", "can be found", "are"))
        return f"{listed(parts)} {verb}{loc}"
