"""What Earth hands to ``earth.js``; where all scenes lie comes from the file that it names."""

from __future__ import annotations

from typing import TypedDict

from app.query.contract import Filters

__all__ = ["EarthProblem", "EarthScene", "EarthShown", "Ground", "Saved", "Settings", "Side"]


class Settings(TypedDict):
    """The settings of ``earth.js``."""

    plotly: str  # where plotly.js is
    colours: list[list[object]]  # up to which rank, and the colour of its footprint
    last: str  # the colour of what comes after
    font: str
    digits: int  # behind the point of a degree, in a link
    steps: float  # of the file of places, to a degree
    unknown: int  # what stands in it for a corner whose place is not known
    most: int  # answers that a file has


class EarthScene(TypedDict):
    """An answer; its text is the data set's: untrusted."""

    number: int
    id: str
    title: str
    thumbnail: str
    picture: str
    around: str  # link to its surroundings, where it is a piece of a raster
    across: float | None  # metres of its width
    north: float | None  # degrees from up, clockwise
    rank: int
    was: str  # its rank on the other side
    where: str  # longitude and latitude in words, or that they are not known
    spoken: str


class Side(TypedDict):
    """One of the two rankings."""

    name: str  # "before" or "after"
    label: str
    title: str  # of its stage
    scenes: list[EarthScene]


class Ground(TypedDict):
    """A raster's overview, to lie below the footprints."""

    link: str
    corners: list[list[float]]  # longitude, latitude: from upper left, clockwise


class Saved(TypedDict):
    """A file of the answers shown."""

    link: str
    label: str


class EarthProblem(TypedDict):
    """Why there is no map."""

    problem: str


class EarthShown(TypedDict):
    """The value of ``earth.js`` where places are known."""

    problem: None
    notes: list[str]
    places: str  # link to the corners of all scenes: int32 of 1e-7 degrees, (n, 4, 2)
    n: int
    known: str  # of how many the place is known
    sides: list[Side]  # none without a query
    area: list[list[float]] | None  # corners, longitude and latitude
    filters: Filters
    grounds: list[Ground]
    coast: str  # link to coastlines: lines of longitude, latitude, ...; "" where there are none
    saved: list[Saved]
    foot: str
