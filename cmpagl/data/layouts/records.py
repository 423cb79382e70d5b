"""A file of objects, each a picture with its captions, under whatever name: BLIP's and others'.

    [{"image": "1.jpg", "caption": "a plane"}, ...]     a list, or one for each split or class
    {"1.jpg": ["a plane", "a hall"], ...}               captions by picture, or by split and picture
    {"image": "1.jpg", "caption": "a plane"}            one a line
    a parquet table with a column of names              and none of pictures

Read where it is given, or found by `cmpagl.data.layouts.elsewhere`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.field_names import IMAGE, columns_of, first_of
from cmpagl.data.found_text import read_json, read_json_lines
from cmpagl.data.layouts.metadata import add_item
from cmpagl.data.parquet_rows import text_rows
from cmpagl.data.picture_names import PictureNames, has_ending
from cmpagl.data.split_names import split_in, split_of_folders, usual_split
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]

_Item = tuple[str, Any, str | None]  # where, what, and in which split


def _read(place: Place) -> Description | None:
    if place.file is None or not place.candidates(*LAYOUT.suffixes):
        return None
    file, name = place.file, place.relative(place.file)
    found = place.start(name)
    pictures = PictureNames(place.scan.pictures())
    split = split_in(file.stem) or split_of_folders(name)
    items = [(*one[:2], one[2] or split) for one in _items(file, pictures)]
    for where, item, of in items:
        if isinstance(item, dict) and (key := _image_key(item, pictures)) is not None:
            entry = Entry(f"{where} of {name}", "", split=of)
            others = {k: v for k, v in item.items() if k != key and not _is_called_image(k)}
            add_item(entry, {"image": _path(item[key]), **others}, PurePosixPath("."))
            found.entries.append(entry)
        elif isinstance(item, DataError):
            found.entries.append(Entry(f"{where} of {name}", "", split=of, fault=_clause(item)))
    if not any(entry.captions for entry in found.entries):
        _require_clear(file, items, pictures)
        return None
    found.read.add(name)
    return found


def _clause(error: DataError) -> str:
    return f"is broken: {error}".rstrip(".")


def _items(file: Path, pictures: PictureNames) -> Iterator[_Item]:
    """The objects in a file."""
    suffix = file.suffix.lower()
    if suffix == ".parquet":
        yield from ((f"row {n:,}", row, None) for n, row in enumerate(text_rows(file) or [], 1))
    elif suffix == ".json" and not _is_lines(file):
        yield from _within(read_json(file), None, pictures)
    else:
        yield from ((f"line {n:,}", said, None) for n, said in read_json_lines(file))


def _is_lines(file: Path) -> bool:
    """Whether a .json holds a value a line instead of one."""
    try:
        read_json(file)
    except DataError:
        lines = read_json_lines(file)
        return len(lines) > 1 and not any(isinstance(said, DataError) for _, said in lines)
    return False


def _within(
    said: Any,  # noqa: ANN401 - whatever it holds
    split: str | None,
    pictures: PictureNames,
) -> Iterator[_Item]:
    """The objects in a list, in lists by split or class, or by the names of their pictures."""
    if isinstance(said, list):
        yield from ((f"item {n:,}", one, split) for n, one in enumerate(said, 1))
    elif isinstance(said, dict):
        keys = [str(key) for key in said]
        named = sum(has_ending(k) or bool(pictures.called(k, ending=False)) for k in keys)
        if 2 * named > len(said):
            words = sum(
                _has_sentence(value, 2) or isinstance(value, dict) for value in said.values()
            )
            for key, value in said.items() if 2 * words > len(said) else ():  # else classes
                item = value if isinstance(value, dict) else {"captions": value}
                yield f"{key!r:.80}", {"image": key, **item}, split
        elif rows := _by_column(said):
            yield from ((f"row {n:,}", row, split) for n, row in enumerate(rows, 1))
        else:
            for key, value in said.items():
                of = split or (str(key) if usual_split(str(key)) else None)
                if isinstance(value, list) or (of is not None and isinstance(value, dict)):
                    yield from (
                        (f"{w} in {key!r:.40}", o, s) for w, o, s in _within(value, of, pictures)
                    )


def _by_column(said: dict[Any, Any]) -> list[dict[Any, Any]]:
    """The rows of a table that is kept column by column, as pandas writes it."""
    image, captions, _, _ = columns_of([str(key) for key in said])
    columns = [list(v.values()) if isinstance(v, dict) else v for v in said.values()]
    alike = all(isinstance(c, list) and len(c) == len(columns[0]) for c in columns)
    if image is None or not captions or not alike:
        return []
    if not all(isinstance(name, str) for name in columns[image]):
        return []
    return [dict(zip(said, row, strict=True)) for row in zip(*columns, strict=True)]


def _image_key(item: Mapping[Any, Any], pictures: PictureNames) -> Any:  # noqa: ANN401
    """The key under which an object names its picture; None where it names none."""
    keys = [key for key, value in item.items() if isinstance(_path(value), str)]
    known = next((key for key in keys if pictures.knows(_path(item[key]))), None)
    if known is not None:
        return known
    at = first_of(list(map(str, keys)), (*IMAGE, "id", "key", "name"))
    if at is None:
        return None
    said = _path(item[keys[at]])
    plain = has_ending(said) or bool(pictures.called(said, ending=False))
    return keys[at] if plain or first_of([str(keys[at])], IMAGE) is not None else None


def _is_called_image(key: object) -> bool:
    return first_of([str(key)], ("image",)) is not None


def _path(value: Any) -> Any:  # noqa: ANN401
    """A picture's name, also where it is in an object or a list of one, or is a number."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = next((value[k] for k in ("path", "file_name", "filename") if k in value), None)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _require_clear(file: Path, items: list[_Item], pictures: PictureNames) -> None:
    """Refuse a file that names this folder's pictures and says something of them, under no name.

    Raises:
        DataError: it does.
    """
    objects = [item for _, item, _ in items if isinstance(item, dict)]
    known = [
        o for o in objects if any(isinstance(v, str) and pictures.knows(v) for v in o.values())
    ]
    if known and 2 * sum(map(_has_sentence, known)) > len(known):
        keys = ", ".join(map(str, known[0]))
        raise DataError(
            f"{file} names images, but which of its keys ({keys}) holds the captions is not "
            "clear: call it 'caption'."
        )


def _has_sentence(value: Any, words: int = 4) -> bool:  # noqa: ANN401
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return any(_has_sentence(one, words) for one in value)
    return isinstance(value, str) and len(value.split()) >= words


LAYOUT = Layout(
    name="objects",
    order=65,
    read=_read,
    suffixes=(".json", ".jsonl", ".ndjson", ".parquet"),
)
