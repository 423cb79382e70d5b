"""One table of a store while it is written: rows and columns, versions and descriptions.

Every commit is a version of a table. The one that is whole carries the tag `WHOLE` and describes
itself: with which model it was made, how many rows both tables have and what their digests add up
to, and which version of the captions belongs to it. Whoever opens a store opens that version; a
run that is killed leaves later versions, from which the next run goes on.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cmpagl.errors import GalleryError
from cmpagl.store.description import Description, TableRows
from cmpagl.store.digest import total
from cmpagl.store.disk import read_errors
from cmpagl.store.location import Location, names_in, remove_table

if TYPE_CHECKING:
    import lance

__all__ = ["DAMAGED", "KEY", "NEW", "WHOLE", "Table", "opened_table"]

WHOLE = "whole"
NEW = "new_"  # before the name of a column that takes another's place
KEY = "cmpagl"  # of the description in a table's configuration
COMPACT_ABOVE = 4  # fragments; fewer cost a reader nothing
FRAGMENT_ROWS = 20_000
DAMAGED = (GalleryError, OSError, RuntimeError, ValueError)
"""What Lance, and we, raise of a table that cannot be read."""
KEPT_FOR = timedelta(days=1)  # old versions, for pages that are open on them


class Table:
    """One Lance table of a store, at its newest version; commits go to it."""

    def __init__(self, folder: Location, name: str) -> None:
        self.path = folder / f"{name}.lance"
        self._data: lance.LanceDataset | None = None

    @property
    def exists(self) -> bool:
        """Whether there is any version."""
        with read_errors(self.path):
            return "_versions" in names_in(self.path)

    @property
    def data(self) -> lance.LanceDataset:
        """The newest version."""
        if self._data is None:
            with read_errors(self.path):
                self._data = opened_table(self.path)
        return self._data

    def start(self, schema: pa.Schema) -> None:
        """Begin with no rows; versions that are there stay behind it."""
        mode = "overwrite" if self.exists else "create"
        from lance import write_dataset

        self._data = write_dataset(
            schema.empty_table(), str(self.path), mode=mode, data_storage_version="stable"
        )

    def append(self, rows: pa.Table) -> None:
        """Commit new rows."""
        if len(rows):
            from lance import write_dataset

            with self._in_full():
                write_dataset(rows, self.data, mode="append")

    def append_written(self, fragments: Sequence[str]) -> None:
        """Commit new rows that lie in files of the table already, as Lance writes these down."""
        from lance import FragmentMetadata, LanceDataset, LanceOperation

        found = [FragmentMetadata.from_json(one) for one in fragments]
        with self._in_full():
            append, version = LanceOperation.Append(found), self.data.version
            LanceDataset.commit(str(self.path), append, read_version=version)

    def upsert(self, key: str, rows: pa.Table) -> None:
        """Commit rows that take the place of those with the same key."""
        if len(rows):
            with self._in_full():
                merge = self.data.merge_insert(key)
                merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def delete(self, key: str, values: Sequence[str] | Sequence[int]) -> None:
        """Commit the absence of rows by their keys."""
        for start in range(0, len(values), 1000):
            part = values[start : start + 1000]
            said = ", ".join(
                "'" + v.replace("'", "''") + "'" if isinstance(v, str) else str(v) for v in part
            )
            self.data.delete(f"{key} IN ({said})")
        self.reload()

    def set_columns(self, columns: pa.Table, old: Sequence[str] = ()) -> None:
        """Put some columns of all rows, in order, in the place of those called alike and ``old``.

        Nothing else is written. Killed in between, `finish_columns` completes it or takes it back.
        """
        names = columns.column_names
        self.finish_columns(names)
        if names:
            new = columns.rename_columns([NEW + name for name in names])
            with self._in_full():
                self.data.add_columns(new.to_reader())
        gone = [name for name in dict.fromkeys([*names, *old]) if name in self.data.schema.names]
        if gone:
            self.data.drop_columns(gone)
        self.reload()
        self.finish_columns(names)

    def add_empty(self, fields: Sequence[pa.Field]) -> None:
        """Add those columns that are not there yet, without values."""
        missing = [field for field in fields if field.name not in self.data.schema.names]
        if missing:
            self.data.add_columns(pa.schema(missing))
            self.reload()

    def finish_columns(self, names: Sequence[str]) -> None:
        """Complete what a killed `set_columns` of these began."""
        there = set(self.data.schema.names)
        new = [NEW + name for name in names if NEW + name in there]
        if new and any(name.removeprefix(NEW) in there for name in new):
            self.data.drop_columns(new)
        elif new:
            # Its types know one change a call, the call itself takes several.
            changes: Any = [{"path": name, "name": name.removeprefix(NEW)} for name in new]
            self.data.alter_columns(*changes)
        if new:
            self.reload()

    @contextmanager
    def _in_full(self) -> Iterator[None]:
        """Commit, and take it back where a file did not reach the disk in full.

        On a full disk, Lance may commit a data file whose end is missing.

        Raises:
            OSError: the disk is full.
        """
        before = self.data.version
        yield
        self.reload()
        if not isinstance(self.path, Path):
            return  # an object is there as a whole, or not at all
        for file in (f for g in self.data.get_fragments() for f in g.data_files()):
            path, size = self.path / "data" / file.path, file.file_size_bytes
            if size and path.is_file() and path.stat().st_size != size:
                self.restore(before)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def restore(self, version: int | str) -> None:
        """Commit an earlier version as the newest."""
        self._data = opened_table(self.path, version)
        self._data.restore()  # type: ignore[no-untyped-call]
        self.reload()

    def reload(self) -> None:
        """Look at the newest version again."""
        self._data = None

    def describe(self, description: Description) -> None:
        """Commit a description."""
        self.data.update_config({KEY: description.to_json()})
        self.reload()

    def description(self, version: int | None = None) -> Description | None:
        """The newest version's, or another's; None where it has none, or none that is sound."""
        try:
            data = self.data if version is None else opened_table(self.path, version)
            said = data.config().get(KEY)
            return None if said is None else Description.from_json(said)
        except DAMAGED:  # the last: there is no such version
            return None

    def added_since(self, version: int) -> npt.NDArray[np.int64] | None:
        """The numbers of rows that an earlier version had not; None where it had others, too.

        Rows are told apart by the digests of their vectors, which cover their names.
        """
        now, before = (
            data.to_table(columns=["vector_digest"]).column(0).to_numpy()
            for data in (self.data, opened_table(self.path, version))
        )
        there = np.isin(now, before)
        return np.flatnonzero(~there) if there.sum() == len(before) else None

    def add_up(self, column: str) -> TableRows:
        """How many rows there are, and what a column of their digests adds up to."""
        digests = self.data.to_table(columns=[column]).column(0).to_numpy()
        return TableRows(len(digests), total(digests))

    def compact(self) -> None:
        """Lay many small fragments together, so that reading stays quick."""
        small = [f for f in self.data.get_fragments() if f.physical_rows < FRAGMENT_ROWS]
        deleted = any(f.num_deletions for f in self.data.get_fragments())
        if len(small) > COMPACT_ABOVE or deleted:
            with self._in_full():
                self.data.optimize.compact_files(target_rows_per_fragment=FRAGMENT_ROWS)

    def tag(self) -> None:
        """Say that the newest version is whole."""
        tags = self.data.tags
        if WHOLE in tags.list():
            tags.update(WHOLE, self.data.version)
        else:
            tags.create(WHOLE, self.data.version)

    @property
    def tagged(self) -> int | None:
        """The version that is whole, if any is."""
        said = self.data.tags.list().get(WHOLE)
        return None if said is None else int(said["version"])

    def mend_tags(self) -> None:
        """Take out tags that are damaged: until a run has ended, no version is whole then."""
        data = self.data
        try:
            with read_errors(self.path):
                data.tags.list()
        except GalleryError:
            if not isinstance(self.path, Path):
                raise
            shutil.rmtree(self.path / "_refs" / "tags")
            self.reload()

    def remove(self) -> None:
        """Delete it, if it is there."""
        remove_table(self.path)
        self._data = None

    def clean_up(self, *, keep: bool) -> None:
        """Remove versions that nothing needs; with ``keep``, only those older than a day."""
        age = KEPT_FOR if keep else timedelta(0)
        with suppress(OSError):
            self.data.cleanup_old_versions(age, error_if_tagged_old_versions=False)


def opened_table(path: Location, version: int | str | None = None) -> lance.LanceDataset:
    """A table at a version; default the newest."""
    import lance  # 0.3 s, which a page that opens nothing yet does not wait for

    return lance.dataset(str(path), version=version)
