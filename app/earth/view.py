"""What Earth's script draws: the answers of `app.earth.service` as JSON with words. Pure."""

from __future__ import annotations

from urllib.parse import urlencode

import numpy as np

from app.earth.coast import coast_link
from app.earth.contract import EarthProblem, EarthScene, EarthShown, Ground, Saved, Side
from app.earth.service import SHOWN, EarthAnswer
from app.explorer.ground import ground_of
from app.explorer.scenes import scene
from app.query.filters import filters_shown
from app.query.request import request_params
from app.query.titles import stage_title
from app.words.earth import EARTH
from app.words.numbers import counted, decimal, rank
from app.words.page import source_said
from app.words.search import SEARCH
from cmpagl.data.georeference import middles
from cmpagl.search.ranking import Ranking

__all__ = ["earth_view"]

KINDS = ("geojson", "parquet", "csv")


def earth_view(answer: EarthAnswer) -> EarthShown | EarthProblem:
    """The value of ``earth.js``."""
    if answer.problem or answer.opened is None:
        return {"problem": answer.problem}
    gallery, request = answer.opened.gallery, answer.request
    area = request.area
    grounds: list[Ground] = [
        {
            "link": f"earth/ground?number={ground.number}&v={gallery.version}",
            "corners": [list(corner) for corner in ground.corners],
        }
        for ground in answer.grounds
    ]
    source = source_said(gallery.name, gallery.split, gallery.checkpoint_name)
    return {
        "problem": None,
        "notes": list(answer.notes),
        "places": f"earth/places?v={gallery.version}",
        "n": len(gallery),
        "known": counted(EARTH.known, answer.known),
        "sides": _sides(answer),
        "area": None if area is None else [list(corner) for corner in area.corners],
        "filters": filters_shown(gallery, request),
        "grounds": grounds,
        "coast": coast_link(gallery),
        "saved": _saved(answer),
        "foot": f"{source}. {EARTH.limits}",
    }


def _sides(answer: EarthAnswer) -> list[Side]:
    if answer.rankings is None:
        return []
    before, after = answer.rankings
    return [
        _side(answer, "before", before, after),
        _side(answer, "after", after, before),
    ]


def _side(answer: EarthAnswer, name: str, ranking: Ranking, other: Ranking) -> Side:
    return {
        "name": name,
        "label": SEARCH.before if name == "before" else SEARCH.after,
        "title": stage_title(ranking.stage),
        "scenes": [_scene(answer, name, ranking, other, int(n)) for n in ranking.items[:SHOWN]],
    }


def _scene(
    answer: EarthAnswer, side: str, ranking: Ranking, other: Ranking, number: int
) -> EarthScene:
    assert answer.opened is not None
    shown = scene(answer.opened.gallery, number)
    ground = ground_of(answer.opened.gallery, number)
    own, elsewhere = float(ranking.rank_by_item[number]), float(other.rank_by_item[number])
    was = (EARTH.was if side == "after" else EARTH.will).format(rank=rank(elsewhere))
    where = _where(answer, number)
    said = {"rank": rank(own), "title": shown.title, "where": where}
    return {
        "number": number,
        "id": shown.image_id,
        "title": shown.title,
        "thumbnail": shown.thumbnail,
        "picture": shown.picture,
        "around": shown.around if ground.cut else "",
        "across": ground.across,
        "north": ground.north,
        "rank": int(own),
        "was": was if own != elsewhere else "",
        "where": where,
        "spoken": EARTH.spoken.format(**said),
    }


def _where(answer: EarthAnswer, number: int) -> str:
    assert answer.footprints is not None
    x, y = middles(answer.footprints[number])
    if not np.isfinite(x):
        return str(EARTH.no_place)
    place = {"latitude": decimal(float(y), 5), "longitude": decimal(float(x), 5)}
    return str(EARTH.place).format(**place)


def _saved(answer: EarthAnswer) -> list[Saved]:
    """Links to files of the answers, which name what they were asked with."""
    if answer.rankings is None:
        return []
    given = {name: value for name, value in request_params(answer.request).items() if value}
    return [
        {"link": f"earth/{kind}?{urlencode(given)}", "label": EARTH.saved[kind]} for kind in KINDS
    ]
