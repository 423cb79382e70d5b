"""P@10, nDCG@10 and success@1 of judged queries, with intervals, and the pool to judge.

What nobody judged counts as not relevant, which is fair to two rankings only where the first ten of
both were judged: `pool` names those scenes, and `Judged.judged` says how many of them were.
Queries without a relevant scene say nothing and are left out.

Shapes: Q queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.errors import DataError
from cmpagl.judge.judgments import JudgedQuery
from cmpagl.measure.bootstrap import Interval, intervals

__all__ = [
    "DEPTH",
    "MEASURES",
    "ONE_QUERY",
    "Judged",
    "compare",
    "figures",
    "pool",
    "require_judged",
]

DEPTH = 10
MEASURES = ("P@10", "nDCG@10", "success@1")
ONE_QUERY = "One query is too few for an interval."
_RESAMPLES = 2000

Ranked = Mapping[str, Sequence[str]]  # by query id, image ids, best first


@dataclass(frozen=True)
class Judged:
    """Two rankings by judgments; all in percent."""

    n_queries: int  # that have a relevant scene
    judged: float  # of the first ten of both rankings, how many were judged
    before: Mapping[str, Interval]  # by measure
    after: Mapping[str, Interval]
    change: Mapping[str, Interval]  # of the same resampled queries

    def to_json(self) -> dict[str, Any]:
        """By name, with a note where one query gives no interval."""
        return asdict(self) | ({"note": ONE_QUERY} if self.n_queries == 1 else {})


def pool(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The scenes to judge, each once, in turns, so that their order tells of neither ranking."""
    found: dict[str, None] = {}
    for pair in zip(before[:DEPTH], after[:DEPTH], strict=False):
        found.update(dict.fromkeys(sorted(pair)))
    return list(found)


def compare(
    queries: Sequence[JudgedQuery], before: Ranked, after: Ranked, *, seed: int = 0
) -> Judged:
    """Measure two rankings of a query set.

    Raises:
        DataError: no query has a relevant scene.
    """
    usable = require_judged(queries)
    old, new = (_values(usable, ranked) for ranked in (before, after))
    times = _resampled(len(usable), seed)
    first = [
        (query, scene) for query in usable for scene in pool(before[query.id], after[query.id])
    ]
    known = sum(scene in query.grades for query, scene in first)
    return Judged(
        n_queries=len(usable),
        judged=100.0 * known / max(1, len(first)),
        before=_intervals(old, times),
        after=_intervals(new, times),
        change=_intervals(new - old, times),
    )


def figures(
    queries: Sequence[JudgedQuery], ranked: Ranked, *, seed: int = 0
) -> Mapping[str, Interval]:
    """Each measure of one ranking in percent, over the same resampled queries as `compare` has.

    Raises:
        DataError: no query has a relevant scene.
    """
    usable = require_judged(queries)
    return _intervals(_values(usable, ranked), _resampled(len(usable), seed))


def require_judged(queries: Sequence[JudgedQuery]) -> list[JudgedQuery]:
    """The queries that can be measured.

    Raises:
        DataError: none has a relevant scene.
    """
    usable = [query for query in queries if query.relevant]
    if not usable:
        raise DataError(
            "No query has a scene that was judged relevant, so nothing can be measured; judge the "
            "first ten of each, or ask with captions of the gallery."
        )
    return usable


def _values(queries: Sequence[JudgedQuery], ranked: Ranked) -> npt.NDArray[np.float64]:
    """``(Q, 3)`` the measures of each query; one that is not ranked found nothing."""
    return np.array([_figures(query, ranked.get(query.id, ())) for query in queries])


def _resampled(n_queries: int, seed: int) -> npt.NDArray[np.int64]:
    """``(resamples, Q)`` how often each query was drawn."""
    share = np.full(n_queries, 1 / n_queries)
    return np.random.default_rng(seed).multinomial(n_queries, share, size=_RESAMPLES)


def _figures(query: JudgedQuery, ranked: Sequence[str]) -> tuple[float, float, float]:
    grades = np.array([query.grades.get(scene, 0) for scene in ranked[:DEPTH]], np.float64)
    best = np.sort(np.array(list(query.grades.values()), np.float64))[::-1][:DEPTH]
    return float((grades > 0).sum()) / DEPTH, _dcg(grades) / _dcg(best), float(grades[:1].sum() > 0)


def _dcg(grades: npt.NDArray[np.float64]) -> float:
    """Gains 2^grade - 1, discounted by log2 of the place and one."""
    return float(((2.0**grades - 1.0) / np.log2(np.arange(len(grades)) + 2.0)).sum())


def _intervals(
    values: npt.NDArray[np.float64], times: npt.NDArray[np.int64]
) -> dict[str, Interval]:
    resampled = 100 * (times @ values / len(values))
    found = intervals(100 * values.mean(axis=0), resampled, len(values))
    return dict(zip(MEASURES, found, strict=True))
