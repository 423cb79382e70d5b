"""What Look knows of a request when it is answered: plain data, for views to put into words."""

from __future__ import annotations

from dataclasses import dataclass

from app.explorer.scenes import Scene
from app.look.maps import GridMap
from app.look.request import LookRequest, Place
from cmpagl.data.picture import Picture as AnyPicture
from cmpagl.diagnose.results import WordResult

__all__ = ["Check", "Hint", "LookAnswer", "Panel", "Picture", "Strip"]


@dataclass(frozen=True)
class Picture:
    """What is looked at: a scene of the gallery, or a visitor's own."""

    source: AnyPicture
    version: str  # another value, another content
    scene: Scene | None
    link: str  # of the picture as the page shows it, or the picture itself as a data URL


@dataclass(frozen=True)
class Panel:
    """One picture with one map."""

    slot: str  # the link's parameter of its place: "at" or "at2"
    picture: Picture
    trained: bool
    at: Place | None  # the place that it is looked from
    map: GridMap | None  # None where the model has no such map, or there is no query
    query: str = ""  # whose score it is


@dataclass(frozen=True)
class Hint:
    """A scene that is worth putting beside: the query's "first_hit" or "true_scene"."""

    kind: str
    scene: Scene


@dataclass(frozen=True)
class Check:
    """What became of a score as places were hidden, as far as it was asked."""

    places: int  # of the picture
    hidden: tuple[int, ...] = ()  # places, from 0 on
    strongest: tuple[float, ...] = ()  # the score with as many of the strongest hidden
    others: tuple[float, ...] = ()  # and with as many drawn at random
    steps: int = 0  # in all


@dataclass(frozen=True)
class LookAnswer:
    """Everything that Look shows."""

    request: LookRequest
    pending: bool = False  # the tower is not loaded yet: ask again, with ``wait``
    problems: tuple[tuple[str, str], ...] = ()  # kind ("warn", "error") and sentence
    panels: tuple[Panel, ...] = ()
    shares: tuple[float | None, ...] = ()  # of each block: mean share beyond the window
    heads: int = 0
    join: str = ""
    words: tuple[str, ...] = ()  # of the query, where the map is of its score
    low: float = 0.0  # of the colour scale that all maps share
    high: float = 1.0
    hints: tuple[Hint, ...] = ()
    pointing: WordResult | None = None  # of maps of this kind
    check: Check | None = None  # of the first panel's map of a score
    data_name: str = ""
    split: str | None = None
    checkpoint: str = ""


@dataclass(frozen=True)
class Strip:
    """Scenes to choose from."""

    kind: str  # "strip", "strip_query" or "strip_found"
    scenes: tuple[Scene, ...]
    text: str = ""
