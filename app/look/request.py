"""What a person asks Look for: from and to the parameters of a link, each checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.query.rank import PARAMS as SEARCH_PARAMS
from app.query.rank import read_search
from app.query.request import MAX_TEXT, SearchRequest
from app.query.request import request_params as search_params
from app.words.look import LOOK

__all__ = ["MAX_FIND", "MODES", "PARAMS", "LookRequest", "Place", "read_request", "request_params"]

MODES = ("place", "share", "score", "class")
"""The kinds of map: from one place, how far each place looked, where a query's score came from,
from the class token."""

OLD_MODES = {"words": "score"}
"""What took the place of a kind of map that is gone, in old links."""

NUMBERS = ("block", "head", "word")
PARAMS = ("scene", "own", "beside", "random", "look", "than", "at", "at2", *NUMBERS, *SEARCH_PARAMS)
"""Every parameter that Look reads; those of Search decide which scenes are the query's best."""

MAX_NUMBER = 10_000
MAX_NAME = 300  # characters
MAX_FIND = 100  # characters of a name to find a scene by

Place = tuple[int, int]
"""A row and a column of the token grid, from 0."""


@dataclass(frozen=True)
class LookRequest:
    """One look at a scene; equal requests have equal answers."""

    scene: str = ""  # image id
    own: str = ""  # token of a picture that a visitor gave; a scene goes before it
    beside: str = ""  # image id of a second scene
    random: bool = False  # also with random weights
    mode: str = "place"
    block: int = 0  # of the image tower, from 1; 0: the last one
    head: int = 0  # of its attention, from 1; 0: the mean over heads
    at: Place | None = None  # of the scene; None: the middle
    at2: Place | None = None  # of the second scene; None: as in the scene
    search: SearchRequest = field(default_factory=SearchRequest)  # the query, and how it is ranked
    word: int = 0  # of the query, from 1; 0: all words
    than: str = ""  # a second query, whose score is laid beside
    problems: tuple[str, ...] = ()  # what of the link could not be read, in sentences

    @property
    def text(self) -> str:
        """The query's words."""
        return self.search.wanted


def read_request(params: Mapping[str, str]) -> LookRequest:
    """Read the parameters of a link: untrusted; unknown names are ignored."""
    problems: list[str] = []

    def refuse(name: str) -> None:
        problems.append(LOOK.bad_param.format(name=name, value=params[name][:40]))

    def number(name: str) -> int:
        value = _whole(params.get(name, ""))
        if value is None and params.get(name):
            refuse(name)
        return value or 0

    def place(name: str) -> Place | None:
        pair = [_whole(part) for part in params.get(name, "").split(",")]
        if len(pair) == 2 and pair[0] and pair[1]:
            return pair[0] - 1, pair[1] - 1
        if params.get(name):
            refuse(name)
        return None

    search = read_search(params)
    usual = _usual_mode(search, params)
    mode = params.get("look", "") or usual
    mode = OLD_MODES.get(mode, mode)
    if mode not in MODES:
        refuse("look")
        mode = usual
    if params.get("random", "") not in ("", "1"):
        refuse("random")
    return LookRequest(
        scene=params.get("scene", "").strip()[:MAX_NAME],
        own=params.get("own", "").strip()[:MAX_NAME],
        beside=params.get("beside", "").strip()[:MAX_NAME],
        random=params.get("random") == "1",
        mode=mode,
        at=place("at"),
        at2=place("at2"),
        search=search,
        than=params.get("than", "").strip()[:MAX_TEXT],
        **{name: number(name) for name in NUMBERS},
        problems=tuple(problems),  # last: filled by what stands above
    )


def request_params(request: LookRequest) -> dict[str, str]:
    """The link's parameters for a request, without those that are as if left out."""
    given = {
        "scene": request.scene,
        "own": request.own,
        "beside": request.beside,
        "random": "1" if request.random else "",
        "than": request.than,
        "at": _pair(request.at),
        "at2": _pair(request.at2),
        **{name: str(getattr(request, name) or "") for name in NUMBERS},
        **{name: search_params(request.search)[name] or "" for name in SEARCH_PARAMS},
    }
    params = {name: value for name, value in given.items() if value}
    usual = _usual_mode(request.search, params)
    return params if request.mode == usual else {**params, "look": request.mode}


def _usual_mode(search: SearchRequest, params: Mapping[str, str]) -> str:
    """The kind of map where a link names none: of a query its score, unless it asks about looking.

    Old links with a place, a block or a head had none either, and showed a place.
    """
    looking = any(params.get(name) for name in ("at", "at2", "block", "head"))
    return "score" if search.wanted and not looking else "place"


def _whole(text: str) -> int | None:
    """A whole number from 1, or None."""
    fits = text.isascii() and text.isdigit() and len(text) <= 5
    return int(text) if fits and 1 <= int(text) <= MAX_NUMBER else None


def _pair(place: Place | None) -> str:
    return f"{place[0] + 1},{place[1] + 1}" if place else ""
