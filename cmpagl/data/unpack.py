"""What somebody sends us, laid out in a folder: names made safe, ZIPs taken apart within bounds.

Nothing leaves the folder: no absolute name, none that climbs, no link, no device. A ZIP is read
entry by entry, and what comes out is counted while it comes, whatever the archive says of itself.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from cmpagl.data.records import Skipped
from cmpagl.errors import DataError
from cmpagl.files import FULL

__all__ = ["Unpacked", "safe_name", "unpack"]

DEEPEST = 20  # folders in folders
LONGEST = 200  # bytes of a name, and of a folder's
CHUNK = 1 << 20
ENTRY = 300  # bytes of an entry in a ZIP's list, at most about
MANY = "it holds too many files; at most {most:,} pictures fit"
_SYSTEM = re.compile(r"(^|/)(__MACOSX|\.[^/.][^/]*|Thumbs\.db|desktop\.ini)(/|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Unpacked:
    """What came out of a ZIP."""

    files: int
    size: int  # bytes
    refused: tuple[Skipped, ...]


def safe_name(name: str) -> PurePosixPath:
    """A name as somebody sent it, as a path that stays in its folder.

    Raises:
        DataError: it is absolute, climbs, is too deep or too long, or has control characters; a
            clause without the name.
    """
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if plain.startswith("/") or re.match(r"[A-Za-z]:", plain) or ".." in parts:
        raise DataError("its path leaves the folder")
    if not parts or any(not c.isprintable() for c in plain):
        raise DataError("its name cannot be used as a file's")
    if len(parts) > DEEPEST or any(len(part.encode()) > LONGEST for part in parts):
        raise DataError(f"its path is too long: at most {DEEPEST} folders, {LONGEST} bytes a name")
    return PurePosixPath(*parts)


def unpack(
    archive: Path,
    out: Path,
    *,
    most_files: int,
    most_bytes: int,
    go_on: Callable[[], None] = lambda: None,
) -> Unpacked:
    """Take a ZIP apart.

    Args:
        archive: the ZIP.
        out: an empty folder, or none yet.
        most_files: that may come out.
        most_bytes: that may come out; at the first one more, nothing further is read.
        go_on: called again and again; may raise to stop.

    Raises:
        DataError: it is no ZIP, or holds more than is allowed; a clause without its name.
    """
    most_entries = 4 * most_files + 1000  # a picture may have files beside it
    try:
        with (
            _Bounded(archive, most_entries * ENTRY) as file,
            zipfile.ZipFile(cast(IO[bytes], file)) as opened,
        ):
            if len(opened.infolist()) > most_entries:
                raise DataError(MANY.format(most=most_files))
            return _take_apart(opened, out, most_bytes, go_on)
    except _LongError as error:
        raise DataError(MANY.format(most=most_files)) from error
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, struct.error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"it is no ZIP that can be read ({_short(error)})") from error


class _LongError(Exception):
    """A directory of more than so many bytes."""


class _Bounded:
    """A file of which no more is read at once than its longest part may have.

    A ZIP's list of entries is read as a whole, and becomes some ten times as much in memory.
    """

    def __init__(self, path: Path, most: int) -> None:
        self._file = open(path, "rb")  # noqa: SIM115
        self._most = max(most, 2 * CHUNK)
        self.seek, self.tell, self.seekable = self._file.seek, self._file.tell, lambda: True

    def read(self, size: int = -1) -> bytes:
        if size > self._most:
            raise _LongError
        found = self._file.read(self._most + 1 if size < 0 else size)
        if len(found) > self._most:
            raise _LongError
        return found

    def __enter__(self) -> _Bounded:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _take_apart(
    opened: zipfile.ZipFile, out: Path, most_bytes: int, go_on: Callable[[], None]
) -> Unpacked:
    refused: list[Skipped] = []
    files = size = 0
    for entry in opened.infolist():
        go_on()
        if entry.filename.endswith("/") or _SYSTEM.search(entry.filename):
            continue
        try:
            path = out / _checked(entry)
            if path.exists():
                raise DataError("another file in the ZIP has the same name")
            path.parent.mkdir(parents=True, exist_ok=True)
            size += _extract(opened, entry, path, most_bytes - size, go_on)
            files += 1
        except _FullError as error:
            path.unlink(missing_ok=True)
            raise DataError(f"unpacked, it is more than the {most_bytes:,} bytes left") from error
        except DataError as error:
            refused.append(Skipped(entry.filename, str(error)))
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, ValueError) as error:
            with suppress(OSError):
                path.unlink()
            if isinstance(error, OSError) and error.errno in FULL:
                raise DataError("the disk is full") from error
            if isinstance(error, FileExistsError | NotADirectoryError):
                refused.append(Skipped(entry.filename, "its folder has the name of a file"))
                continue
            refused.append(Skipped(entry.filename, f"it is damaged in the ZIP ({_short(error)})"))
    return Unpacked(files, size, tuple(refused))


class _FullError(Exception):
    """More came out than may."""


def _checked(entry: zipfile.ZipInfo) -> PurePosixPath:
    """The path of an entry that may be read."""
    path = safe_name(entry.filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise DataError("it is a link or a device, not a file")
    if entry.flag_bits & 0x1:
        raise DataError("it is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # What Python unpacks of the others at once has no bound: a kilobyte becomes gigabytes.
        raise DataError("it is compressed in another way than ZIPs are (deflate)")
    if path.suffix.lower() in (".zip", ".7z", ".rar", ".gz", ".tgz"):
        raise DataError("an archive within an archive is not opened")
    return path


def _extract(
    opened: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    path: Path,
    left: int,
    go_on: Callable[[], None],
) -> int:
    """Write one entry; its bytes."""
    size = 0
    with opened.open(entry) as source, open(path, "xb") as target:
        while chunk := source.read(CHUNK):
            go_on()
            size += len(chunk)
            if size > left:
                raise _FullError
            target.write(chunk)
    return size


def _short(error: Exception) -> str:
    return str(error).split(":")[0][:80] or type(error).__name__
