"""The rows of one table at the version that is whole: checked when opened, arrays when used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cmpagl.errors import GalleryError
from cmpagl.store.digest import digest_column, total
from cmpagl.store.rows import check_rows, check_vectors, floats, map_digests, places, refuse
from cmpagl.store.tables import TableRows, read_errors

if TYPE_CHECKING:
    import lance

__all__ = ["StoredRows"]

FloatArray = npt.NDArray[np.float32]


class StoredRows:
    """One table of a store at its whole version: rows checked, arrays read when asked for."""

    def __init__(
        self, data: lance.LanceDataset, columns: Sequence[str], said: TableRows, what: str
    ) -> None:
        self.data, self.path, self._what = data, str(data.uri), what
        with read_errors(Path(self.path)):
            extra = [name for name in ("tokens_digest",) if name in data.schema.names]
            self.table = data.to_table(columns=[*columns, "digest", *extra]).combine_chunks()
            refuse(check_rows(self.table), self._names, self.path, f"the record of {what}")
            digests = self.table.column("digest").to_numpy()
        found = TableRows(len(self.table), total(digests))
        if found != said:
            raise GalleryError(
                f"{self.path} has {found.rows:,} rows where its description says {said.rows:,}, or "
                "others than were written; make the index again."
            )

    @property
    def _names(self) -> pa.ChunkedArray:
        return self.table.column(1 if self.table.column_names[0] == "key" else 0)

    def vectors(self) -> FloatArray:
        """All vectors (n, E + EXTRA)."""
        with read_errors(Path(self.path)):
            column = self.data.to_table(columns=["vector"]).column("vector")
            read = self.table.append_column("vector", column)
            sound = check_vectors(digest_column(self.table.column(0)), read)
        refuse(sound, self._names, self.path, f"the vector of {self._what}")
        return floats(column)

    def places(self) -> FloatArray:
        """The places on the maps, (n, 6)."""
        with read_errors(Path(self.path)):
            read = self.data.to_table(columns=["map", "map_digest"])
            column = read.column("map")
            key = digest_column(self.table.column(0))
            known = column.is_valid().to_numpy()
            said = read.column("map_digest").fill_null(0).to_numpy()
            sound = (map_digests(key, column) == said) | ~known
        refuse(sound, self._names, self.path, f"the place of {self._what}")
        return places(column)
