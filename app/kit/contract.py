"""What Python hands to scripts, in every tab alike: JSON whose fields are told here.

Each tab has a ``contract.py`` of its own for what only its scripts read. A script says at its top
which of these types its ``props.value`` has; `tests/app/kit/test_contract.py` holds it to that.
"""

from __future__ import annotations

from typing import TypedDict

__all__ = [
    "Answered",
    "GalleryShown",
    "Go",
    "GoParams",
    "Move",
    "Note",
    "Ready",
    "RecentShown",
    "Source",
    "StatusShown",
    "Table",
]

GoParams = dict[str, str | None]
"""Parameters for the address bar: each replaces what stands there, None removes it."""


class Ready(TypedDict):
    """To the address bar: the model is there, what a link asks for can be opened."""

    ready: bool


class Answered(TypedDict):
    """To the address bar: a view has been opened."""

    answered: str  # its name
    count: int  # of the question, so that no two answers are alike


class Go(TypedDict):
    """To the address bar: open something, as ``go(params)`` of ``go.js`` does."""

    go: GoParams


class GalleryShown(TypedDict):
    """One of the galleries that a visitor may choose among."""

    href: str  # of its page, from where this page is
    name: str
    here: bool  # the page shows it


class RecentShown(TypedDict):
    """An index that was opened another time."""

    key: str
    name: str


class StatusShown(TypedDict):
    """The value of ``header.js``: `Status`, as far as this visitor sees it."""

    phase: str
    sentence: str
    done: int
    total: int  # 0: not known
    operator: bool  # who looks is who runs the page
    opened: int  # changes when other scenes or settings answer; 0: nothing does yet
    newer: bool  # there is a newer version of the index than the one that is open
    galleries: list[GalleryShown]  # to choose among; none where there is no choice
    recent: list[RecentShown]  # to open again, for who runs the page


class Note(TypedDict):
    """A sentence about what is shown."""

    kind: str  # "info", "warn" or "error"
    text: str


class Move(TypedDict):
    """How something moved, told without colour."""

    kind: str  # "up", "down", "new", "dropped" or "same"
    sign: str  # a mark for it
    text: str


class Table(TypedDict):
    """Rows of text, the first cell of each its head."""

    caption: str
    head: list[str]
    rows: list[list[str]]


class Source(TypedDict):
    """What numbers in a file were made with."""

    data: str
    split: str
    checkpoint: str
