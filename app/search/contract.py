"""What Search hands to its scripts: the form, both columns, the chosen result."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from app.kit.contract import Move, Note, Source, Table
from app.kit.figure import FigureShown
from app.query.contract import Filters

__all__ = [
    "AcrossCard",
    "AcrossShown",
    "Bar",
    "Bench",
    "CaptionShown",
    "CardShown",
    "Chart",
    "Choice",
    "ColumnShown",
    "DetailShown",
    "Fact",
    "Form",
    "Item",
    "Lacks",
    "MarkShown",
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
    changed: bool  # from what it is tuned to
    note: str
    worth: str  # what reranking gains on this gallery; empty where nothing tells
    tunable: bool  # it can be tuned on this gallery's captions or judgments


class Options(TypedDict):
    """How many results, which, and how they are ranked."""

    choices: list[Choice]
    sliders: list[Slider]
    tuning: Tuning


class Lacks(TypedDict):
    """Why one cannot ask with words, or with a picture of one's own; None where one can."""

    words: str | None
    picture: str | None


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
    captions: list[CaptionShown]  # of the gallery, to try
    options: Options | None
    lacks: Lacks
    filters: Filters | None  # by column; None where nothing is searched for


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
    value: float  # the score, for a file
    share: float  # how far it is from an average score to the column's best, 0 to 1
    title: str
    alt: str
    spoken: str  # all of it in one sentence
    thumbnail: str | None  # None for a caption
    label: str | None  # the scene's class
    line: str | None  # a short title: a scene's first caption or file's name; a caption
    move: Move | None
    truth: str | None  # that it is right, in words
    version: str | None  # what a mark calls the scene; None for a caption, which has no marks
    mark: str | None  # "good" or "bad", as the person marked it
    behind: str | None  # the id of a better card that shows nearly the same


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


class MarkShown(TypedDict):
    """A scene that the person marked."""

    id: str
    title: str
    thumbnail: str
    mark: str  # "good" or "bad"


class Bench(TypedDict):
    """What stands above the results: how they are laid out, and what the person taught."""

    layout: str  # "compare" or "grid"
    size: Slider  # of a picture in the grid
    marks: list[MarkShown]
    excluded: str  # words of which nothing should show
    teachable: bool  # the results are scenes


class Ranking(TypedDict):
    """The value of ``ranking.js``."""

    bench: Bench | None  # None where nothing is searched for
    start: list[StartScene]  # where nothing is searched for
    columns: list[ColumnShown]
    stages: list[StageName]
    selected: str | None  # the chosen card
    summary: str  # for a screen reader
    query: str  # for a file
    words: str  # of the query; empty for a picture alone
    right: list[str]  # ids of the scenes that have the query as their caption
    source: Source  # for a file
    limits: str  # for a file
    foot: str


# across.js


class AcrossCard(CardShown):
    """A scene of one of several galleries; its label is the gallery's name."""

    href: str  # of the scene in its own gallery, from where this page is


class AcrossShown(TypedDict):
    """The value of ``across.js``; None where one gallery is searched."""

    title: str  # of the ranking
    help: str
    cards: list[AcrossCard]
    summary: str  # for a screen reader


# detail.js


class Fact(TypedDict):
    """A name and a value."""

    name: str
    value: str


class CaptionShown(TypedDict):
    """A caption to search with."""

    text: str  # as it is shown
    query: str  # as the data set has it, to search with


class SceneShown(TypedDict):
    """The chosen result: a scene, or a caption, which has no picture."""

    id: str
    title: str
    label: str | None  # its class
    facts: list[Fact]
    alt: str
    picture: str | None
    whole: bool  # the picture is the whole one, not its small copy
    captions: list[CaptionShown]
    version: str | None  # as in `CardShown`
    mark: str | None
    around: str  # link to its surroundings, where it is a piece of a raster
    place: str  # latitude and longitude; "" where they are not known
    across: float | None  # metres of its width
    north: float | None  # degrees from up, clockwise


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
