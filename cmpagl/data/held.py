"""Pictures that are no files of their own: members of a tar, cells of a parquet table.

Both are read where they lie; nothing is unpacked.
"""

from __future__ import annotations

import hashlib
import threading
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from PIL import Image

from cmpagl.data.decode import MAX_PIXELS, check_file, decode
from cmpagl.data.picture import (
    digest_as_read,
    file_stamp,
    reading_from,
    reading_json,
    relative_path,
)
from cmpagl.data.stretch import Reading
from cmpagl.errors import DataError

__all__ = ["TablePicture", "TarPicture", "cell_bytes"]


@dataclass(frozen=True)
class _HeldPicture:
    """What the two have in common: their bytes lie in a file with others."""

    path: Path
    reading: Reading = field(default_factory=Reading, kw_only=True)

    @property
    @abstractmethod
    def name(self) -> str:
        """The file, and where in it."""

    @abstractmethod
    def content(self) -> bytes:
        """The picture's own bytes."""

    def read(self, *, side: int | None = None, max_pixels: int = MAX_PIXELS) -> Image.Image:
        """See `Picture.read`."""
        return decode(
            self.content(), self.name, reading=self.reading, side=side, max_pixels=max_pixels
        )

    def read_as(self, reading: Reading) -> Self:
        """See `Picture.read_as`."""
        return replace(self, reading=reading)

    def digest(self) -> str:
        """The digest of its own bytes, wherever they lie."""
        own = hashlib.blake2b(self.content(), digest_size=16).hexdigest()
        return digest_as_read(own, self.reading)

    def stamp(self) -> tuple[int, int] | None:
        """That of the file it lies in."""
        return file_stamp(self.path)


@dataclass(frozen=True)
class TarPicture(_HeldPicture):
    """A member of an uncompressed tar."""

    member: str
    offset: int  # of its bytes in the file
    length: int

    @property
    def name(self) -> str:
        """The tar and the member."""
        return f"{self.path}: {self.member}"

    def content(self) -> bytes:
        """See `_HeldPicture.content`.

        Raises:
            DataError: the tar is gone, or ends before.
        """
        check_file(self.path, self.name)
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            content = file.read(self.length)
        if len(content) < self.length:
            raise DataError(f"The image {self.name} cannot be read: the tar ends before.")
        return content

    def to_json(self, root: Path) -> dict[str, Any]:
        """See `Picture.to_json`."""
        return {
            "kind": "tar",
            "path": relative_path(self.path, root),
            "member": self.member,
            "offset": self.offset,
            "length": self.length,
            **reading_json(self.reading),
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any], path: Path) -> TarPicture:
        """What `to_json` wrote."""
        return cls(
            path,
            str(said["member"]),
            int(said["offset"]),
            int(said["length"]),
            reading=reading_from(said),
        )


@dataclass(frozen=True)
class TablePicture(_HeldPicture):
    """A cell of a parquet table: bytes, or as data sets keep them, bytes and a path."""

    column: str
    row: int

    @property
    def name(self) -> str:
        """The table and the row, counted from 0 as its readers do."""
        return f"{self.path}: row {self.row}"

    def content(self) -> bytes:
        """See `_HeldPicture.content`.

        Raises:
            DataError: the table is gone or has no such cell.
        """
        check_file(self.path, self.name)
        return cell_bytes(self.path, self.column, self.row)

    def to_json(self, root: Path) -> dict[str, Any]:
        """See `Picture.to_json`."""
        return {
            "kind": "table",
            "path": relative_path(self.path, root),
            "column": self.column,
            "row": self.row,
            **reading_json(self.reading),
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any], path: Path) -> TablePicture:
        """What `to_json` wrote."""
        return cls(path, str(said["column"]), int(said["row"]), reading=reading_from(said))


_ROWS = 32  # of pictures that are decoded from a table together
_KEPT = 4  # such groups that stay in memory: threads ask nearly in order

_Cells = list[bytes | None]


class _Reader:
    """Reads a table's pictures in their order, or from another place when asked for it."""

    def __init__(self, path: Path, column: str) -> None:
        import pyarrow.parquet

        self._file = pyarrow.parquet.ParquetFile(path)
        self._column = column
        counts = [
            self._file.metadata.row_group(g).num_rows for g in range(self._file.num_row_groups)
        ]
        self._starts = [sum(counts[:g]) for g in range(len(counts) + 1)]
        self._next = 0
        self._groups: Iterator[_Cells] | None = None
        self._kept: OrderedDict[int, _Cells] = OrderedDict()
        self._lock = threading.Lock()

    def cell(self, row: int) -> bytes | None:
        """The bytes of a row; None where the cell is empty."""
        if not 0 <= row < self._starts[-1]:
            raise IndexError(f"it has {self._starts[-1]:,} rows")
        with self._lock:
            for start, cells in self._kept.items():
                if start <= row < start + len(cells):
                    return cells[row - start]
            if self._groups is None or not self._next <= row < self._next + 4 * _ROWS:
                group = next(g for g, start in enumerate(self._starts) if row < start) - 1
                self._next = self._starts[group]
                self._groups = self._cells(group)
            while True:
                start, cells = self._next, next(self._groups)
                self._next += len(cells)
                self._kept[start] = cells
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
                if row < self._next:
                    return cells[row - start]

    def _cells(self, group: int) -> Iterator[_Cells]:
        """Groups of cells from a row group on."""
        batches = self._file.iter_batches(
            _ROWS, row_groups=list(range(group, len(self._starts) - 1)), columns=[self._column]
        )
        for batch in batches:
            cells = batch.column(0).to_pylist()
            yield [cell.get("bytes") if isinstance(cell, dict) else cell for cell in cells]


_readers: OrderedDict[tuple[Path, str, tuple[int, int] | None], _Reader] = OrderedDict()
_readers_lock = threading.Lock()


def cell_bytes(path: Path, column: str, row: int) -> bytes:
    """A picture's bytes from a parquet table; reading rows in order is quick, jumping is not.

    Raises:
        DataError: the table cannot be read, or has no such cell.
    """
    name = f"The image {path}: row {row}"
    try:
        key = (path, column, file_stamp(path))
        with _readers_lock:
            reader = _readers.pop(key, None) or _Reader(path, column)
            _readers[key] = reader
            while len(_readers) > 2:
                _readers.popitem(last=False)
        content = reader.cell(row)
    except Exception as error:  # pyarrow raises a dozen kinds
        reason = str(error).split("\n")[0].rstrip(".") or type(error).__name__
        raise DataError(f"{name} cannot be read: {reason}.") from error
    if not isinstance(content, bytes):
        raise DataError(f"{name} cannot be read: the cell is empty.")
    return content
