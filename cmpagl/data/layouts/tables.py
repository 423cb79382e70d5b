"""One or more tables (`*.csv`, `*.tsv` and the like) with a column of images and one of captions.

One row a caption, or all captions of an image in one cell as a list, or in numbered columns.
Optionally the columns split and class. Without a split column, the file's name is the split if it
has the word of one (train, val, ...), or if there are several files. A list of pictures' names with
a caption each needs no header; a `.txt` is read so where it is given.
"""

from __future__ import annotations

from pathlib import Path

from cmpagl.data.caption_table import Table, read_table
from cmpagl.data.columns import joined_columns
from cmpagl.data.description import MISSING, Description, Entry, Layout, Place
from cmpagl.data.picture_names import PictureNames
from cmpagl.data.split_names import split_in
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]

_TABLES = (".csv", ".tsv", ".tab", ".psv")


def _read(place: Place) -> Description | None:
    found = place.start("")
    readable = []
    pictures = PictureNames(place.scan.pictures())
    for file in place.candidates(*_TABLES, *([".txt"] if place.file else [])):
        table = read_table(file, pictures)
        if table.images is not None and table.captions:
            readable.append((file, table))
        elif table.images is not None and table.has_sentences():
            raise DataError(
                f"{file} names images, but which of its columns ({', '.join(table.header)}) holds "
                "the captions is not clear: call it 'caption'."
            )
        elif file.name != "classes.csv":
            header = ", ".join(table.header) or "nothing"
            found.notices.append((file.name, f"has no image and caption columns (but {header})"))
    if not readable:
        return found if found.notices else None
    for file, table in readable:
        split = split_in(file.stem) or (file.stem if len(readable) > 1 else None)
        _add_rows(found, file, table, split)
        found.read.add(place.relative(file))
        found.notes += [f"{file.name}: {note}" for note in table.notes]
    found.source = ", ".join(file.name for file, _ in readable)
    return found


def _add_rows(found: Description, file: Path, table: Table, split_of_file: str | None) -> None:
    by_name: dict[str, Entry] = {}
    for row in table.rows():
        name = "" if row.image.lower() in MISSING else row.image
        split, class_name = (
            None if value.lower() in MISSING else value for value in (row.split, row.class_name)
        )
        entry = Entry(
            f"row {row.number} of {file.name}",
            name,
            list(row.captions),
            split or split_of_file,
            class_name,
            row.fault,
            columns=row.columns,
        )
        known = by_name.get(name)
        if known and not entry.fault:
            pairs = ((known.split, entry.split), (known.class_name, entry.class_name))
            if any(a and b and a != b for a, b in pairs):
                entry.fault = f"gives the image another split or class than {known.where}"
            else:
                known.split, known.class_name = (a or b for a, b in pairs)
                known.captions += entry.captions
                if known.columns != entry.columns:
                    known.columns = joined_columns(known.columns, entry.columns)
                continue
        if name and not entry.fault:
            by_name[name] = entry
        found.entries.append(entry)


LAYOUT = Layout(
    name="tables",
    order=60,
    read=_read,
    suffixes=(*_TABLES, ".txt"),
)
