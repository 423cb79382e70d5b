"""Why a result stands where it stands: the terms of its score, beside the one that it met."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from app.explorer.explorer import Opened
from app.explorer.ground import Ground, ground_of
from app.explorer.scenes import Scene, find_scene, scene, scene_now
from app.query.request import SearchRequest
from cmpagl.search.both import explain_both
from cmpagl.search.ranking import Ranking, SceneExplanation, rival

if TYPE_CHECKING:
    from cmpagl.config.ranking import RankingConfig
    from cmpagl.search.query import Query
    from cmpagl.search.teaching import Taught

__all__ = ["Detail", "Rival", "choose"]


@dataclass(frozen=True)
class Rival:
    """The result beside the chosen one: the best that it overtook, or the last that overtook it."""

    title: str
    before: int
    after: int
    terms: SceneExplanation | None


@dataclass(frozen=True)
class Detail:
    """The chosen result."""

    scene: Scene | None
    caption: str
    state: str | None  # "changed_file", "unreadable" or "missing": not as it was indexed
    before: int | None  # its ranks in both columns; None where a filter takes it out
    after: int | None
    terms: SceneExplanation | None  # of the right column; None where its scores have no terms
    rival: Rival | None
    spread: tuple[int, int] | None  # ranks that 95 % of resampled banks lie between
    varies: bool = False  # whether there is such a spread, asked for or not
    score: float | None = None  # in the right column
    mark: bool | None = None  # good or bad, as the person marked it
    ground: Ground = field(default_factory=Ground)
    baseline: bool = False  # the right column is by a published baseline, which has no terms


def choose(
    opened: Opened,
    query: Query,
    request: SearchRequest,
    rankings: tuple[Ranking, Ranking],
    settings: RankingConfig,
    *,
    taught: Taught | None = None,
    spread: bool = False,
) -> Detail | None:
    """What there is to say about the chosen result; None where the gallery has none of this name.

    Args:
        opened: gallery and retriever, as the right column's model sees them.
        query: of the right column.
        request: names the result: an image id, or a caption's number where those are looked for.
        rankings: both columns, of the same candidates.
        settings: the reranking in use.
        taught: what marks and unwanted words added to the right column.
        spread: also draw the bank again, which takes a hundred times as long as all else: not while
            a slider moves.
    """
    gallery = opened.gallery
    captions = request.find == "captions"
    item = (
        _caption_number(request.scene, opened) if captions else find_scene(gallery, request.scene)
    )
    if item is None:
        return None
    before, after = (int(ranking.ranks_of([item])[0]) or None for ranking in rankings)
    asked = _Asked(opened, query, rankings[1], settings, captions, taught)
    terms = asked.terms(item) if after else None
    varies = after is not None and not captions and _varies(query, rankings[1])
    shown, state = None, "unchanged"
    if not captions:
        shown, state, _ = scene_now(gallery, item)
    return Detail(
        scene=shown,
        caption=gallery.distinct_captions[item] if captions else "",
        state={"unchanged": None, "changed": "changed_file"}.get(state, state),
        before=before,
        after=after,
        terms=terms,
        rival=_rival(asked, item, rankings) if after else None,
        spread=_spread(opened, query, item, rankings[1], settings) if spread and varies else None,
        varies=varies,
        score=float(rankings[1].score_by_item[item]) if after else None,
        mark=_mark(request, shown.version) if shown else None,
        ground=Ground() if captions else ground_of(gallery, item),
        baseline=not rankings[1].has_terms,
    )


def _mark(request: SearchRequest, version: str) -> bool | None:
    return {mark.version[: len(version)]: mark.good for mark in request.marks}.get(version)


@dataclass(frozen=True)
class _Asked:
    """What the terms of a score depend on, whichever scene or caption it is of."""

    opened: Opened
    query: Query
    ranking: Ranking
    settings: RankingConfig
    captions: bool
    taught: Taught | None

    def terms(self, item: int) -> SceneExplanation | None:
        """The terms of a score in a stage that has them; published baselines have not."""
        if self.ranking.parts is not None:
            return explain_both(self.ranking, item)
        if not self.ranking.has_terms:
            return None
        # with PyTorch, imported late
        from cmpagl.search.explain import explain_caption, explain_scene

        if self.captions:
            return explain_caption(self.opened.gallery, self.query, item, self.ranking)
        return explain_scene(
            self.opened.retriever,
            self.query,
            item,
            self.ranking.stage,
            ranking_config=self.settings,
            candidates=np.sort(self.ranking.items),
            taught=self.taught,
        )

    def title(self, item: int) -> str:
        """What the page calls it."""
        gallery = self.opened.gallery
        if self.captions:
            return gallery.distinct_captions[item]
        shown = scene(gallery, item)
        return shown.captions[0] if shown.captions else shown.title


def _rival(asked: _Asked, item: int, rankings: tuple[Ranking, Ranking]) -> Rival | None:
    """The best of those it overtook, else the last of those that overtook it, if any."""
    other = rival(*rankings, item)
    if other is None:
        return None
    before, after = (ranking.rank_by_item for ranking in rankings)
    return Rival(asked.title(other), int(before[other]), int(after[other]), asked.terms(other))


def _varies(query: Query, ranking: Ranking) -> bool:
    """Whether the right column ends with SMR, so that another bank would give other ranks."""
    if ranking.parts is not None:
        return False
    last = ranking.reranker_on and ranking.has_terms and not ranking.fusion_on
    return last and not ranking.added and query.kind != "mixed"


def _spread(
    opened: Opened, query: Query, item: int, ranking: Ranking, settings: RankingConfig
) -> tuple[int, int]:
    """Between which ranks SMR puts it for 95 % of banks drawn again."""
    from cmpagl.search.explain import spread_of_ranks

    items = np.sort(ranking.items)
    spread = spread_of_ranks(opened.retriever, query, ranking_config=settings, candidates=items)
    at = int(np.searchsorted(items, item))
    return round(float(spread.low[at])), round(float(spread.high[at]))


def _caption_number(name: str, opened: Opened) -> int | None:
    count = len(opened.gallery.distinct_captions)
    return int(name) if name.isascii() and name.isdigit() and int(name) < count else None
