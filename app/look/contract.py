"""What Look hands to its scripts: the strip of scenes, the stage with its maps, the controls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from app.kit.contract import GoParams, Note, Table
from app.kit.figure import FigureShown

__all__ = [
    "BlockButton",
    "Cells",
    "CheckShown",
    "Controls",
    "Mode",
    "PanelShown",
    "Part",
    "Picker",
    "PlaceField",
    "Png",
    "PngStyle",
    "Research",
    "Scale",
    "Stage",
    "StageSettings",
    "StripScene",
    "Suggestion",
    "Waiting",
    "WordShown",
]


# look.js


class PngStyle(TypedDict):
    """How a saved map is written on."""

    ink: str  # a colour
    font: str  # families, as in a style sheet


class StageSettings(TypedDict):
    """The settings of ``look.js``."""

    palettes: dict[str, list[str]]  # colours from low to high, ``#rrggbb``
    palette: str  # the one at the start
    opacity: float  # of a map over its picture, at the start
    plotly: str  # link of plotly.js
    max_text: int  # characters of a query
    png: PngStyle


class Waiting(TypedDict):
    """The value of ``look.js`` while the towers are loaded: it asks for the answer."""

    pending: str  # what is waited for
    request: dict[str, str]  # to ask with
    notes: list[Note]


class Mode(TypedDict):
    """A kind of map."""

    name: str
    label: str
    on: bool
    params: GoParams  # what choosing it sets


class WordShown(TypedDict):
    """A word of the query, whose score can be asked about."""

    name: str  # its number; empty: all words
    text: str
    on: bool


class Cells(TypedDict):
    """Places beyond a window, taken together in cells."""

    side: int  # cells a side
    values: Sequence[float | None]  # of each patch of a cell, on the maps' scale
    whole: Sequence[float | None]  # of the cell


class Part(TypedDict):
    """A part of where a place looks."""

    kind: str  # "window", "beyond" or "class"; of a score "for" or "against"
    share: float
    text: str


class Png(TypedDict):
    """A map as a file."""

    file: str  # its name
    lines: list[str]  # what stands below the map


class PanelShown(TypedDict):
    """A picture with its map."""

    key: str  # which of the panels it is
    slot: str  # the parameter of its place: "at" or "at2"
    title: str
    label: str
    trained: bool  # its weights are the model's, not random
    picture: str
    alt: str
    spoken: str
    grid: int  # places a side
    map: Sequence[float | None]  # a value a place, row by row; None: nothing is drawn
    cells: Cells | None
    window: tuple[int, int, int, int] | None  # top, left, rows, columns, in places
    at: tuple[int, int] | None  # the place that it is looked from: row, column
    parts: list[Part] | None
    nothing: str  # what is said of a place where nothing is drawn
    table: Table
    remove: GoParams | None  # what takes it away; None: it stays
    png: Png | None


class CheckShown(TypedDict):
    """What became of the score as places were hidden, as far as it was asked."""

    button: str | None  # what begins it; None once it has begun
    next: int | None  # how many steps to ask for next; None once there are no more
    status: str  # how far it is, and in the end what it says
    figure: FigureShown | None
    alt: str
    lines: list[str]  # what the figure's lines are
    table: Table | None


class Scale(TypedDict):
    """The colour scale of all panels."""

    least: float
    most: float
    low: str  # both in text
    high: str
    unit: str


class Stage(TypedDict):
    """The value of ``look.js``."""

    pending: None
    notes: list[Note]
    mode: str
    modes: list[Mode]
    hint: str
    query: str
    than: str  # a second query beside it
    words: list[WordShown]
    panels: list[PanelShown]
    scale: Scale | None
    foot: list[str]
    check: CheckShown | None
    request: dict[str, str]  # to ask for the check with
    spoken: str | None  # for a screen reader


# look-controls.js


class BlockButton(TypedDict):
    """A block, a head or a kind of map to choose."""

    name: str
    label: str
    spoken: str
    on: bool
    params: GoParams  # what choosing it sets
    share: float | None  # of looking beyond the windows, of a block


class PlaceField(TypedDict):
    """The place that a panel is looked from, in fields."""

    slot: str  # the parameter of the address
    title: str
    row: int  # from 1
    column: int
    grid: int  # places a side


class Suggestion(TypedDict):
    """A scene to put beside."""

    id: str
    thumbnail: str
    text: str


class Research(TypedDict):
    """What only someone who knows the model asks for."""

    open: bool  # something of it is chosen
    class_token: BlockButton
    blocks: list[BlockButton]
    heads: list[BlockButton]


class Controls(TypedDict):
    """The value of ``look-controls.js``; None where no scene is looked at."""

    research: Research | None  # None where it has no part in the map
    places: list[PlaceField]
    random: bool  # random weights stand beside
    suggestions: list[Suggestion]
    about: list[str]  # what such a map can tell


# look-picker.js


class StripScene(TypedDict):
    """A scene to choose."""

    id: str
    title: str
    thumbnail: str


class Picker(TypedDict):
    """The value of ``look-picker.js``; None where nothing is open."""

    title: str
    problem: str
    scene: str  # ids of what is looked at
    beside: str
    request: dict[str, str]  # to search for scenes with
    scenes: list[StripScene]
