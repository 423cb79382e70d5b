"""`metadata.jsonl` or `metadata.csv` beside the pictures: the Hugging Face hub's image folder.

`file_name` is relative to the metadata file; captions stand in `text`, `caption` or another of
their usual names, as one text or a list, or nowhere. Folders called train, validation, test are
splits.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from cmpagl.data.caption_table import CAPTION, CLASS, IMAGE, SPLIT, caption_cells, read_table
from cmpagl.data.columns import Columns, cell_text, kept_columns
from cmpagl.data.description import USUAL_SPLITS, Description, Entry, Layout, Place
from cmpagl.data.found_text import read_json_lines
from cmpagl.errors import DataError

__all__ = ["LAYOUT", "captions_in", "columns_in"]


def _read(place: Place) -> Description | None:
    names = ("metadata.jsonl", "metadata.csv")
    if place.file is None:
        files = [f for f in place.candidates(*names, below=None) if f.name.lower() in names]
        # A metadata.csv that names no pictures tells of something else.
        files = [f for f in files if f.suffix != ".csv" or read_table(f).images is not None]
    else:
        files = place.candidates(".jsonl", ".ndjson")
    if not files:
        return None
    found = place.start(", ".join(place.relative(file) for file in files))
    found.images_root, found.files = found.root, place.scan.pictures()
    for file in files:
        found.read.add(place.relative(file))
        _add(found, place, file)
    if found.entries and not any(e.captions or e.fault for e in found.entries):
        found.source = ""  # pictures with dates and the like, but without captions
    return found


def _add(found: Description, place: Place, file: Path) -> None:
    folder = PurePosixPath(place.relative(file)).parent
    split = next((part for part in folder.parts if part in USUAL_SPLITS), None)
    for where, item, columns in _items(file):
        entry = Entry(f"{where} of {place.relative(file)}", "", split=split)
        found.entries.append(entry)
        if isinstance(item, DataError):
            entry.fault = str(item).removeprefix(f"{where} of {file.name} ").rstrip(".")
            continue
        name = _first(item, IMAGE) if isinstance(item, dict) else None
        if not isinstance(name, str):
            entry.fault = "is no object with a 'file_name'"
            continue
        entry.name = name if folder == PurePosixPath(".") else f"{folder}/{name}"
        entry.captions = captions_in(item)
        entry.split = split or cell_text(_first(item, SPLIT))
        entry.class_name = cell_text(_first(item, CLASS))
        entry.columns = columns


def _items(file: Path) -> Iterator[tuple[str, Any, Columns]]:
    """What each line of it says, where, and what further columns it has."""
    if file.suffix.lower() != ".csv":
        for number, item in read_json_lines(file):
            yield f"line {number:,}", item, columns_in(item) if isinstance(item, dict) else ()
        return
    table = read_table(file)
    for row in table.rows():
        item = {"image": row.image, "captions": list(row.captions)}
        item |= {"split": row.split, "class": row.class_name}
        yield f"row {row.number}", item, row.columns


def captions_in(item: dict[str, Any]) -> list[Any]:
    """The captions that an object holds under one of their usual names; a text may be a list."""
    value = _first(item, CAPTION)
    if isinstance(value, list):
        return [v.get("raw") if isinstance(v, dict) else v for v in value]
    return [] if value is None else caption_cells(value) if isinstance(value, str) else [value]


def columns_in(item: dict[str, Any]) -> Columns:
    """What an object says beside image, captions, split and class."""
    used = {_key(item, names) for names in (IMAGE, CAPTION, SPLIT, CLASS)}
    return kept_columns({key: value for key, value in item.items() if key not in used})


def _key(item: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """Under which of its usual names an object says something."""
    lower = {str(key).lower(): key for key, value in item.items() if value is not None}
    return next((lower[name] for name in names if name in lower), None)


def _first(item: dict[str, Any], names: tuple[str, ...]) -> Any:  # noqa: ANN401
    key = _key(item, names)
    return None if key is None else item[key]


LAYOUT = Layout(
    name="image folder with metadata",
    looks="metadata.jsonl or metadata.csv beside the pictures (the hub's image folder)",
    order=40,
    read=_read,
    suffixes=(".jsonl", ".ndjson"),
)
