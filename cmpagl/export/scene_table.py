"""An answer as a table in text: a row a scene, its middle and its footprint with it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from cmpagl.export.answer import Answer, Item
from cmpagl.files import write_text

__all__ = ["csv_text", "write_csv"]


def csv_text(answer: Answer) -> str:
    """The table, its first row the names; every row says what it was asked with."""
    buffer = io.StringIO()
    rows = [{**item.properties(), **_place(item), **answer.facts()} for item in answer.items]
    names = list(rows[0]) if rows else ["rank"]
    out = csv.DictWriter(buffer, names, lineterminator="\r\n")
    out.writeheader()
    out.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return buffer.getvalue()


def write_csv(answer: Answer, out: Path) -> None:
    """Write it."""
    write_text(out, csv_text(answer))


def _place(item: Item) -> dict[str, object]:
    longitude, latitude = item.centre or (None, None)
    ring = [*item.corners, item.corners[0]] if len(item.corners) > 1 else item.corners
    pairs = ", ".join(f"{x:.7f} {y:.7f}" for x, y in ring)
    text = f"POLYGON (({pairs}))" if len(ring) > 1 else f"POINT ({pairs})" if ring else None
    return {"longitude": longitude, "latitude": latitude, "footprint": text}


def _cell(value: object) -> object:
    """A spreadsheet must not take a caption for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
