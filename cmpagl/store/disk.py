"""What reading and writing tables can raise, as one sentence each."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from cmpagl.errors import GalleryError
from cmpagl.files import FULL, error_number, require_file
from cmpagl.store.location import Location

__all__ = ["check_writable", "disk_errors", "read_errors", "require_regular"]


NO_DAMAGE = {
    **dict.fromkeys((errno.EACCES, errno.EPERM), "let this user read it, or name another index"),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "raise the limit of open files (ulimit -n)"),
    **dict.fromkeys((errno.EAGAIN, errno.ENOMEM), "end other programs, or raise this one's limits"),
    **dict.fromkeys((errno.EIO, errno.ESTALE), "see to the disk that it lies on"),
}
"""Errors of the system that say nothing of the files themselves, and what helps."""


@contextmanager
def read_errors(path: Location | str) -> Iterator[None]:
    """Turn what reading a damaged table raises into one sentence.

    Raises:
        GalleryError: the table is damaged or incomplete, or its store cannot be reached.
    """
    try:
        yield
    except GalleryError:
        raise
    except BaseException as error:
        # A damaged file can make Lance's Rust code panic, which is no Exception.
        known = isinstance(
            error, OSError | ValueError | RuntimeError | KeyError | pa.ArrowException
        )
        if not known and type(error).__name__ != "PanicException":
            raise
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        first = re.sub(r", /\S*/rust/\S*", "", first)[:160]  # where Lance's own source lay
        if re.search(r"^(External error: )?Not found: .*/data/", first):
            raise GalleryError(
                f"Files of {path} are gone: it was deleted or made anew since it was opened; open "
                "it again, or make the index again."
            ) from error
        if "://" in str(path) and "Generic" in first:
            raise _unreached(path, first) from error
        number = error_number(error)
        if number in NO_DAMAGE:
            helps = NO_DAMAGE[number]
            raise GalleryError(
                f"{path} cannot be read ({os.strerror(number)}); {helps}."
            ) from error
        raise GalleryError(
            f"{path} is damaged or incomplete ({first}); make the index again."
        ) from error


@contextmanager
def disk_errors(folder: Location) -> Iterator[None]:
    """Turn what writing raises into one sentence.

    Raises:
        GalleryError: the disk is full or read-only, its store cannot be reached, or another run has
            written where nothing can be locked.
    """
    try:
        yield
    except OSError as error:
        if re.search(r"[Ii]ncompatible transaction|[Cc]ommit conflict", str(error)):
            raise GalleryError(
                f"Another run has changed the index {folder} in the meantime; run the same command "
                "again, which goes on from there."
            ) from error
        number = error_number(error)
        if "Generic" in str(error) and not isinstance(folder, Path):
            raise _unreached(folder, str(error).splitlines()[0][:160]) from error
        if number in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise _closed(folder, number) from error
        if "LanceError" in str(error) and number not in FULL:
            with read_errors(folder):
                raise
        if number not in FULL:
            raise
        raise GalleryError(
            f"The disk of {folder} is full; free some space and run the same command again, which "
            "goes on where it was."
        ) from error


def check_writable(folder: Path) -> None:
    """Find out at once whether anything can be written into a folder.

    Raises:
        GalleryError: nothing can.
    """
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise _closed(folder, error.errno) from error
        raise


def require_regular(folder: Location) -> None:
    """Make sure that no part of a store is a named pipe, a device or a link to one: it had no end.

    Raises:
        GalleryError: one is.
    """
    if not isinstance(folder, Path):
        return
    for root, _, names in os.walk(folder):
        for name in names:
            require_file(Path(root, name), "make the index again in a new folder", GalleryError)


def _closed(folder: Location, number: int) -> GalleryError:
    return GalleryError(
        f"The index {folder} cannot be written to ({os.strerror(number)}); make it writable, or "
        "give --out another folder."
    )


def _unreached(place: Location | str, why: str) -> GalleryError:
    return GalleryError(
        f"{place} cannot be reached ({why}); check the address and what the environment says of "
        "the store (AWS_ACCESS_KEY_ID, AWS_ENDPOINT and so on)."
    )
