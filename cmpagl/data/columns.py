"""What a user's own table says of a picture beside captions, split and class: its columns.

Dates, sensors, numbers: whatever stands in one cell. An index keeps them, and they become filters.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping
from typing import Any

from cmpagl.data.description import MISSING
from cmpagl.data.found_text import is_text

__all__ = ["MAX_COLUMNS", "Columns", "Value", "cell_text", "joined_columns", "kept_columns"]

Value = str | int | float
Columns = tuple[tuple[str, Value], ...]
"""Name and value of each that is there, sorted by name."""

MAX_COLUMNS = 64
_MAX_NAME, _MAX_TEXT = 100, 1000  # characters


def cell_text(value: Any) -> str | None:  # noqa: ANN401
    """What a cell says as text; None where it is empty."""
    return None if value is None or value == "" else str(value)


def kept_columns(said: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Columns:
    """What can be kept: numbers, dates and texts; lists, objects and what is missing can not.

    Args:
        said: names and values as the table has them. Of more than `MAX_COLUMNS`, the first count.
    """
    pairs = said.items() if isinstance(said, Mapping) else said
    found: dict[str, Value] = {}
    for name, value in pairs:
        tidy, kept = str(name).strip()[:_MAX_NAME], _value(value)
        if kept is not None and tidy and len(found) < MAX_COLUMNS and is_text(tidy):
            found.setdefault(tidy, kept)
    return tuple(sorted(found.items()))


def joined_columns(first: Columns, second: Columns) -> Columns:
    """Those of two rows of one picture; where both say something, the first counts."""
    return tuple(sorted({**dict(second), **dict(first)}.items()))


def _value(value: Any) -> Value | None:  # noqa: ANN401
    """A cell as JSON can hold it; None where nothing is said, or nothing that fits a filter."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.date | datetime.time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, str) or value.strip().lower() in MISSING:
        return None
    text = value.strip()[:_MAX_TEXT]
    return text if is_text(text) else None
