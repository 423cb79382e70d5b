"""What reading and writing tables can raise, as one sentence each."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from cmpagl.errors import GalleryError

__all__ = ["disk_errors", "read_errors"]


@contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """What reading a damaged table raises, as one sentence."""
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
        first = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        raise GalleryError(
            f"{path} is damaged or not in full ({first}); make the index again."
        ) from error


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """A full disk, or another writer where nothing can be locked, as one sentence."""
    try:
        yield
    except OSError as error:
        if re.search(r"[Ii]ncompatible transaction|[Cc]ommit conflict", str(error)):
            raise GalleryError(
                f"Another run has changed the index {folder} in the meantime; run the same command "
                "again, which goes on from there."
            ) from error
        found = re.search(r"os error (\d+)", str(error))
        number = error.errno or (int(found.group(1)) if found else 0)
        if number not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise GalleryError(
            f"The disk of {folder} is full; free some space and run the same command again, which "
            "goes on where it was."
        ) from error
