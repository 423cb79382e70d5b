"""What reranking is worth on a gallery: by its captions, or else by what a person judged there."""

from __future__ import annotations

from cmpagl.collections.collections import Collections
from cmpagl.errors import CmpaglError
from cmpagl.judge.here import digest_of, measure_judged, tune_judged, usable
from cmpagl.judge.judgments import JudgedQuery
from cmpagl.measure.here import (
    FEWEST_JUDGED,
    Here,
    captions_tell,
    measure_here,
    read_here,
    tune_here,
)
from cmpagl.progress import Progress
from cmpagl.search.retriever import Retriever
from cmpagl.store.gallery import Gallery

__all__ = ["find_here", "judged_queries", "judgments_tell", "rank_by_here", "tune"]


def judged_queries(gallery: Gallery) -> list[JudgedQuery]:
    """What the person who runs the page has judged; nothing where it cannot be read."""
    try:
        kept = Collections(gallery.kept).judged()
    except CmpaglError:  # said where collections are shown
        return []
    return [JudgedQuery(f"q{n}", one.query, one.grades) for n, one in enumerate(kept, start=1)]


def find_here(retriever: Retriever) -> Here | None:
    """What was kept beside the index, or is measured now; None where nothing can tell."""
    kept = read_here(retriever)
    queries = judged_queries(retriever.gallery)
    overtaken = kept and kept.judged and not kept.tuned and kept.judgments != digest_of(queries)
    if kept is not None and not overtaken:
        return kept
    return measure_here(retriever) or measure_judged(retriever, queries)


def rank_by_here(retriever: Retriever) -> None:
    """Let a gallery be ranked as helps there, where that is known, wherever it is searched from."""
    here = find_here(retriever)
    retriever.chosen = here.ranking if here else None


def judgments_tell(retriever: Retriever) -> bool:
    """Whether enough was judged to tune on."""
    queries = judged_queries(retriever.gallery)
    return len(queries) >= FEWEST_JUDGED and len(usable(retriever, queries)) >= FEWEST_JUDGED


def tune(retriever: Retriever, progress: Progress | None = None) -> Here:
    """Search settings on the captions, or on the judgments where captions are too few.

    Raises:
        DataError: both are too few.
    """
    if captions_tell(retriever) is None and judgments_tell(retriever):
        return tune_judged(retriever, judged_queries(retriever.gallery), progress)
    return tune_here(retriever, progress)
