"""The columns that scenes can be filtered by: the user's own, and what a raster says of its place.

A scene's row keeps what its table said as one JSON object, which its digest covers. From all of
these follow the columns proper: of numbers, of dates or of words, whichever fits every value. They
are Lance columns of their own (``c0``, ``c1``, ...), so that a search can ask for a range or for
some words before it looks at a single vector; the description says what each is called.
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cmpagl.config.json_types import fits
from cmpagl.data.columns import Columns, Value
from cmpagl.data.description import MISSING
from cmpagl.data.georeference import middles
from cmpagl.errors import GalleryError

__all__ = [
    "BUILT_IN",
    "Column",
    "Field",
    "Kind",
    "columns_json",
    "columns_of",
    "date_seconds",
    "iso_date",
    "typed_columns",
    "what_column_holds",
]

Kind = Literal["number", "date", "word"]

MOST_WORDS = 100
"""Of a column of words, how many `Column.values` names."""


@dataclass(frozen=True)
class Field:
    """Where a column lies in the table of scenes."""

    name: str  # as the user's table calls it
    kind: Kind
    field: str  # of the table


@dataclass(frozen=True)
class Column:
    """A column that scenes can be filtered by, and what it holds: enough for a form."""

    name: str
    kind: Kind
    missing: int  # scenes of which it says nothing
    least: float | str | None = None  # of numbers; of dates as ISO writes them; None of words
    most: float | str | None = None
    values: tuple[tuple[str, int], ...] = ()  # words and how many scenes each has, the most first
    distinct: int = 0  # different values


BUILT_IN: tuple[Field, ...] = (
    Field("class", "word", "class_name"),
    Field("width", "number", "width"),
    Field("height", "number", "height"),
    Field("crs", "word", "crs"),
)
"""What every index can be filtered by, unless a column of the user's has the same name."""


def columns_json(columns: Columns) -> str | None:
    """A record's columns as its row keeps them; None where it has none."""
    return json.dumps(dict(columns), ensure_ascii=False, sort_keys=True) if columns else None


def columns_of(text: str | None) -> Columns:
    """What `columns_json` wrote.

    Raises:
        GalleryError: it is something else.
    """
    try:
        said = json.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        raise GalleryError(f"The index garbles a scene's columns ({error}).") from error
    if not fits(said, Mapping[str, str | float | None]):
        raise GalleryError(f"The index garbles a scene's columns: {text!r:.100}.")
    return tuple(sorted(said.items()))


# Which kind, and as Arrow has it


def typed_columns(
    texts: Iterable[str | None], footprints: pa.ChunkedArray | None = None
) -> tuple[list[Field], pa.Table]:
    """The columns proper, of all rows: which there are, and their values.

    Args:
        texts: of `columns_json`, one a row.
        footprints: corners as longitude, latitude, ... (n, 8), nulls where not known; their middle
            becomes the columns longitude and latitude.
    """
    found: dict[str, dict[int, Value]] = {}
    n = 0
    for row, text in enumerate(texts):
        n = row + 1
        for name, value in columns_of(text):
            found.setdefault(name, {})[row] = value
    fields: list[Field] = []
    arrays: list[pa.Array] = []
    for name in sorted(found):
        kind, values = _kind(found[name])
        fields.append(Field(name, kind, f"c{len(fields)}"))
        arrays.append(_array(kind, values, n))
    if footprints is not None and footprints.null_count < len(footprints):
        for name, middle in zip(("longitude", "latitude"), _middles(footprints), strict=True):
            if name not in found:
                fields.append(Field(name, "number", f"c{len(fields)}"))
                arrays.append(middle)
    return fields, pa.table(arrays, names=[field.field for field in fields])


def _kind(values: Mapping[int, Value]) -> tuple[Kind, dict[int, Any]]:
    """The narrowest kind that holds all values, and the values as it holds them."""
    numbers = {row: number_of(value) for row, value in values.items()}
    if None not in numbers.values():
        return "number", numbers
    dates = {row: date_seconds(value) for row, value in values.items()}
    if None not in dates.values():
        return "date", {row: span[0] for row, span in dates.items() if span}
    return "word", {row: str(value) for row, value in values.items()}


def _array(kind: Kind, values: Mapping[int, Any], n: int) -> pa.Array:
    if kind == "word":
        texts: list[str | None] = [None] * n
        for row, value in values.items():
            texts[row] = value
        return pa.array(texts, pa.string())
    rows = np.fromiter(values.keys(), np.int64, len(values))
    given = np.fromiter(values.values(), np.float64, len(values))
    whole = np.zeros(n)
    whole[rows] = given
    there = np.zeros(n, np.bool_)
    there[rows] = True
    return pa.array(whole, pa.float64(), mask=~there)


def _middles(footprints: pa.ChunkedArray) -> list[pa.Array]:
    """The means of the corners' longitudes and latitudes."""
    known = np.asarray(footprints.is_valid().to_numpy(), np.bool_)
    corners = footprints.drop_null().combine_chunks().flatten().to_numpy().reshape(-1, 4, 2)
    middle = np.zeros((len(known), 2))
    middle[known] = middles(corners)
    return [pa.array(middle[:, axis], pa.float64(), mask=~known) for axis in (0, 1)]


def number_of(value: Value) -> float | None:
    """A value as a number; None where it is none."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if math.isfinite(value) else None


def date_seconds(value: Value) -> tuple[float, float] | None:
    """The first and the last second since 1970 (UTC) that a date means; None where it is none.

    A year and month alone, a day, or a time in it; without an offset, UTC.
    """
    if not isinstance(value, str) or value.strip().lower() in MISSING:
        return None
    text = value.strip().replace("/", "-")
    month = len(text) == 7 and text[4] == "-"
    try:
        start = datetime.datetime.fromisoformat(f"{text}-01" if month else text)
    except ValueError:
        return None
    if start.tzinfo is None:
        start = start.replace(tzinfo=datetime.UTC)
    first = start.timestamp()
    if month:
        later = start.replace(day=28) + datetime.timedelta(days=4)
        return first, later.replace(day=1).timestamp() - 1
    return first, first + (86_399 if len(text) <= 10 else 0)


def iso_date(seconds: float) -> str:
    """A time as ISO writes it, a whole day without its hours."""
    when = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    text = when.replace(microsecond=0, tzinfo=None).isoformat()
    return text.removesuffix("T00:00:00")


# What a column holds


def what_column_holds(field: Field, values: pa.ChunkedArray) -> Column:
    """A column's range or words, for a form to offer."""
    there = values.drop_null()
    distinct = len(there.unique())
    if not distinct:
        return Column(field.name, field.kind, len(values))
    if field.kind == "word":
        counts = pc.value_counts(there.combine_chunks()).to_pylist()
        words = sorted(((c["values"], c["counts"]) for c in counts), key=lambda c: (-c[1], c[0]))
        return Column(
            field.name,
            field.kind,
            values.null_count,
            values=tuple(words[:MOST_WORDS]),
            distinct=distinct,
        )
    ends: Sequence[float] = [pc.min(there).as_py(), pc.max(there).as_py()]
    least, most = (iso_date(end) for end in ends) if field.kind == "date" else map(float, ends)
    return Column(field.name, field.kind, values.null_count, least, most, distinct=distinct)
