"""The content hashes of an index's pictures: the names that links give them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["ContentHashes"]


class ContentHashes(Sequence[str]):
    """Content digests as hex."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        if isinstance(number, slice):
            return [value.as_py().hex() for value in self._column[number]]
        return self._column[number].as_py().hex()

    def find(self, start: str) -> int | None:
        """The first that begins so."""
        try:
            whole = bytes.fromhex(start[: len(start) // 2 * 2])
        except ValueError:
            return None
        found = np.flatnonzero(pc.starts_with(self._column.cast(pa.binary()), whole).to_numpy())
        return next((int(n) for n in found if self[int(n)].startswith(start)), None)
