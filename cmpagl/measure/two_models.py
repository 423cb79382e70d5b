"""Two models on one split, query by query: recall of each and of both at once, and who finds what.

Shapes: I images, C captions, D distinct captions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cmpagl.data.dataset import OnError, RetrievalDataset
from cmpagl.errors import DataError
from cmpagl.measure.bootstrap import Interval, bootstrap, paired_bootstrap
from cmpagl.measure.metrics import RECALL_AT, Retrieval, retrieval
from cmpagl.measure.split import encode_split
from cmpagl.measure.split_stages import SplitScores, StageScores, rank_split, split_scores
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.embed import SplitEmbeddings
from cmpagl.progress import Progress
from cmpagl.rank.arrays import IntArray
from cmpagl.rank.both import both_scores, z_scores
from cmpagl.rank.match import MatchScores
from cmpagl.rank.stage import ALIGNED, FINAL, Stage

__all__ = ["COMPARED", "Ways", "compare_models", "only_one"]

COMPARED = (ALIGNED, FINAL)
"""The stages in which two models are compared."""


@dataclass(frozen=True)
class Ways:
    """One stage by the first model, by the second, and by both at once."""

    stage: Stage
    first: Retrieval
    second: Retrieval
    both: Retrieval

    @property
    def rankings(self) -> tuple[Retrieval, Retrieval, Retrieval]:
        """The three, in this order."""
        return self.first, self.second, self.both

    def gains(self, n_resamples: int = 2000) -> dict[str, dict[str, Interval]]:
        """Paired over resampled images: second over first, both over each, by metric."""
        pairs = {
            "second over first": (self.first, self.second),
            "both over first": (self.first, self.both),
            "both over second": (self.second, self.both),
        }
        return {
            name: paired_bootstrap(*pair, n_resamples=n_resamples) for name, pair in pairs.items()
        }

    def to_json(self, n_resamples: int = 2000) -> dict[str, Any]:
        """Recall with intervals of each way, and the gains."""
        ways = zip(("first", "second", "both"), self.rankings, strict=True)
        found: dict[str, Any] = {
            name: {
                metric: interval.to_json()
                for metric, interval in bootstrap(one, n_resamples=n_resamples).items()
            }
            for name, one in ways
        }
        gains = self.gains(n_resamples)
        return found | {
            name: {metric: interval.to_json() for metric, interval in one.items()}
            for name, one in gains.items()
        }


def compare_models(
    checkpoints: Sequence[Checkpoint],
    dataset: RetrievalDataset,
    *,
    on_error: OnError = "raise",
    progress: Progress | None = None,
) -> tuple[tuple[Ways, ...], RetrievalDataset]:
    """Encode a data set with two models and rank it by each and by both.

    Args:
        checkpoints: two.
        dataset: every image with at least one caption.
        on_error: "skip" leaves out images that cannot be read.
        progress: told how far the encoding is, model after model.

    Returns:
        one `Ways` for each of `COMPARED`, and the data set without what was left out.

    Raises:
        DataError: an image cannot be read or has no caption, or it is not two models.
        CheckpointError: a part of a checkpoint is damaged.
    """
    if len(checkpoints) != 2:
        raise DataError(f"{len(checkpoints)} models were given; two are compared at a time.")
    ranked: list[list[StageScores]] = []
    used = dataset
    for checkpoint in checkpoints:  # a damaged part is told of before hours of pictures
        checkpoint.bank(), checkpoint.fusion(), checkpoint.tokenizer()
        checkpoint.image_tower(), checkpoint.text_tower()
    for checkpoint in checkpoints:
        embeds, used = encode_split(
            used,
            checkpoint.image_tower(),
            checkpoint.text_tower(),
            checkpoint.fusion(),
            checkpoint.tokenizer(),
            on_error=on_error,
            progress=progress,
        )
        ranked.append(list(_ranked(checkpoint, embeds)))
    distinct = np.unique(used.caption_groups, return_index=True)[1]
    found = []
    for first, second in zip(*ranked, strict=True):
        both = _both(first, second, distinct)
        rows = (retrieval(o.i2t, o.t2i, used.caption_to_image) for o in (first, second, both))
        found.append(Ways(first.stage, *rows))
    return tuple(found), used


def _ranked(checkpoint: Checkpoint, embeds: SplitEmbeddings) -> Iterator[StageScores]:
    config = checkpoint.config
    scores: SplitScores = split_scores(embeds, checkpoint.bank())
    match = MatchScores(checkpoint.fusion(), embeds) if config.fusion.depth else None
    yield from rank_split(
        scores, config.ranking, COMPARED, match=match, top=config.fusion.rerank_top
    )


def _both(first: StageScores, second: StageScores, distinct: IntArray) -> StageScores:
    """Both models' rankings of a split as one.

    Args:
        first: of one model.
        second: of the other, the same stage.
        distinct: ``(D,)`` one caption of those that read alike, each of which counts once where
            a picture's scores are brought to one scale.
    """
    rows = [z_scores(one.i2t, over=one.i2t[:, distinct]) for one in (first, second)]
    return StageScores(first.stage, i2t=rows[0] + rows[1], t2i=both_scores(first.t2i, second.t2i))


def only_one(
    ways: Ways, dataset: RetrievalDataset, names: tuple[str, str]
) -> Iterator[Mapping[str, str | int | float]]:
    """The queries that only one of two models finds within 1, 5 or 10, those of texts first.

    Yields:
        rows with ``direction``, ``query``, ``image``, the rank by each model (a tie counts as its
        mean place), and under ``only_within_K`` the name of the model that alone found it.
    """
    texts = list(zip(dataset.captions, dataset.caption_to_image.tolist(), strict=True))
    images = [(record.image_id, n) for n, record in enumerate(dataset.records)]
    for direction, queries in (("t2i", texts), ("i2t", images)):
        ranks = [getattr(one, direction).ranks() for one in (ways.first, ways.second)]
        for number, (query, image) in enumerate(queries):
            one, other = (float(found[number]) for found in ranks)
            only = {
                f"only_within_{k}": "" if (one <= k) == (other <= k) else names[int(other <= k)]
                for k in RECALL_AT
            }
            if any(only.values()):
                yield {
                    "direction": direction,
                    "query": query,
                    "image": dataset.records[image].image_id,
                    f"rank by {names[0]}": one,
                    f"rank by {names[1]}": other,
                    **only,
                }
