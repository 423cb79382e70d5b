"""Which scenes are asked for: conditions on columns, from a line of text to what Lance filters by.

    year >= 2020 and sensor in ("WV-2", "WV-3") and cloud <= 0.2
    taken >= 2019-06 and taken < 2020        a month or a year alone means all of it
    "sun angle" is missing
    cloud <= 0.2 or missing                  also scenes of which the column says nothing

A `Condition` is what a form fills in: a range, or some words, and whether scenes count of which
the column says nothing. All of a `Filter` hold at once. `read_where` reads a line, `write_where`
writes one (a link holds it), `sql` gives what Lance understands; no text of a user reaches Lance
but as a quoted value.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cmpagl.errors import QueryError
from cmpagl.store.columns import Field, date_seconds, iso_date, number_of

__all__ = [
    "Box",
    "Condition",
    "Filter",
    "box_sql",
    "quoted",
    "read_where",
    "span",
    "sql",
    "write_where",
]

_MOST = 32
"""Conditions of one filter, and words of one condition times eight."""


@dataclass(frozen=True)
class Condition:
    """What one column must say of a scene.

    ``least`` and ``most`` belong to the range. With neither, and without words, only ``missing``
    decides: True for the scenes of which the column says nothing, False for the others.
    """

    column: str
    least: float | str | None = None  # a number; of a column of dates a date: 2019-06-01, 2019-06
    most: float | str | None = None
    words: tuple[str, ...] = ()  # one of these
    missing: bool = False  # whether scenes count of which the column says nothing

    @property
    def only_missing(self) -> bool:
        """Whether it asks for those alone."""
        return self.missing and self.least is None and self.most is None and not self.words


Filter = tuple[Condition, ...]

Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""

_TOKEN = re.compile(
    r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(<=|>=|==|=|<|>|\(|\)|,)|([^\s<>=(),"']+))"""
)


def read_where(text: str, fields: Sequence[Field]) -> Filter:
    """Read a line of conditions.

    Args:
        text: as in the module's docstring; empty: no condition.
        fields: the columns that there are (`Gallery.fields`).

    Raises:
        QueryError: it cannot be read, or names a column or compares with a value that is none.
    """
    tokens = _tokens(text)
    found: list[Condition] = []
    while tokens:
        found.append(_condition(tokens, fields))
        if tokens and tokens.pop(0) != ("word", "and"):
            raise QueryError(
                f"The filter {text[:200]!r} is not clear; put 'and' between its parts."
            )
    if len(found) > _MOST:
        raise QueryError(f"The filter has {len(found)} conditions; give {_MOST} or fewer.")
    return tuple(found)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise QueryError(f"The filter {text[:200]!r} cannot be read at {text[at : at + 20]!r}.")
        double, single, sign, word = match.groups()
        quoted = double if double is not None else single
        if quoted is not None:
            found.append(("quoted", re.sub(r"\\(.)", r"\1", quoted)))
        elif sign:
            found.append(("sign", "=" if sign == "==" else sign))
        else:
            found.append(("word", word.lower() if word.lower() in _KEYWORDS else word))
        at = match.end()
    return found


_KEYWORDS = {"and", "in", "is", "not", "missing", "or"}


def _condition(tokens: list[tuple[str, str]], fields: Sequence[Field]) -> Condition:
    """The condition that the tokens begin with, which are used up."""
    kind, name = tokens.pop(0)
    if kind == "sign":
        raise QueryError(f"The filter has {name!r} where a column's name should stand.")
    field = _field(name, fields)
    kind, said = tokens.pop(0) if tokens else ("", "")
    if (kind, said) == ("word", "is"):
        rest = [tokens.pop(0)[1] for _ in range(min(2, len(tokens)))]
        if rest[:1] == ["missing"]:
            tokens[:0] = [("word", rest[1])] if rest[1:] else []
            return Condition(field.name, missing=True)
        if rest == ["not", "missing"]:
            return Condition(field.name)
    elif (kind, said) == ("word", "in"):
        return _or_missing(Condition(field.name, words=_words(tokens, field)), tokens)
    elif kind == "sign" and said in ("=", "<", "<=", ">", ">="):
        return _or_missing(_compared(field, said, _value(tokens, field)), tokens)
    raise QueryError(
        f"After the column {field.name!r} the filter needs one of = < <= > >=, in (...), 'is "
        "missing' or 'is not missing'."
    )


def _or_missing(one: Condition, tokens: list[tuple[str, str]]) -> Condition:
    """The condition, with the words 'or missing' after it, which are used up."""
    if tokens[:1] != [("word", "or")]:
        return one
    if tokens[1:2] != [("word", "missing")]:
        raise QueryError(
            f"After 'or' the filter needs 'missing', as in '{one.column} = 1 or missing'; several "
            "values of a column are asked for with in (...)."
        )
    del tokens[:2]
    return replace(one, missing=True)


def _field(name: str, fields: Sequence[Field]) -> Field:
    by_name = {field.name: field for field in fields}
    lower = {field.name.lower(): field for field in fields}
    found = by_name.get(name) or lower.get(name.lower())
    if found is None:
        near = difflib.get_close_matches(name, list(by_name), n=1)
        guess = f", did you mean {near[0]!r}?" if near else "."
        known = ", ".join(by_name) or "none"
        raise QueryError(f"This index has no column {name[:80]!r} (it has {known[:300]}){guess}")
    return found


def _value(tokens: list[tuple[str, str]], field: Field) -> str:
    kind, said = tokens.pop(0) if tokens else ("sign", "")
    if kind == "sign":
        raise QueryError(f"The filter compares the column {field.name!r} with nothing.")
    return said


def _words(tokens: list[tuple[str, str]], field: Field) -> tuple[str, ...]:
    found: list[str] = []
    if tokens and tokens.pop(0) == ("sign", "("):
        while tokens:
            found.append(_value(tokens, field))
            sign = tokens.pop(0) if tokens else None
            if sign == ("sign", ")") and len(found) <= 8 * _MOST:
                return tuple(found)
            if sign != ("sign", ","):
                break
    raise QueryError(
        f"After '{field.name} in' the filter needs values in brackets, such as ('a', 'b'), at most "
        f"{8 * _MOST}."
    )


def _compared(field: Field, sign: str, said: str) -> Condition:
    """A comparison as a range; one with a word has no order."""
    if field.kind == "word":
        if sign != "=":
            raise QueryError(
                f"The column {field.name!r} holds words, which have no order; ask with = or in."
            )
        return Condition(field.name, words=(said,))
    low, high = span(field, said)
    if field.kind == "date":  # whole seconds
        least, most = (low, high) if sign in ("=", ">=", "<=") else (high + 1, low - 1)
        text = {bound: iso_date(bound) for bound in (least, most)}
        return Condition(
            field.name,
            least=text[least] if sign in ("=", ">", ">=") else None,
            most=_last(text[most]) if sign in ("=", "<", "<=") else None,
        )
    if sign in ("<", ">"):
        import numpy as np  # the nearest number beyond

        low = high = float(np.nextafter(low, -np.inf if sign == "<" else np.inf))
    return Condition(
        field.name,
        least=low if sign in ("=", ">", ">=") else None,
        most=high if sign in ("=", "<", "<=") else None,
    )


def _last(text: str) -> str:
    """A moment that ends a range; midnight is written out, for the day alone means all of it."""
    return text if "T" in text else f"{text}T00:00:00"


def span(field: Field, said: float | str) -> tuple[float, float]:
    """The numbers or seconds that a value means.

    Raises:
        QueryError: it is no number, or no date.
    """
    if field.kind == "date":
        text = f"{said:g}" if isinstance(said, float) else str(said)
        if re.fullmatch(r"\d{4}", text):
            first, last = date_seconds(f"{text}-01-01"), date_seconds(f"{text}-12-31")
            assert first is not None
            assert last is not None
            return first[0], last[1]
        if (found := date_seconds(text)) is not None:
            return found
        raise QueryError(
            f"The column {field.name!r} holds dates, and {text[:80]!r} is none; write 2019-06-01, "
            "2019-06 or 2019."
        )
    number = number_of(said)
    if number is None:
        raise QueryError(f"The column {field.name!r} holds numbers, and {said!r:.80} is none.")
    return number, number


def write_where(conditions: Filter) -> str:
    """The line that `read_where` reads these conditions from."""
    parts = []
    for one in conditions:
        name = quoted(one.column)
        also = " or missing" if one.missing else ""
        if one.words:
            parts.append(f"{name} in ({', '.join(quoted(word) for word in one.words)}){also}")
        ends = [
            (sign, end) for sign, end in ((">=", one.least), ("<=", one.most)) if end is not None
        ]
        parts += [
            f"{name} {sign} {end if isinstance(end, str) else repr(end)}{also}"
            for sign, end in ends
        ]
        if not one.words and not ends:
            parts.append(f"{name} is {'missing' if one.missing else 'not missing'}")
    return " and ".join(parts)


def quoted(text: str) -> str:
    """A name or a word as a line has it."""
    if re.fullmatch(r"[^\s<>=(),\"'\\]+", text) and text.lower() not in _KEYWORDS:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def sql(conditions: Filter, fields: Sequence[Field]) -> str:
    """What Lance filters by; empty where everything counts.

    Raises:
        QueryError: a column is not there, or a value is none of its kind.
    """
    return " AND ".join(_sql(one, _field(one.column, fields)) for one in conditions)


def _sql(one: Condition, field: Field) -> str:
    whole = field.field in ("width", "height")  # Lance compares these with no fraction
    name = f"CAST({field.field} AS DOUBLE)" if whole else field.field
    if one.only_missing:
        return f"({name} IS NULL)"
    parts = []
    if one.words:
        words = one.words if field.kind == "word" else [str(span(field, w)[0]) for w in one.words]
        if field.kind == "word":
            words = ["'" + word.replace("'", "''") + "'" for word in words]
        parts.append(f"{name} IN ({', '.join(words)})")
    if one.least is not None:
        parts.append(f"{name} >= {_literal(field, span(field, one.least)[0])}")
    if one.most is not None:
        parts.append(f"{name} <= {_literal(field, span(field, one.most)[1])}")
    if not parts:
        return f"({name} IS NOT NULL)"
    said = " AND ".join(parts)
    return f"(({said}) OR {name} IS NULL)" if one.missing else f"({said})"


def _literal(field: Field, value: float) -> str:
    """A number as SQL reads it back to the last digit.

    Raises:
        QueryError: a range of words.
    """
    if field.kind == "word":
        raise QueryError(f"The column {field.name!r} holds words, which have no order; list them.")
    return repr(value)


def box_sql(box: Box) -> str:
    """Of the scenes the middle of whose footprint lies in a box, for Lance."""
    west, south, east, north = (repr(float(edge)) for edge in box)
    x, y = (
        f"(({' + '.join(f'footprint[{corner}]' for corner in corners)}) / 4)"
        for corners in ((1, 3, 5, 7), (2, 4, 6, 8))
    )
    return f"{x} >= {west} AND {x} <= {east} AND {y} >= {south} AND {y} <= {north}"
