"""A .npy file that grows by rows: what is made of many images never has to fit in memory.

NumPy pads the header of its files so that the number of rows can be rewritten in place.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["GrowingArray"]


class GrowingArray:
    """Rows appended to a file; after `flush` the file is a whole .npy of all of them.

    Args:
        path: the file.
        row_shape: shape of one row.
        dtype: of the values.
        rows: how many rows of an existing file are kept; what lies behind them goes. With 0 the
            file starts anew.

    Raises:
        ValueError: the file has fewer rows than are to be kept.
    """

    def __init__(
        self, path: Path, row_shape: tuple[int, ...], dtype: npt.DTypeLike, rows: int = 0
    ) -> None:
        self.row_shape, self.dtype, self.rows = row_shape, np.dtype(dtype), rows
        length = len(self._header()) + rows * int(np.prod(row_shape)) * self.dtype.itemsize
        if rows and (not path.is_file() or path.stat().st_size < length):
            raise ValueError(f"{path} has fewer than {rows} rows")
        self._file = open(path, "r+b" if rows else "w+b")  # noqa: SIM115 - closed by `close`
        if not rows:
            self._file.write(self._header())
        self._file.truncate(length)
        self._file.seek(length)

    def _header(self) -> bytes:
        buffer = io.BytesIO()
        said: dict[str, Any] = {
            "descr": np.lib.format.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (self.rows, *self.row_shape),
        }
        np.lib.format.write_array_header_1_0(buffer, said)
        return buffer.getvalue()

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add (k, *row_shape) values."""
        if rows.shape[1:] != self.row_shape:
            raise ValueError(f"rows of shape {rows.shape[1:]} do not fit {self.row_shape}")
        self._file.write(np.ascontiguousarray(rows, dtype=self.dtype).data)
        self.rows += len(rows)

    def flush(self) -> None:
        """Bring everything to the disk: first the rows, then their number."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.seek(0)
        self._file.write(self._header())
        self._file.seek(0, os.SEEK_END)
        self._file.flush()

    def close(self) -> None:
        """Let go of the file; what was not flushed may be lost."""
        self._file.close()
