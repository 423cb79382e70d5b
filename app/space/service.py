"""Map: coordinates of the index as bytes, names and captions as JSON, and where a query lies.

A map's points are the gallery's n images by number, then its d distinct captions. Coordinates are
those of the index, only rounded: 16 bits an axis, about a twentieth of a pixel on any screen.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from app.explorer.explorer import Explorer, Opened
from app.query.encode import find_query
from app.query.rank import known_here, read_search, scene_ranking
from app.query.request import SearchRequest
from app.words.numbers import listed, whole
from app.words.space import MAP
from cmpagl.errors import CmpaglError, QueryError
from cmpagl.measure.point_figures import caption_pairs, figures, hub_levels
from cmpagl.rank.stage import BOTH, SECOND, Stage, by_model
from cmpagl.search.query_point import place_query
from cmpagl.store.gallery import Gallery
from cmpagl.store.gallery_map import MapView, class_middles

__all__ = [
    "FILES",
    "MAX_HITS",
    "SECOND_VIEWS",
    "VIEWS",
    "Box",
    "MapAnswer",
    "PlacedQuery",
    "map_answer",
    "map_file",
    "map_version",
]

LOG = logging.getLogger("cmpagl.explorer")


VIEWS = ("aligned", "centred", "raw")
SECOND_VIEWS = {"aligned": "aligned_2", "centred": "centred_2"}
"""What the places of a second model are called, where a view has them."""
FILES = ("places", "figures", "names")
MAX_HITS = 100
"""How many of a query's results the map knows by rank."""

MOST_POINTS = 200_000
"""Points that a map is drawn of; more would take a browser minutes, and memory that it has not."""

MOST = 2**16 - 1


@dataclass(frozen=True)
class Box:
    """The square that a view's rounded coordinates lie in: ``low + rounded / 65535 * side``."""

    x: float
    y: float
    side: float


@dataclass(frozen=True)
class PlacedQuery:
    """A live query on the maps. Its places are approximate."""

    label: str  # the person's words; empty for a picture
    places: Mapping[str, tuple[float, float]]  # view -> x, y in the coordinates of the index
    hits: tuple[int, ...]  # images, best first, at most `MAX_HITS`
    stage: Stage
    truths: tuple[int, ...]  # images that the query describes, where it is a known caption


@dataclass(frozen=True)
class MapAnswer:
    """Everything that the tab shows and does not fetch."""

    problem: str = ""  # why there is no map, in one sentence
    notes: tuple[str, ...] = ()
    version: str = ""  # of the files; another index has another one
    n_images: int = 0
    n_captions: int = 0
    boxes: Mapping[str, tuple[Box, ...]] | None = None  # of `raw` two, the others one
    gap: float | None = None
    widths: tuple[int, int] = (0, 0)  # of the towers' features: picture, text
    query: PlacedQuery | None = None
    models: tuple[str, ...] = ()  # names, where the second's map is laid beside the first's
    n_second: int = 0  # points of the second's map: it may not read captions
    source: tuple[str, str, str] = ("", "", "")  # data set, split, checkpoint
    drawn: bool = False  # the scenes are drawn, not photographed


def map_answer(explorer: Explorer, params: Mapping[str, str]) -> MapAnswer:
    """What the map shows for a link's parameters; whatever is wrong is said, nothing is raised."""
    try:
        opened = explorer.opened()
        gallery = opened.gallery
        if (count := len(gallery) + len(gallery.distinct_captions)) > MOST_POINTS:
            said = MAP.too_many.format(n=whole(count), most=whole(MOST_POINTS))
            return MapAnswer(problem=said)
        second = _second(opened)
        places = _places(gallery, second)
        if places is None:
            return MapAnswer(problem=MAP.no_map)
    except CmpaglError as error:
        return MapAnswer(problem=str(error))
    except Exception as error:
        LOG.exception("the map failed")
        return MapAnswer(problem=MAP.failed.format(kind=type(error).__name__))
    query, notes = _query(explorer, opened, params)
    config = opened.retriever.checkpoint.config
    if opened.second is not None and second is None:
        notes = (*notes, MAP.no_second_map.format(model=opened.names[-1]))
    return MapAnswer(
        notes=notes,
        version=map_version(opened),
        n_images=len(gallery),
        n_captions=len(gallery.distinct_captions),
        boxes=places[1],
        gap=gallery.modality_gap,
        widths=(config.vision.block_pooled_dim, config.text.dim),
        query=query,
        models=opened.names if second else (),
        n_second=len(gallery) + len(second.distinct_captions) if second else 0,
        source=(gallery.name, gallery.split or "", listed(opened.names)),
        drawn=opened.drawn,
    )


def _second(opened: Opened) -> Gallery | None:
    """The gallery as a second model sees it, where that one's map was made."""
    seen = opened.second
    return seen.gallery if seen is not None and seen.gallery.has_map else None


def _query(
    explorer: Explorer, opened: Opened, params: Mapping[str, str]
) -> tuple[PlacedQuery | None, tuple[str, ...]]:
    request = known_here(opened, read_search(params))
    try:
        found = find_query(explorer, request)
        if found is None:
            return None, request.problems
        asked = found.by(request.after.model)
        query = asked.struck or asked.query
        ranking = scene_ranking(opened, request, found)
        words = query.text if query.kind == "text" else None
        return PlacedQuery(
            label=request.text or (found.like.title if found.like else ""),
            places=_placed(explorer, request),
            hits=tuple(ranking.items[:MAX_HITS].tolist()),
            stage=request.after,
            truths=tuple(opened.gallery.captioned.scenes_of(words.text).tolist()) if words else (),
        ), request.problems
    except CmpaglError as error:
        return None, (*request.problems, str(error))
    except Exception as error:
        LOG.exception("placing a query failed: %s", request)
        return None, (*request.problems, MAP.failed.format(kind=type(error).__name__))


def _placed(explorer: Explorer, request: SearchRequest) -> dict[str, tuple[float, float]]:
    """Where the query lies on the map of each model that can read it."""
    opened, places = explorer.opened(), {}
    found = find_query(explorer, request)
    if opened.second is not None:
        with suppress(CmpaglError):  # one of them may read no words
            both = by_model(request.after, BOTH)
            found = find_query(explorer, replace(request, after=both))
    assert found is not None
    if found.model != SECOND:
        places = place_query(opened.gallery, found.struck or found.query)
    second = _second(opened)
    if second is not None and found.second is not None:
        asked = found.second.struck or found.second.query
        own = place_query(second, asked)
        places |= {SECOND_VIEWS[view]: place for view, place in own.items()}
    return places


def map_version(opened: Opened) -> str:
    """Another word for other files of the map."""
    second = _second(opened)
    return opened.gallery.version + (second.version if second else "")


def map_file(opened: Opened, name: str) -> bytes:
    """One of `FILES`: places (uint16), figures (uint32), names (JSON, untrusted text).

    Raises:
        QueryError: there is no map, or no such file.
    """
    gallery, second = opened.gallery, _second(opened)
    small = len(gallery) + len(gallery.distinct_captions) <= MOST_POINTS
    places = _places(gallery, second) if small else None
    if name not in FILES or places is None:
        raise QueryError(f"The map has no file {name[:40]!r}; it has {', '.join(FILES)}.")
    if name == "places":
        return places[0]
    return _figures(gallery) if name == "figures" else _names(gallery, second)


@lru_cache(maxsize=2)
def _places(
    gallery: Gallery, second: Gallery | None
) -> tuple[bytes, dict[str, tuple[Box, ...]]] | None:
    """The rounded coordinates of all views, (n + d, 2) each, and the boxes they lie in.

    Behind them those of the second model, (n, 2) where it reads no captions.
    """
    if gallery.map is None:
        return None
    parts, boxes = [], {}
    for name, view in _maps(gallery, second).items():
        images, captions = np.asarray(view.images), np.asarray(view.captions)
        groups = [images, captions] if name == "raw" else [np.concatenate([images, captions])]
        rounded = [_round(xy) for xy in groups if len(xy)]
        parts += [values for values, _ in rounded]
        boxes[name] = tuple(box for _, box in rounded)
    return b"".join(part.tobytes() for part in parts), boxes


def _maps(gallery: Gallery, second: Gallery | None) -> dict[str, MapView]:
    """All maps that there are, by name, the second model's last."""
    found = {name: getattr(gallery.map, name) for name in VIEWS}
    if second is not None:
        found |= {own: getattr(second.map, name) for name, own in SECOND_VIEWS.items()}
    return {name: view for name, view in found.items() if view is not None}


def _round(xy: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.uint16], Box]:
    """Coordinates (m, 2), m at least 1, in steps of a 65,535th of the square around them."""
    low, high = xy.min(axis=0).astype(np.float64), xy.max(axis=0).astype(np.float64)
    side = float((high - low).max()) or 1.0
    corner = (low + high - side) / 2
    rounded = np.rint((xy - corner) / side * MOST).clip(0, MOST).astype("<u2")
    return rounded, Box(float(corner[0]), float(corner[1]), side)


@lru_cache(maxsize=2)
def _figures(gallery: Gallery) -> bytes:
    """Hubness in tenths, own rank, first hit + 1 and hub level, (n + d) each."""
    found = figures(gallery)
    arrays = (
        np.rint(10 * found.hubness),
        found.own_rank,
        found.first + 1,
        hub_levels(found, len(gallery)),
    )
    return b"".join(np.asarray(array).astype("<u4").tobytes() for array in arrays)


@lru_cache(maxsize=2)
def _names(gallery: Gallery, second: Gallery | None) -> bytes:
    """Names, versions and classes of the images, the captions, and which belong together."""
    classes = list(gallery.class_names)
    number: dict[str | None, int] = {name: i for i, name in enumerate(classes)}
    class_of = [number.get(name, -1) for name in gallery.records.values("class_name")]
    names = {
        "ids": gallery.records.values("image_id"),
        "versions": [digest[:8] for digest in gallery.content_hashes[:]],
        "classes": classes,
        "class_of": class_of,
        "middles": {
            name: class_middles(view.images, np.array(class_of), len(classes)).tolist()
            for name, view in _maps(gallery, second).items()
        },
        "captions": list(gallery.distinct_captions),
        "pairs": caption_pairs(gallery).ravel().tolist(),  # caption, image, caption, image, ...
    }
    return json.dumps(names, ensure_ascii=False, separators=(",", ":")).encode()
