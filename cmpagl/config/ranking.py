"""Settings of a ranking: how each direction is reweighted, and what a match score weighs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from cmpagl.config.strict import require_ranges
from cmpagl.errors import ConfigError

__all__ = ["FORMS", "RankingConfig", "SMRConfig"]


FORMS = ("none", "ratio", "soft", "combined")


@dataclass(frozen=True)
class SMRConfig:
    """How one direction is reweighted; the defaults are where a search on validation data starts.

    Raises:
        ConfigError: a value is out of range.
    """

    form: str = "soft"  # one of FORMS
    t: float = 12.0  # sharpness of the soft extreme, per unit of cosine, above 0
    alpha: float = 1.0  # weight of the soft extreme; 0 leaves the scores as they are
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
        if not 0 < self.t <= 1e4:
            raise ConfigError(f"SMR's t is {self.t}, but must lie above 0 and be at most 10000.")
        if not isinstance(self.top_k, int) or self.top_k < 1:
            raise ConfigError(f"SMR's top_k is {self.top_k!r}, but must be a whole number above 0.")
        for name in ("alpha", "xi", "lf", "lb", "le"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ConfigError(f"SMR's {name} is {value}, but must be finite and at least 0.")

    @property
    def softens(self) -> bool:
        """Whether the soft extreme is subtracted."""
        return self.form in ("soft", "combined")

    @property
    def reorders(self) -> bool:
        """Whether the ratio form reorders the top K."""
        return self.form in ("ratio", "combined")


@dataclass(frozen=True)
class RankingConfig:
    """How scores become the final ranking; every number is tuned on validation data.

    ``*beta_*`` weighs the standardised match score; 0 switches the fusion stage off. The plain
    values are for a bank of training queries, as a live search has; ``transductive_*`` for one of
    the other queries of a benchmark; ``fused_*`` for fusion on plain aligned scores.
    """

    t2i: SMRConfig = field(default_factory=SMRConfig)
    i2t: SMRConfig = field(default_factory=SMRConfig)
    beta_t2i: float = 0.0
    beta_i2t: float = 0.0
    fused_beta_t2i: float = 0.0
    fused_beta_i2t: float = 0.0
    transductive_t2i: SMRConfig = field(default_factory=SMRConfig)
    transductive_i2t: SMRConfig = field(default_factory=SMRConfig)
    transductive_beta_t2i: float = 0.0
    transductive_beta_i2t: float = 0.0

    def __post_init__(self) -> None:
        require_ranges(self)
