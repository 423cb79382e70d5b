"""Look: one request to what is shown of where the model looked; whatever is wrong is said in it.

Nothing here remembers a visitor: an answer depends on the request alone.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from app.explorer.explorer import Explorer
from app.explorer.scenes import find_scene, scene_now
from app.look.answer import Check, LookAnswer, Panel, Picture
from app.look.maps import GridMap, class_map, place_map, score_map, share_map
from app.look.nearby import best_scenes, hints, pointing
from app.look.request import LookRequest, Place, read_request
from app.look.tower_outputs import EncodedImage, EncodedQuery, Encodings, Towers, encodings_of
from app.query.rank import known_here
from app.words.look import LOOK
from cmpagl.data.picture import FilePicture
from cmpagl.errors import CmpaglError, QueryError

if TYPE_CHECKING:
    from cmpagl.store.gallery import Gallery

__all__ = ["HIDDEN", "look"]

LOG = logging.getLogger("cmpagl.explorer")

HIDDEN = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5)
"""Shares of the places that are hidden, one after the other, to check a map of a score."""


def look(
    explorer: Explorer, params: Mapping[str, str], *, wait: bool = True, check: int = 0
) -> LookAnswer:
    """Answer a link's parameters.

    Args:
        explorer: what is open.
        params: untrusted.
        wait: load the image tower if needed, which takes seconds; else say that it is pending.
        check: how many of the steps of `HIDDEN` a map of a score is checked by.
    """
    request = read_request(params)
    try:
        return _look(explorer, request, wait, check)
    except CmpaglError as error:
        return LookAnswer(request, problems=(("error", str(error)),))
    except Exception as error:
        LOG.exception("look failed: %s", request)
        sentence = LOOK.failed.format(kind=type(error).__name__)
        return LookAnswer(request, problems=(("error", sentence),))


def _look(explorer: Explorer, request: LookRequest, wait: bool, check: int) -> LookAnswer:
    opened = explorer.opened()
    gallery, retriever = opened.gallery, opened.retriever
    encodings = encodings_of(retriever)
    weights = (True, False) if request.random else (True,)
    if not wait and not all(encodings.loaded(retriever, trained=t) for t in weights):
        return LookAnswer(request, pending=True)
    towers = {t: encodings.towers(retriever, trained=t) for t in weights}
    request = replace(request, search=known_here(opened, request.search))
    told = (*request.problems, *request.search.problems)
    problems = [("warn", sentence) for sentence in told]
    query = _query(towers[True], request.text, problems)
    than = _query(towers[True], request.than, problems) if request.mode == "score" else None
    if query is None and request.text and request.mode == "score":
        request = replace(request, mode="place")  # it cannot be read, as is said
    best = [] if query is None else best_scenes(explorer, request, problems)
    pictures = _pictures(explorer, gallery, encodings, request, best, problems)
    first = towers[True].encode_image(pictures[0][1].source, pictures[0][1].version)
    request = _in_range(request, first, query, problems)
    panels: list[Panel] = []
    for slot, picture in pictures:
        for trained in weights:
            at = _place(slot, request) if request.mode == "place" and first.blocks else None
            both = ((request.text, request.word), (request.than, 0))
            for text, word in both if than is not None else both[:1]:
                shown = _map(towers[trained], picture, slot, text if query else "", word, request)
                panels.append(Panel(slot, picture, trained, at, shown, text))
    low, high = _scale(request.mode, [panel.map for panel in panels if panel.map])
    return LookAnswer(
        request,
        problems=tuple(problems),
        panels=tuple(panels),
        shares=first.shares,
        heads=first.heads[request.block - 1] if first.blocks else 0,
        join=towers[True].image.vision.config.join,
        words=_words(request, query),
        low=low,
        high=high,
        hints=hints(gallery, request, best, pictures),
        pointing=pointing(explorer.source.checkpoint, gallery.fingerprint, request.mode == "score"),
        check=_check(towers[True], pictures[0][1], request, query, check),
        data_name=gallery.name,
        split=gallery.split,
        checkpoint=gallery.checkpoint_name,
    )


# The request against what there is


def _query(towers: Towers, text: str, problems: list[tuple[str, str]]) -> EncodedQuery | None:
    if not text:
        return None
    try:
        return towers.encode_query(text)
    except QueryError as error:
        problems.append(("warn", str(error)))
        return None


def _pictures(
    explorer: Explorer,
    gallery: Gallery,
    encodings: Encodings,
    request: LookRequest,
    best: list[int],
    problems: list[tuple[str, str]],
) -> list[tuple[str, Picture]]:
    """What to look at, with the link's parameter for its place; the second is `beside`."""
    if request.own and not request.scene:
        upload = explorer.uploads.find(request.own)
        if upload is None:
            raise QueryError(LOOK.no_own)
        shown = encodings.data_url(upload.path)
        first = Picture(FilePicture(upload.path), request.own, None, shown)
    elif request.scene:
        number = find_scene(gallery, request.scene)
        if number is None:
            raise QueryError(LOOK.no_scene.format(name=request.scene[:80]))
        first = _picture(gallery, number, problems)
    else:
        first = _picture(gallery, best[0] if best else 0, problems)
    pictures = [("at", first)]
    if request.beside:
        number = find_scene(gallery, request.beside)
        if number is None:
            problems.append(("warn", LOOK.no_scene.format(name=request.beside[:80])))
        else:
            try:
                pictures.append(("at2", _picture(gallery, number, problems)))
            except QueryError as error:  # the first one can be looked at all the same
                problems.append(("warn", str(error)))
    return pictures


def _picture(gallery: Gallery, number: int, problems: list[tuple[str, str]]) -> Picture:
    """A scene's picture as its file is now.

    Raises:
        QueryError: there is none any more.
    """
    found, state, version = scene_now(gallery, number)
    if state in ("missing", "unreadable"):
        said = LOOK.missing if state == "missing" else LOOK.unreadable
        raise QueryError(said.format(name=found.image_id))
    if state == "changed":
        problems.append(("warn", LOOK.changed.format(name=found.image_id)))
    return Picture(gallery.records[number].picture, version, found, found.picture)


def _in_range(
    request: LookRequest,
    image: EncodedImage,
    query: EncodedQuery | None,
    problems: list[tuple[str, str]],
) -> LookRequest:
    """The request with every number one that there is; the others are told and made usual."""

    def allowed(what: str, number: int, most: int, usual: int) -> int:
        if number > most:
            sentence = LOOK.range.format(what=what, n=number, most=most)
            problems.append(("warn", sentence))
        return number if 0 < number <= most else usual

    names = LOOK.range_names
    block = allowed(names["block"], request.block, len(image.blocks), len(image.blocks))
    head = allowed(names["head"], request.head, image.heads[block - 1], 0) if block else 0
    word = allowed(names["word"], request.word, len(query.words), 0) if query else 0
    grid = image.blocks[block - 1].grid if block else image.grid

    def place(asked: Place | None) -> Place | None:
        if asked is None:
            return None
        row, column = (
            allowed(names[name], number + 1, grid, grid // 2 + 1) - 1
            for name, number in zip(("row", "column"), asked, strict=True)
        )
        return row, column

    return replace(
        request,
        block=block,
        head=head,
        word=word,
        at=place(request.at) or (grid // 2, grid // 2),
        at2=place(request.at2),
    )


# Maps, and the scale that they share


def _place(slot: str, request: LookRequest) -> Place:
    """The place that a picture is looked at from."""
    at = (request.at2 if slot == "at2" else None) or request.at
    assert at is not None
    return at


def _map(
    towers: Towers, picture: Picture, slot: str, text: str, word: int, request: LookRequest
) -> GridMap | None:
    """The map of one picture by one set of weights; None where there is none.

    Args:
        towers: with the weights.
        picture: what is looked at.
        slot: the link's parameter of its place.
        text: the query whose score is asked about, if any.
        word: of it, from 1; 0 is all of it.
        request: which map.
    """
    if request.mode == "score":
        if not text:
            return None
        return score_map(towers.shares(picture.source, picture.version, text, word))
    image = towers.encode_image(picture.source, picture.version)
    if not image.blocks:
        return None
    block = request.block - 1
    if request.mode == "place":
        return place_map(image, block, request.head, _place(slot, request))
    return (share_map if request.mode == "share" else class_map)(image, block, request.head)


def _words(request: LookRequest, query: EncodedQuery | None) -> tuple[str, ...]:
    """The words whose scores can be asked about by themselves."""
    asked = query is not None and request.mode == "score"
    return tuple(word.text for word in query.words) if query is not None and asked else ()


def _scale(mode: str, maps: list[GridMap]) -> tuple[float, float]:
    """The ends of the colour scale over everything that is compared.

    Scores are compared by where they came from: the scale ends where the flattest map does.
    """
    if not any(one.shown for one in maps):
        return 0.0, 1.0
    if mode == "score":
        return 0.0, min(max(one.shown) for one in maps if one.shown)
    values = [value for one in maps for value in one.shown]
    return (min(values) if mode == "share" else 0.0), max(values)


def _check(
    towers: Towers,
    picture: Picture,
    request: LookRequest,
    query: EncodedQuery | None,
    steps: int,
) -> Check | None:
    """The score as places are hidden, after the first ``steps`` of `HIDDEN`."""
    if request.mode != "score" or query is None:
        return None
    asked = (picture.source, picture.version, request.text, request.word)
    places = towers.shares(*asked).places.size
    counts = tuple(round(share * places) for share in HIDDEN)[: max(0, steps)]
    found = [towers.hide(*asked, count=n) for n in counts]
    strongest = tuple(scores[0] for scores in found)
    others = tuple(sum(scores[1:]) / (len(scores) - 1) for scores in found)
    return Check(places, counts, strongest, others, len(HIDDEN))
