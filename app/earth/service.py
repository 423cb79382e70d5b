"""Where scenes lie on Earth, and which of them answer a query: for the map, and as files."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.explorer.explorer import Explorer, Opened
from app.explorer.uploads import DECODING
from app.query.encode import find_query
from app.query.rank import column_rankings, known_here, marked_scenes, search_settings
from app.query.request import PARAMS, SearchRequest, read_request
from app.words.earth import EARTH
from cmpagl.data.chips import WindowPicture, place_of
from cmpagl.data.picture import FilePicture
from cmpagl.errors import CmpaglError, QueryError
from cmpagl.export.answer import Answer, answer_of, asked_as
from cmpagl.search.ranking import Ranking
from cmpagl.store.gallery import Gallery

__all__ = [
    "SHOWN",
    "STEPS",
    "UNKNOWN",
    "EarthAnswer",
    "GroundPlace",
    "earth_answer",
    "ground_jpeg",
    "places_file",
    "saved_answer",
]

LOG = logging.getLogger("cmpagl.explorer")

SHOWN = 100
"""Answers on the map and in its files."""

UNKNOWN = -(2**31)  # a corner whose place is not known
STEPS = 1e7  # of a degree: a centimetre on the ground
MOST_GROUNDS = 24
GROUND_SIDE = 1024  # pixels of a raster's overview


@dataclass(frozen=True)
class GroundPlace:
    """A raster below the footprints."""

    number: int  # of a scene cut from it
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class EarthAnswer:
    """Everything that the tab shows and does not fetch."""

    problem: str = ""
    notes: tuple[str, ...] = ()
    opened: Opened | None = None
    request: SearchRequest = field(default_factory=SearchRequest)
    rankings: tuple[Ranking, Ranking] | None = None  # before, after
    footprints: npt.NDArray[np.float64] | None = None  # (n, 4, 2)
    known: int = 0
    grounds: tuple[GroundPlace, ...] = ()


def earth_answer(explorer: Explorer, params: Mapping[str, str]) -> EarthAnswer:
    """What the map shows for a link's parameters; whatever is wrong is said, nothing is raised."""
    try:
        opened = explorer.opened()
        footprints = opened.gallery.footprints()
        known = int(np.isfinite(footprints).all(axis=(1, 2)).sum())
        if not known:
            return EarthAnswer(problem=EARTH.no_places)
    except CmpaglError as error:
        return EarthAnswer(problem=str(error))
    request = _request(opened, params)
    shown = EarthAnswer(
        notes=request.problems,
        opened=opened,
        request=request,
        footprints=footprints,
        known=known,
        grounds=grounds(opened.gallery),
    )
    try:
        rankings = _ranked(explorer, opened, request)
    except CmpaglError as error:
        return replace(shown, notes=(*shown.notes, str(error)))
    except Exception as error:
        LOG.exception("ranking for Earth failed: %s", request)
        return replace(shown, notes=(EARTH.failed.format(kind=type(error).__name__),))
    return replace(shown, rankings=rankings)


def _request(opened: Opened, params: Mapping[str, str]) -> SearchRequest:
    kept = {name: params[name] for name in PARAMS if name in params}
    return replace(known_here(opened, read_request(kept)), find="scenes")


def _ranked(
    explorer: Explorer, opened: Opened, request: SearchRequest
) -> tuple[Ranking, Ranking] | None:
    found = find_query(explorer, request)
    if found is None:
        return None
    settings = search_settings(opened, request, found)[0]
    return column_rankings(opened, request, found, settings)


def saved_answer(explorer: Explorer, params: Mapping[str, str]) -> tuple[Answer, Gallery]:
    """The answers that the map shows, to be written down.

    Raises:
        QueryError: nothing is asked, or it cannot be answered.
    """
    opened = explorer.opened()
    request = _request(opened, params)
    rankings = _ranked(explorer, opened, request)
    if rankings is None:
        raise QueryError(EARTH.nothing_asked)
    before, after = rankings
    good, bad = marked_scenes(opened, request)
    parts = [request.text, request.like, request.upload and "picture"]
    query = asked_as(parts, request.excluded, len(good), len(bad))
    top = _top(params.get("top", str(SHOWN)))
    return answer_of(opened.gallery, query, after, before, after.items[:top]), opened.gallery


def _top(said: str) -> int:
    """How many answers a file has.

    Raises:
        QueryError: not from 1 to `SHOWN`.
    """
    if not (said.isdecimal() and len(said) <= 4 and 1 <= int(said) <= SHOWN):
        raise QueryError(EARTH.bad_top.format(said=said[:20], most=SHOWN))
    return int(said)


@lru_cache(maxsize=4)
def places_file(gallery: Gallery) -> bytes:
    """The corners of all scenes: int32 of 1e-7 degrees, little-endian, (n, 4, 2)."""
    footprints = gallery.footprints()
    known = np.isfinite(footprints).all(axis=(1, 2))
    rounded = np.full(footprints.shape, UNKNOWN, "<i4")
    rounded[known] = np.rint(footprints[known] * STEPS)
    return rounded.tobytes()


# What lies below


@lru_cache(maxsize=4)
def grounds(gallery: Gallery) -> tuple[GroundPlace, ...]:
    """The first rasters that scenes were cut from, each by its first scene."""
    found: dict[Path, GroundPlace] = {}
    for number, record in enumerate(gallery.records):
        picture = record.picture
        if not isinstance(picture, WindowPicture) or picture.path in found:
            continue
        corners = _raster_corners(picture)
        if corners is not None:
            found[picture.path] = GroundPlace(number, corners)
        if len(found) == MOST_GROUNDS:
            break
    return tuple(found.values())


def _raster_corners(picture: WindowPicture) -> tuple[tuple[float, float], ...] | None:
    """Where the raster's own corners lie; None where they say none, or reading it takes long."""
    from cmpagl.data.overview import is_quick

    place = place_of(FilePicture(picture.path))
    return place.footprint if place is not None and is_quick(picture) else None


def ground_jpeg(gallery: Gallery, number: int) -> bytes:
    """The whole raster that a scene was cut from, small, as a JPEG.

    Raises:
        QueryError: no raster of the map has this number.
        DataError: it has vanished or cannot be read.
    """
    if all(ground.number != number for ground in grounds(gallery)):
        raise QueryError(f"Scene {number} was cut from no raster that the map shows.")
    return _overview(gallery, number)


@lru_cache(maxsize=MOST_GROUNDS)
def _overview(gallery: Gallery, number: int) -> bytes:
    from cmpagl.data.overview import raster_overview

    picture = gallery.records[number].picture
    assert isinstance(picture, WindowPicture)
    with DECODING:
        image = raster_overview(picture, GROUND_SIDE)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
