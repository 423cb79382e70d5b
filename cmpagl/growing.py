"""Arrays that grow on disk: what is made of many images never has to fit in memory.

`GrowingArray` is a .npy file that takes rows; NumPy pads the header of its files so that the number
of rows can be rewritten in place. `grow` fills several of them with what is computed of a list of
items, chunk by chunk, so that a run killed at any moment goes on from there.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.files import write_json

__all__ = ["GrowingArray", "Rows", "grow", "map_array", "stored_rows"]

FLUSH_SECONDS = 2.0


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


def map_array(path: Path) -> npt.NDArray[Any]:
    """Map a .npy file read-only; one without rows, which cannot be mapped, is read."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:
        array = np.load(path, allow_pickle=False)
    return np.asarray(array)


def stored_rows(path: Path) -> int:
    """How many rows a `GrowingArray` has flushed to ``path``; 0 where there is none."""
    try:
        return len(map_array(path))
    except (OSError, ValueError):
        return 0


@dataclass(frozen=True)
class Rows:
    """One array of `grow`."""

    shape: tuple[int, ...]  # of one row
    dtype: npt.DTypeLike
    starts: npt.NDArray[np.int64] | None = None  # (items + 1,) first row of each; None: one each

    def before(self, item: int) -> int:
        """How many rows the items before ``item`` have."""
        return item if self.starts is None else int(self.starts[item])


def grow(
    folder: Path,
    arrays: Mapping[str, Rows],
    total: int,
    compute: Callable[[int, int], Sequence[npt.NDArray[Any]]],
    *,
    at_once: int,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Compute what is not yet there, and open it.

    The items come in chunks of fixed composition, each counted as done only when its rows are on
    the disk: a run killed at any moment goes on from there and ends with the same bytes.

    Args:
        folder: of the arrays, one ``NAME.npy`` each, and of the count. Its name must tell
            everything that decides the content.
        arrays: by name.
        total: how many items there are.
        compute: gives, for items ``start`` to ``end``, the rows of each array.
        at_once: items in a chunk.
        progress: called with (done, total) after each chunk; may raise to stop, which loses
            nothing.

    Returns:
        the arrays by name, mapped.
    """
    state = folder / "done.json"
    folder.mkdir(parents=True, exist_ok=True)
    done = _done(state)
    if not 0 <= done <= total or not _sound(folder, arrays, done, whole=done == total):
        done = _clear(folder, arrays)
    if 0 < done == total and _kept_digests(state) not in (None, _digests(folder, arrays)):
        done = _clear(folder, arrays)
    if done < total or not state.is_file():
        try:
            files = _opened(folder, arrays, done)
        except ValueError:  # cut short
            done = _clear(folder, arrays)
            files = _opened(folder, arrays, done)
        flushed = done
        last = time.monotonic()

        def flush() -> None:
            for file in files:
                file.flush()
            whole = {"digests": _digests(folder, arrays)} if done == total else {}
            write_json(state, {"items": done, **whole})

        try:
            while done < total:
                end = min(done + at_once, total)
                for file, rows in zip(files, compute(done, end), strict=True):
                    file.append(rows)
                done = end
                if done == total or time.monotonic() - last >= FLUSH_SECONDS:
                    flush()
                    flushed, last = done, time.monotonic()
                if progress is not None:
                    progress(done, total)
        finally:
            if flushed < done:
                flush()
            for file in files:
                file.close()
    return {name: map_array(folder / f"{name}.npy") for name in arrays}


def _opened(folder: Path, arrays: Mapping[str, Rows], done: int) -> list[GrowingArray]:
    return [
        GrowingArray(folder / f"{name}.npy", rows.shape, rows.dtype, rows.before(done))
        for name, rows in arrays.items()
    ]


def _done(state: Path) -> int:
    """How many items are done; -1: nobody can tell."""
    if not state.exists():
        return 0
    try:
        items = json.loads(state.read_text(encoding="utf-8"))["items"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return -1
    return items if type(items) is int else -1


def _digests(folder: Path, arrays: Mapping[str, Rows]) -> dict[str, str]:
    """A hash of each array's file."""
    found = {}
    for name in arrays:
        with open(folder / f"{name}.npy", "rb") as file:
            found[name] = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
    return {name: digest.hexdigest() for name, digest in found.items()}


def _kept_digests(state: Path) -> object:
    """Those that were noted when all was done; None: of an earlier version, which noted none."""
    said = json.loads(state.read_text(encoding="utf-8"))  # by now known to be sound
    return said.get("digests")


def _sound(folder: Path, arrays: Mapping[str, Rows], done: int, *, whole: bool) -> bool:
    """Whether the arrays are of their form and, where all is done, have all rows."""
    for name, rows in arrays.items() if done else ():
        try:
            array = map_array(folder / f"{name}.npy")
        except (OSError, ValueError, EOFError):
            return False
        if array.shape[1:] != rows.shape or array.dtype != rows.dtype:
            return False
        if whole and len(array) != rows.before(done):
            return False
    return True


def _clear(folder: Path, arrays: Mapping[str, Rows]) -> int:
    """Take damaged work out, and nothing else that lies there; 0 items are done then."""
    for name in ("done.json", *(f"{name}.npy" for name in arrays)):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return 0
