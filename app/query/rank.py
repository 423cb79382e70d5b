"""Rankings of a request: what Search's columns are made of, for every tab that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.explorer.explorer import Opened
from app.query.encode import EncodedQuery
from app.query.request import NUMBERS, SearchRequest, read_request
from app.query.request import PARAMS as SEARCH_PARAMS
from app.words.search import SEARCH
from cmpagl.config.ranking import SMRConfig
from cmpagl.errors import QueryError
from cmpagl.rank.stage import ALIGNED
from cmpagl.search.ranking import Ranking

if TYPE_CHECKING:
    from cmpagl.config.ranking import RankingConfig

__all__ = [
    "PARAMS",
    "column_rankings",
    "known_set",
    "read_search",
    "scene_ranking",
    "search_settings",
]


def known_set(opened: Opened, request: SearchRequest) -> SearchRequest:
    """The request without a data set that the gallery has not, which is told."""
    known = opened.gallery.data_sets
    if request.data_set in ("", *known):
        return request
    names = ", ".join(known)[:200]
    sentence = SEARCH["no_set"].format(name=request.data_set[:40], names=names)
    return replace(request, data_set="", problems=(*request.problems, sentence))


def search_settings(
    ranking: RankingConfig, request: SearchRequest, found: EncodedQuery
) -> tuple[RankingConfig, SMRConfig, SMRConfig]:
    """The settings to rank by; of them, those that the sliders show: tuned, and in use."""
    direction = "t2i" if found.query.text is not None else "i2t"
    changed = replace(ranking, bank_only=ranking.bank_only.changed(**dict(request.smr)))
    tuned, used = (one.bank_only.of(direction).smr for one in (ranking, changed))
    return changed, tuned, used


def column_rankings(
    opened: Opened, request: SearchRequest, found: EncodedQuery, settings: RankingConfig
) -> tuple[Ranking, Ranking]:
    """Both columns' rankings, of the same candidates."""
    retriever = opened.retriever
    if request.find == "captions":
        before, after = (
            retriever.captions_for_image(found.query, stage, ranking_config=settings)
            for stage in (request.before, request.after)
        )
        return before, after
    sides = ((found.query, request.before), (found.query, request.after))
    if found.struck is not None:  # words make the difference, not stages
        sides = ((found.query, request.after), (found.struck, request.after))
    items = retriever.candidates(
        found.query,
        class_name=request.class_name or None,
        data_set=request.data_set or None,
        least=request.least if request.least > NUMBERS["min"].least else None,
    )
    if request.only:
        items = items[np.isin(items, request.only)]
        if not len(items):
            raise QueryError(SEARCH["only_none"])
    before, after = (
        retriever.ranking(query, stage, ranking_config=settings, candidates=items)
        for query, stage in sides
    )
    return before, after


PARAMS = tuple(p for p in SEARCH_PARAMS if p not in ("scene", "k", "find", "before"))
"""The link's parameters that decide about the query and how Search's right column ranks scenes."""


def read_search(params: Mapping[str, str]) -> SearchRequest:
    """What of a link decides about Search's right column; nothing else of it is read or refused."""
    return read_request({name: params[name] for name in PARAMS if name in params})


def scene_ranking(opened: Opened, request: SearchRequest, found: EncodedQuery) -> Ranking:
    """Search's right column of scenes, whole: by its own functions, so that both rank the same.

    Raises:
        QueryError: the filters leave no scene, or the stage cannot rank such a query.
    """
    # The left column is not asked for: one that cannot rank the query would spoil the right one.
    plain = replace(request, find="scenes", before=ALIGNED)
    settings = search_settings(opened.retriever.ranking_config, plain, found)[0]
    return column_rankings(opened, plain, found, settings)[1]
