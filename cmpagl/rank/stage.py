"""A stage: one ranking of a gallery, as a type. Every one has its place, and its name, here.

A stage is read from its name once at each edge (a link, the endpoints, a command, a file) by
`stage_named`, and written as ``stage.name`` there; between the edges it is asked what it is.

========================  =========================================================================
``aligned``               A: cosines of the two towers
``aligned_smr``           A1 = SMR(A), with the bank of training queries
``fused``                 A + beta * match, in the query's best by A
``smr``                   A1 + beta * match, in the query's best by A1: the final ranking
``csls`` and so on        a published reranker on A, with the bank of training queries
``*_transductive``        the same as without it, with a benchmark's other queries as the bank
``*@2``, ``*@both``       the same by the second of two models, and by both at once
========================  =========================================================================

``match`` is that of `cmpagl.rank.match`. A ranking may give it no weight: then a stage with fusion
ranks as the same one without, which stands for it wherever one chooses (`offered`, `as_offered`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from cmpagl.config.ranking import RankingConfig
from cmpagl.rank.baselines import PUBLISHED
from cmpagl.rank.hubness import MEASURED
from cmpagl.rank.reranker import BankOf, Reranker
from cmpagl.rank.smr import SMR

__all__ = [
    "ALIGNED",
    "ALIGNED_SMR",
    "ALIGNED_SMR_TRANSDUCTIVE",
    "BOTH",
    "FINAL",
    "FINAL_TRANSDUCTIVE",
    "FUSED",
    "LIVE",
    "SECOND",
    "STAGES",
    "Part",
    "Stage",
    "as_offered",
    "by_model",
    "offered",
    "said_equal",
    "stage_named",
]

Part = Literal["reranker", "fusion"]
"""What a stage adds to the aligned scores."""


@dataclass(frozen=True)
class Stage:
    """One ranking: aligned scores, a reranker or none, fusion or not."""

    name: str
    label: str  # the key of its title among the page's words
    reranker: Reranker[Any] | None = None
    fuses: bool = False
    bank: BankOf | None = None  # that the reranker asks; None where nothing does
    model: str = ""  # whose scores, of two models: the first's, `SECOND`'s, or of `BOTH`

    @property
    def live(self) -> bool:
        """Whether a single query can be ranked by it: a benchmark's others are not at hand then."""
        return self.bank is not BankOf.SPLIT and (self.reranker is None or self.reranker.live)

    @property
    def published(self) -> bool:
        """Whether its reranker has the published settings, and not tuned ones."""
        return self.reranker is not None and self.reranker.tuned is None

    def settings(self, ranking: RankingConfig, direction: str) -> Any | None:  # noqa: ANN401
        """What its reranker is set to; None without a reranker.

        Args:
            ranking: the tuned settings.
            direction: "t2i" or "i2t".
        """
        if self.reranker is None or self.reranker.tuned is None:
            return None if self.reranker is None else self.reranker.settings
        banks = ranking.transductive if self.bank is BankOf.SPLIT else ranking.bank_only
        return self.reranker.tuned(banks.of(direction))

    def beta(self, ranking: RankingConfig, direction: str) -> float:
        """The weight of the match score; 0 where the stage has no fusion, or none that gained.

        Args:
            ranking: the tuned settings.
            direction: "t2i" or "i2t".
        """
        if not self.fuses:
            return 0.0
        if self.reranker is None:
            return ranking.fused.of(direction).beta
        banks = ranking.transductive if self.bank is BankOf.SPLIT else ranking.bank_only
        return banks.of(direction).beta

    def off(self, ranking: RankingConfig, direction: str) -> tuple[Part, ...]:
        """Which of its parts are switched off: they gained nothing on validation data."""
        parts: list[Part] = []
        if self.reranker and not self.reranker.acts(self.settings(ranking, direction)):
            parts.append("reranker")
        if self.fuses and self.beta(ranking, direction) == 0:
            parts.append("fusion")
        return tuple(parts)

    def fusion_off(self, ranking: RankingConfig) -> bool:
        """Whether it has fusion that takes part in neither direction."""
        return self.fuses and all("fusion" in self.off(ranking, way) for way in ("t2i", "i2t"))


def _stage(
    name: str,
    reranker: Reranker[Any] | None = None,
    bank: BankOf | None = None,
    *,
    fuses: bool = False,
) -> Stage:
    return Stage(name, name, reranker, fuses, bank)


ALIGNED = _stage("aligned")
ALIGNED_SMR = _stage("aligned_smr", SMR, BankOf.TRAINING)
FUSED = _stage("fused", fuses=True)
FINAL = _stage("smr", SMR, BankOf.TRAINING, fuses=True)
ALIGNED_SMR_TRANSDUCTIVE = _stage("aligned_smr_transductive", SMR, BankOf.SPLIT)
FINAL_TRANSDUCTIVE = _stage("smr_transductive", SMR, BankOf.SPLIT, fuses=True)


def _published(reranker: Reranker[Any]) -> tuple[Stage, ...]:
    """A published reranker with its own bank, then with training queries, to compare like."""
    training = _stage(reranker.name, reranker, BankOf.TRAINING)
    if reranker.published_with is BankOf.TRAINING:
        return (training,)
    return _stage(f"{reranker.name}_transductive", reranker, BankOf.SPLIT), training


STAGES: tuple[Stage, ...] = (
    *(ALIGNED, ALIGNED_SMR, FUSED, FINAL, ALIGNED_SMR_TRANSDUCTIVE, FINAL_TRANSDUCTIVE),
    *(stage for reranker in (*PUBLISHED, *MEASURED) for stage in _published(reranker)),
)
"""Every stage, in the order in which a split is measured."""

LIVE = tuple(stage for stage in STAGES if stage.live)
"""What a live query can be ranked by, and the page lets one choose from."""


SECOND, BOTH = "2", "both"
"""Whose scores a stage ranks by where two models are open; with neither, the first's."""


def by_model(stage: Stage, model: str) -> Stage:
    """The same ranking by another model, or by both."""
    if stage.model == model:
        return stage
    plain = stage.name.partition("@")[0]
    return replace(stage, name=f"{plain}@{model}" if model else plain, model=model)


def stage_named(name: str, stages: Sequence[Stage] = LIVE, *, of_two: bool = False) -> Stage | None:
    """The stage of a name that came in at an edge; None where it is no name of ``stages``.

    Args:
        name: such as ``smr``.
        stages: to choose from.
        of_two: whether it may be by the second of two models, or by both (``smr@2``).
    """
    plain, at, model = name.partition("@")
    found = next((stage for stage in stages if stage.name == plain), None)
    if found is None or not at:
        return found
    return by_model(found, model) if of_two and model in (SECOND, BOTH) else None


def offered(ranking: RankingConfig, stages: Sequence[Stage] = LIVE) -> tuple[Stage, ...]:
    """Those of ``stages`` that differ from each other under a ranking's settings."""
    return tuple(stage for stage in stages if not stage.fusion_off(ranking))


def as_offered(stage: Stage, ranking: RankingConfig) -> Stage:
    """The stage; where its fusion is off the same one without, which ranks alike."""
    if not stage.fusion_off(ranking):
        return stage
    same = (stage.reranker, stage.bank)
    found = next(one for one in STAGES if not one.fuses and (one.reranker, one.bank) == same)
    return by_model(found, stage.model)


def said_equal(stage: Stage, ranking: RankingConfig) -> str:
    """What to tell who asks for a stage whose fusion is off; nothing for any other."""
    same = as_offered(stage, ranking)
    if same == stage:
        return ""
    return f"Fusion is off in this model, so the ranking {stage.name!r} is that of {same.name!r}."
