"""Where what can be made again is kept, and what stands in where that cannot be written to."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from cmpagl.errors import UsageError

__all__ = ["home_folder", "settle_cache"]


def home_folder() -> Path:
    """The user's own folder; it need not be there.

    Raises:
        UsageError: none is known, as of a container's user without a name.
    """
    try:
        return Path.home()
    except RuntimeError as error:
        raise UsageError(
            "This user has no home folder to keep things in: name one in the environment variable "
            "HOME."
        ) from error


def settle_cache() -> None:
    """Let libraries cache among temporary files where the user's folder for it is none.

    Numba, of which the map is made, refuses to be imported where it finds no place.
    """
    own: Path | None = None
    if not _writable(os.environ.get("XDG_CACHE_HOME")):
        own = _own_cache()
        os.environ["XDG_CACHE_HOME"] = str(own)
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named is not None and not _writable(named):
        del os.environ["NUMBA_CACHE_DIR"]
    if own is not None:
        os.environ.setdefault("NUMBA_CACHE_DIR", str(own / "numba"))


def _writable(named: str | None) -> bool:
    """Whether a folder, or the user's own one for caches, is there or can be made."""
    try:
        cache = Path(named) if named else home_folder() / ".cache"
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            return True
    except (OSError, UsageError):
        return False


def _own_cache() -> Path:
    """A folder for caches among temporary files: nobody else may have made it, or write into it.

    What compiled code is kept there is run when it is found again.
    """
    try:
        own = Path(tempfile.gettempdir()) / f"cmpagl-cache-{os.getuid()}"
        with suppress(FileExistsError):
            own.mkdir(mode=0o700)
        found = own.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
            own.chmod(0o700)
            return own
        return Path(tempfile.mkdtemp(prefix="cmpagl-cache-"))
    except OSError:  # nothing can be written: who needs to says so
        return Path("/nonexistent") / "cmpagl-cache"
