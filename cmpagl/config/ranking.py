"""Settings of a ranking: how each direction is reweighted, and what a match score weighs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from cmpagl.config.strict import require_ranges
from cmpagl.errors import ConfigError

__all__ = [
    "FORMS",
    "LEAST",
    "RIGHT",
    "UNTUNED",
    "WRONG",
    "Fused",
    "FusedBothWays",
    "RankingConfig",
    "Reranked",
    "RerankedBothWays",
    "SMRConfig",
    "flat",
    "nested",
]

FORMS = ("none", "ratio", "soft", "combined")

# Cosines of an item and of what is right for a bank query, up to which it is wrong in full and from
# which it is right; and what it counts even then, for a caption that fits everything is a hub all
# the same. Chosen on validation data.
WRONG, RIGHT, LEAST = 0.2, 0.35, 0.1

MOST_STEPS = 100  # of balancing: more change nothing
MOST = 1e4  # of any weight: scores of more are no numbers in the end


@dataclass(frozen=True)
class SMRConfig:
    """How one direction is reweighted; the defaults are where a search on validation data starts.

    Raises:
        ConfigError: a value is out of range.
    """

    form: str = "soft"  # one of FORMS
    t: float = 12.0  # sharpness of the soft extreme, per unit of cosine, above 0
    alpha: float = 1.0  # weight of the soft extreme; 0 leaves the scores as they are
    steps: int = 0  # of balancing the soft extreme, where the bank is the benchmark's; 0: none
    top_k: int = 30  # candidates that the ratio form reorders, at least 1
    xi: float = 0.05  # decay of the rank terms per place, at least 0
    lf: float = 0.0  # weight of the forward rank term, at least 0
    lb: float = 1.0  # weight of the backward rank term, at least 0
    le: float = 1.0  # weight of the extreme-difference ratio, at least 0

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ConfigError(
                f"The SMR form is {self.form!r}, but must be one of {', '.join(FORMS)}."
            )
        if not 0 < self.t <= MOST:
            raise ConfigError(f"SMR's t is {self.t}, but must lie above 0 and be at most 10000.")
        if not isinstance(self.top_k, int) or self.top_k < 1:
            raise ConfigError(f"SMR's top_k is {self.top_k!r}, but must be a whole number above 0.")
        if not isinstance(self.steps, int) or not 0 <= self.steps <= MOST_STEPS:
            raise ConfigError(
                f"SMR's steps are {self.steps!r}, but must be a whole number from 0 to "
                f"{MOST_STEPS}."
            )
        for name in ("alpha", "xi", "lf", "lb", "le"):
            value = getattr(self, name)
            if not 0 <= value <= MOST:
                raise ConfigError(f"SMR's {name} is {value}, but must be 0 to 10000.")

    @property
    def softens(self) -> bool:
        """Whether the soft extreme is subtracted."""
        return self.form in ("soft", "combined")

    @property
    def reorders(self) -> bool:
        """Whether the ratio form reorders the top K."""
        return self.form in ("ratio", "combined")


@dataclass(frozen=True)
class Fused:
    """Fusion on plain aligned scores, in one direction."""

    beta: float = 0.0  # weight of the standardised match score; 0 switches fusion off

    def __post_init__(self) -> None:
        require_ranges(self)


@dataclass(frozen=True)
class Reranked:
    """SMR and the fusion after it, in one direction."""

    smr: SMRConfig = field(default_factory=SMRConfig)
    beta: float = 0.0  # as in `Fused`

    def __post_init__(self) -> None:
        require_ranges(self)


@dataclass(frozen=True)
class FusedBothWays:
    """`Fused` of text->image and of image->text."""

    t2i: Fused = field(default_factory=Fused)
    i2t: Fused = field(default_factory=Fused)

    def of(self, direction: str) -> Fused:
        """Those of "t2i" or "i2t"."""
        return self.t2i if direction == "t2i" else self.i2t


@dataclass(frozen=True)
class RerankedBothWays:
    """`Reranked` of text->image and of image->text."""

    t2i: Reranked = field(default_factory=Reranked)
    i2t: Reranked = field(default_factory=Reranked)

    def of(self, direction: str) -> Reranked:
        """Those of "t2i" or "i2t"."""
        return self.t2i if direction == "t2i" else self.i2t

    def changed(self, **values: Any) -> RerankedBothWays:  # noqa: ANN401 (whatever SMR has)
        """The same with other values of SMR, in both directions."""
        t2i, i2t = (replace(one, smr=replace(one.smr, **values)) for one in (self.t2i, self.i2t))
        return RerankedBothWays(t2i, i2t)


@dataclass(frozen=True)
class RankingConfig:
    """How scores become the final ranking, by bank and direction; all tuned on validation data."""

    bank_only: RerankedBothWays = field(default_factory=RerankedBothWays)
    """With a bank of training queries, as a live search has."""

    transductive: RerankedBothWays = field(default_factory=RerankedBothWays)
    """With a benchmark's other queries as the bank."""

    fused: FusedBothWays = field(default_factory=FusedBothWays)
    """Without reranking, so without a bank."""

    def __post_init__(self) -> None:
        for direction in ("t2i", "i2t"):
            steps = self.bank_only.of(direction).smr.steps
            if steps:
                raise ConfigError(
                    f"bank_only.{direction}.smr.steps is {steps}, but must be 0: only a "
                    "benchmark's own queries are balanced against its gallery."
                )


_OFF = RerankedBothWays(Reranked(SMRConfig("none")), Reranked(SMRConfig("none")))
UNTUNED = RankingConfig(bank_only=_OFF, transductive=_OFF)
"""Aligned order: what no validation data has spoken for is off."""

_FLAT = {
    f"{prefix}{name}{direction}": (bank, direction, field_name)
    for bank, prefix, names in (
        ("bank_only", "", {"": "smr", "beta_": "beta"}),
        ("fused", "fused_", {"beta_": "beta"}),
        ("transductive", "transductive_", {"": "smr", "beta_": "beta"}),
    )
    for name, field_name in names.items()
    for direction in ("t2i", "i2t")
}
"""Where the values of `flat` stand in the nested form, in the order that `flat` has."""


def nested(content: object) -> object:
    """A ranking's JSON in its nested form, whether it is that or the flat one of old checkpoints.

    Raises:
        ConfigError: it has keys of both.
    """
    if not isinstance(content, dict) or not content.keys() & _FLAT.keys():
        return content
    result: dict[str, Any] = {key: content[key] for key in content.keys() - _FLAT.keys()}
    both = sorted(result.keys() & {bank for bank, _, _ in _FLAT.values()})
    if both:
        raise ConfigError(
            f"The ranking has {both[0]!r} beside keys of the old flat form; give one form alone."
        )
    for key in content.keys() & _FLAT.keys():
        bank, direction, name = _FLAT[key]
        result.setdefault(bank, {}).setdefault(direction, {})[name] = content[key]
    return result


def flat(ranking: RankingConfig) -> dict[str, Any]:
    """The flat form that checkpoints held at first; fingerprints are still made of it."""
    content = asdict(ranking)
    for both in (content["bank_only"], content["transductive"]):
        for one in both.values():
            if one["smr"]["steps"] == 0:  # which those checkpoints did not have
                del one["smr"]["steps"]
    return {key: content[bank][direction][name] for key, (bank, direction, name) in _FLAT.items()}
