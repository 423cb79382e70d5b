"""`metadata.jsonl`, `.csv` or `.parquet` beside the pictures: the hub's image folder.

`file_name` is relative to the metadata file; captions stand in `text`, `caption` or another of
their usual names, as one text or a list, or nowhere. Folders called train, validation, test are
splits.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from cmpagl.data.caption_table import read_table
from cmpagl.data.caption_values import captions_of
from cmpagl.data.columns import Columns, cell_text, kept_columns
from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.field_names import CLASS, IMAGE, SPLIT, caption_fields, columns_of, first_of
from cmpagl.data.found_text import read_json_lines
from cmpagl.data.parquet_rows import text_rows
from cmpagl.data.split_names import split_in, split_of_folders
from cmpagl.errors import DataError

__all__ = ["LAYOUT", "add_item", "captions_in", "columns_in"]


def _read(place: Place) -> Description | None:
    names = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
    if place.file is None:
        files = [f for f in place.candidates(*names, below=None) if f.name.lower() in names]
        # A metadata.csv that names no pictures tells of something else.
        files = [f for f in files if f.suffix.lower() != ".csv" or _names_pictures(f)]
    else:
        files = place.candidates(".jsonl", ".ndjson")
    if not files:
        return None
    found = place.start(", ".join(place.relative(file) for file in files))
    found.images_root, found.files = found.root, place.scan.pictures()
    for file in files:
        found.read.add(place.relative(file))
        _add(found, place, file)
    if place.file is not None and all(entry.fault for entry in found.entries):
        return None  # objects of another form
    if found.entries and not any(e.captions or e.fault for e in found.entries):
        found.source = ""  # pictures with dates and the like, but without captions
    return found


def _names_pictures(file: Path) -> bool:
    return read_table(file).images is not None


def _add(found: Description, place: Place, file: Path) -> None:
    name = place.relative(file)
    split = split_in(file.stem) or split_of_folders(name)
    folder = PurePosixPath(name).parent
    if not place.scan.pictures(str(folder)):  # no picture lies below it, so names are from the top
        folder = PurePosixPath(".")
    for where, item, columns in _items(file):
        entry = Entry(f"{where} of {name}", "", split=split)
        found.entries.append(entry)
        if isinstance(item, DataError):
            entry.fault = str(item).removeprefix(f"{where} of {file.name} ").rstrip(".")
        else:
            add_item(entry, item, folder)
            entry.columns = columns


def add_item(entry: Entry, item: Any, folder: PurePosixPath) -> None:  # noqa: ANN401
    """What an object says of a picture: its name from a folder on, captions, split and class."""
    name = _first(item, IMAGE) if isinstance(item, dict) else None
    if not isinstance(name, str):
        entry.fault = "is no object with a 'file_name'"
        return
    entry.name = name if folder == PurePosixPath(".") else f"{folder}/{name}"
    entry.captions = captions_in(item)
    if not entry.split:
        entry.take_split(_first(item, SPLIT))
    entry.class_name = cell_text(_first(item, CLASS))
    entry.columns = columns_in(item)


def _items(file: Path) -> Iterator[tuple[str, Any, Columns]]:
    """What each line of it says, where, and what further columns it has."""
    if file.suffix.lower() == ".parquet":
        for number, item in enumerate(text_rows(file) or [], 1):
            yield f"row {number:,}", item, columns_in(item)
        return
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
    """The captions that an object holds under their usual names; a text may be a list."""
    said = {str(key): value for key, value in item.items() if value is not None}
    keys = list(said)
    return [caption for at in caption_fields(keys) for caption in captions_of(said[keys[at]])]


def columns_in(item: dict[str, Any]) -> Columns:
    """What an object says beside image, captions, split and class."""
    keys = [key for key, value in item.items() if value is not None]
    image, captions, split, class_name = columns_of(list(map(str, keys)))
    used = {image, split, class_name, *captions}
    return kept_columns({key: item[key] for at, key in enumerate(keys) if at not in used})


def _first(item: dict[str, Any], names: tuple[str, ...]) -> Any:  # noqa: ANN401
    """What an object says under the best of some names."""
    keys = [key for key, value in item.items() if value is not None]
    at = first_of(list(map(str, keys)), names)
    return None if at is None else item[keys[at]]


LAYOUT = Layout(
    name="image folder with metadata",
    order=40,
    read=_read,
    suffixes=(".jsonl", ".ndjson"),
)
