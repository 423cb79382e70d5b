"""The parts of a caption: where something is, what else there is, how the place is called."""

from __future__ import annotations

import random
from dataclasses import dataclass

from cmpagl.scenes.planning.truth import Relation, SceneSpec
from cmpagl.scenes.planning.vocabulary import MAX_EXACT, SEASONS
from cmpagl.scenes.telling.nouns import Nominal, NounWriter, with_article
from cmpagl.scenes.telling.phrases import (
    AT_CLASS,
    CLASS_NAMES,
    CLASS_OPENINGS,
    FAMILIES,
    GROUND_NAMES,
    HAZY_OPENINGS,
    MOVING,
    PREPOSITIONS,
    PRONOUN_PLACES,
    SCENE_NAMES,
    TRANSITIVE,
    VERBS,
)

__all__ = ["Focus", "SentenceParts", "listed"]

_IN_THE_AIR = frozenset({"band", "vessel"})  # families that do not stand on the ground
_ON_WATER = frozenset({"boat", "ship", "island", "wave", "sea"})


@dataclass(frozen=True)
class Focus:
    """What a caption must say: an aspect ("count", "colour", "relation", "object") of a kind.

    Number and colour of the kind are said in any case; ``relation`` is the one to say, where it
    matters which.
    """

    kind: str
    aspect: str
    relation: Relation | None = None


class SentenceParts:
    """Draws the facts and words of one sentence, and remembers what has been said."""

    def __init__(self, spec: SceneSpec, rng: random.Random, focus: Focus | None) -> None:
        self.spec = spec
        self.rng = rng
        self.focus = focus
        self.nouns = NounWriter(spec, rng, focus.kind if focus else None)
        self.kinds = list(dict.fromkeys(group.kind for group in spec.objects))
        self.main = focus.kind if focus else self._main_kind()
        related = [relation for relation in spec.relations if relation.subject == self.main]
        self.relation = rng.choice(related) if related else None
        if focus and focus.relation is not None:
            self.relation = focus.relation
        if focus and focus.aspect != "relation" and rng.random() < 0.35:
            self.relation = None
        self.said = {self.main}
        names = CLASS_NAMES.get(spec.class_name)
        self.class_name = rng.choice(names) if names else None
        self.class_said = False
        self.relation_said = False

    def _main_kind(self) -> str:
        """Any kind; what stands in a relation or can be counted is talked about more often."""
        subjects = {relation.subject for relation in self.spec.relations}
        weights = [
            (2.0 if kind in subjects else 1.0)
            * (2.0 if self.nouns.total(kind) <= MAX_EXACT else 1.0)
            for kind in self.kinds
        ]
        return self.rng.choices(self.kinds, weights)[0]

    def _extra(self) -> int:
        return self.rng.choice((0, 0, 0, 1, 1, 2))

    def _others(self, count: int) -> list[str]:
        """Up to ``count`` kinds that have not been named yet."""
        free = [kind for kind in self.kinds if kind not in self.said]
        self.rng.shuffle(free)
        self.said.update(free[:count])
        return free[:count]

    def _class_head(self) -> tuple[str, str] | None:
        """An opening with the class, or with the object the class is named after."""
        hazy = self.spec.attributes.get("sky") == "hazy" and self.rng.random() < 0.3
        opening = self.rng.choice(HAZY_OPENINGS if hazy else CLASS_OPENINGS)
        if self.class_name is not None:
            self.class_said = True
            return opening + with_article(self.class_name), ""
        head = self.nouns.full(self._class_kind())
        self.said.add(head.kind)
        if head.plural:
            opening = {
                "this is ": "these are ",
                "it is ": "",
                "here is ": "here are ",
                "there is ": "there are ",
                "seen from above is ": "seen from above are ",
            }.get(opening, opening)
        return opening + head.text, head.kind

    def _class_kind(self) -> str:
        """The kind that a class without a name of its own is named after."""
        return next(kind for kind in self.kinds if kind == self.spec.class_name)

    def _beside_head(self, kind: str, head_kind: str) -> str:
        """``kind`` after "with", placed relative to the head where the plan relates the two."""
        subject = self.nouns.full(kind)
        related = [relation for relation in self.spec.relations if relation.subject == kind]
        if kind == self.main and self.relation is None:
            related = []
        if not related:
            return subject.text
        relation = self.rng.choice(related)
        if kind == self.main and self.relation is not None:
            relation = self.relation
        if relation.target == head_kind:
            if relation.predicate not in PRONOUN_PLACES:
                return subject.text
            self._say(relation)
            pronoun = "them" if self.nouns.total(head_kind) > 1 else "it"
            place = self.rng.choice(PRONOUN_PLACES[relation.predicate]).format(pronoun)
            return f"{subject.text} {place}"
        if kind == self.main or self.rng.random() < 0.4:
            return f"{subject.text} {self._verbal(relation, subject.plural, 'participle')}"
        return subject.text

    def _in_loc(self, always: bool = False) -> str:
        """A phrase like " in the park", or nothing."""
        name = self.class_name
        if name is None or self.class_said or (not always and self.rng.random() < 0.6):
            return ""
        self.class_said = True
        preposition = self.rng.choice(AT_CLASS.get(self.spec.class_name, ("in",)))
        article = self.rng.choice(("the", "this", "a", "a"))
        return f" {preposition} {with_article(name) if article == 'a' else f'{article} {name}'}"

    def _place(self, subject: Nominal, form: str) -> str:
        """Where the main object is: by its relation, else on the ground; with its verb."""
        kind = subject.kind
        if self.relation is not None:
            return " " + self._verbal(self.relation, subject.plural, form)
        ground = self._ground()
        family = FAMILIES.get(kind, "")
        if ground is None or family in _IN_THE_AIR or kind in _ON_WATER or self.rng.random() < 0.4:
            return ""
        if any(relation.subject == kind for relation in self.spec.relations):
            return ""  # what is on a road or in the sea does not stand on the ground
        verb = self._verb(kind, subject.plural, None, form)
        return f" {verb} on {ground}".replace("  ", " ")

    def _verb(self, kind: str, plural: bool, predicate: str | None, form: str = "finite") -> str:
        family = FAMILIES.get(kind, "")
        table = MOVING if predicate in ("on", "in") and family in MOVING else VERBS
        plural_form, singular, participle = self.rng.choice(table.get(family, VERBS[""]))
        return participle if form == "participle" else plural_form if plural else singular

    def _verbal(self, relation: Relation, plural: bool, form: str) -> str:
        """The relation as a verb phrase, its target included."""
        self._say(relation)
        predicate = relation.predicate
        transitive = TRANSITIVE.get(predicate, ())
        band = FAMILIES.get(relation.subject) == "band"
        if transitive and (band or self.rng.random() < 0.5):
            plural_form, singular, participle = self.rng.choice(transitive)
            verb = participle if form == "participle" else plural_form if plural else singular
            return f"{verb} {self._target(relation)}"
        verb = self._verb(relation.subject, plural, predicate, form)
        if predicate == "scattered on":
            verb = "" if form == "participle" else "are"
        return f"{verb} {self._prepositional(relation)}".strip()

    def _say(self, relation: Relation) -> None:
        self.said.add(relation.target)
        self.relation_said |= relation == self.relation

    def _prepositional(self, relation: Relation) -> str:
        self._say(relation)
        return f"{self.rng.choice(PREPOSITIONS[relation.predicate])} {self._target(relation)}"

    def _target(self, relation: Relation) -> str:
        if relation.target == "scene":
            if self.class_name is not None and self.rng.random() < 0.5:
                self.class_said = True
                return f"the {self.class_name}"
            return self.rng.choice(SCENE_NAMES)
        if relation.target == "ground":
            return self._ground() or "the ground"
        return self.nouns.target(relation.target)

    def _ground(self) -> str | None:
        ground = self.spec.attributes.get("ground", "")
        if ground == "grass" and self.rng.random() < 0.35:
            return f"the {SEASONS[self.spec.attributes['season']][0]} grass"
        names = GROUND_NAMES.get(ground)
        return self.rng.choice(names) if names else None

    def _tail(self, clause: bool = False) -> str:
        """Up to two further objects; as a clause of their own after a finite verb."""
        kinds = self._others(self._extra())
        if not kinds:
            return ""
        related = [relation for relation in self.spec.relations if relation.subject == kinds[0]]
        free = [relation for relation in related if relation.target not in self.said]
        if free and self.rng.random() < 0.6:
            self.said.difference_update(kinds[1:])
            noun = self.nouns.full(kinds[0])
            finite = self._verbal(self.rng.choice(free), noun.plural, "finite")
            return f"{self.rng.choice((', and ', ' while ', ', while '))}{noun.text} {finite}"
        nouns = [self.nouns.full(kind) for kind in kinds]
        be = "are" if nouns[0].plural else "is"
        further = listed([noun.text for noun in nouns])
        styles = [f", and there {be} {further}", f", and {further} can also be seen"]
        if not clause:
            styles += [
                f" {link} {further}" for link in ("together with", "as well as", "along with")
            ]
            styles.append(f", with {further} too")
        return self.rng.choice(styles)


def listed(parts: list[str]) -> str:
    """Write ["a", "b", "c"] as "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
