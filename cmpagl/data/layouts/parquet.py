"""Parquet tables with the pictures in them, as the Hugging Face hub keeps data sets.

An image column is bytes, or `{bytes, path}`; captions stand in a column of one of their usual
names, as one text or a list. Names of classes come from the hub's own note in the table. The split
is in the file's name (`train-00000-of-00004.parquet`) or that of its folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from cmpagl.data.caption_values import captions_of
from cmpagl.data.columns import cell_text, kept_columns
from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.field_names import columns_of
from cmpagl.data.held import TablePicture
from cmpagl.data.parquet_rows import image_column
from cmpagl.data.split_names import split_in, split_of_folders
from cmpagl.errors import DataError

__all__ = ["LAYOUT", "add_tables"]


def _read(place: Place) -> Description | None:
    files = place.candidates(".parquet", below=None)
    found = place.start(f"{len(files):,} parquet tables" if len(files) > 1 else "a parquet table")
    found.images_root, found.files = found.root, frozenset()
    add_tables(found, files, place.root)
    if not found.entries:
        return found if found.notices else None
    found.read |= {place.relative(file) for file in files}
    return found


def add_tables(found: Description, files: Sequence[Path], root: Path) -> None:
    """Make an entry of each row; the tables' names tell their splits.

    Raises:
        DataError: a table is damaged.
    """
    described = False
    for file in files:
        name = file.relative_to(root).as_posix()
        split = split_in(file.stem) or split_of_folders(name)
        described |= _add(found, file, name, split)
    found.notices += _missing([file.relative_to(root).as_posix() for file in files])
    if not described:
        found.source = ""  # pictures alone


def _missing(names: Sequence[str]) -> list[tuple[str, str]]:
    """A line for each table in parts, as the hub counts them, of which some are not there."""
    there: dict[tuple[str, int], set[int]] = {}
    for name in names:
        if part := re.fullmatch(r"(.*)-(\d{5})-of-(\d{5})(?:-\w+)?\.parquet", name):
            there.setdefault((part[1], int(part[3])), set()).add(int(part[2]))
    return [
        (f"{table}-*.parquet", f"lacks {total - len(parts):,} of its {total:,} parts")
        for (table, total), parts in there.items()
        if len(parts) < total
    ]


def _add(found: Description, file: Path, name: str, split: str | None) -> bool:
    """Add a table's rows; whether it has captions."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(file)
        schema = table.schema_arrow
        image = image_column(schema)
        if image is None:
            header = ", ".join(schema.names[:8])
            found.notices.append((name, f"has no column of pictures (but {header})"))
            return False
        _, captions, at_split, at_class = columns_of(schema.names)
        ours = {*captions, *[at for at in (at_split, at_class) if at is not None]}
        others = [at for at in _plain(schema) if at not in ours]
        columns = [schema.names[at] for at in sorted({*ours, *others})]
        inner = f"{image}.path" if pyarrow.types.is_struct(schema.field(image).type) else None
        rows = table.read(columns=[*columns, *([inner] if inner else [])]).to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise DataError(f"{file} is no whole parquet table ({reason}).") from error
    labels = _labels(schema, at_class)
    stem = name.removesuffix(".parquet")
    for number, row in enumerate(rows or [{}] * table.metadata.num_rows):
        path = (row.get(image) or {}).get("path") if inner else None
        base = f" {PurePosixPath(path).name}" if isinstance(path, str) and path else ""
        entry = Entry(f"row {number} of {name}", f"{stem}/{number:06d}{base}", split=split)
        entry.picture = TablePicture(file, image, number)
        for at in captions:
            entry.captions += captions_of(row[schema.names[at]])
        if at_split is not None and split is None:
            entry.split = cell_text(row[schema.names[at_split]])
        if at_class is not None:
            value = row[schema.names[at_class]]
            known = isinstance(value, int) and 0 <= value < len(labels)
            if labels and isinstance(value, int) and not known:
                if value != -1:  # the hub's "none"
                    entry.fault = f"has the class {value}, where {len(labels):,} are named"
                value = None
            entry.class_name = labels[value] if known else cell_text(value)
        entry.columns = kept_columns((schema.names[at], row[schema.names[at]]) for at in others)
        found.entries.append(entry)
    return bool(captions)


def _plain(schema: Any) -> list[int]:  # noqa: ANN401
    """The columns of numbers, dates, truths and texts."""
    from pyarrow import types

    numbers = (types.is_integer, types.is_floating, types.is_boolean, types.is_temporal)
    kinds = (*numbers, types.is_string, types.is_large_string)
    return [at for at, field in enumerate(schema) if any(kind(field.type) for kind in kinds)]


def _labels(schema: Any, at: int | None) -> list[str]:  # noqa: ANN401
    """The names of a column of class numbers, as the hub notes them in the table."""
    try:
        noted = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return [str(name) for name in noted[schema.names[at]]["names"]] if at is not None else []
    except (KeyError, TypeError, ValueError):
        return []


LAYOUT = Layout(
    name="parquet tables",
    order=55,
    read=_read,
    suffixes=(".parquet",),
)
