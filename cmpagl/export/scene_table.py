"""An answer as a table in text: a row a scene, its middle and its footprint with it."""

from __future__ import annotations

from pathlib import Path

from cmpagl.export.answer import Answer, Item
from cmpagl.export.spreadsheet import csv_text
from cmpagl.files import write_text

__all__ = ["scenes_csv", "write_csv"]


def scenes_csv(answer: Answer) -> str:
    """The table, its first row the names; every row says what it was asked with."""
    rows = [{**item.properties(), **_place(item), **answer.facts()} for item in answer.items]
    return csv_text(rows, list(rows[0]) if rows else ["rank"])


def write_csv(answer: Answer, out: Path) -> None:
    """Write it."""
    write_text(out, scenes_csv(answer))


def _place(item: Item) -> dict[str, object]:
    longitude, latitude = item.centre or (None, None)
    ring = [*item.corners, item.corners[0]] if len(item.corners) > 1 else item.corners
    pairs = ", ".join(f"{x:.7f} {y:.7f}" for x, y in ring)
    text = f"POLYGON (({pairs}))" if len(ring) > 1 else f"POINT ({pairs})" if ring else None
    return {"longitude": longitude, "latitude": latitude, "footprint": text}
