"""A ranking of a gallery for one query, and how two rankings of it differ.

Shapes: G gallery items, n candidates among them (all, or those that a filter leaves).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cmpagl.errors import QueryError
from cmpagl.rank.arrays import FloatArray, IntArray, ranks
from cmpagl.rank.smr import Explanation
from cmpagl.rank.stage import Stage

__all__ = ["Move", "Ranking", "SceneExplanation", "WordEffect", "make_ranking", "moves", "rival"]


@dataclass(frozen=True, eq=False)
class Ranking:
    """One query's candidates, best first."""

    stage: Stage
    items: IntArray  # (n,) gallery numbers, best first; candidates that tie by number
    scores: NDArray[np.float64]  # (n,) of ``items``; higher is better
    ranks: IntArray  # (n,) of ``items`` from 1; candidates that tie share a rank
    n_gallery: int  # G
    settings: Any | None = None  # of the stage's reranker; None where nothing reranked
    beta: float = 0.0  # weight of the match score; 0 where fusion is off
    matched: IntArray | None = None  # the candidates whose match score was added
    added: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """What a person taught: what each candidate was given, ``(n,)`` of ``items``, by name."""
    parts: tuple[Ranking, Ranking] | None = None  # of two models, where both rank at once

    def added_to(self, item: int) -> dict[str, float]:
        """What a candidate was given, by name."""
        at = np.flatnonzero(self.items == item)[0]
        return {name: float(row[at]) for name, row in self.added.items()}

    @cached_property
    def rank_by_item(self) -> IntArray:
        """``(G,)`` each item's rank, 0 where it is no candidate."""
        found = np.zeros(self.n_gallery, np.int64)
        found[self.items] = self.ranks
        return found

    @cached_property
    def _by_number(self) -> tuple[IntArray, IntArray]:
        """The candidates ascending ``(n,)``, and the ranks of each."""
        order = np.argsort(self.items)
        return self.items[order], self.ranks[order]

    @property
    def numbers(self) -> IntArray:
        """``(n,)`` the candidates, ascending."""
        return self._by_number[0] if self._are_few else np.flatnonzero(self.rank_by_item)

    @property
    def _are_few(self) -> bool:
        """Whether sorting them costs less than an array of all items."""
        return len(self.items) * 16 < self.n_gallery

    def ranks_of(self, items: Sequence[int] | IntArray) -> IntArray:
        """The ranks of some items, 0 where one is no candidate."""
        wanted = np.asarray(items, np.int64)
        if not self._are_few:
            return self.rank_by_item[wanted]
        numbers, own = self._by_number
        at = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
        return np.where(numbers[at] == wanted, own[at], 0)

    @cached_property
    def score_by_item(self) -> NDArray[np.float64]:
        """``(G,)`` each item's score, NaN where it is no candidate."""
        found = np.full(self.n_gallery, np.nan)
        found[self.items] = self.scores
        return found

    @property
    def reranker_on(self) -> bool:
        """Whether a reranker changed anything on purpose (its settings do not switch it off)."""
        reranker = self.stage.reranker
        return reranker is not None and reranker.acts(self.settings)

    @property
    def has_terms(self) -> bool:
        """Whether its scores have terms that can be told; a published reranker's have none."""
        return self.stage.reranker is None or self.stage.reranker.has_terms

    @property
    def fusion_on(self) -> bool:
        """Whether match scores were added."""
        return self.beta > 0


@dataclass(frozen=True)
class Move:
    """Where a scene stood in one ranking and stands in another."""

    item: int
    before: int  # rank
    after: int
    kind: Literal["up", "down", "same", "new", "dropped"]  # new in the top, or dropped out of it

    @property
    def by(self) -> int:
        """Places gained; negative where lost."""
        return self.before - self.after


@dataclass(frozen=True)
class SceneExplanation:
    """Why a scene stands where it stands."""

    item: int
    rank_before: int  # by the aligned score
    rank_after: int  # in the stage explained
    score: float  # aligned
    final: float  # in the stage explained
    smr: Explanation | None  # the reranker's terms; None where none ran, or for a mixed query
    match_logit: float | None  # of the matching head; None outside the matched top
    match_standardised: float | None  # within the matched top
    beta: float
    steps: dict[str, float]  # a waterfall whose sum is ``final``, but for a reordered top (ratio)

    @property
    def fusion_term(self) -> float:
        """What fusion added."""
        return self.beta * (self.match_standardised or 0.0)


@dataclass(frozen=True)
class WordEffect:
    """What striking one word out of a query does."""

    index: int  # of the word in the query, from 0
    word: str
    without: str  # the query that was asked instead
    cosine: float  # between the two queries' embeddings
    first_rank: int  # where the first scene of the whole query stands without the word
    entered: tuple[int, ...]  # scenes that are new in the top, best first
    left: tuple[int, ...]  # scenes that dropped out of it, best first


def make_ranking(
    stage: Stage,
    scores: FloatArray,
    candidates: IntArray,
    n_gallery: int,
    *,
    settings: Any | None = None,  # noqa: ANN401
    beta: float = 0.0,
    matched: IntArray | None = None,
    added: Mapping[str, NDArray[np.float64]] | None = None,
) -> Ranking:
    """Sort candidates ``(n,)`` by their scores ``(n,)``; other rows are in their order too."""
    order = np.lexsort((candidates, -scores))
    return Ranking(
        stage,
        candidates[order],
        scores[order].astype(np.float64),
        ranks(scores)[order],
        n_gallery,
        settings,
        beta,
        matched,
        {name: row[order] for name, row in (added or {}).items()},
    )


def moves(before: Ranking, after: Ranking, top: int) -> tuple[Move, ...]:
    """How the top of one ranking became the top of another.

    Args:
        before: of a query.
        after: of the same query and candidates.
        top: how many of each are looked at.

    Returns:
        first the scenes in the top of ``after``, in its order, then those that dropped out, in the
        order of ``before``.

    Raises:
        QueryError: the two rankings are not of the same candidates.
    """
    if not np.array_equal(before.numbers, after.numbers):
        raise QueryError(
            "The two rankings are not of the same scenes; apply the same filter to both."
        )
    old, new = before.items[:top].tolist(), after.items[:top].tolist()
    was, stays, result = set(old), set(new), []
    for item, rank, now in _places(before, after, new):
        kind: Literal["up", "down", "same", "new"] = (
            "new" if item not in was else "up" if now < rank else "down" if now > rank else "same"
        )
        result.append(Move(item, rank, now, kind))
    gone = [item for item in old if item not in stays]
    result += [Move(*place, "dropped") for place in _places(before, after, gone)]
    return tuple(result)


def _places(
    before: Ranking, after: Ranking, items: Sequence[int]
) -> Iterator[tuple[int, int, int]]:
    """Each item with its ranks in both."""
    ranks = (ranking.ranks_of(items).tolist() for ranking in (before, after))
    return zip(items, *ranks, strict=True)


def rival(before: Ranking, after: Ranking, item: int) -> int | None:
    """Whom an item met on its way from one ranking to another, of the same query and candidates.

    Returns:
        the best of those that it overtook, else the last of those that overtook it, if any.
    """
    was, now = before.rank_by_item, after.rank_by_item
    overtaken = np.flatnonzero((was > 0) & (was < was[item]) & (now > now[item]))
    if len(overtaken):
        return int(overtaken[np.argmin(now[overtaken])])
    passing = np.flatnonzero((was > was[item]) & (now > 0) & (now < now[item]))
    return int(passing[np.argmax(now[passing])]) if len(passing) else None
