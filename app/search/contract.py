"""What Search hands to its scripts: the form, both columns, the chosen result."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from app.kit.contract import Move, Note, Source, Table
from app.kit.figure import FigureShown

__all__ = [
    "Bar",
    "CardShown",
    "Chart",
    "Choice",
    "ColumnShown",
    "DetailShown",
    "Form",
    "Item",
    "Options",
    "Problem",
    "QueryPicture",
    "QueryWord",
    "Ranking",
    "SceneShown",
    "Slider",
    "StageName",
    "StartScene",
    "Step",
    "Tuning",
    "Why",
]


# search.js


class QueryPicture(TypedDict):
    """A picture that is (part of) the query."""

    title: NotRequired[str]  # of a scene of the gallery; a visitor's own has none
    thumbnail: str


class QueryWord(TypedDict):
    """A word of the query, which can be struck out."""

    text: str
    dropped: bool
    weight: float | None  # how far the query turns without it, as a share of the most
    title: str


class Item(TypedDict):
    """One of a choice."""

    value: str
    text: str


class Choice(TypedDict):
    """A list to choose from; its name is a parameter of the address."""

    name: str
    label: str
    value: str
    initial: str  # what it is where the address leaves it out
    items: list[Item]


class Slider(TypedDict):
    """A number to set; its name is a parameter of the address."""

    name: str
    label: str
    min: float
    max: float
    step: float
    value: float
    initial: float | None  # what it is where the address leaves it out
    text_at_least: NotRequired[str]  # said in place of the least value
    title: NotRequired[str]


class Tuning(TypedDict):
    """How the candidates are reranked."""

    choices: list[Choice]
    sliders: list[Slider]
    changed: bool  # from what the checkpoint was tuned to
    note: str


class Options(TypedDict):
    """How many results, which, and how they are ranked."""

    choices: list[Choice]
    sliders: list[Slider]
    tuning: Tuning


class Form(TypedDict):
    """The value of ``search.js``."""

    text: str  # the query's
    like: QueryPicture | None  # the scene that is the query
    upload: QueryPicture | None  # a visitor's picture that is the query
    weight: Slider | None  # of the text, where there is a picture as well
    words: list[QueryWord]
    notes: list[Note]
    only: int  # scenes that are searched among; 0: all
    cue: Note | None  # how well anything fits
    examples: list[str]  # queries to try
    captions: list[str]  # captions of the gallery to try
    options: Options | None


class Problem(TypedDict):
    """The value of ``search.js`` where something went wrong and the rest stays as it is."""

    problem: str


# ranking.js


class StartScene(TypedDict):
    """A scene to start from."""

    id: str
    title: str
    thumbnail: str


class StageName(TypedDict):
    """A ranking that a column can show."""

    name: str
    title: str


class CardShown(TypedDict):
    """One result: a scene, or a caption."""

    id: str  # what a link calls it
    rank: str
    was: int | None  # its rank in the other column; None where it has none
    score: str
    value: float  # the score for a file
    unit: str  # what the score is
    title: str
    alt: str
    spoken: str  # all of it in one sentence
    thumbnail: str | None  # None for a caption
    label: str | None  # the scene's class
    line: str | None  # the scene's first caption
    move: Move | None
    truth: str | None  # that it is right, in words


class ColumnShown(TypedDict):
    """One ranking of the query."""

    side: str  # "before" or "after"
    stage: str
    initial: str  # the stage where the address leaves it out
    label: str
    title: str  # what the stage is called
    fixed: bool  # no other stage can be chosen
    help: str
    cards: list[CardShown]


class Ranking(TypedDict):
    """The value of ``ranking.js``."""

    start: list[StartScene]  # where nothing is searched for
    columns: list[ColumnShown]
    stages: list[StageName]
    selected: str | None  # the chosen card
    summary: str  # for a screen reader
    query: str  # for a file
    source: Source  # for a file
    limits: str  # for a file
    foot: str


# detail.js


class SceneShown(TypedDict):
    """The chosen result: a scene, or a caption, which has no picture."""

    id: str
    title: str
    label: str | None  # its class
    data_set: str | None
    alt: str
    picture: str | None
    whole: bool  # the picture is the whole one, not its small copy
    captions: list[str]


class Bar(TypedDict):
    """From where a score stood to where it stands after a step; part of a figure."""

    start: float
    end: float
    text: str


class Step(TypedDict):
    """A term of the score; a bar for each of the chart's series."""

    label: str
    total: bool  # the sum of all terms
    bars: list[Bar]


class Chart(TypedDict):
    """The terms of a score, of the chosen one and of the one beside it."""

    title: str
    alt: str
    series: list[str]  # what is compared; the first in the page's accent
    figure: FigureShown


class Why(TypedDict):
    """Why it stands where it stands."""

    headline: str
    sentences: list[str]
    chart: Chart | None
    table: Table | None


class DetailShown(TypedDict):
    """The value of ``detail.js``; None where nothing is chosen."""

    scene: SceneShown
    state: str | None  # what became of its file since it was indexed
    why: Why
    ask_spread: dict[str, str] | None  # what to ask the spread of its rank with, after a rest
    count: int | None  # of the question for the spread that this answers
