"""Look: one request to what is shown of where the model looked; whatever is wrong is said in it.

Nothing here remembers a visitor: an answer depends on the request alone.
"""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from app.explorer.explorer import Explorer
from app.explorer.scenes import find_scene, scene, scene_now
from app.look.answer import Hint, Looked, Panel, Picture, Strip, Word
from app.look.maps import (
    Drawn,
    QueryWords,
    Sight,
    Towers,
    class_drawn,
    load_towers,
    place_drawn,
    read_query,
    see,
    share_drawn,
    towers_loaded,
    words_drawn,
)
from app.look.request import LookRequest, Place, read_request
from app.query.encode import find_query
from app.query.rank import known_set, scene_ranking
from app.words.look import LOOK
from cmpagl.data.dataset import normalise_caption
from cmpagl.data.picture import read_image
from cmpagl.diagnose.results import WordResult, load_diagnosis
from cmpagl.errors import CmpaglError, QueryError

if TYPE_CHECKING:
    from cmpagl.store.gallery import Gallery

__all__ = ["look", "strip"]

LOG = logging.getLogger("cmpagl.explorer")

STRIP = 24
"""How many scenes the strip shows."""

LONGER_SIDE = 768  # pixels of a visitor's own picture as the page shows it


def look(explorer: Explorer, params: Mapping[str, str], *, wait: bool = True) -> Looked:
    """Answer a link's parameters.

    Args:
        explorer: what is open.
        params: untrusted.
        wait: load the image tower if needed, which takes seconds; else say that it is pending.
    """
    request = read_request(params)
    try:
        return _look(explorer, request, wait)
    except CmpaglError as error:
        return Looked(request, problems=(("error", str(error)),))
    except Exception as error:
        LOG.exception("look failed: %s", request)
        sentence = LOOK["failed"].format(kind=type(error).__name__)
        return Looked(request, problems=(("error", sentence),))


def _look(explorer: Explorer, request: LookRequest, wait: bool) -> Looked:
    opened = explorer.opened()
    gallery, retriever = opened.gallery, opened.retriever
    weights = (True, False) if request.random else (True,)
    if not wait and not all(towers_loaded(retriever, trained=t) for t in weights):
        return Looked(request, pending=True)
    towers = {t: load_towers(retriever, trained=t) for t in weights}
    request = replace(request, search=known_set(opened, request.search))
    told = (*request.problems, *request.search.problems)
    problems = [("warn", sentence) for sentence in told]
    query = _query(towers[True], request.text, problems)
    best = [] if query is None else _best(explorer, request, problems)
    pictures = _pictures(explorer, gallery, request, best, problems)
    vision = towers[True].image.vision.config
    sights = [
        (slot, picture, trained, see(towers[trained], picture.path, picture.version))
        for slot, picture in pictures
        for trained in weights
    ]
    request = _in_range(request, sights[0][3], towers[True], query, problems)
    panels: list[Panel] = []
    word_maps: list[tuple[Drawn, ...]] = []
    for slot, picture, trained, sight in sights:
        at = None
        if request.mode == "words":
            known = None if query is None else read_query(towers[trained], query.text)
            word_maps.append(_words(towers[trained], sight, known, request))
            drawn = word_maps[-1][request.word] if word_maps[-1] else None
        elif request.mode == "place":
            at = (request.at2 if slot == "at2" else None) or request.at
            assert at is not None
            drawn = place_drawn(sight, request.block - 1, request.head, at)
        else:
            kind = share_drawn if request.mode == "share" else class_drawn
            drawn = kind(sight, request.block - 1, request.head)
        panels.append(Panel(slot, picture, trained, at, drawn))
    words: tuple[Word, ...] = ()
    if query is not None and word_maps and word_maps[0]:
        names = ("", *(word.text for word in query.words))
        words = tuple(Word(i, names[i], drawn) for i, drawn in enumerate(word_maps[0]))
    low, high = _scale(request.mode, panels, word_maps)
    return Looked(
        request,
        problems=tuple(problems),
        panels=tuple(panels),
        shares=sights[0][3].shares,
        layers=len(towers[True].fusion.layers),
        heads=_heads(request, sights[0][3], towers[True]),
        join=vision.join,
        words=words,
        low=low,
        high=high,
        hints=_hints(gallery, request, best, pictures),
        pointing=_pointing(explorer.source.checkpoint, gallery.fingerprint),
        data_name=gallery.name,
        split=gallery.split,
        checkpoint=gallery.checkpoint_name,
    )


# The request against what there is


def _query(towers: Towers, text: str, problems: list[tuple[str, str]]) -> QueryWords | None:
    if not text:
        return None
    try:
        return read_query(towers, text)
    except QueryError as error:
        problems.append(("warn", str(error)))
        return None


def _pictures(
    explorer: Explorer,
    gallery: Gallery,
    request: LookRequest,
    best: list[int],
    problems: list[tuple[str, str]],
) -> list[tuple[str, Picture]]:
    """What to look at, with the link's parameter for its place; the second is `beside`."""
    if request.own and not request.scene:
        upload = explorer.uploads.find(request.own)
        if upload is None:
            raise QueryError(LOOK["no_own"])
        first = Picture(upload.path, request.own, None, _data_url(upload.path))
    elif request.scene:
        number = find_scene(gallery, request.scene)
        if number is None:
            raise QueryError(LOOK["no_scene"].format(name=request.scene[:80]))
        first = _picture(gallery, number, problems)
    else:
        first = _picture(gallery, best[0] if best else 0, problems)
    pictures = [("at", first)]
    if request.beside:
        number = find_scene(gallery, request.beside)
        if number is None:
            problems.append(("warn", LOOK["no_scene"].format(name=request.beside[:80])))
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
        raise QueryError(LOOK[state].format(name=found.image_id))
    if state == "changed":
        problems.append(("warn", LOOK["changed"].format(name=found.image_id)))
    return Picture(gallery.records[number].path, version, found, found.picture)


@lru_cache(maxsize=16)
def _data_url(path: Path) -> str:
    image = read_image(path)
    image.thumbnail((LONGER_SIDE, LONGER_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _in_range(
    request: LookRequest,
    sight: Sight,
    towers: Towers,
    query: QueryWords | None,
    problems: list[tuple[str, str]],
) -> LookRequest:
    """The request with every number one that there is; the others are told and made usual."""

    def allowed(what: str, number: int, most: int, usual: int) -> int:
        if number > most:
            sentence = LOOK["range"].format(what=what, n=number, most=most)
            problems.append(("warn", sentence))
        return number if 0 < number <= most else usual

    names = LOOK["range_names"]
    block = allowed(names["block"], request.block, len(sight.blocks), len(sight.blocks))
    head = allowed(names["head"], request.head, sight.heads[block - 1], 0)
    fusion = towers.fusion.config
    layer = allowed(names["layer"], request.layer, fusion.depth, 0)
    layer_head = allowed(names["layer_head"], request.layer_head, fusion.num_heads, 0)
    word = allowed(names["word"], request.word, len(query.words), 0) if query else 0
    grid = sight.blocks[block - 1].grid

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
        layer=layer,
        layer_head=layer_head,
        word=word,
        at=place(request.at) or (grid // 2, grid // 2),
        at2=place(request.at2),
    )


def _heads(request: LookRequest, sight: Sight, towers: Towers) -> int:
    words = request.mode == "words"
    return towers.fusion.config.num_heads if words else sight.heads[request.block - 1]


# Maps, and the scale that they share


def _words(
    towers: Towers, sight: Sight, query: QueryWords | None, request: LookRequest
) -> tuple[Drawn, ...]:
    if query is None:
        return ()
    return words_drawn(towers, sight, query, request.layer, request.layer_head)


def _scale(
    mode: str, panels: list[Panel], word_maps: list[tuple[Drawn, ...]]
) -> tuple[float, float]:
    """The ends of the colour scale over everything that is compared."""
    maps = [panel.drawn for panel in panels if panel.drawn]
    maps += [drawn for own in word_maps for drawn in own]
    values = [value for drawn in maps for value in drawn.drawn]
    if not values:
        return 0.0, 1.0
    return (min(values) if mode == "share" else 0.0), max(values)


# Around it


def _best(explorer: Explorer, request: LookRequest, problems: list[tuple[str, str]]) -> list[int]:
    """The first scenes of Search's right column; none, and why, where it cannot be ranked."""
    try:
        found = find_query(explorer, request.search)
        if found is None:
            return []
        items = scene_ranking(explorer.opened(), request.search, found).items[:STRIP]
    except CmpaglError as error:
        problems.append(("warn", str(error)))
        return []
    return [int(item) for item in items]


def _hints(
    gallery: Gallery,
    request: LookRequest,
    best: list[int],
    pictures: list[tuple[str, Picture]],
) -> tuple[Hint, ...]:
    """The first hit of the query and its true scene, where they are not shown yet."""
    if not request.text:
        return ()
    shown = {picture.scene.number for _, picture in pictures if picture.scene}
    hints = [("first_hit", number) for number in best[:1]]
    truth = normalise_caption(request.text)
    for number, record in enumerate(gallery.records):
        if any(normalise_caption(caption) == truth for caption in record.captions):
            hints.append(("true_scene", number))
            break
    return tuple(Hint(kind, scene(gallery, n)) for kind, n in hints if n not in shown)


@lru_cache(maxsize=4)
def _pointing(folder: Path, fingerprint: str) -> WordResult | None:
    """How often this checkpoint's maps point at the right thing; None where nobody measured."""
    found = load_diagnosis(folder, fingerprint=fingerprint)
    return None if found is None else found.pointing()


def strip(explorer: Explorer, request: LookRequest, text: str = "") -> Strip:
    """Scenes to choose from: by name or class, else the query's best, else some of all.

    Raises:
        QueryError: nothing is open.
    """
    opened = explorer.opened()
    gallery, retriever = opened.gallery, opened.retriever
    wanted = text.strip().casefold()[:100]
    if wanted:
        found = [
            number
            for number, record in enumerate(gallery.records)
            if wanted in f"{record.image_id}\n{record.class_name or ''}".casefold()
        ]
        return Strip("strip_found", tuple(scene(gallery, n) for n in found[:STRIP]), text.strip())
    if request.text and towers_loaded(retriever, trained=True):
        search = known_set(opened, request.search)
        best = _best(explorer, replace(request, search=search), [])  # `look` says what is wrong
        if best:
            return Strip("strip_query", tuple(scene(gallery, n) for n in best))
    count = min(STRIP, len(gallery))
    spread = [i * len(gallery) // count for i in range(count)]
    return Strip("strip", tuple(scene(gallery, n) for n in spread))
