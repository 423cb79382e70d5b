"""What is chosen in one direction with one bank, and what it is worth on images held out.

Each data set's images are cut at random into folds; everything is chosen without a fold and counted
on it, each in turn. What gains nothing there is off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmpagl.config.ranking import SMRConfig
from cmpagl.measure.metrics import RankCounts
from cmpagl.measure.settings_search import (
    ALL,
    FOLDS,
    PARTS,
    Search,
    choose_beta,
    choose_smr,
)
from cmpagl.rank.match import Match
from cmpagl.rank.smr import rerank

__all__ = ["OFF", "Tuned", "cross_validate", "draw_folds"]


OFF = SMRConfig("none")


@dataclass(frozen=True)
class Tuned:
    """One direction with one bank: what each part of the images chose, and what it is worth."""

    smr: tuple[SMRConfig, ...]  # by part
    beta: tuple[float, ...]
    smr_gain: float  # points of mean recall over aligned, held out; before any switching off
    beta_gain: float  # the same of beta over SMR alone
    reranked: tuple[RankCounts, ...]  # held out, per data set, without beta
    fused: tuple[RankCounts, ...]  # held out, per data set, with beta


def draw_folds(n_images: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Each image's fold ``(I,)``, drawn and not cut: neighbours in a list look alike."""
    return rng.permutation(n_images) % FOLDS


def cross_validate(
    search: Search, matches: Sequence[Match] | None, top: int, *, with_smr: bool
) -> Tuned:
    """Choose SMR's settings and the match score's weight, for each part and held out.

    Args:
        search: over the trials of one direction.
        matches: of each trial, its pairs' match scores; None: there is no fusion.
        top: how many of a query's best are matched.
        with_smr: whether SMR is searched; else it is off.
    """
    trials = search.trials
    before = float(search.objective(trial.counts(trial.scores) for trial in trials)[ALL])
    smr, smr_gain = (OFF,) * len(PARTS), 0.0
    reranked = [trial.counts(trial.scores) for trial in trials]
    if with_smr:
        chosen = tuple(choose_smr(search, part) for part in PARTS)
        found = _held_out(search, chosen, (0.0,) * len(PARTS), None, top)
        smr_gain = float(search.objective(found)[ALL]) - before
        if smr_gain > 0:
            smr, reranked = chosen, found
    beta, beta_gain, fused = (0.0,) * len(PARTS), 0.0, reranked
    if matches is not None:
        weights = tuple(choose_beta(search, matches, smr[part], top, part) for part in PARTS)
        found = _held_out(search, smr, weights, matches, top)
        beta_gain = float((search.objective(found) - search.objective(reranked))[ALL])
        if beta_gain > 0:
            beta, fused = weights, found
    return Tuned(smr, beta, smr_gain, beta_gain, tuple(reranked), tuple(fused))


def _held_out(
    search: Search,
    smr: Sequence[SMRConfig],
    beta: Sequence[float],
    matches: Sequence[Match] | None,
    top: int,
) -> list[RankCounts]:
    """Per data set, each fold's counts with what was chosen without it."""
    result = []
    for at, (trial, fold) in enumerate(zip(search.trials, search.fold, strict=True)):
        by_fold = []
        for number in range(FOLDS):
            values = rerank(trial.scores, trial.bank, smr[number])
            if matches is not None and beta[number]:
                top_pairs = trial.top(values, top)
                fused = values[top_pairs.rows, top_pairs.items].astype(np.float64)
                fused += beta[number] * trial.matched(top_pairs, matches[at])
                by_fold.append(trial.reordered(top_pairs, fused))
            else:
                by_fold.append(trial.counts(values))
        result.append(
            RankCounts(
                above=np.choose(fold, [counts.above for counts in by_fold]),
                tied=np.choose(fold, [counts.tied for counts in by_fold]),
                tied_positives=np.choose(fold, [counts.tied_positives for counts in by_fold]),
            )
        )
    return result
