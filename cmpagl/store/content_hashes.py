"""The content digests of an index's pictures as hex, as a sequence that is read when asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cmpagl.store.stored_rows import StoredRows

__all__ = ["ContentHashes"]

KEPT = 4096
"""Beginnings whose picture is remembered: marks and tags ask for the same ones again and again."""


class ContentHashes(Sequence[str]):
    """The content digests of a store's pictures as hex."""

    def __init__(self, rows: StoredRows) -> None:
        """Of the rows of a store."""
        self._rows = rows
        self._found: dict[str, int | None] = {}  # what was looked for before, at most `KEPT`

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rows)

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> list[str]: ...
    def __getitem__(self, number: int | slice) -> str | list[str]:
        """One, or several."""
        if isinstance(number, slice):
            return [value.as_py().hex() for value in self._rows.column("content_digest")[number]]
        digest: bytes = self._rows.row(int(number))["content_digest"]
        return digest.hex()

    def find(self, start: str) -> int | None:
        """The first that begins so; None: none does."""
        if start not in self._found:
            if len(self._found) >= KEPT:
                self._found.clear()
            self._found[start] = self._look_for(start)
        return self._found[start]

    def _look_for(self, start: str) -> int | None:
        try:
            whole = bytes.fromhex(start[: len(start) // 2 * 2])
        except ValueError:
            return None
        column = self._rows.column("content_digest").cast(pa.binary())
        found = np.flatnonzero(pc.starts_with(column, whole).to_numpy())
        return next((int(n) for n in found if self[int(n)].startswith(start)), None)
