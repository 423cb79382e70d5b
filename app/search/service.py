"""Search: one request to one answer, with both rankings, what moved, and what should be said.

Nothing here remembers a visitor: an answer depends on the request alone.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from app.explorer.explorer import Explorer, Opened
from app.explorer.ground import unusual_ground
from app.explorer.scenes import Scene, scene, scenes_of
from app.query.contract import Filters
from app.query.encode import EncodedQuery, find_query, word_effects
from app.query.filters import filters_shown
from app.query.rank import (
    column_rankings,
    direction_of,
    here_as,
    known_here,
    offered_stages,
    search_settings,
    taught_by,
)
from app.query.request import SearchRequest, read_request
from app.query.titles import not_offered, stage_title
from app.search.across import Across, across, others_open
from app.search.columns import Column, columns_of
from app.search.explain import Detail, choose
from app.words.numbers import counted, listed
from app.words.search import SEARCH, fit_said, reach_said
from cmpagl.config.ranking import SMRConfig
from cmpagl.errors import CmpaglError
from cmpagl.rank.stage import Stage
from cmpagl.search.ranking import WordEffect

if TYPE_CHECKING:
    from cmpagl.measure.here import Here
    from cmpagl.search.fit import Fit
    from cmpagl.search.query import Query
    from cmpagl.search.retriever import Retriever

__all__ = ["Answer", "MarkedScene", "Note", "answer"]

LOG = logging.getLogger("cmpagl.explorer")
START_SCENES = 24
"""How many scenes are shown before anything is searched for."""

FIT_KINDS = {"good": "good", "so-so": "info", "unusual": "info"}
"""How `cmpagl.search.fit.fit` is shown; what is not here is a warning."""


@dataclass(frozen=True)
class Note:
    """Something the person should know; kind "info", "good", "warn" or "error"."""

    kind: str
    text: str


@dataclass(frozen=True)
class MarkedScene:
    """A scene that the person marked."""

    scene: Scene
    good: bool


@dataclass(frozen=True)
class Answer:
    """Everything that Search shows."""

    request: SearchRequest
    notes: tuple[Note, ...] = ()
    cue: Note | None = None
    words: tuple[str, ...] = ()  # of the query, to strike out
    effects: Mapping[int, WordEffect] = field(default_factory=dict)  # of striking one out
    like: Scene | None = None  # the scene that is the query
    preview: str | None = None  # a visitor's picture that is the query, as a data URL
    columns: Mapping[str, Column] = field(default_factory=dict)  # "before" and "after", or none
    start: tuple[Scene, ...] = ()  # scenes to start from, where nothing is searched for
    caption_examples: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    data_sets: tuple[str, ...] = ()
    has_captions: bool = False
    lacks_words: bool = False  # a model that a column asks reads none
    lacks_pictures: bool = False  # nor pictures of one's own
    filters: Filters | None = None
    stages: tuple[Stage, ...] = ()
    tuned: SMRConfig = field(default_factory=SMRConfig)
    config: SMRConfig = field(default_factory=SMRConfig)
    bank_size: int = 0
    chosen: Detail | None = None
    across: Across | None = None  # in place of columns: scenes of all galleries
    marks: tuple[MarkedScene, ...] = ()  # in the order in which they were made
    right: tuple[str, ...] = ()  # ids of the scenes that have the query as their caption
    here: Here | None = None  # what reranking is worth on this gallery
    tunable: bool = False  # captions or judgments suffice to search for better settings
    direction: str = "t2i"  # whose settings rank this query
    source: tuple[str, str, str] = ("", "", "")  # data set, split, checkpoint; empty before opening
    drawn: bool = False  # the scenes are drawn, not photographed


def answer(explorer: Explorer, params: Mapping[str, str], *, spread: bool = False) -> Answer:
    """Answer a link's parameters; whatever is wrong is said in the answer, nothing is raised.

    Args:
        explorer: what is open.
        params: of the link, untrusted.
        spread: as in `app.search.explain.choose`.
    """
    request = read_request(params)
    choices: dict[str, Any] = {}
    try:
        opened = explorer.opened()
        asked = (request.before, request.after)
        told = not_offered((stage, here_as(opened, stage)) for stage in asked)
        request, choices = known_here(opened, request), _choices(opened, request)
        others = others_open(explorer) if request.within else ()
        if others:
            return _everywhere(explorer, opened, request, others, choices)
        if request.within:
            request = replace(request, problems=(*request.problems, SEARCH.across_one))
        found = find_query(explorer, request)
        if found is None:
            return replace(_start(opened, request), **choices)
        shown = _search(opened, request, found, spread)
        notes = (*shown.notes, *(Note("info", sentence) for sentence in told))
        return replace(shown, notes=notes, stages=offered_stages(opened), **choices)
    except CmpaglError as error:  # with the choices, so that a filter can be taken off again
        notes = (*_problems(request), Note("error", str(error)))
        return Answer(request, notes=notes, **choices)
    except Exception as error:
        LOG.exception("search failed: %s", request)
        sentence = SEARCH.failed.format(kind=type(error).__name__)
        return Answer(request, notes=(Note("error", sentence),))


def _everywhere(
    explorer: Explorer,
    opened: Opened,
    request: SearchRequest,
    others: tuple[str, ...],
    choices: dict[str, Any],
) -> Answer:
    """An answer from all galleries, or what to start from."""
    found = across(explorer, request)
    if found is None:
        shown = replace(_start(opened, request), **choices)
        note = Note("info", SEARCH.across_start.format(galleries=listed(others)))
        return replace(shown, notes=(*shown.notes, note))
    words = {"galleries": listed(found.searched)}
    told = [Note("info", counted(SEARCH.across, found.n_scenes, **words))]
    if found.stage != found.asked:
        titles = [stage_title(stage) for stage in (found.asked, found.stage)]
        told.append(Note("info", SEARCH.across_stage.format(asked=titles[0], stage=titles[1])))
    if found.waiting:
        names = listed(found.waiting)
        told.append(Note("warn", SEARCH.across_waiting.format(galleries=names)))
    notes = (*_problems(request), *told)
    return Answer(
        request,
        notes=notes,
        like=found.asked_with.like,
        preview=found.asked_with.preview,
        across=found,
        **{**choices, "filters": None, "marks": ()},
    )


def _choices(opened: Opened, request: SearchRequest) -> dict[str, Any]:
    """What of an answer does not depend on the rankings: what there is to choose from."""
    gallery = opened.gallery
    models = [one.retriever.checkpoint for one in _asked(opened, request)]
    return {
        "classes": gallery.class_names,
        "data_sets": gallery.data_sets,
        "has_captions": bool(gallery.n_captions),
        "lacks_words": not all(one.reads_text for one in models),
        "lacks_pictures": not all(one.reads_pictures for one in models),
        "source": (gallery.name, gallery.split or "", listed(opened.names)),
        "filters": filters_shown(gallery, request),
        "drawn": opened.drawn,
        "marks": _marks(opened, request),
    }


def _asked(opened: Opened, request: SearchRequest) -> list[Opened]:
    """The gallery as each model sees it that a column asks."""
    asked = dict.fromkeys((request.before.model, request.after.model))
    return [one for model in asked for one in opened.of(model)]


def _marks(opened: Opened, request: SearchRequest) -> tuple[MarkedScene, ...]:
    """The marked scenes that this gallery has."""
    numbers = ((mark, opened.gallery.find_content(mark.version)) for mark in request.marks)
    return tuple(
        MarkedScene(scene(opened.gallery, n), mark.good) for mark, n in numbers if n is not None
    )


def _start(opened: Opened, request: SearchRequest) -> Answer:
    """Scenes from all over the gallery, and captions of three of them."""
    gallery = opened.gallery
    n = min(START_SCENES, len(gallery))
    numbers = np.linspace(0, len(gallery) - 1, n).astype(int)
    shown = scenes_of(gallery, numbers.tolist())
    reads = all(one.retriever.checkpoint.reads_text for one in _asked(opened, request))
    captioned = [one.captions for one in shown[:: max(1, n // 3)]] if reads else []
    return Answer(
        request,
        notes=_problems(request),
        start=shown,
        caption_examples=tuple(captions[0] for captions in captioned if captions)[:2],
    )


def _search(opened: Opened, request: SearchRequest, found: EncodedQuery, spread: bool) -> Answer:
    from cmpagl.collections.here import judgments_tell  # brings PyTorch

    settings = search_settings(opened, request, found)[0]
    rankings = column_rankings(opened, request, found, settings)
    # What is told beside the columns is told of the right one's model.
    seen, asked = opened.by(request.after.model), found.by(request.after.model)
    own, tuned, config = search_settings(seen, request, asked)
    truths = _truths(opened, found, request.find)
    shown = Answer(
        request,
        notes=(*_problems(request), *_notes(seen, asked)),
        cue=_cue(seen, asked) if request.find == "scenes" else None,
        words=found.words,
        effects=word_effects(seen.retriever, asked.query, found.words),
        like=found.like,
        preview=found.preview,
        columns=columns_of(opened, request, truths, rankings),
        right=_names(opened, truths) if request.find == "scenes" else (),
        tuned=tuned,
        config=config,
        bank_size=_bank_size(seen, asked, request.find),
        here=seen.here,
        tunable=seen.here is not None or judgments_tell(seen.retriever),
        direction=direction_of(found),
    )
    if not request.scene:
        return shown
    taught = taught_by(seen, request, asked)
    query = asked.struck or asked.query
    chosen = choose(seen, query, request, rankings, own, taught=taught, spread=spread)
    return replace(shown, chosen=chosen)


def _truths(opened: Opened, found: EncodedQuery, find: str) -> set[int]:
    """The right answers, where the gallery says them: of a known caption, of a known scene."""
    captions = opened.gallery.captioned
    if find == "captions":
        known = captions.of_scene(found.like.number) if found.like else None
    else:
        known = None if found.like else captions.scenes_of(" ".join(found.words))
    return set() if known is None else set(known.tolist())


def _names(opened: Opened, truths: set[int]) -> tuple[str, ...]:
    """The ids of the right scenes, most of which no column shows."""
    return tuple(opened.gallery.records[number].image_id for number in sorted(truths))


def _notes(opened: Opened, found: EncodedQuery) -> tuple[Note, ...]:
    """What was noticed about the words of the query, and about what it is asked of."""
    text = found.query.text
    notes = []
    if text is not None:
        if not text.understood:
            notes.append(Note("warn", SEARCH.unknown))
        elif text.unknown_words:
            words = ", ".join(text.unknown_words)[:200]
            notes.append(Note("info", SEARCH.unknown_some + " " + words))
        if text.foreign_script:
            notes.append(Note("warn", SEARCH.english))
        if found.query.cut:
            limit = opened.retriever.checkpoint.config.text.max_length
            notes.append(Note("info", SEARCH.cut.format(limit=limit)))
    reach = opened.gallery.reach
    if reach.mode == "candidates":
        notes.append(Note("info", reach_said(reach)))
    provenance = opened.retriever.checkpoint.provenance
    if unusual := unusual_ground(opened.gallery, provenance.get("data")):
        notes.append(Note("warn", unusual))
    return tuple(notes)


def _cue(opened: Opened, found: EncodedQuery) -> Note | None:
    """Whether anything in the gallery fits, by other queries and by what the model learned from."""
    told = _fit(opened.retriever, found.query)
    if told is None:
        return None
    name, share = told
    return Note(FIT_KINDS.get(name, "warn"), fit_said(name, share))


@lru_cache(maxsize=128)
def _fit(retriever: Retriever, query: Query) -> tuple[Fit, float] | None:
    """It is the same while a person marks or moves a slider."""
    from cmpagl.search.fit import fit  # with PyTorch, which the page imports late

    return fit(retriever, query)


def _bank_size(opened: Opened, found: EncodedQuery, find: str) -> int:
    """How many queries rerank this one."""
    if not opened.retriever.checkpoint.has_bank:
        return 0
    by_words = find == "scenes" and found.query.text is not None
    return opened.gallery.bank_size("t2i" if by_words else "i2i")


def _problems(request: SearchRequest) -> tuple[Note, ...]:
    return tuple(Note("warn", sentence) for sentence in request.problems)
