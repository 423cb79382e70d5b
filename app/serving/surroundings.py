"""What the page is started in, made such that nothing in it is a surprise later."""

from __future__ import annotations

import ctypes
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["settle_surroundings"]

SETTLED = ("SHARE", "ALLOWED_PATHS", "NUM_PORTS", "NUM_WORKERS", "WATCH_DIRS", "ROOT_PATH", "DEBUG")
"""Variables GRADIO_... that would open what the flags of `app.py` keep closed."""

_ARENAS, _MOST_ARENAS = -8, 2  # glibc's M_ARENA_MAX


def settle_surroundings() -> None:
    """Settle streams, variables, the cache's folder and memory, before any library meets them."""
    _share_arenas()
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal's encoding does not have
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    for name in SETTLED:
        os.environ.pop(f"GRADIO_{name}", None)
    for name in ("no_proxy", "NO_PROXY"):  # this machine is never reached through a proxy
        others = os.environ.get(name, "")
        os.environ[name] = ",".join(filter(None, (others, "localhost", "127.0.0.1", "::1")))
    if not _writable_cache():
        own = _own_cache()
        os.environ["XDG_CACHE_HOME"] = str(own)
        os.environ.setdefault("NUMBA_CACHE_DIR", str(own / "numba"))


def _share_arenas() -> None:
    """Let threads share what they free: each arena of glibc keeps its own, eight a core.

    With them, 50 visitors leave 100 MB more behind, and the next 50 more than the first.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(OSError, AttributeError):  # no glibc
            ctypes.CDLL(None).mallopt(_ARENAS, _MOST_ARENAS)


def _writable_cache() -> bool:
    """Whether the user's folder for caches is there or can be made."""
    named = os.environ.get("XDG_CACHE_HOME")
    try:
        cache = Path(named) if named else Path.home() / ".cache"
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            return True
    except (OSError, RuntimeError):  # RuntimeError: no home folder is known
        return False


def _own_cache() -> Path:
    """A folder for caches among temporary files: nobody else may have made it, or write into it.

    What compiled code is kept there is run when it is found again.
    """
    own = Path(tempfile.gettempdir()) / f"cmpagl-cache-{os.getuid()}"
    try:
        with suppress(FileExistsError):
            own.mkdir(mode=0o700)
        found = own.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
            own.chmod(0o700)
            return own
        return Path(tempfile.mkdtemp(prefix="cmpagl-cache-"))
    except OSError:  # nothing can be written: `TempFolder` says so
        return own
