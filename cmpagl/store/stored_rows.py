"""One table of a store, read at its whole version: held in memory, or read when asked for.

A small table is held: who its rows are is read and checked at opening. A large one is *far*: at
opening only the rows' digests are added up, a row is read, and checked, when it is asked for, a
column when it is first needed. Vectors and the rest are read when first used in both.

Shapes: n rows, E embedding width, k rows asked for.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cmpagl.errors import GalleryError
from cmpagl.store.description import TableRows
from cmpagl.store.digest import digest_column, total
from cmpagl.store.disk import read_errors
from cmpagl.store.rows import (
    SAID_COLUMNS,
    check_columns,
    check_places,
    check_rows,
    check_vectors,
    floats,
    places,
    refuse,
)

if TYPE_CHECKING:
    import lance

__all__ = ["StoredRows", "list_offsets"]

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

ROWS_KEPT = 8192
"""Of a far table, rows that are remembered: those of some hundred answers."""


class StoredRows:
    """One table of a store at its whole version; rows are counted from 0 in the table's order."""

    def __init__(
        self,
        data: lance.LanceDataset,
        columns: Sequence[str],
        said: TableRows,
        what: str,
        *,
        far: bool,
    ) -> None:
        """Look at the table.

        Args:
            data: at its whole version.
            columns: that say who a row is, its key first.
            said: what its rows must add up to.
            what: a row is, for messages.
            far: read rows when asked for.

        Raises:
            GalleryError: it is damaged.
        """
        self.data, self.path, self.far, self._what = data, str(data.uri), far, what
        with read_errors(self.path):
            self.there: frozenset[str] = frozenset(data.schema.names)
        said_columns = [*SAID_COLUMNS, "columns_digest"] if "columns_digest" in self.there else []
        extra = [name for name in ("tokens_digest",) if name in self.there]
        self._who = [*columns, "digest", *extra, *said_columns]
        self._kept: dict[str, pa.ChunkedArray] = {}
        self._rows: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()
        with read_errors(self.path):
            read = data.to_table(columns=["digest"] if far else self._who).combine_chunks()
            if not far:
                self._check(read)
                self._kept = {name: read.column(name) for name in read.column_names}
            digests = read.column("digest").to_numpy()
        found = TableRows(len(read), total(digests))
        if found != said:
            raise GalleryError(
                f"{self.path} has {found.rows:,} rows where its description says {said.rows:,}, or "
                "others than were written; make the index again."
            )
        self._n = found.rows

    def __len__(self) -> int:
        """How many rows there are."""
        return self._n

    def _check(self, read: pa.Table) -> None:
        """Refuse rows that are not what was written; ``read`` has all columns of `_who`."""
        key = read.column(0)
        names = read.column(1) if read.column_names[0] == "key" else key
        refuse(check_rows(read), names, self.path, f"the record of {self._what}")
        if "columns_digest" in self._who:
            sound = check_columns(digest_column(key), read)
            refuse(sound, names, self.path, f"what is said further of {self._what}")

    # Who the rows are

    def column(self, name: str) -> pa.ChunkedArray:
        """A whole column; of a far table it is read at first use, and checked row by row later."""
        if name not in self._kept:
            with read_errors(self.path):
                read = self.data.to_table(columns=[name]).combine_chunks()
            self._kept[name] = read.column(name)
        return self._kept[name]

    def rows(self, numbers: Sequence[int] | IntArray) -> pa.Table:
        """Who some rows are, in the order asked for.

        Raises:
            GalleryError: one of them is damaged.
        """
        wanted = np.asarray(numbers, np.int64)
        if not self.far:
            taken = pa.array(wanted)
            return pa.table({name: self._kept[name].take(taken) for name in self._who})
        with read_errors(self.path):
            read = self.data.take(wanted.tolist(), columns=self._who)
        self._check(read)
        return read

    def row(self, number: int) -> dict[str, Any]:
        """Who one row is; of a far table it is remembered for a while."""
        if not self.far:
            return {name: self._kept[name][number].as_py() for name in self._who}
        if number not in self._rows:
            self.load([number])
        with self._lock:
            found = self._rows.get(number)
        return self.rows([number]).to_pylist()[0] if found is None else found

    def load(self, numbers: Sequence[int] | IntArray) -> None:
        """Read several rows of a far table at once, so that `row` answers from memory."""
        if not self.far:
            return
        missing = [
            number for number in dict.fromkeys(map(int, numbers)) if number not in self._rows
        ]
        if not missing:
            return
        found = self.rows(missing).to_pylist()
        with self._lock:
            self._rows.update(zip(missing, found, strict=True))
            while len(self._rows) > ROWS_KEPT:
                self._rows.popitem(last=False)

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Columns of all rows in order, thousands at a time; those of a far table are checked."""
        if not self.far:
            table = pa.table({name: self.column(name) for name in columns})
            yield from table.to_batches(max_chunksize=4096)
            return
        with read_errors(self.path):
            for batch in self.data.to_batches(columns=self._who, batch_size=4096):
                read = pa.Table.from_batches([batch])
                self._check(read)
                yield from read.select(columns).combine_chunks().to_batches()

    # Vectors and places

    def vectors(self) -> FloatArray:
        """All vectors (n, E + EXTRA)."""
        with read_errors(self.path):
            column = self.data.to_table(columns=["vector"]).column("vector")
        self._check_vectors(np.arange(self._n), column)
        return floats(column)

    def some_vectors(self, numbers: IntArray) -> FloatArray:
        """The vectors of some rows, (k, E + EXTRA)."""
        with read_errors(self.path):
            column = self.data.take(numbers.tolist(), columns=["vector"]).column("vector")
        self._check_vectors(numbers, column)
        return floats(column)

    def _check_vectors(self, numbers: IntArray, column: pa.ChunkedArray) -> None:
        taken = pa.array(numbers)
        key = digest_column(self.column(self._who[0]).take(taken))
        said = self.column("vector_digest").take(taken)
        sound = check_vectors(key, pa.table({"vector": column, "vector_digest": said}))
        refuse(sound, self._names.take(taken), self.path, f"the vector of {self._what}")

    def places(self) -> FloatArray:
        """The places on the maps, (n, 6)."""
        with read_errors(self.path):
            read = self.data.to_table(columns=["map", "map_digest"])
            sound = check_places(digest_column(self.column(self._who[0])), read)
        refuse(sound, self._names, self.path, f"the place of {self._what}")
        return places(read.column("map"))

    @property
    def _names(self) -> pa.ChunkedArray:
        """What messages call the rows: a caption's text, a scene's id."""
        return self.column(self._who[1] if self._who[0] == "key" else self._who[0])

    # Which rows

    def where(self, sql: str) -> IntArray:
        """The numbers of the rows of which a condition holds, ascending.

        Args:
            sql: as Lance reads it; never a user's own words (`cmpagl.store.where`).
        """
        with read_errors(self.path):
            read = self.data.to_table(columns=[], filter=sql, with_row_id=True)
        return np.sort(self.numbers_of(read.column("_rowid").to_numpy()))

    def numbers_of(self, row_ids: npt.NDArray[np.uint64]) -> IntArray:
        """The numbers of rows by what Lance calls them, (k,) each."""
        ids, order = self._by_id
        found = np.searchsorted(ids, row_ids)
        return np.asarray(found if order is None else order[found], np.int64)

    @cached_property
    def _by_id(self) -> tuple[npt.NDArray[np.uint64], IntArray | None]:
        """Lance's ids ascending, and whose they are; None: they ascend with the rows."""
        with read_errors(self.path):
            ids = self.data.to_table(columns=[], with_row_id=True).column("_rowid").to_numpy()
        if np.all(ids[1:] > ids[:-1]):
            return ids, None
        order = np.argsort(ids)
        return ids[order], order


def list_offsets(column: pa.ChunkedArray) -> IntArray:
    """Where each row's values begin in a flattened column of lists, and where the last ends."""
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    return np.concatenate([[0], np.cumsum(lengths)])
