"""Errors: one request to the table, the ledger and the cases of two rankings, in words and scenes.

Nothing here remembers a visitor: an answer depends on the request alone, and a reviewer's verdicts
stay in the reviewer's browser.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.errors.measuring import Measuring, MeasuringJob, measuring_job
from app.errors.one_case import Case, make_case
from app.errors.origin import Origin, origin
from app.errors.request import ErrorsRequest, read_request
from app.explorer.explorer import Explorer, Opened
from app.explorer.scenes import Scene, scene
from app.query.rank import here_as, offered_stages
from app.query.titles import not_offered, stage_title
from app.words.errors import ERRORS
from app.words.numbers import counted
from cmpagl.errors import CmpaglError
from cmpagl.measure.gallery import StageFigures
from cmpagl.measure.ledger import DIRECTIONS, TableRow
from cmpagl.measure.pair import ClassRow, Hubs, Pair, compare
from cmpagl.rank.arrays import IntArray
from cmpagl.rank.stage import BOTH, SECOND, Part, Stage

__all__ = [
    "AT_ONCE",
    "ErrorsAnswer",
    "HubItem",
    "Review",
    "errors_answer",
    "find_pair",
    "offered_request",
]

LOG = logging.getLogger("cmpagl.explorer")

_OFF: dict[Part, str] = {"reranker": ERRORS.off_smr, "fusion": ERRORS.off_fusion}
"""What is said where a part of a stage is switched off."""

AT_ONCE = 12
"""Cases of a list that are shown at once."""


@dataclass(frozen=True)
class HubItem:
    """A hub, named."""

    scene: Scene
    caption: str  # i2t; else empty
    before: float
    after: float


@dataclass(frozen=True)
class Review:
    """What may be no error."""

    least: float
    usual: float  # the median text cosine of two captions of one scene; NaN where none has two
    n: int
    n_identical: int


@dataclass(frozen=True)
class ErrorsAnswer:
    """Everything that the tab shows."""

    request: ErrorsRequest
    stages: tuple[Stage, ...] = ()  # to choose from
    models: tuple[str, str] | None = None  # whose the two sides are, where they differ
    problem: str = ""  # why nothing is shown, in one sentence
    progress: Measuring | None = None  # measuring goes on; ask again
    origin: Origin | None = None
    notes: tuple[str, ...] = ()
    table: tuple[TableRow, ...] = ()
    flow: Mapping[str, int] | None = None
    classes: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()  # of the part "cases" or "review", from `request.start` on
    n_cases: int = 0
    by_class: tuple[ClassRow, ...] = ()
    confusion: tuple[IntArray, IntArray] | None = None
    hubs: Hubs | None = None
    hub_items: tuple[HubItem, ...] = ()
    review: Review | None = None


def errors_answer(
    explorer: Explorer, params: Mapping[str, str], *, wait: float = 1.5
) -> ErrorsAnswer:
    """Answer a link's parameters; whatever is wrong is said in the answer, nothing is raised.

    Args:
        explorer: what is open.
        params: untrusted.
        wait: seconds after which the answer says how far measuring is instead.
    """
    request, stages = read_request(params), tuple[Stage, ...]()
    try:
        opened = explorer.opened()
        stages = offered_stages(opened)  # first, so that another can be chosen where one fails
        request = offered_request(opened, request)
        pair = find_pair(opened, request, wait)
        if isinstance(pair, Measuring):
            return ErrorsAnswer(request, stages=stages, progress=pair, origin=origin(opened))
        return replace(_answer(opened, request, pair), stages=stages)
    except CmpaglError as error:
        return ErrorsAnswer(request, stages=stages, problem=str(error))
    except Exception as error:
        LOG.exception("errors failed: %s", request)
        return ErrorsAnswer(request, problem=ERRORS.failed.format(kind=type(error).__name__))


def offered_request(opened: Opened, request: ErrorsRequest) -> ErrorsRequest:
    """The request by rankings that are offered here; one that is not is told."""
    asked = (request.before, request.after)
    before, after = shown = tuple(here_as(opened, stage) for stage in asked)
    told = (*request.problems, *not_offered(zip(asked, shown, strict=True)))
    return replace(request, before=before, after=after, problems=told)


def find_pair(opened: Opened, request: ErrorsRequest, wait: float) -> Pair | Measuring:
    """Both rankings, measured; or how far measuring is.

    Raises:
        DataError: the gallery has no captions, or too many.
    """
    stages = (request.before, request.after)
    jobs = [_job(opened, stage) for stage in stages]
    if jobs[0] is jobs[1]:
        found = jobs[0].ask(stages, wait)
        return found if isinstance(found, Measuring) else compare(jobs[0].benchmark, *found)
    figures: list[StageFigures] = []
    for job, stage in zip(jobs, stages, strict=True):
        one = job.ask((stage,), wait / 2)
        if isinstance(one, Measuring):
            return one
        figures += one
    return compare(jobs[0].benchmark, *figures)


def _job(opened: Opened, stage: Stage) -> MeasuringJob:
    """Who measures a stage: its model's job, or that of both models at once."""
    first = opened.by(stage.model).retriever
    return measuring_job(*(first, opened.by(SECOND).retriever) if stage.model == BOTH else (first,))


def _answer(opened: Opened, request: ErrorsRequest, pair: Pair) -> ErrorsAnswer:
    way, within = request.direction, request.within
    told = origin(opened)
    values: dict[str, object] = {}
    if request.part == "cases":
        numbers = pair.cases(way, within, request.cell, request.of, request.hit)
        values = _page(opened, pair, request, numbers)
    elif request.part == "classes":
        values = {"by_class": pair.by_class(way, within), "confusion": pair.confusion(way)}
    elif request.part == "hubs":
        hubs = pair.hubs(way, within)
        values = {"hubs": hubs, "hub_items": tuple(_hub_items(opened, pair, way, hubs))}
    else:
        numbers = pair.review(way, request.fit)
        values = _page(opened, pair, request, numbers)
        values["review"] = _review(pair, request, numbers)
    return ErrorsAnswer(
        request,
        models=_models(opened, request),
        origin=told,
        notes=_notes(opened, request, pair, told),
        table=pair.table,
        flow=pair.flow(way, within),
        classes=pair.classes,
        **values,  # type: ignore[arg-type]
    )


def _models(opened: Opened, request: ErrorsRequest) -> tuple[str, str] | None:
    """What the models of the two sides are called, where they are not the same."""
    before, after = request.before.model, request.after.model
    if before == after:
        return None
    names = {"": opened.names[0], SECOND: opened.names[-1], BOTH: str(ERRORS.both)}
    return names[before], names[after]


def _notes(opened: Opened, request: ErrorsRequest, pair: Pair, told: Origin) -> tuple[str, ...]:
    notes = list(request.problems)
    if told.n_silent:
        notes.append(counted(ERRORS.silent, told.n_silent))
    if request.before == request.after:
        notes.append(ERRORS.same_stage)
    for ranked in dict.fromkeys((pair.before, pair.after)):
        checkpoint = opened.by(ranked.stage.model).retriever.checkpoint
        if ranked.stage.reranker is not None and not checkpoint.has_bank:
            notes.append(ERRORS.no_bank.format(model=checkpoint.name))
            continue
        ways = {part: [d for d in DIRECTIONS if part in ranked.off[d]] for part in _OFF}
        for part, off in ways.items():
            if off:
                both = "both" if len(off) == 2 else off[0]
                name = stage_title(ranked.stage)
                where = ERRORS.off_where[both]
                notes.append(_OFF[part].format(stage=name, where=where))
    return tuple(notes)


def _page(
    opened: Opened, pair: Pair, request: ErrorsRequest, numbers: IntArray
) -> dict[str, object]:
    start = min(request.start, max(0, (len(numbers) - 1) // AT_ONCE * AT_ONCE))
    shown = numbers[start : start + AT_ONCE]
    return {
        "n_cases": len(numbers),
        "cases": tuple(make_case(opened, pair, request.direction, int(n)) for n in shown),
    }


def _hub_items(opened: Opened, pair: Pair, direction: str, hubs: Hubs) -> Sequence[HubItem]:
    gallery, scenes = opened.gallery, pair.benchmark.scenes
    items = []
    for hub in hubs.items:
        place = hub.item if direction == "t2i" else int(pair.owner[hub.item])
        caption = "" if direction == "t2i" else gallery.distinct_captions[hub.item]
        items.append(HubItem(scene(gallery, int(scenes[place])), caption, hub.before, hub.after))
    return items


def _review(pair: Pair, request: ErrorsRequest, numbers: IntArray) -> Review:
    way = request.direction
    return Review(
        least=request.fit,
        usual=pair.own_cosine,
        n=len(numbers),
        n_identical=int(pair.fits(way).identical[numbers].sum()),
    )
