"""From embeddings to every ranking that the project reports: the stages of a whole split.

Two directions: ``t2i`` asks with captions over the images, ``i2t`` with images over the captions.
Captions that read alike are encoded and ranked once; the matrices for the metrics repeat them.
Published rerankers are measured over all captions, as they were written for.

Shapes: I images, C captions, D distinct captions, Q queries, G gallery items.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cmpagl.config.ranking import RankingConfig
from cmpagl.errors import DataError
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.embed import SplitEmbeddings
from cmpagl.rank.arrays import FloatArray, IntArray
from cmpagl.rank.bank import Bank
from cmpagl.rank.bank_scores import wrongness
from cmpagl.rank.match import MatchScores, fuse_top
from cmpagl.rank.reranker import BankOf
from cmpagl.rank.stage import STAGES, Stage

__all__ = ["DirectionScores", "SplitScores", "StageScores", "rank_split", "split_scores"]


@dataclass(frozen=True)
class DirectionScores:
    """One direction of a split: queries as rows, every distinct caption once."""

    scores: NDArray[np.float32]  # (Q, G) aligned
    bank: Bank  # of training queries
    transductive: Bank  # of the benchmark's other queries, equal captions as often as they occur

    def of(self, bank: BankOf | None) -> Bank:
        """The bank of a stage; without one, the training queries' (nothing asks it)."""
        return self.transductive if bank is BankOf.SPLIT else self.bank


@dataclass(frozen=True)
class SplitScores:
    """Both directions of a split."""

    t2i: DirectionScores  # (D, I)
    i2t: DirectionScores  # (I, D)
    caption_to_image: IntArray  # (C,)
    caption_group: IntArray  # (C,)

    @cached_property
    def all_captions(self) -> DirectionScores:
        """i2t with equal captions as often as they occur, ``(I, C)``."""
        repeated = self.i2t.scores[:, self.caption_group]
        return DirectionScores(
            repeated, self.i2t.bank.take(self.caption_group), Bank.transductive(repeated)
        )


@dataclass(frozen=True)
class StageScores:
    """One ranking of a split in the shape that `cmpagl.measure.metrics.retrieval` takes."""

    stage: Stage
    i2t: FloatArray  # (I, C)
    t2i: FloatArray  # (C, I)


def split_scores(embeds: SplitEmbeddings, bank: BankVectors) -> SplitScores:
    """Aligned scores of both directions with exact banks, in float32.

    Raises:
        DataError: embeddings that are not finite, or of another width than the bank's.
    """
    bank_texts, bank_images = bank.text_embeds.numpy(), bank.image_embeds.numpy()
    widths = {m.shape[1] for m in (embeds.image_embeds, embeds.text_embeds, bank_texts)}
    if len(widths) > 1:
        raise DataError(
            f"The embeddings are {embeds.image_embeds.shape[1]} (images), "
            f"{embeds.text_embeds.shape[1]} (texts) and {bank_texts.shape[1]} (bank) wide; all "
            "must come from one checkpoint."
        )
    sims = embeds.text_embeds @ embeds.image_embeds.T  # (D, E) x (E, I) -> (D, I)
    t2i = DirectionScores(
        sims,
        Bank.from_scores(bank_texts @ embeds.image_embeds.T, targets=bank_texts @ bank_images.T),
        Bank.transductive(sims[embeds.caption_group]),
    )
    by_image = np.ascontiguousarray(sims.T)
    i2t = DirectionScores(
        by_image,
        Bank.from_scores(
            bank_images @ embeds.text_embeds.T,
            wrongness(bank.image_captions.numpy(), embeds.text_embeds),
            targets=bank_images @ bank_texts.T,
        ),
        Bank.transductive(by_image, np.bincount(embeds.caption_group)),
    )
    return SplitScores(t2i, i2t, embeds.caption_to_image, embeds.caption_group)


def rank_split(
    scores: SplitScores,
    ranking: RankingConfig,
    which: Sequence[Stage] = STAGES,
    *,
    match: MatchScores | None = None,
    top: int = 32,
) -> Iterator[StageScores]:
    """The rankings of a split, one after the other (each takes 2 * I * C values).

    Args:
        scores: of `split_scores`.
        ranking: the tuned settings.
        which: the stages wanted.
        match: None leaves out the match score: a stage that fuses is then as without fusion.
        top: how many of a query's best are matched.
    """
    for stage in which:
        yield (
            _published(scores, stage)
            if stage.published
            else _staged(scores, stage, ranking, match, top)
        )


def _staged(
    scores: SplitScores,
    stage: Stage,
    ranking: RankingConfig,
    match: MatchScores | None,
    top: int,
) -> StageScores:
    rows = {}
    for direction, one in (("t2i", scores.t2i), ("i2t", scores.i2t)):
        values: FloatArray = one.scores
        if stage.reranker is not None:
            settings = stage.settings(ranking, direction)
            values = stage.reranker.rerank(values, one.of(stage.bank), settings)
        if match is not None:
            matched = match.t2i if direction == "t2i" else match.i2t
            values = fuse_top(values, matched, stage.beta(ranking, direction), top)
        rows[direction] = values
    group = scores.caption_group
    return StageScores(stage, i2t=rows["i2t"][:, group], t2i=rows["t2i"][group])


def _published(scores: SplitScores, stage: Stage) -> StageScores:
    """A published reranker, over all captions, as it was written for."""
    assert stage.reranker is not None
    rows = [
        stage.reranker.rerank(one.scores, one.of(stage.bank))
        for one in (scores.all_captions, scores.t2i)
    ]
    return StageScores(stage, i2t=rows[0], t2i=rows[1][scores.caption_group])
