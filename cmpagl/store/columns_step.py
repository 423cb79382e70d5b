"""The step of the columns: from what each row's own table said to columns that can be filtered by.

They follow from the rows alone, so a run that finds them as they should be writes nothing, and one
that was killed in between makes them again.
"""

from __future__ import annotations

import re
from dataclasses import astuple, replace

from cmpagl.store.columns import typed_columns
from cmpagl.store.lance_table import NEW, Table
from cmpagl.store.work import Work

__all__ = ["add_columns", "finish_column_change"]

_OURS = re.compile(rf"({NEW})?c\d+")


def finish_column_change(scenes: Table) -> None:
    """Complete what a killed run began, or take it back."""
    there = scenes.data.schema.names
    scenes.finish_columns([n.removeprefix(NEW) for n in there if _OURS.fullmatch(n) and NEW in n])


def add_columns(work: Work) -> bool:
    """Bring the columns proper up to date with what the rows say; whether anything changed."""
    data = work.scenes.data
    read = data.to_table(columns=["columns", "footprint"])
    said = read.column("columns").to_pylist()
    fields, wanted = typed_columns(said, read.column("footprint"))
    names = [name for name in data.schema.names if _OURS.fullmatch(name)]
    work.description = replace(work.description, fields=[list(astuple(f)) for f in fields])
    if names == wanted.column_names:
        there = data.to_table(columns=names).combine_chunks()
        if not names or there.equals(wanted.combine_chunks()):
            return False
    work.scenes.set_columns(wanted, names)
    return True
