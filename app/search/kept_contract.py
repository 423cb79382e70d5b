"""What Search hands to the scripts of collections and of judging, and what they send."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from app.kit.contract import Table

__all__ = [
    "Graded",
    "JudgeSettings",
    "JudgedShown",
    "JudgingShown",
    "Keeping",
    "KeepingSettings",
    "KeptSceneShown",
    "KeptShown",
    "SearchKept",
    "TagShown",
]


# keeping.js


class KeptSceneShown(TypedDict):
    """A scene under a tag."""

    version: str  # as in `CardShown`
    id: str


class TagShown(TypedDict):
    """A collection."""

    name: str
    colour: int
    note: str
    scenes: list[KeptSceneShown]


class SearchKept(TypedDict):
    """A search to run again."""

    name: str
    params: dict[str, str]  # of its link
    seen: list[str]  # versions of what it found the last time


class JudgedShown(TypedDict):
    """What a person said of the first results of a query in both columns."""

    id: str  # in TREC's files
    query: str
    grades: dict[str, int]  # by image id
    before: list[str]  # image ids of the first ten
    after: list[str]


class KeptShown(TypedDict):
    """All that is kept; also the file that a person takes away."""

    tags: list[TagShown]
    searches: list[SearchKept]
    history: list[dict[str, str]]  # the latest first
    judged: list[JudgedShown]


class Keeping(TypedDict):
    """The value of ``keeping.js``."""

    kept: KeptShown | None  # None: the visitor's own browser keeps it
    gallery: str  # under which a browser keeps it
    added: bool  # of pictures that a person has added, and kept no longer than these
    problem: str


class KeepingSettings(TypedDict):
    """The settings of ``keeping.js``."""

    colours: int  # that tags have in turns
    most_history: int  # searches that are remembered


# judging.js


class JudgeSettings(TypedDict):
    """The settings of ``judging.js``."""

    depth: int  # results of each column that are judged and measured
    most_queries: int
    most_text: int  # characters of a query
    most_grade: int
    most_bytes: int  # of a question


class Graded(TypedDict):
    """What ``judging.js`` asks about a judged query: its scenes are numbers, without names."""

    grades: list[int | None]  # of each scene; None: not judged
    before: list[int]  # the first ten of a column, as numbers
    after: list[int]
    run: list[int]  # of a file's rankings; empty where there is none


class JudgingShown(TypedDict):
    """The value of ``judging.js``."""

    count: NotRequired[int]  # of the question that this answers
    table: Table | None  # what both columns are worth; None where no query has a relevant scene
    file: str  # the same as CSV, where it was asked for
