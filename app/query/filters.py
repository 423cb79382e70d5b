"""Filters by the gallery's own columns: what a form offers, and what of it a link has set.

A link's ``where`` is a line as ``--where`` takes it (`cmpagl.store.where`). The form shows of it
what it can: a range, or words, of each column, and whether scenes count of which it says nothing.
"""

from __future__ import annotations

import json
from functools import lru_cache

from app.query.contract import ColumnOffered, FilterChip, Filters, FilterSet
from app.query.request import SearchRequest
from app.words.filters import FILTERS
from cmpagl.errors import QueryError
from cmpagl.store.columns import Column, Field, iso_date
from cmpagl.store.gallery import Gallery
from cmpagl.store.where import Condition, Filter, quoted, span, write_where

__all__ = ["columns_file", "filters_shown"]

DAY = 86_400.0  # seconds


def filters_shown(gallery: Gallery, request: SearchRequest) -> Filters:
    """Which filters of a request are in force, for ``filters.js``."""
    if request.find == "captions":
        return {"columns": "", "line": "", "set": {}, "chips": []}
    area: list[FilterChip] = []
    if request.area is not None:
        area.append({"text": FILTERS.area, "params": {"area": None}})
    try:
        where = gallery.read_where(request.where)
    except QueryError:  # told by who searches
        where, chips = (), [_chip(request.where, None)]
    else:
        chips = _chips(where)
    return {
        "columns": f"columns?v={gallery.version}" if gallery.far or _offered(gallery) else "",
        "line": request.where,
        "set": {
            name: _set(own, next(f for f in gallery.fields if f.name == name))
            for name, own in _by_column(where).items()
        },
        "chips": [*area, *chips],
    }


@lru_cache(maxsize=4)
def columns_file(gallery: Gallery) -> bytes:
    """What there is to filter by, as JSON: a list of `ColumnOffered`."""
    return json.dumps([_column(column) for column in _offered(gallery)]).encode()


def _offered(gallery: Gallery) -> list[Column]:
    """Columns that tell scenes apart; classes have a choice of their own."""
    classes = {field.name for field in gallery.fields if field.field == "class_name"}
    return [
        c for c in gallery.columns if c.distinct + (c.missing > 0) > 1 and c.name not in classes
    ]


def _column(column: Column) -> ColumnOffered:
    return {
        "name": column.name,
        "line": quoted(column.name),
        "kind": column.kind,
        "missing": column.missing,
        "least": _end(column.least, 7),
        "most": _end(column.most, 7),
        "words": [{"value": w, "line": quoted(w), "n": n} for w, n in column.values],
        "distinct": column.distinct,
    }


def _end(value: float | str | None, digits: int = 15) -> str:
    """The end of a range as a field of a form has it; a time of the day is left out."""
    return "" if value is None else value[:10] if isinstance(value, str) else f"{value:.{digits}g}"


# What is set


def _by_column(where: Filter) -> dict[str, Filter]:
    found: dict[str, Filter] = {}
    for one in where:
        found[one.column] = (*found.get(one.column, ()), one)
    return found


def _set(own: Filter, field: Field) -> FilterSet:
    """What a column is filtered by, as far as a form can show it."""
    lows, highs = ([c for c in own if getattr(c, end) is not None] for end in ("least", "most"))
    words = [c for c in own if c.words]
    ends = [_shown(field, c.least, first=True) for c in lows]
    ends += [_shown(field, c.most, first=False) for c in highs]
    alike = len({c.missing for c in own}) == 1
    told = max(len(lows), len(highs), len(words)) <= 1 and not (words and ends)
    plain = told and alike and None not in ends and own != (Condition(field.name),)
    return {
        "line": write_where(own),
        "plain": plain,
        "least": (ends[0] or "") if plain and lows else "",
        "most": (ends[-1] or "") if plain and highs else "",
        "words": [quoted(word) for c in words for word in c.words] if plain else [],
        "missing": plain and own[0].missing,
    }


def _shown(field: Field, end: float | str | None, *, first: bool) -> str | None:
    """The end of a range as a form shows it; None where it cannot, as at an hour of a day."""
    low, high = span(field, end if end is not None else "")
    if field.kind != "date":
        return _end(low)
    if first:
        return iso_date(low) if low % DAY == 0 else None
    return iso_date(high)[:10] if (high + 1) % DAY == 0 else None


def _chips(where: Filter) -> list[FilterChip]:
    """One for each column, with the line that is left without it."""
    by_column = _by_column(where)
    return [
        _chip(_said(own), write_where(tuple(c for c in where if c.column != name)) or None)
        for name, own in by_column.items()
    ]


def _chip(text: str, left: str | None) -> FilterChip:
    return {"text": text, "params": {"where": left}}


def _said(own: Filter) -> str:
    """A column's conditions in words."""
    name = own[0].column
    words = [word for c in own for word in c.words]
    lows, highs = (
        [e for c in own if (e := getattr(c, end)) is not None] for end in ("least", "most")
    )
    if words:
        text = FILTERS.is_.replace("{words}", ", ".join(words))
    elif lows and highs:
        text = FILTERS.between.format(least=_told(lows[-1]), most=_told(highs[-1]))
    elif lows or highs:
        text = (FILTERS.least if lows else FILTERS.most).format(end=_told((lows or highs)[-1]))
    else:
        return f"{name}: {FILTERS.no_value if own[0].missing else FILTERS.any_value}"
    also = f", {FILTERS.or_no_value}" if own[0].missing else ""
    return f"{name}: {text}{also}"[:120]


def _told(end: float | str) -> str:
    return end.removesuffix("T23:59:59") if isinstance(end, str) else f"{end:.10g}"
