"""Whether a caption is true of a drawn scene, claim by claim.

The scene's truth is all there is: what it does not hold is false. "a plane" and "the plane" claim
exactly one, "three planes" exactly three, "some" three or more, "many" the level of that name. The
lexicon (`lexicon.py`) is the checker's own, so that a mistake of the caption writer shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from cmpagl.scenes.checking.reading import Amount, Mention, read
from cmpagl.scenes.planning.truth import SceneTruth
from cmpagl.scenes.planning.vocabulary import MANY, MAX_EXACT, SEASONS

__all__ = ["Claim", "Verdict", "check_caption"]

_SHAPED = ("river", "road", "path")  # the first of these that is there has the planned shape
# What may be said where something stricter was planned.
_FOLLOWS = {("beside", "along"), ("beside", "parallel to")}


@dataclass(frozen=True)
class Claim:
    """One thing a caption says.

    ``aspect`` is "class", "object", "count", "colour", "relation", "ground", "shape" or "sky".
    """

    aspect: str
    text: str
    holds: bool


@dataclass(frozen=True)
class Verdict:
    """All claims of a caption, and the words that were not understood."""

    claims: tuple[Claim, ...]
    not_understood: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the caption claims something, all of it is true and every word is understood."""
        understood = bool(self.claims) and not self.not_understood
        return understood and all(claim.holds for claim in self.claims)

    @property
    def false_claims(self) -> tuple[Claim, ...]:
        """The claims that are not true."""
        return tuple(claim for claim in self.claims if not claim.holds)


def check_caption(caption: str, truth: SceneTruth) -> Verdict:
    """Check every claim of ``caption`` against ``truth``."""
    reading = read(caption)
    spec = truth.spec
    claims = [
        Claim("class", name, name == spec.class_name) for name in dict.fromkeys(reading.classes)
    ]
    for mention in reading.mentions:
        claims += _about_objects(mention, truth)
    planned = {(r.subject, r.target): r.predicate for r in spec.relations}
    for subject, predicate, target in reading.relations:
        actual = planned.get((subject, target))
        holds = actual == predicate or (predicate, actual) in _FOLLOWS
        claims.append(Claim("relation", f"{subject} {predicate} {target}", holds))
    ground = spec.attributes.get("ground")
    season = SEASONS.get(spec.attributes.get("season", ""))
    for name, colour in reading.grounds:
        holds = name == ground and (
            colour is None or (name == "grass" and season is not None and season[0] == colour)
        )
        claims.append(Claim("ground", f"{colour or ''} {name}".strip(), holds))
    if reading.hazy:
        claims.append(Claim("sky", "hazy", spec.attributes.get("sky") == "hazy"))
    return Verdict(tuple(claims), tuple(reading.not_understood))


def _about_objects(mention: Mention, truth: SceneTruth) -> list[Claim]:
    kind = mention.kind
    total = _how_many(truth, kind, None)
    claims = [Claim("object", kind, total > 0)]
    if total == 0:
        return claims
    for amount in mention.amounts:
        found = _how_many(truth, kind, amount.colour)
        if amount.colour is not None:
            claims.append(Claim("colour", f"{amount.colour} {kind}", found > 0))
        said = f"{amount.value or amount.role} {amount.colour or ''} {kind}".replace("  ", " ")
        claims.append(Claim("count", said, _fits(amount, mention.plural, found or total)))
    for colour in mention.all_of:
        holds = _how_many(truth, kind, colour) == total
        claims.append(Claim("colour", f"{kind} all {colour}", holds))
    shaped = next((k for k in _SHAPED if any(g.kind == k for g in truth.spec.objects)), None)
    if mention.shape is not None and kind in _SHAPED:
        actual = truth.spec.attributes.get("shape") if kind == shaped else "straight"
        claims.append(Claim("shape", f"{mention.shape} {kind}", mention.shape == actual))
    return claims


def _how_many(truth: SceneTruth, kind: str, colour: str | None) -> int:
    """Exact numbers are counted in the picture; a level stays what the plan has for it."""
    groups = [g for g in truth.spec.objects if g.kind == kind and colour in (None, g.colour)]
    planned = sum(group.count for group in groups)
    if planned > MAX_EXACT:
        return planned
    return sum(o.kind == kind and colour in (None, o.colour) for o in truth.objects)


def _fits(amount: Amount, plural: bool, found: int) -> bool:
    """Whether ``found`` things are as many as ``amount`` says."""
    if amount.role == "number":
        return found == int(amount.value)
    if amount.role == "level":
        if amount.value == "many":
            return found >= MANY
        return 3 <= found <= (5 if amount.value == "few" else found)
    return found > 1 if plural else found == 1
