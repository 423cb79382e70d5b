"""Look: one request to what is shown of where the model looked; whatever is wrong is said in it.

Nothing here remembers a visitor: an answer depends on the request alone.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from app.explorer.explorer import Explorer
from app.explorer.scenes import find_scene, scene, scene_now, scenes_of
from app.look.answer import Hint, LookAnswer, Panel, Picture, Strip, Word
from app.look.maps import GridMap, class_map, place_map, share_map, word_maps
from app.look.request import MAX_FIND, LookRequest, Place, read_request
from app.look.tower_outputs import EncodedImage, EncodedQuery, Encodings, Towers, encodings_of
from app.query.encode import find_query
from app.query.rank import known_here, scene_ranking
from app.words.look import LOOK
from cmpagl.data.picture import FilePicture
from cmpagl.diagnose.results import WordResult, load_diagnosis
from cmpagl.errors import CmpaglError, QueryError
from cmpagl.search.truth import true_scenes

if TYPE_CHECKING:
    from cmpagl.store.gallery import Gallery

__all__ = ["look", "strip"]

LOG = logging.getLogger("cmpagl.explorer")

STRIP = 24
"""How many scenes the strip shows."""


def look(explorer: Explorer, params: Mapping[str, str], *, wait: bool = True) -> LookAnswer:
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
        return LookAnswer(request, problems=(("error", str(error)),))
    except Exception as error:
        LOG.exception("look failed: %s", request)
        sentence = LOOK.failed.format(kind=type(error).__name__)
        return LookAnswer(request, problems=(("error", sentence),))


def _look(explorer: Explorer, request: LookRequest, wait: bool) -> LookAnswer:
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
    best = [] if query is None else _best(explorer, request, problems)
    pictures = _pictures(explorer, gallery, encodings, request, best, problems)
    first = towers[True].encode_image(pictures[0][1].source, pictures[0][1].version)
    request = _in_range(request, first, towers[True], query, problems)
    panels: list[Panel] = []
    by_word: list[tuple[GridMap, ...]] = []
    for slot, picture in pictures:
        for trained in weights:
            maps = _maps(towers[trained], picture, slot, query, request)
            at = _place(slot, request) if request.mode == "place" and first.blocks else None
            chosen = request.word if request.mode == "words" else 0
            panels.append(Panel(slot, picture, trained, at, maps[chosen] if maps else None))
            by_word.append(maps)
    words: tuple[Word, ...] = ()
    if query is not None and request.mode == "words":
        names = ("", *(word.text for word in query.words))
        words = tuple(Word(i, names[i], one) for i, one in enumerate(by_word[0]))
    low, high = _scale(request.mode, by_word)
    return LookAnswer(
        request,
        problems=tuple(problems),
        panels=tuple(panels),
        shares=first.shares,
        layers=len(towers[True].fusion.layers),
        heads=_heads(request, first, towers[True]),
        join=towers[True].image.vision.config.join,
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
    towers: Towers,
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
    fusion = towers.fusion.config
    layer = allowed(names["layer"], request.layer, fusion.depth, 0)
    layer_head = allowed(names["layer_head"], request.layer_head, fusion.num_heads, 0)
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
        layer=layer,
        layer_head=layer_head,
        word=word,
        at=place(request.at) or (grid // 2, grid // 2),
        at2=place(request.at2),
    )


def _heads(request: LookRequest, image: EncodedImage, towers: Towers) -> int:
    if request.mode == "words":
        return towers.fusion.config.num_heads
    return image.heads[request.block - 1] if image.blocks else 0


# Maps, and the scale that they share


def _place(slot: str, request: LookRequest) -> Place:
    """The place that a picture is looked at from."""
    at = (request.at2 if slot == "at2" else None) or request.at
    assert at is not None
    return at


def _maps(
    towers: Towers,
    picture: Picture,
    slot: str,
    query: EncodedQuery | None,
    request: LookRequest,
) -> tuple[GridMap, ...]:
    """The maps of one picture by one set of weights: one for each word, or one, or none."""
    image = towers.encode_image(picture.source, picture.version)
    if request.mode == "words":
        if query is None or not len(towers.fusion.layers):
            return ()
        own = towers.encode_query(query.text)
        return word_maps(towers, image, own, request.layer, request.layer_head)
    if not image.blocks:
        return ()
    block = request.block - 1
    if request.mode == "place":
        return (place_map(image, block, request.head, _place(slot, request)),)
    kind = share_map if request.mode == "share" else class_map
    found = kind(image, block, request.head)
    return () if found is None else (found,)


def _scale(mode: str, by_panel: list[tuple[GridMap, ...]]) -> tuple[float, float]:
    """The ends of the colour scale over everything that is compared."""
    values = [value for maps in by_panel for one in maps for value in one.shown]
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
    hints += [("true_scene", int(number)) for number in true_scenes(gallery, request.text)[:1]]
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
    wanted = text.strip()[:MAX_FIND]
    if wanted:
        found = gallery.records.containing(wanted, STRIP)
        return Strip("strip_found", scenes_of(gallery, found), text.strip())
    if request.text and encodings_of(retriever).loaded(retriever, trained=True):
        search = known_here(opened, request.search)
        best = _best(explorer, replace(request, search=search), [])  # `look` says what is wrong
        if best:
            return Strip("strip_query", scenes_of(gallery, best))
    count = min(STRIP, len(gallery))
    spread = [i * len(gallery) // count for i in range(count)]
    return Strip("strip", scenes_of(gallery, spread))
