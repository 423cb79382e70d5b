"""What a person asks Search for: from and to the parameters of a link, each checked.

A link is untrusted: a value that is not allowed is replaced by its default and named in one
sentence, so that a link never shows something else than it says without telling.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from app.query.area import Area, area_text, read_area
from app.words.search import SEARCH
from cmpagl.config.ranking import FORMS
from cmpagl.feedback.examples import MOST_MARKS
from cmpagl.rank.smr import SMR
from cmpagl.rank.stage import ALIGNED, FINAL, Stage, stage_named
from cmpagl.search.teaching import split_unwanted

__all__ = [
    "LAYOUTS",
    "MAX_TEXT",
    "NUMBERS",
    "PARAMS",
    "Mark",
    "Number",
    "SearchRequest",
    "initial_k",
    "marks_param",
    "read_request",
    "request_params",
]

MAX_TEXT = 2000  # characters of a query
MAX_NAME = 300  # characters of an image id, class, data set or token
MAX_WHERE = 4000  # characters of a filter by columns
MAX_DROPPED = 64
MAX_ONLY = 100_000  # scenes to search among
MAX_LISTED = 20_000  # characters of their list, of which the map writes 6,000
LAYOUTS = ("compare", "grid")
SIGNS = {"y": True, "n": False}  # of a mark in a link: more like it, nothing like it
HEX = "0123456789abcdef"
VERSION = range(8, 33)  # hex digits of a picture's digest that name it in a mark


@dataclass(frozen=True)
class Mark:
    """A scene that a person marked, by the beginning of its picture's digest."""

    version: str
    good: bool  # more like it, or nothing like it


@dataclass(frozen=True)
class Number:
    """A number in a link: its range, the step of its slider, and its value when left out.

    ``initial`` is None where the checkpoint decides (the tuned settings of SMR).
    """

    field: str  # of SearchRequest, or of SMRConfig
    least: float
    most: float
    step: float
    initial: float | None = None

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are allowed."""
        return self.step >= 1

    def read(self, text: str) -> float | int | None:
        """The number in a text, where it is one and allowed."""
        try:
            value = float(text)
        except ValueError:
            return None
        if not (math.isfinite(value) and self.least <= value <= self.most):
            return None
        if self.whole:
            return int(value) if value == int(value) else None
        return value


SHORT = {"top_k": "top"}
"""Settings whose name in a link is another."""

NUMBERS: dict[str, Number] = {
    "k": Number("k", 1, 60, 1, 12),
    "w": Number("weight", 0, 1, 0.05, 0.5),
    "min": Number("least", -1, 1, 0.01, -1),
    "size": Number("size", 80, 320, 8, 128),
    **{
        SHORT.get(field, field): Number(field, hand.least, hand.most, hand.step)
        for field, hand in SMR.by_hand.items()
    },
}
"""Every number by its name in a link; those of SMR last."""

SMR_NUMBERS = tuple(SHORT.get(field, field) for field in SMR.by_hand)
TEXTS = {
    "q": "text",
    "like": "like",
    "upload": "upload",
    "class": "class_name",
    "set": "data_set",
    "scene": "scene",
    "not": "excluded",
    "where": "where",
}
LIMITS = {"q": MAX_TEXT, "where": MAX_WHERE}  # of characters, where not `MAX_NAME`

PARAMS = (
    *(*TEXTS, *NUMBERS, "find", "before", "after", "form", "drop", "only", "marks", "layout"),
    *("area", "in"),
)
"""Every parameter that Search reads."""


@dataclass(frozen=True)
class SearchRequest:
    """One search; equal requests have equal answers."""

    text: str = ""  # as it was typed; see `wanted` and `unwanted`
    like: str = ""  # image id of a scene of the gallery that is (part of) the query
    upload: str = ""  # token of a picture that a visitor gave
    weight: float = 0.5  # of the text, where there is a picture as well
    find: str = "scenes"  # or "captions", for a picture
    within: str = ""  # "all": in every gallery that is open; in the page's own where empty
    before: Stage = ALIGNED  # of the left column
    after: Stage = FINAL
    k: int = 12
    class_name: str = ""  # only scenes of this class; all where empty
    data_set: str = ""  # only scenes of this data set, where several are joined
    least: float = -1.0  # only scenes with at least this aligned score
    drop: tuple[int, ...] = ()  # numbers of the query's words that are struck out
    scene: str = ""  # image id of the chosen result
    only: tuple[int, ...] = ()  # numbers of the scenes to search among; all where empty
    excluded: str = ""  # words of which nothing should show, beside those in the text
    marks: tuple[Mark, ...] = ()  # in the order in which they were made
    layout: str = "compare"  # or "grid"
    size: int = 128  # pixels of a picture in the grid
    where: str = ""  # conditions on the gallery's columns, as `Gallery.read_where` reads them
    area: Area | None = None  # only scenes that lie there; the whole Earth where None
    smr: tuple[tuple[str, float | str], ...] = ()  # fields of SMRConfig that differ from the tuned
    problems: tuple[str, ...] = ()  # what of the link could not be read, in sentences

    @property
    def empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not (self.text or self.like or self.upload)

    @property
    def wanted(self) -> str:
        """What the text asks for, without the words that it excludes."""
        return split_unwanted(self.text)[0]

    @property
    def unwanted(self) -> str:
        """Everything that is excluded, by the text and beside it."""
        return " ".join(filter(None, [split_unwanted(self.text)[1], self.excluded]))

    @property
    def taught(self) -> bool:
        """Whether marks or unwanted words change the right column."""
        return self.find == "scenes" and bool(self.marks or self.unwanted)

    @property
    def pictured(self) -> bool:
        """Whether a picture is (part of) the query."""
        return bool(self.like or self.upload)


def read_request(params: Mapping[str, str]) -> SearchRequest:
    """Read the parameters of a link; untrusted, unknown names are ignored."""
    problems: list[str] = []
    values: dict[str, object] = {}

    def refuse(name: str) -> None:
        problems.append(SEARCH.bad_param.format(name=name, value=params[name][:40]))

    for name, field in TEXTS.items():
        values[field] = params.get(name, "").strip()[: LIMITS.get(name, MAX_NAME)]
    numbers = {name: params[name] for name in NUMBERS if name in params}
    smr: dict[str, float | str] = {}
    for name, text in numbers.items():
        number = NUMBERS[name].read(text)
        if number is None:
            refuse(name)
        elif name in SMR_NUMBERS:
            smr[NUMBERS[name].field] = number
        else:
            values[NUMBERS[name].field] = number
    choices = {"find": ("scenes", "captions"), "form": FORMS, "layout": LAYOUTS, "in": ("all",)}
    for name in ("find", "before", "after", "form", "layout", "in"):
        if name not in params:
            continue
        value = _choice(params[name], choices.get(name))
        if value is None:
            refuse(name)
        elif name == "form":
            smr["form"] = params[name]
        else:
            values["within" if name == "in" else name] = value
    if "drop" in params:
        dropped = _dropped(params["drop"])
        values["drop"] = dropped or ()
        if dropped is None:
            refuse("drop")
    if "only" in params:
        values["only"] = _numbers(params["only"])
        if not values["only"]:
            refuse("only")
    if "marks" in params:
        marks = _marks(params["marks"])
        values["marks"] = marks or ()
        if marks is None:
            refuse("marks")
    values.setdefault("k", initial_k(str(values.get("layout", "compare"))))
    if "area" in params:
        values["area"] = read_area(params["area"])
        if values["area"] is None:
            refuse("area")
    if values["text"] or not (values["like"] or values["upload"]):  # captions answer pictures
        values["find"] = "scenes"
    return SearchRequest(**values, smr=tuple(sorted(smr.items())), problems=tuple(problems))  # type: ignore[arg-type]


def request_params(request: SearchRequest) -> dict[str, str | None]:
    """The link's parameters for a request; None for what is as if left out."""
    plain = SearchRequest()
    usual = {"k": initial_k(request.layout)}
    params: dict[str, str | None] = {}
    for name, field in TEXTS.items():
        params[name] = getattr(request, field) or None
    for name, number in NUMBERS.items():
        if name in SMR_NUMBERS:
            value = dict(request.smr).get(number.field)
        else:
            value = getattr(request, number.field)
            value = None if value == usual.get(name, getattr(plain, number.field)) else value
        params[name] = None if value is None else f"{value:g}"
    params["find"] = None if request.find == plain.find else request.find
    params["in"] = request.within or None
    params["before"] = None if request.before == plain.before else request.before.name
    params["after"] = None if request.after == plain.after else request.after.name
    form = dict(request.smr).get("form")
    params["form"] = None if form is None else str(form)
    params["drop"] = ",".join(map(str, request.drop)) or None
    params["only"] = _packed(request.only) or None
    params["marks"] = marks_param(request.marks) or None
    params["layout"] = None if request.layout == plain.layout else request.layout
    params["area"] = area_text(request.area)
    return params


def initial_k(layout: str) -> int:
    """How many results are shown where the link does not say."""
    return 60 if layout == "grid" else 12


def marks_param(marks: tuple[Mark, ...]) -> str:
    """Marks as a link has them, such as ``y0a1b2c3d.nffee0011``."""
    letters = {good: letter for letter, good in SIGNS.items()}
    return ".".join(letters[mark.good] + mark.version for mark in marks)


def _marks(text: str) -> tuple[Mark, ...] | None:
    """Marks of a link; None where it is something else. A scene's last mark is the one it has."""
    found: dict[str, Mark] = {}
    parts = text.split(".") if text and len(text) <= MOST_MARKS * (VERSION.stop + 1) else []
    for part in parts:
        sign, version = part[:1], part[1:]
        if sign not in SIGNS or len(version) not in VERSION or set(version) - set(HEX):
            return None
        found.pop(version, None)
        found[version] = Mark(version, SIGNS[sign])
    return tuple(found.values()) if 0 < len(found) <= MOST_MARKS else None


def _choice(text: str, allowed: tuple[str, ...] | None) -> str | Stage | None:
    """The text where it is allowed; the stage of that name where nothing is listed."""
    if allowed is None:
        return stage_named(text, of_two=True)
    return text if text in allowed else None


def _dropped(text: str) -> tuple[int, ...] | None:
    """Numbers of words such as ``0,3``; None where it is something else."""
    parts = text.split(",")[:MAX_DROPPED] if text else []
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        return None
    return tuple(sorted({int(part) for part in parts}))


def _numbers(text: str) -> tuple[int, ...]:
    """Numbers of scenes such as ``0-5.9``, as the map writes them; none where it is not that."""
    if len(text) > MAX_LISTED:
        return ()
    spans: list[tuple[int, int]] = []
    size = 0  # known before anything is written out
    for part in text.split("."):
        low, _, high = part.partition("-")
        ends = (low, high or low)
        if not all(end.isascii() and end.isdigit() and len(end) <= 7 for end in ends):
            return ()
        first, last = int(ends[0]), int(ends[1])
        size += max(0, last - first + 1)
        if size > MAX_ONLY:
            return ()
        spans.append((first, last))
    return tuple(sorted({number for a, b in spans for number in range(a, b + 1)}))


def _packed(numbers: tuple[int, ...]) -> str:
    """Sorted numbers as ``0-5.9``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ".".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
