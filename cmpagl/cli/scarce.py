"""A machine that gives a program too little, told in one sentence."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re

from cmpagl.errors import CmpaglError, UsageError, shortened

__all__ = ["allow_files", "check_place", "told", "told_of_scarcity"]

FEWEST_FILES = 16
"""Below, libraries in Rust end in the middle, or call an index damaged."""

NEXT = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "change its rights, or name another"),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "free some space and run the same command again"),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "raise the limit of open files (ulimit -n)"),
    errno.EFBIG: "raise the limit of a file's size (ulimit -f)",
}
"""What helps against an error of the system, by its number."""

_UNMAPPED = re.compile(r"failed to map segment|cannot allocate memory", re.IGNORECASE)
_NO_MEMORY = re.compile(r"can't allocate memory|not enough memory|out of memory", re.IGNORECASE)


def check_place(files: int = FEWEST_FILES) -> None:
    """Find out whether there is a working folder and enough files may be opened.

    Libraries end the process where there is none. What is written from here on may be read again
    by this program, whatever the mask of rights that it was started with.

    Args:
        files: that must be allowed at once.

    Raises:
        UsageError: there is none, or they are too few.
    """
    try:
        os.getcwd()
    except OSError as error:
        raise UsageError(
            f"The folder that this was started in is gone or closed ({error.strerror}); change to "
            "another one and start it there."
        ) from error
    os.umask(os.umask(0o077) & 0o077)
    allowed = allow_files(files)
    if allowed < files:
        raise UsageError(
            f"At most {allowed} files may be open here at once, but {files} are needed: raise the "
            "limit of open files (ulimit -n)."
        )


def allow_files(wanted: int) -> float:
    """Raise the limit of open files to so many, as far as is allowed; give what it is then."""
    try:
        import resource
    except ImportError:  # a system without such limits
        return math.inf
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return math.inf if soft == resource.RLIM_INFINITY else soft


def told(error: Exception) -> str:
    """The sentence about an error that a person can mend; nothing about a bug."""
    if isinstance(error, CmpaglError):
        return str(error)
    return _told_of_system(error) if isinstance(error, OSError) else told_of_scarcity(error)


def told_of_scarcity(error: BaseException) -> str:
    """A sentence about an error that says that memory or threads are too few; else nothing."""
    said = str(error)
    if isinstance(error, MemoryError) or (
        (isinstance(error, ImportError) and _UNMAPPED.search(said))
        or (isinstance(error, RuntimeError) and _NO_MEMORY.search(said))
    ):
        return (
            f"There is not enough memory for this{f' ({said[:160]})' if said else ''}: end other "
            "programs, or raise the limit that this one has (ulimit -v, or its container's)."
        )
    if isinstance(error, RuntimeError) and "can't start new thread" in said:
        return (
            "No further thread may be started: end other programs, or raise the limit of processes "
            "(ulimit -u, or its container's)."
        )
    return ""


def _told_of_system(error: OSError) -> str:
    """A sentence about an error of the system: of which file, what, and what helps."""
    if "No usable temporary directory" in str(error):
        return "No folder for temporary files can be written to: name one in the variable TMPDIR."
    where = f"'{os.fsdecode(error.filename)}': " if isinstance(error.filename, str | bytes) else ""
    helps = f"; {NEXT[error.errno]}" if error.errno in NEXT else ""
    return shortened(f"{where}{error.strerror or error}{helps}.")
