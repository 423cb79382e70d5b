"""Retrieval on a split, measured.

`evaluate_split` encodes a data set with a checkpoint; `evaluate_embeddings` starts from embeddings,
as training does on its validation data. Both give an `Evaluation`: every ranking of
`cmpagl.rank.stage` with recall at 1, 5, 10 both ways, their mean, 95 % intervals over images,
the gain over the aligned ranking on the same resampled images, and the three ways to count ties.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cmpagl.config.ranking import RankingConfig
from cmpagl.data.dataset import OnError, RetrievalDataset
from cmpagl.measure.bootstrap import ONE_IMAGE, Interval, bootstrap, paired_bootstrap
from cmpagl.measure.metrics import Retrieval, RetrievalMetrics, retrieval
from cmpagl.measure.split import encode_split
from cmpagl.measure.split_stages import StageScores, rank_split, split_scores
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.embed import SplitEmbeddings
from cmpagl.model.fusion import FusionEncoder
from cmpagl.progress import Progress
from cmpagl.rank.match import MatchScores
from cmpagl.rank.stage import STAGES, Stage

__all__ = ["Evaluation", "StageResult", "by_class", "evaluate_embeddings", "evaluate_split"]


@dataclass(frozen=True)
class StageResult:
    """One ranking, measured; numbers in percent, ties at their expected place unless named."""

    retrieval: Retrieval  # an image's own captions are right: the field's way
    metrics: RetrievalMetrics
    equal_right: RetrievalMetrics  # so is any caption that reads like one of them
    pessimistic: RetrievalMetrics
    optimistic: RetrievalMetrics
    intervals: dict[str, Interval]  # by metric, over resampled images
    equal_right_mR: Interval
    gain_mR: Interval  # over the aligned ranking

    def to_json(self) -> dict[str, Any]:
        """The numbers, without the ledgers."""
        return {
            **self.metrics.to_json(),
            "equal_right_mR": self.equal_right.mR,
            "intervals": {name: value.to_json() for name, value in self.intervals.items()},
            "gain_mR": self.gain_mR.to_json(),
            "equal_right": self.equal_right.to_json(),
            "equal_right_interval": self.equal_right_mR.to_json(),
            "ties": {
                "expected": self.metrics.to_json(),
                "pessimistic": self.pessimistic.to_json(),
                "optimistic": self.optimistic.to_json(),
            },
        }


@dataclass(frozen=True)
class Evaluation:
    """A split's rankings, in the order of `cmpagl.rank.stage.STAGES`."""

    n_images: int
    n_captions: int
    n_distinct: int  # captions that differ word for word
    stages: Mapping[Stage, StageResult]
    ranking: RankingConfig

    def to_json(self) -> dict[str, Any]:
        """Counts, then each ranking under its name."""
        return {
            "n_images": self.n_images,
            "n_captions": self.n_captions,
            "n_distinct_captions": self.n_distinct,
            **{stage.name: result.to_json() for stage, result in self.stages.items()},
            **({"note": ONE_IMAGE} if self.n_images == 1 else {}),
        }


def evaluate_embeddings(
    embeds: SplitEmbeddings,
    bank: BankVectors,
    ranking: RankingConfig,
    *,
    fusion: FusionEncoder | None = None,
    top: int = 32,
    baselines: bool = True,
    n_resamples: int = 2000,
) -> Evaluation:
    """Measure every ranking of a split that is already encoded.

    Args:
        embeds: of the split; with tokens, if ``fusion`` is given.
        bank: the checkpoint's, of training data.
        ranking: tuned on validation data.
        fusion: matches pairs; without it ``fused`` is ``aligned`` and ``smr`` is ``aligned_smr``.
        top: how many of a query's best are matched (`FusionConfig.rerank_top`).
        baselines: whether the published rerankers are measured too.
        n_resamples: of the bootstrap; 1 is quick, and makes the intervals meaningless.

    Raises:
        DataError: embeddings that are not finite or do not fit each other, or an image without a
            caption.
    """
    match = MatchScores(fusion, embeds) if fusion is not None else None
    scores = split_scores(embeds, bank)
    results: dict[Stage, StageResult] = {}
    aligned: Retrieval | None = None
    wanted = [stage for stage in STAGES if baselines or not stage.published]
    for ranked in rank_split(scores, ranking, wanted, match=match, top=top):
        result = _measured(ranked, embeds, aligned, n_resamples)
        aligned = aligned or result.retrieval
        results[ranked.stage] = result
    return Evaluation(
        n_images=len(embeds.image_embeds),
        n_captions=len(embeds.caption_group),
        n_distinct=len(embeds.text_embeds),
        stages=results,
        ranking=ranking,
    )


def evaluate_split(
    checkpoint: Checkpoint,
    dataset: RetrievalDataset,
    *,
    on_error: OnError = "raise",
    progress: Progress | None = None,
) -> tuple[Evaluation, RetrievalDataset]:
    """Encode a data set with a checkpoint and measure it.

    Args:
        checkpoint: the model, its bank and its tuned ranking.
        dataset: every image with at least one caption.
        on_error: "skip" leaves out images that cannot be read, with their captions.
        progress: told how far the encoding is.

    Returns:
        the evaluation, and the data set without what was left out.

    Raises:
        DataError: an image cannot be read, or has no caption.
        CheckpointError: a part of the checkpoint is damaged.
    """
    fusion, bank = checkpoint.fusion(), checkpoint.bank()  # damaged: before hours of pictures
    embeds, dataset = encode_split(
        dataset,
        checkpoint.image_tower(),
        checkpoint.text_tower(),
        fusion,
        checkpoint.tokenizer(),
        on_error=on_error,
        progress=progress,
    )
    config = checkpoint.config
    evaluation = evaluate_embeddings(
        embeds, bank, config.ranking, fusion=fusion, top=config.fusion.rerank_top
    )
    return evaluation, dataset


def by_class(found: Retrieval, dataset: RetrievalDataset, k: int = 10) -> dict[str, Any]:
    """Recall at ``k`` of each class's images and of their captions, in percent, ties expected.

    Args:
        found: a ranking of the data set.
        dataset: images without a class are left out.
        k: how many of the first count.

    Returns:
        class -> ``n_images``, ``i2t_r{k}``, ``t2i_r{k}``, by name.
    """
    i2t, t2i = found.i2t.hits(k), found.t2i.hits(k)
    images: dict[str, list[int]] = {}
    for at, record in enumerate(dataset.records):
        if record.class_name is not None:
            images.setdefault(record.class_name, []).append(at)
    return {
        name: {
            "n_images": len(own),
            f"i2t_r{k}": 100 * float(i2t[own].mean()),
            f"t2i_r{k}": 100 * float(t2i[np.isin(found.caption_to_image, own)].mean()),
        }
        for name, own in sorted(images.items())
    }


def _measured(
    ranked: StageScores, embeds: SplitEmbeddings, aligned: Retrieval | None, n_resamples: int
) -> StageResult:
    own = embeds.caption_to_image
    found = retrieval(ranked.i2t, ranked.t2i, own)
    equal = retrieval(ranked.i2t, ranked.t2i, own, caption_group=embeds.caption_group)
    gain = paired_bootstrap(aligned or found, found, n_resamples=n_resamples)
    return StageResult(
        retrieval=found,
        metrics=found.metrics(),
        equal_right=equal.metrics(),
        pessimistic=found.metrics("pessimistic"),
        optimistic=found.metrics("optimistic"),
        intervals=bootstrap(found, n_resamples=n_resamples),
        equal_right_mR=bootstrap(equal, n_resamples=n_resamples)["mR"],
        gain_mR=gain["mR"],
    )
