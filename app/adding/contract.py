"""What the script of adding is handed, and what its questions are answered with."""

from __future__ import annotations

from typing import TypedDict

__all__ = ["AddingShown", "AddingState", "Refused", "SetShown"]


class Refused(TypedDict):
    """A file that was left out."""

    name: str  # as the visitor knows it: untrusted
    reason: str


class AddingState(TypedDict):
    """What became of a visitor's pictures so far; the answer to every question."""

    phase: str  # "receiving", "waiting", "preparing", "ready", "stopped", "failed" or "gone"
    sentence: str
    done: int
    total: int  # 0: not known
    left_out: str  # how many files were
    refused: list[Refused]  # the first ones
    more: str  # how many were left out beyond those
    notes: list[str]  # what became of other files
    gallery: str  # its name in addresses, once there is something to search; else ""
    kept: str  # the sentence that says where it was kept


class SetShown(TypedDict):
    """A public data set that is a click away."""

    data: str
    title: str
    words: str  # what it is, how much, whose terms


class AddingShown(TypedDict):
    """The value of ``adding.js``."""

    offered: bool  # whether anybody may add pictures here
    limits: str
    slice: int  # bytes of a file that are sent at a time
    root: str  # the first gallery's address, from where the page is
    here: bool  # the page shows the visitor's own pictures
    keeps: bool  # who looks runs the page, and may keep an index in a folder
    sets: list[SetShown]  # for who runs the page
    state: AddingState | None  # None: this visitor has added nothing
