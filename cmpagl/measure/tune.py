"""Choose SMR's settings and the weight of the match score on validation data.

Per direction and bank (training queries; the split's other queries), from coarse to fine: the soft
form over t and alpha; the ratio form over K, xi and its three weights, on the raw scores and on the
softened ones (``combined``); then beta. The objective is the mean of R@1, R@5 and R@10 of the
direction, averaged over the data sets by their images: over both directions that is the mean mR. A
setting of SMR with which any data set has less than without it is out.

How much of the gain is real: each data set's images are cut at random into five folds, everything
is chosen without a fold and counted on it, each in turn. A stage whose gain is not above 0 there is
switched off; what stays on gets its settings from all images. The report holds these held-out gains
with 95 % intervals over images. Only a clear lead chooses a more complex form (`REORDER_MARGIN`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cmpagl.config.ranking import (
    Fused,
    FusedBothWays,
    RankingConfig,
    Reranked,
    RerankedBothWays,
)
from cmpagl.data.dataset import RetrievalDataset
from cmpagl.errors import DataError
from cmpagl.measure.bootstrap import paired_bootstrap, pooled_bootstrap
from cmpagl.measure.cross_validation import Tuned, cross_validate, draw_folds
from cmpagl.measure.metrics import RankCounts, Retrieval
from cmpagl.measure.settings_search import (
    ALL,
    FOLDS,
    MARGIN,
    REORDER_MARGIN,
    Search,
)
from cmpagl.measure.split_index import encode_by_index
from cmpagl.measure.split_stages import split_scores
from cmpagl.measure.trial import make_trial
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.embed import SplitEmbeddings
from cmpagl.model.fusion import FusionEncoder
from cmpagl.model.saving import replace_ranking
from cmpagl.model.weights import weights_digest
from cmpagl.progress import Progress
from cmpagl.rank.match import MatchScores
from cmpagl.rank.reranker import BankOf
from cmpagl.rank.stage import (
    ALIGNED_SMR,
    ALIGNED_SMR_TRANSDUCTIVE,
    FINAL,
    FINAL_TRANSDUCTIVE,
    FUSED,
    Stage,
)

__all__ = ["tune_checkpoint", "tune_ranking"]

DIRECTIONS = ("t2i", "i2t")
_STAGES = (ALIGNED_SMR, FINAL, FUSED, ALIGNED_SMR_TRANSDUCTIVE, FINAL_TRANSDUCTIVE)
"""Whose settings are tuned; the report tells each one's gain."""


_SEARCHES = {FUSED: "fused", FINAL: "bank", FINAL_TRANSDUCTIVE: "transductive"}
"""The stages that are searched, the simplest first: the others have the settings of the one with
their bank. Names are those in the report and of the files in ``work``."""


def _searched(stage: Stage) -> Stage:
    """The stage whose search has a stage's settings."""
    return next(one for one in _SEARCHES if one.bank is stage.bank)


def tune_ranking(
    splits: Mapping[str, SplitEmbeddings],
    bank: BankVectors,
    *,
    fusion: FusionEncoder | None = None,
    top: int = 32,
    seed: int = 0,
    work: Path | None = None,
    progress: Progress | None = None,
) -> tuple[RankingConfig, dict[str, Any]]:
    """Find one ranking for all of ``splits``; ten minutes for 1,300 images and 6,500 captions.

    Args:
        splits: validation splits by name, as `encode_split` gives them.
        bank: the checkpoint's, of training data.
        fusion: matches pairs; None leaves every beta 0.
        top: how many of a query's best are matched.
        seed: of the folds.
        work: folder that keeps what is found on the way, so that a killed search goes on from
            there; None keeps nothing.
        progress: told after each pair matched or setting tried how many of the searches are done;
            may raise to stop.

    Returns:
        the ranking, and a report of JSON values: per data set, and over all weighed by their
        images, the held-out gain of each stage over the aligned ranking in mR, with its interval;
        per direction and bank what was chosen, without each fold as well; and a sentence for each
        stage.

    Raises:
        DataError: no split is given, or one has fewer than two images.
    """
    if not splits or min(len(one.image_embeds) for one in splits.values()) < 2:
        raise DataError(
            "Tuning needs at least one validation split of two or more images; give one."
        )
    if work is not None:
        work = work / _digest(splits, bank, fusion, seed)
        work.mkdir(parents=True, exist_ok=True)

    def kept(name: str) -> Path | None:
        return None if work is None else work / name

    jobs = [(stage, direction) for stage in _SEARCHES for direction in DIRECTIONS]
    tuned: dict[tuple[Stage, str], Tuned] = {}

    def tell() -> None:
        if progress is not None:
            progress("settings", len(tuned), len(jobs))

    rng = np.random.default_rng(seed)
    folds = [draw_folds(len(one.image_embeds), rng) for one in splits.values()]
    scores = [split_scores(one, bank) for one in splits.values()]
    matches = None
    if fusion is not None:
        matches = [
            MatchScores(fusion, one, keep=kept(f"match-{at}.npy"), tick=tell)
            for at, one in enumerate(splits.values())
        ]
    aligned: dict[str, list[RankCounts]] = {}
    for stage, direction in jobs:
        split_bank = stage.bank is BankOf.SPLIT
        trials = [make_trial(s, direction, transductive=split_bank) for s in scores]
        match = [getattr(m, direction) for m in matches] if matches else None
        aligned.setdefault(direction, [trial.counts(trial.scores) for trial in trials])
        name = f"{_SEARCHES[stage]}-{direction}.jsonl"
        search = Search(trials, folds, keep=kept(name), tick=tell)
        with_smr = stage.reranker is not None
        tuned[stage, direction] = cross_validate(search, match, top, with_smr=with_smr)
        tell()

    def reranked(stage: Stage) -> RerankedBothWays:
        found = [tuned[stage, direction] for direction in DIRECTIONS]
        return RerankedBothWays(*(Reranked(one.smr[ALL], one.beta[ALL]) for one in found))

    ranking = RankingConfig(
        bank_only=reranked(FINAL),
        transductive=reranked(FINAL_TRANSDUCTIVE),
        fused=FusedBothWays(*(Fused(tuned[FUSED, d].beta[ALL]) for d in DIRECTIONS)),
    )
    plain = [
        Retrieval(aligned["i2t"][at], aligned["t2i"][at], one.caption_to_image)
        for at, one in enumerate(splits.values())
    ]
    gains: dict[str, dict[str, Any]] = {
        name: {"aligned_mR": before.metrics().mR}
        for name, before in zip(splits, plain, strict=True)
    }
    together: dict[str, Any] = {}
    for stage in _STAGES:
        found = [tuned[_searched(stage), direction] for direction in DIRECTIONS]
        t2i, i2t = (one.fused if stage.fuses else one.reranked for one in found)
        pairs = [
            (before, Retrieval(i2t[at], t2i[at], before.caption_to_image))
            for at, before in enumerate(plain)
        ]
        for name, pair in zip(splits, pairs, strict=True):
            gains[name][stage.name] = paired_bootstrap(*pair)["mR"].to_json()
        together[stage.name] = pooled_bootstrap(pairs)["mR"].to_json()
    report = {
        "margin": MARGIN,
        "reorder_margin": REORDER_MARGIN,
        "seed": seed,
        "folds": FOLDS,
        "held_out_gain_mR": gains,
        "held_out_gain_mR_together": together,
        "chosen": {
            f"{direction} {_SEARCHES[stage]}": {
                "smr": [asdict(config) for config in one.smr],
                "beta": list(one.beta),
                "smr_held_out_gain": one.smr_gain,
                "beta_held_out_gain": one.beta_gain,
            }
            for (stage, direction), one in tuned.items()
        },
        "sentences": _sentences(gains, together, ranking, matched=fusion is not None),
    }
    return ranking, report


def tune_checkpoint(
    checkpoint: Checkpoint,
    datasets: Sequence[RetrievalDataset],
    *,
    work: Path,
    progress: Progress | None = None,
) -> Checkpoint:
    """Tune a checkpoint's ranking on validation sets and write it into its ``config.json``.

    The report is kept in its provenance under ``tuning``.

    Args:
        checkpoint: in a local folder.
        datasets: the validation sets.
        work: folder that keeps what is done, so that a killed run goes on from there.
        progress: told of what is kept; may raise to stop.

    Raises:
        DataError: an image cannot be read, or there is too little to tune on.
        GalleryError: ``work`` cannot be used, or its disk is full.
        CheckpointError: a part of the checkpoint is damaged.
    """
    splits = {}
    for number, dataset in enumerate(datasets):
        name = f"{dataset.name} {dataset.split or ''}".strip()
        splits[name] = encode_by_index(dataset, checkpoint, work / f"split-{number}", progress)
    ranking, report = tune_ranking(
        splits,
        checkpoint.bank(),
        fusion=checkpoint.fusion(),
        top=checkpoint.config.fusion.rerank_top,
        work=work,
        progress=progress,
    )
    return replace_ranking(checkpoint, ranking, {**checkpoint.provenance, "tuning": report})


def _digest(
    splits: Mapping[str, SplitEmbeddings],
    bank: BankVectors,
    fusion: FusionEncoder | None,
    seed: int,
) -> str:
    """A hash of everything that decides what the search finds."""
    digest = hashlib.blake2b(str(seed).encode(), digest_size=12)
    for one in splits.values():
        for array in (one.image_embeds, one.text_embeds, one.caption_to_image, one.caption_group):
            digest.update(np.ascontiguousarray(array).data)
    for tensor in (bank.text_embeds, bank.image_embeds):
        digest.update(tensor.contiguous().numpy().data)
    if fusion is not None:
        digest.update(weights_digest(fusion).encode())
    return digest.hexdigest()


def _sentences(
    gains: Mapping[str, Mapping[str, Any]],
    together: Mapping[str, Mapping[str, float]],
    ranking: RankingConfig,
    *,
    matched: bool,
) -> list[str]:
    """What each stage is worth, for the log and the model card."""
    lines = []
    for stage in _STAGES:
        if stage.fuses and not matched:
            continue
        for direction in DIRECTIONS:
            if ("fusion" if stage.fuses else "reranker") in stage.off(ranking, direction):
                what = "fusion" if stage.fuses else "SMR"
                lines.append(
                    f"{stage.name}: {what} gains nothing for {direction} and is off there."
                )
        told = [(data, found[stage.name]) for data, found in gains.items()]
        if len(told) > 1:
            told.append(("all of these, weighed by images", together[stage.name]))
        for data, gain in told:
            lines.append(
                f"{stage.name} on {data}: {gain['value']:+.2f} mR over aligned "
                f"({gain['low']:+.2f} to {gain['high']:+.2f}), held out."
            )
    return lines
