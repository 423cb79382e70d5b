"""What Space hands to ``space.js``; the points themselves come from the files that it names."""

from __future__ import annotations

from typing import TypedDict

from app.kit.contract import Source

__all__ = [
    "Files",
    "Settings",
    "SpaceProblem",
    "SpaceQuery",
    "SpaceSecond",
    "SpaceShown",
    "SpaceView",
]


class Settings(TypedDict):
    """The settings of ``space.js``."""

    plotly: str  # where plotly.js is
    palette: dict[str, object]  # see `app.space.palette`
    font: str
    max_linked: int  # characters of a selection in a link


class Files(TypedDict):
    """Addresses, relative to the page; each names the version of its index."""

    places: str
    figures: str
    names: str


class SpaceView(TypedDict):
    """One of the spaces that are mapped."""

    name: str
    label: str
    there: bool
    boxes: list[list[float]]  # x, y and side of the squares that its coordinates are rounded in
    help: str
    gap: str | None  # between the means of the modalities, where they lie in one space
    titles: list[str]  # of the two maps of a space before alignment


class SpaceQuery(TypedDict):
    """A live query among the points."""

    label: str  # the person's words; empty for a picture
    places: dict[str, list[float]]  # view -> x, y in widths of its box
    hits: list[int]  # pictures, best first
    stage: str  # that ranked them
    truths: list[int]  # pictures that it describes


class SpaceSecond(TypedDict):
    """The same points as a second model sees them, beside the first's."""

    titles: list[str]  # what the two models are called
    views: list[str]  # its places, in the order of the file, behind the first's: "aligned_2", ...
    points: int  # that have a place: all, or the pictures alone


class SpaceProblem(TypedDict):
    """Why there is no map."""

    problem: str


class SpaceShown(TypedDict):
    """The value of ``space.js`` where there is a map."""

    problem: None
    notes: list[str]  # what was wrong with a link
    files: Files
    images: int
    captions: int  # distinct ones
    views: list[SpaceView]
    second: SpaceSecond | None
    query: SpaceQuery | None
    source: Source
    limits: str  # of every number in a saved file
    foot: str
