"""What a tab hands to ``filters.js``, and what that fetches."""

from __future__ import annotations

from typing import TypedDict

__all__ = ["ColumnOffered", "FilterChip", "FilterSet", "Filters", "WordOffered"]


class FilterChip(TypedDict):
    """A filter that is in force, and how to take it off; its text may be the data set's."""

    text: str
    params: dict[str, str | None]  # of the address; None takes one off


class FilterSet(TypedDict):
    """What a column is filtered by."""

    line: str  # its part of the whole line
    plain: bool  # the form can show it: a range or words
    least: str
    most: str
    words: list[str]  # as a line has them
    missing: bool  # scenes of which the column says nothing count as well


class Filters(TypedDict):
    """Of ``filters.js``: which filters are in force, and where it is told what there is."""

    columns: str  # link to a list of `ColumnOffered`; "" where nothing can be filtered by
    line: str  # all conditions as text
    set: dict[str, FilterSet]  # by the column's name
    chips: list[FilterChip]


class WordOffered(TypedDict):
    """A word of a column."""

    value: str  # the data set's: untrusted
    line: str  # as a line has it
    n: int  # scenes


class ColumnOffered(TypedDict):
    """A column that scenes can be filtered by."""

    name: str  # the data set's: untrusted
    line: str  # as a line has it
    kind: str  # "number", "date" or "word"
    missing: int  # scenes of which it says nothing
    least: str
    most: str
    words: list[WordOffered]
    distinct: int  # different words, more than are listed
