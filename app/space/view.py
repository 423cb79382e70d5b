"""What the map's script draws: the answers of `app.space.service` as JSON with words. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from app.query.titles import stage_title
from app.space.contract import (
    SpaceProblem,
    SpaceQuery,
    SpaceSecond,
    SpaceShown,
    SpaceView,
)
from app.space.service import SECOND_VIEWS, VIEWS, Box, MapAnswer, PlacedQuery
from app.words.page import limits_said, source_said
from app.words.space import MAP

__all__ = ["picture"]


def picture(answer: MapAnswer) -> SpaceShown | SpaceProblem:
    """The value of ``space.js``; points themselves are fetched from the files it names."""
    if answer.problem:
        return {"problem": answer.problem}
    boxes = answer.boxes or {}
    data, split, checkpoint = answer.source
    limits = limits_said(MAP.limits, drawn=answer.drawn)
    return {
        "problem": None,
        "notes": list(answer.notes),
        "files": {
            "places": f"map/places?v={answer.version}",
            "figures": f"map/figures?v={answer.version}",
            "names": f"map/names?v={answer.version}",
        },
        "images": answer.n_images,
        "captions": answer.n_captions,
        "views": [_view(answer, name, boxes.get(name, ())) for name in VIEWS],
        "second": _second(answer, boxes),
        "query": _query(answer.query, boxes) if answer.query else None,
        "source": {"data": data, "split": split, "checkpoint": checkpoint},
        "limits": f"{limits} {MAP.axes}",  # of every number in the file
        "foot": f"{source_said(data, split, checkpoint)}. {limits}",
    }


def _second(answer: MapAnswer, boxes: Mapping[str, tuple[Box, ...]]) -> SpaceSecond | None:
    if not answer.models:
        return None
    first, second = answer.models
    return {
        "titles": [first, second],
        "views": [name for name in SECOND_VIEWS.values() if name in boxes],
        "points": answer.n_second,
    }


def _view(answer: MapAnswer, name: str, boxes: tuple[Box, ...]) -> SpaceView:
    gap = "" if answer.gap is None else f"{answer.gap:.2f}"
    text = MAP.view_help[name if gap or name == "raw" else f"{name}_plain"]
    widths = {"image": answer.widths[0], "text": answer.widths[1]}
    return {
        "name": name,
        "label": MAP.views[name],
        "there": bool(boxes),
        "boxes": [[box.x, box.y, box.side] for box in boxes],
        "help": text.format(gap=gap, **widths),
        "gap": gap if name == "aligned" else None,
        "titles": [MAP.raw_titles[kind].format(width=widths[kind]) for kind in widths],
    }


def _query(query: PlacedQuery, boxes: Mapping[str, tuple[Box, ...]]) -> SpaceQuery:
    places = {}
    for view, (x, y) in query.places.items():
        box = boxes[view][0]
        places[view] = [(x - box.x) / box.side, (y - box.y) / box.side]
    return {
        "label": query.label,
        "places": places,
        "hits": list(query.hits),
        "stage": stage_title(query.stage),
        "truths": list(query.truths),
    }
