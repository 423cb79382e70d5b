"""What Errors hands to its scripts: what is compared, the table, the flow, and one of its lists."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from app.kit.contract import GoParams, Move
from app.kit.figure import FigureShown

__all__ = [
    "CaseShown",
    "Cell",
    "Choice",
    "ClassShown",
    "Classes",
    "Compared",
    "ErrorsShown",
    "FileShown",
    "Fit",
    "Flow",
    "Gain",
    "HubShown",
    "HubsShown",
    "Item",
    "ListShown",
    "Metric",
    "Picture",
    "ProgressShown",
    "Ranks",
    "ReviewShown",
    "Settings",
    "Shown",
    "TallyShown",
]


class Fit(TypedDict):
    """The range of the slider of the review."""

    least: float
    most: float
    step: float


class Settings(TypedDict):
    """The settings of ``errors.js``."""

    initial: dict[str, str]  # what each parameter is where the address leaves it out
    fit: Fit
    plotly: str  # the address of plotly.js


class Item(TypedDict):
    """One of a choice."""

    value: str
    text: str


class Choice(TypedDict):
    """One of a few."""

    value: str
    items: list[Item]


class Compared(TypedDict):
    """What is compared, and which part is shown."""

    stages: list[Item]
    before: str
    after: str
    direction: Choice
    within: Choice
    part: Choice


class ProgressShown(TypedDict):
    """How far measuring is."""

    text: str
    done: int
    total: int


class Shown(TypedDict):
    """A number with its interval, in text."""

    text: str
    spread: str


class Gain(Shown):
    """What the second ranking gains."""

    low: float | None  # None: one scene is too few for an interval
    high: float | None
    value: float
    said: str  # whether it is a gain, in words
    kind: str  # "up", "down" or "same"
    sign: str


class Metric(TypedDict):
    """A row of the table of recall."""

    name: str
    label: str
    before: Shown
    after: Shown
    gain: Gain
    equal: list[str]  # before and after, where equal captions are right


class Cell(TypedDict):
    """Queries that are right or wrong before and after."""

    name: str  # "right", "fixed", "broken" or "wrong"
    n: int
    count: str
    share: str
    label: str
    help: str
    chosen: bool


class Flow(TypedDict):
    """From right or wrong before to right or wrong after."""

    cells: list[Cell]
    total: int
    sides: list[str]  # right before, wrong before, right after, wrong after
    title: str
    net: str
    alt: str


class Picture(TypedDict):
    """A scene."""

    id: str
    title: str
    class_name: str | None
    thumbnail: str
    label: str  # what it is to the query


class Ranks(TypedDict):
    """The rank of the best right answer."""

    before: str
    after: str


class CaseShown(TypedDict):
    """A query, what it should find, and what it found first."""

    key: str  # a verdict is kept under it
    text: str
    quoted: bool  # it is a caption
    class_name: str | None
    truth: Picture
    wrong: Picture | None  # the first hit, where it is wrong
    wrong_caption: str  # where captions are found, the first hit
    ranks: Ranks
    move: Move
    spoken: str  # the ranks, for a screen reader
    alike: str  # that the first hit fits as well
    nearest: str  # the first hit's caption that fits best
    against: str  # what it is held against
    search: GoParams  # what shows this case in Search


class ListShown(TypedDict):
    """Some of the cases."""

    title: str
    range: str  # which of how many
    earlier: int | None  # where the part before starts; None: there is none
    later: int | None
    classes: list[str]
    of: str  # the class that is asked for
    hit: str  # the class of the first hit that is asked for
    cases: list[CaseShown]


class ClassShown(TypedDict):
    """A class's recall."""

    name: str
    n: int
    before: float
    after: float
    change: float
    fixed: int
    broken: int
    shown: list[str]  # before and after
    move: Move


class Classes(TypedDict):
    """Recall by class, and which classes are taken for which."""

    names: list[str]
    rows: list[ClassShown]
    cells: list[list[int]]  # of, first hit, queries before, queries after
    figures: dict[str, FigureShown]  # the same, "before" and "after"


class HubShown(TypedDict):
    """Something that stands among the first results of many queries."""

    scene: Picture
    caption: str  # where captions are found
    before: float  # in how many first tens
    after: float
    shown: list[str]
    change: Move


class HubsShown(TypedDict):
    """Hubs before and after, or of each of two models."""

    help: str
    columns: list[str]
    skewness: str
    never: str
    mean: float
    items: list[HubShown]


class ReviewShown(TypedDict):
    """Errors whose first hit fits as well."""

    fit: float  # the least likeness of captions
    help: str
    count: str


class ErrorsShown(TypedDict):
    """The value of ``errors.js``; from `notes` on only where there is something to show."""

    problem: str | None
    progress: ProgressShown | None
    bar: Compared
    titles: list[str]  # what both rankings are called
    count: NotRequired[int]  # of the question that this answers
    notes: NotRequired[list[str]]
    sizes: NotRequired[str]
    foot: NotRequired[str]
    caution: NotRequired[str]
    version: NotRequired[str]  # of index and checkpoint: whose verdicts belong together
    table: NotRequired[list[Metric]]
    flow: NotRequired[Flow]
    part: NotRequired[str]
    listed: NotRequired[ListShown | None]
    classes: NotRequired[Classes | None]
    hubs: NotRequired[HubsShown | None]
    review: NotRequired[ReviewShown | None]


class TallyShown(TypedDict):
    """The value of ``errors-tally.js``: what the verdicts of this browser make of recall."""

    count: int  # of the question that this answers
    text: str


class FileShown(TypedDict):
    """The value of ``errors-file.js``: a file, or why there is none."""

    count: int  # of the question that this answers
    problem: NotRequired[str]
    name: NotRequired[str]
    kind: NotRequired[str]  # its media type
    text: NotRequired[str]  # what it holds
