"""Everything that Errors found about two rankings, for a file: each query, not a page of them."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.errors.measuring import Measuring
from app.errors.one_case import Case, make_case
from app.errors.origin import Origin, origin
from app.errors.request import ErrorsRequest, read_request
from app.errors.service import find_pair, offered_request
from app.explorer.explorer import Explorer, Opened
from app.words.errors import ERRORS
from cmpagl.errors import CmpaglError, DataError, GalleryError
from cmpagl.measure.gallery import WITHIN
from cmpagl.measure.ledger import CELLS, DIRECTIONS, TableRow
from cmpagl.measure.pair import ClassRow, Hubs, Pair

__all__ = ["VERDICTS", "Export", "PicturedCase", "Side", "errors_export", "read_verdicts"]

LOG = logging.getLogger("cmpagl.explorer")

VERDICTS = ("right", "wrong", "unsure")
MOST_VERDICTS = 20_000
KEY = re.compile(r"(?:t2i|i2t):[0-9]{1,9}:[0-9]{1,9}")

PICTURED = 8
"""Cases of a cell that a report shows with their pictures."""

WAIT = 10.0  # seconds for rankings that are not measured yet


@dataclass(frozen=True)
class PicturedCase:
    """A case with its pictures in it."""

    case: Case
    truth: str  # data URL
    hit: str  # of the first hit, data URL; empty where that is right


@dataclass(frozen=True)
class Side:
    """One direction."""

    flows: Mapping[int, Mapping[str, int]]  # by k
    cases: tuple[Case, ...]  # every query in order
    outcomes: tuple[str, ...]  # of `CELLS`, within the first `request.within`
    reviewed: tuple[int, ...]  # queries for review, the most alike first
    classes: tuple[ClassRow, ...]
    confused: tuple[tuple[str, str, int, int], ...]  # class, first hit's, before, after; not right
    hubs: Hubs
    hub_names: tuple[str, ...]


@dataclass(frozen=True)
class Export:
    """All of it."""

    request: ErrorsRequest
    origin: Origin
    table: tuple[TableRow, ...]
    sides: Mapping[str, Side]
    pictured: Mapping[str, tuple[PicturedCase, ...]]  # "fixed" and "broken" of the direction asked
    verdicts: Mapping[str, str]  # by the key of a case


def read_verdicts(given: object) -> dict[str, str]:
    """A reviewer's verdicts as the browser sent them: untrusted, kept nowhere."""
    if not isinstance(given, Mapping):
        return {}
    found = {
        key: said
        for key, said in given.items()
        if isinstance(key, str) and KEY.fullmatch(key) and said in VERDICTS
    }
    return dict(list(found.items())[:MOST_VERDICTS])


def errors_export(
    explorer: Explorer, params: Mapping[str, str], verdicts: object, *, pictures: bool
) -> Export:
    """Collect everything for a link's parameters.

    Args:
        explorer: what is open.
        params: untrusted.
        verdicts: untrusted; see `read_verdicts`.
        pictures: read the thumbnails of the cases that moved furthest.

    Raises:
        CmpaglError: nothing is open, it has no captions, or measuring is not done.
    """
    request = read_request(params)
    try:
        opened = explorer.opened()
        request = offered_request(opened, request)
        pair = find_pair(opened, request, WAIT)
        if isinstance(pair, Measuring):
            raise DataError(ERRORS.export_failed)
        sides = {direction: _side(opened, pair, request, direction) for direction in DIRECTIONS}
        return Export(
            request=request,
            origin=origin(opened),
            table=pair.table,
            sides=sides,
            pictured=_pictured(opened, pair, request) if pictures else {},
            verdicts=read_verdicts(verdicts),
        )
    except CmpaglError:
        raise
    except Exception as error:
        LOG.exception("an export failed: %s", request)
        raise DataError(ERRORS.failed.format(kind=type(error).__name__)) from error


def _side(opened: Opened, pair: Pair, request: ErrorsRequest, direction: str) -> Side:
    within = request.within
    outcomes = pair.outcome(direction, within)
    hubs = pair.hubs(direction, within)
    gallery, scenes = opened.gallery, pair.benchmark.scenes
    if direction == "t2i":
        names = [gallery.records[int(scenes[hub.item])].image_id for hub in hubs.items]
    else:
        names = [gallery.distinct_captions[hub.item] for hub in hubs.items]
    return Side(
        flows={k: pair.flow(direction, k) for k in WITHIN},
        cases=tuple(make_case(opened, pair, direction, i) for i in range(len(outcomes))),
        outcomes=tuple(CELLS[int(number)] for number in outcomes),
        reviewed=tuple(pair.review(direction, request.fit).tolist()),
        classes=pair.by_class(direction, within),
        confused=pair.confused(direction),
        hubs=hubs,
        hub_names=tuple(names),
    )


def _pictured(
    opened: Opened, pair: Pair, request: ErrorsRequest
) -> dict[str, tuple[PicturedCase, ...]]:
    way = request.direction
    pictured = {}
    for side, cell in enumerate(("fixed", "broken")):
        numbers = pair.cases(way, request.within, cell)[:PICTURED]
        cases = [make_case(opened, pair, way, int(number)) for number in numbers]
        pictured[cell] = tuple(
            PicturedCase(
                case,
                _thumbnail(opened, case.scene.number),
                "" if case.right[side] else _thumbnail(opened, case.hits[side].number),
            )
            for case in cases
        )
    return pictured


def _thumbnail(opened: Opened, number: int) -> str:
    try:
        content = opened.gallery.thumbnail(number)
    except GalleryError:
        return ""
    return "data:image/webp;base64," + base64.b64encode(content).decode("ascii")
