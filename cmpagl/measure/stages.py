"""From embeddings to every ranking that the project reports: SMR, fusion and baselines in stages.

Two directions: ``t2i`` asks with captions over the images, ``i2t`` with images over the captions.
Captions that read alike are encoded and ranked once; the matrices for the metrics repeat them.

=========================  ========================================================================
``aligned``                A: cosines of the two towers
``aligned_smr``            A1 = SMR(A), with the bank of training queries
``fused``                  A + beta * match, in the query's best by A
``smr``                    A1 + beta * match, in the query's best by A1: the final ranking
``*_transductive``         the same with the benchmark's other queries as the bank
baselines                  on A, with the bank that was published: QB-Norm with training queries,
                           the others with the benchmark's other queries (transductive)
``*_bank``                 those others with the bank of training queries, to compare like with like
=========================  ========================================================================

``match`` is that of `cmpagl.rank.match`.

Shapes: I images, C captions, D distinct captions, Q queries, G gallery items.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cmpagl.config.ranking import FusedBothWays, RankingConfig, Reranked, RerankedBothWays
from cmpagl.errors import DataError
from cmpagl.model.checkpoint import BankVectors
from cmpagl.model.embed import SplitEmbeddings
from cmpagl.rank.arrays import FloatArray, IntArray
from cmpagl.rank.bank import Bank, wrongness
from cmpagl.rank.baselines import BASELINES
from cmpagl.rank.match import MatchScores, fuse_top
from cmpagl.rank.smr import rerank

__all__ = [
    "BANK_BASELINES",
    "STAGES",
    "Direction",
    "SplitScores",
    "StageScores",
    "split_scores",
    "stages",
]


STAGES = (
    "aligned",
    "aligned_smr",
    "fused",
    "smr",
    "aligned_smr_transductive",
    "smr_transductive",
)


BANK_BASELINES = ("qb_norm",)  # published with a bank of training queries


@dataclass(frozen=True)
class Direction:
    """One direction of a split: queries as rows, every distinct caption once."""

    scores: NDArray[np.float32]  # (Q, G) aligned
    bank: Bank  # of training queries
    transductive: Bank  # of the benchmark's other queries, equal captions as often as they occur


@dataclass(frozen=True)
class SplitScores:
    """Both directions of a split."""

    t2i: Direction  # (D, I)
    i2t: Direction  # (I, D)
    caption_to_image: IntArray  # (C,)
    caption_group: IntArray  # (C,)


@dataclass(frozen=True)
class StageScores:
    """One ranking of a split in the shape that `cmpagl.measure.metrics.retrieval` takes."""

    name: str
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
    t2i = Direction(
        sims,
        Bank.from_scores(bank_texts @ embeds.image_embeds.T),
        Bank.transductive(sims[embeds.caption_group]),
    )
    by_image = np.ascontiguousarray(sims.T)
    i2t = Direction(
        by_image,
        Bank.from_scores(
            bank_images @ embeds.text_embeds.T,
            wrongness(bank.image_captions.numpy(), embeds.text_embeds),
        ),
        Bank.transductive(by_image),
    )
    return SplitScores(t2i, i2t, embeds.caption_to_image, embeds.caption_group)


def stages(
    scores: SplitScores,
    ranking: RankingConfig,
    *,
    match: MatchScores | None = None,
    top: int = 32,
    baselines: bool = True,
) -> Iterator[StageScores]:
    """Every ranking of the module's table, one after the other (each takes 2 * I * C values).

    Args:
        scores: of `split_scores`.
        ranking: the tuned settings.
        match: None leaves out the match score: ``fused`` is then A, ``smr`` is A1.
        top: how many of a query's best are matched.
        baselines: whether they follow.
    """
    t2i, i2t, group = scores.t2i, scores.i2t, scores.caption_group

    def stage(
        name: str,
        settings: RerankedBothWays | FusedBothWays | None,
        *,
        fuses: bool = False,
        transductive: bool = False,
    ) -> StageScores:
        rows = {}
        for direction, one in (("t2i", t2i), ("i2t", i2t)):
            bank = one.transductive if transductive else one.bank
            values: FloatArray = one.scores
            own = settings.of(direction) if settings is not None else None
            if isinstance(own, Reranked):
                values = rerank(values, bank, own.smr)
            if match is not None and own is not None and fuses:
                matched = match.t2i if direction == "t2i" else match.i2t
                values = fuse_top(values, matched, own.beta, top)
            rows[direction] = values
        return StageScores(name, i2t=rows["i2t"][:, group], t2i=rows["t2i"][group])

    yield stage("aligned", None)
    yield stage("aligned_smr", ranking.bank_only)
    yield stage("fused", ranking.fused, fuses=True)
    yield stage("smr", ranking.bank_only, fuses=True)
    yield stage("aligned_smr_transductive", ranking.transductive, transductive=True)
    yield stage("smr_transductive", ranking.transductive, fuses=True, transductive=True)
    if baselines:
        yield from _baselines(scores)


def _baselines(scores: SplitScores) -> Iterator[StageScores]:
    """The published rerankers, over all captions, as they were written for."""
    t2i, i2t, group = scores.t2i, scores.i2t, scores.caption_group
    captions = i2t.scores[:, group]  # (I, C)
    everybody = Bank.transductive(captions)
    training = i2t.bank.take(group)
    for name, config in BASELINES.items():
        if name not in BANK_BASELINES:
            yield StageScores(
                name,
                i2t=rerank(captions, everybody, config),
                t2i=rerank(t2i.scores, t2i.transductive, config)[group],
            )
        yield StageScores(
            name if name in BANK_BASELINES else f"{name}_bank",
            i2t=rerank(captions, training, config),
            t2i=rerank(t2i.scores, t2i.bank, config)[group],
        )
