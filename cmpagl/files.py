"""Writing files so that a reader never meets half of one: a temporary name first, then a rename."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cmpagl.caches import home_folder
from cmpagl.errors import CmpaglError, DataError, UsageError

__all__ = [
    "FULL",
    "atomic_folder",
    "atomic_path",
    "cache_folder",
    "clear_folder",
    "error_number",
    "hold_folder",
    "recover_folder",
    "remove_left",
    "replace_folder",
    "require_file",
    "write_bytes",
    "write_json",
    "write_text",
]


MOMENT = 0.1  # seconds
LEFT = re.compile(r"\..+\.\d+\.tmp")
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Numbers of the system for a disk that takes no more."""
_DISK = {*FULL, errno.EROFS, errno.EIO}


def cache_folder() -> Path:
    """Where what can be made or fetched again is kept for the user; it need not be there.

    Raises:
        UsageError: no such place is known.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or home_folder() / ".cache") / "cmpagl"


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on success it takes its place, else it is removed.

    The file is flushed to disk before the rename: a crash leaves the old file or the new one. A
    link stays one. What is no regular file, such as ``/dev/stdout`` or a named pipe, is written
    into: a file in its place would be another thing.
    """
    if path.exists() and not path.is_file():
        with _disk_named(path):
            yield path
        return
    path = path.resolve() if path.is_symlink() else path
    path.parent.mkdir(parents=True, exist_ok=True)
    # Neither a thread beside this one nor a container with the same process numbers has the same.
    temporary = path.with_name(f".{path.name}.{secrets.randbits(48)}.tmp")
    try:
        with _disk_named(path):
            yield temporary
            _flush(temporary)
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def hold_folder(folder: Path, held: CmpaglError | None) -> Iterator[None]:
    """Hold a folder alone; a process that ends, however it does, holds nothing.

    Without `fcntl`, or on a file system without locks, nothing is held.

    Args:
        folder: made if need be.
        held: raised where another holds it; None waits for that one.
    """
    handle = _locked(folder, held)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _locked(folder: Path, held: CmpaglError | None) -> int | None:
    """What holds a folder until it is closed.

    Raises:
        CmpaglError: another holds it, and not for a moment alone, as who only looks whether it is.
    """
    until = time.monotonic() + MOMENT
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        if os.name != "posix":
            return None
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (fcntl.LOCK_NB if held is not None else 0))
            if os.path.samestat(os.fstat(handle), os.stat(folder)):
                return handle
        except BlockingIOError as error:
            os.close(handle)
            if time.monotonic() > until:
                raise held or error from error
            time.sleep(0.01)
            continue
        except FileNotFoundError:
            pass
        except OSError:
            return handle  # a file system without locks
        os.close(handle)  # who held it has moved or removed it: another is at its place


def require_file(path: Path, step: str, error: type[CmpaglError] = DataError) -> None:
    """Refuse a folder, and a pipe or a device, which may have no end; ``step``: what to do."""
    if path.exists() and not path.is_file():
        raise error(f"{path} is no regular file, so it is not opened; {step}.")


def error_number(error: BaseException) -> int:
    """The system's number of an error, which Lance and libraries in Rust tell in words; else 0."""
    found = re.search(r"(?:os error |\[Errno )(\d+)", str(error))
    said = error.errno if isinstance(error, OSError) else None
    return said or (int(found[1]) if found else 0)


def remove_left(folder: Path) -> None:
    """Remove what `atomic_path` could not, in processes that were killed while they wrote.

    Who calls it must be the only one that writes there.
    """
    for path in folder.glob(".*.tmp"):
        if LEFT.fullmatch(path.name) and path.is_file():
            path.unlink(missing_ok=True)


@contextmanager
def _disk_named(path: Path) -> Iterator[None]:
    """Let what a full or read-only disk raises be an `OSError` of this path, whoever met it."""
    try:
        yield
    except CmpaglError:
        raise
    except Exception as error:
        number = error_number(error)
        if number not in _DISK or (isinstance(error, OSError) and error.filename):
            raise
        raise OSError(number, os.strerror(number), str(path)) from error


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path``; on success it replaces ``path`` as a whole.

    On an error the old folder stays.

    Raises:
        UsageError: another process is writing there.
    """
    temporary = _beside(path, "tmp")
    held = UsageError(
        f"Another process is writing {path}; wait until it has ended, or name another folder."
    )
    with hold_folder(temporary, held):
        recover_folder(path)
        clear_folder(temporary)  # of a process that was killed
        try:
            with _disk_named(path):
                yield temporary
                for file in temporary.rglob("*"):
                    if file.is_file():
                        _flush(file)
                replace_folder(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def clear_folder(folder: Path) -> None:
    """Remove all that lies in a folder; itself it stays, and who holds it goes on holding it."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def replace_folder(new: Path, path: Path) -> None:
    """Put the folder ``new`` in the place of the folder ``path``, if there is one.

    A filled folder cannot be replaced in one step, so the old one steps aside for the moment
    between two renames; if the process is killed there, `recover_folder` puts it back.
    """
    previous = _beside(path, "old")
    placed = False
    while not placed:
        shutil.rmtree(previous, ignore_errors=True)  # of a process that was killed
        if path.exists():
            os.replace(path, previous)
        try:
            os.replace(new, path)
            placed = True
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                recover_folder(path)
                raise  # else somebody who opens it took this process for a dead one
    shutil.rmtree(previous, ignore_errors=True)


def recover_folder(path: Path) -> None:
    """Put back the folder that `replace_folder` had moved aside when its process was killed.

    Does nothing where ``path`` exists or nothing was moved aside. Whoever opens a folder that is
    replaced as a whole calls this first.
    """
    previous = _beside(path, "old")
    if path.exists() or not previous.exists():
        return
    time.sleep(0.1)  # a writer that is alive needs far less from one rename to the next
    if not path.exists():
        with suppress(OSError):  # somebody else has just put it back, or the new one there
            os.replace(previous, path)


def _beside(path: Path, ending: str) -> Path:
    """A hidden neighbour of ``path``."""
    path = path.absolute()  # so that it has a name even if it was given as "."
    return path.with_name(f".{path.name}.{ending}")


def _flush(path: Path) -> None:
    """Have the system write a file's content to disk."""
    with open(path, "rb+") as handle:
        os.fsync(handle.fileno())


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write ``content`` as UTF-8 to ``path`` atomically."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, content: Mapping[str, Any] | list[Any]) -> None:
    """Write ``content`` as indented JSON atomically; NaN and infinity are refused."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
