"""One query over several galleries of one model: one list, best first.

Scores are merged as they are, which is right where a scene's score comes from the query, the scene
and the checkpoint's bank alone: then it is the one that a gallery of all the scenes would give it.
That holds for the aligned score and for SMR's soft form. It does not hold where a ranking looks at
the rest of the gallery (SMR's other forms, published rerankers, the z-scores of a text and a
picture together, fusion of the best), so those are refused. All galleries are ranked by the
checkpoint's own settings, also one that is ranked by others when it is searched alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from cmpagl.config.ranking import RankingConfig, SMRConfig
from cmpagl.errors import QueryError
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, Stage
from cmpagl.search.query import Query
from cmpagl.search.retriever import Retriever

__all__ = ["FoundAcross", "merges", "search_across"]


@dataclass(frozen=True)
class FoundAcross:
    """A scene of one of several galleries."""

    gallery: int  # which of those that were searched, from 0
    item: int  # number of the scene in it
    rank: int  # from 1, among all; scenes that tie share one
    score: float


def merges(stage: Stage, ranking: RankingConfig, direction: str) -> bool:
    """Whether a stage's scores of several galleries compare with each other.

    Args:
        stage: to rank by.
        ranking: the checkpoint's settings.
        direction: "t2i" or "i2t".
    """
    if stage.beta(ranking, direction):
        return False
    if stage.reranker is None:
        return True
    settings = stage.settings(ranking, direction)
    return isinstance(settings, SMRConfig) and not settings.reorders


def search_across(
    retrievers: Sequence[Retriever], query: Query, stage: Stage = ALIGNED_SMR, *, top: int = 60
) -> list[FoundAcross]:
    """Rank the scenes of several galleries together.

    Args:
        retrievers: of the galleries, at least one; all of one model.
        query: of any of them: a text, a picture, or a scene of the first, which is left out.
        stage: of which `merges` holds.
        top: how many to give.

    Raises:
        QueryError: the galleries are of several models, or their scores do not compare.
    """
    checkpoint = retrievers[0].checkpoint
    for other in retrievers[1:]:
        if other.checkpoint.fingerprint != checkpoint.fingerprint:
            raise QueryError(
                f"The galleries {retrievers[0].gallery.name} and {other.gallery.name} are of the "
                f"models {checkpoint.name} and {other.checkpoint.name}, whose scores do not "
                "compare; search galleries of one model together."
            )
    if query.kind == "mixed":
        raise QueryError(
            "A text and a picture together are weighed by each gallery's own scores, which do not "
            "compare; search several galleries with one of the two."
        )
    ranking = checkpoint.config.ranking
    if not merges(stage, ranking, "t2i" if query.kind == "text" else "i2t"):
        raise QueryError(
            f"By {stage.name!r} a scene's score depends on the rest of its gallery, so scores of "
            f"several do not compare; rank by {ALIGNED.name!r}."
        )
    found: list[tuple[float, int, int]] = []
    for at, retriever in enumerate(retrievers):
        asked = query if at == 0 else retriever.same_query(query)
        items = retriever.candidates(asked, stages=(ALIGNED, stage), ranking_config=ranking)
        ranked = retriever.ranking(asked, stage, ranking_config=ranking, candidates=items)
        best = zip(ranked.scores[:top].tolist(), ranked.items[:top].tolist(), strict=True)
        found += [(-score, at, item) for score, item in best]
    found.sort()
    lows = [low for low, _, _ in found]
    return [
        FoundAcross(at, item, bisect_left(lows, low) + 1, -low) for low, at, item in found[:top]
    ]
