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
from cmpagl.rank.stage import ALIGNED, BOTH, LIVE, SECOND, Stage, as_offered, by_model, offered
from cmpagl.search.ranking import Ranking
from cmpagl.search.teaching import Taught
from cmpagl.store.engine import FOUND

if TYPE_CHECKING:
    from cmpagl.config.ranking import RankingConfig
    from cmpagl.rank.arrays import IntArray

__all__ = [
    "PARAMS",
    "column_rankings",
    "direction_of",
    "here_as",
    "known_here",
    "marked_scenes",
    "offered_stages",
    "read_search",
    "scene_ranking",
    "search_settings",
    "taught_by",
]


def known_here(opened: Opened, request: SearchRequest) -> SearchRequest:
    """The request by stages that are offered here, and by a data set that is here, as is told."""
    before, after = (here_as(opened, stage) for stage in (request.before, request.after))
    request = replace(request, before=before, after=after)
    known = opened.gallery.data_sets
    if request.data_set in ("", *known):
        return request
    names = ", ".join(known)[:200]
    sentence = SEARCH.no_set.format(name=request.data_set[:40], names=names)
    return replace(request, data_set="", problems=(*request.problems, sentence))


def here_as(opened: Opened, stage: Stage) -> Stage:
    """The stage; where its fusion is off with its model, or with both, the same one without.

    Raises:
        QueryError: a second model is asked for, and there is one alone.
    """
    models = opened.of(stage.model)
    shown = [as_offered(stage, one.retriever.ranking_config) for one in models]
    return stage if stage in shown else shown[0]


def offered_stages(opened: Opened) -> tuple[Stage, ...]:
    """What a side can show: each stage by each model, and those of our own by both at once."""
    first = offered(opened.retriever.ranking_config)
    if opened.second is None:
        return first
    second = offered(opened.second.retriever.ranking_config)
    both = [by_model(stage, BOTH) for stage in LIVE if not stage.published]
    return (
        *first,
        *(by_model(stage, SECOND) for stage in second),
        *(stage for stage in both if here_as(opened, stage) == stage),
    )


def direction_of(found: EncodedQuery) -> str:
    """Whose settings a query is ranked by, "t2i" or "i2t"."""
    return "t2i" if found.query.text is not None else "i2t"


def search_settings(
    opened: Opened, request: SearchRequest, found: EncodedQuery
) -> tuple[RankingConfig, SMRConfig, SMRConfig]:
    """The settings to rank by; of them, those that the sliders show: tuned, and in use."""
    ranking = base = opened.retriever.ranking_config
    own = dict(request.smr)
    if own and "form" not in own and not (opened.here and opened.here.tuned):
        base = opened.retriever.checkpoint.config.ranking  # a weight switches on what is off here
    changed = replace(base, bank_only=base.bank_only.changed(**own))
    direction = direction_of(found)
    tuned, used = (one.bank_only.of(direction).smr for one in (ranking, changed))
    return changed, tuned, used


def marked_scenes(opened: Opened, request: SearchRequest) -> tuple[list[int], list[int]]:
    """The numbers of the scenes marked good and bad; a mark of no scene here is passed over."""
    good: dict[int, bool] = {}
    for mark in request.marks:
        number = opened.gallery.find_content(mark.version)
        if number is not None:
            good[number] = mark.good
    return [n for n, is_good in good.items() if is_good], [n for n, g in good.items() if not g]


def taught_by(opened: Opened, request: SearchRequest, found: EncodedQuery) -> Taught | None:
    """What marks and unwanted words add to the right column; None where there are none."""
    if not request.taught:
        return None
    good, bad = marked_scenes(opened, request)
    return opened.retriever.teach(found.struck or found.query, good, bad, found.unwanted)


def column_rankings(
    opened: Opened, request: SearchRequest, found: EncodedQuery, settings: RankingConfig
) -> tuple[Ranking, Ranking]:
    """Both columns' rankings, of the same candidates, each by its stage's model or by both.

    ``settings`` are the first model's; the second's are changed alike. Where words are struck out
    or the query is taught, that makes the difference: both columns are by the right one's stage.
    """
    sides = ((request.before, False), (request.after, True))
    items: IntArray | None = None
    captions: IntArray | None = None
    if request.find == "captions":
        captions = _captions(opened, request, found, settings)
    else:
        if found.struck is not None or request.taught:
            sides = ((request.after, False), (request.after, True))
        items = _candidates(opened, request, found, settings)

    def rank(stage: Stage, model: str, changed: bool) -> Ranking:
        """By one model; ``changed`` is the right column's query, without words and taught."""
        seen, asked = opened.by(model), found.by(model)
        ranking = settings if seen is opened else search_settings(seen, request, asked)[0]
        retriever = seen.retriever
        if items is None:
            return retriever.captions_for_image(
                asked.query, stage, ranking_config=ranking, candidates=captions
            )
        query = (asked.struck or asked.query) if changed else asked.query
        taught = taught_by(seen, request, asked) if changed else None
        return retriever.ranking(
            query, stage, ranking_config=ranking, candidates=items, taught=taught
        )

    def column(stage: Stage, changed: bool) -> Ranking:
        opened.by(stage.model)  # a link may ask for a model that is not open
        if stage.model != BOTH:
            return rank(stage, stage.model, changed)
        from cmpagl.search.both import both_ranking

        return both_ranking(stage, rank(stage, "", changed), rank(stage, SECOND, changed))

    return column(*sides[0]), column(*sides[1])


def _asked(request: SearchRequest) -> tuple[str, ...]:
    """The models whose best are looked for where not all is ranked."""
    models = {request.before.model, request.after.model}
    return ("", SECOND) if len(models) > 1 or BOTH in models else tuple(models)


def _captions(
    opened: Opened, request: SearchRequest, found: EncodedQuery, settings: RankingConfig
) -> IntArray | None:
    """The captions that both columns rank; None: all."""
    if opened.gallery.caption_engine is None or found.query.image_embeds is None:
        return None
    both, best = (request.before, request.after), []
    for model in _asked(request):
        seen, asked = opened.by(model), found.by(model)
        own = settings if seen is opened else search_settings(seen, request, asked)[0]
        best.append(
            seen.retriever.caption_candidates(asked.query, both, ranking_config=own, most=FOUND)
        )
    return np.unique(np.concatenate(best))


def _candidates(
    opened: Opened, request: SearchRequest, found: EncodedQuery, settings: RankingConfig
) -> IntArray:
    """The scenes that may be answers, by the filters; a least score is the first model's.

    Where an index is searched, those are the best by each model that ranks.

    Raises:
        QueryError: none is left.
    """
    searched = opened.gallery.engine is not None
    asked = _asked(request)
    models = asked if searched or len(asked) == 1 else ("",)
    least = request.least if request.least > NUMBERS["min"].least else None
    best = [_best(opened, model, request, found, settings, least) for model in models]
    items = best[0]
    if len(best) > 1:
        items = np.unique(np.concatenate(best))
        found.query.look_at(items)
        items = items if least is None else items[found.query.scores[items] >= least]
    if request.only:
        items = items[np.isin(items, request.only)]
        if not len(items):
            raise QueryError(SEARCH.only_none)
    if request.area is not None:
        items = items[request.area.holds(opened.gallery.footprints()[items])]
        if not len(items):
            raise QueryError(SEARCH.area_none)
    return items


def _best(
    opened: Opened,
    model: str,
    request: SearchRequest,
    found: EncodedQuery,
    settings: RankingConfig,
    least: float | None,
) -> IntArray:
    """The scenes that may be answers by one model."""
    seen, asked = opened.by(model), found.by(model)
    searched = opened.gallery.engine is not None
    # Where an index is searched, words that are struck out find others: both are ranked.
    queries = (asked.query, asked.struck) if searched and asked.struck else (asked.query,)
    where = seen.gallery.read_where(request.where)
    best = [
        seen.retriever.candidates(
            query,
            class_name=request.class_name or None,
            data_set=request.data_set or None,
            where=where,
            box=request.area.box if request.area else None,
            least=least if model == _asked(request)[0] else None,
            stages=(request.before, request.after),
            ranking_config=settings,
            taught=taught_by(seen, request, asked) if searched else None,
            most=FOUND if searched else None,
        )
        for query in queries
    ]
    return best[0] if len(best) == 1 else np.union1d(*best)


PARAMS = tuple(
    p for p in SEARCH_PARAMS if p not in ("scene", "k", "find", "before", "layout", "size", "in")
)
"""The link's parameters that decide about the query and how Search's right column ranks scenes."""


def read_search(params: Mapping[str, str]) -> SearchRequest:
    """What of a link decides about Search's right column; nothing else of it is read or refused."""
    return _right_alone(read_request({name: params[name] for name in PARAMS if name in params}))


def _right_alone(request: SearchRequest) -> SearchRequest:
    """The request with a left column that asks nothing more than the right one.

    One that cannot rank the query, or whose model cannot read it, would spoil the right one.
    """
    model = request.after.model if request.after.model == SECOND else ""
    return replace(request, before=by_model(ALIGNED, model))


def scene_ranking(opened: Opened, request: SearchRequest, found: EncodedQuery) -> Ranking:
    """Search's right column of scenes, whole: by its own functions, so that both rank the same.

    Raises:
        QueryError: the filters leave no scene, or the stage cannot rank such a query.
    """
    plain = _right_alone(replace(request, find="scenes"))
    settings = search_settings(opened, plain, found)[0]
    return column_rankings(opened, plain, found, settings)[1]
