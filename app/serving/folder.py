"""The folder of everything temporary: this process's own, empty at start, gone at the end.

Uploads, pictures that are on their way, and what libraries put aside all go into it. A process that
was killed could not remove its own: the next start does, told by the lock that nobody holds.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from cmpagl.errors import UsageError

__all__ = ["KEPT_FOR", "MOST", "SWEEP", "TempFolder"]

PREFIX = "cmpagl-explorer-"
KEPT_FOR = 3600.0
"""Seconds after which a file in it is removed."""

SWEEP = 120.0
"""Seconds between two looks at what is in it."""

MOST = 2_000_000_000
"""Bytes of all files in it; beyond, the oldest are removed."""

PATIENCE = 1.5
"""Seconds that the end of the process waits for its removal, which goes on after that."""

REMOVE = 'rm -rf -- "$1"; echo; cat > /dev/null; rm -rf -- "$1" "$2"'
"""Removes, says so, and once its input has ended removes what was put there meanwhile."""


class TempFolder:
    """A private folder that holds no longer than the process."""

    def __init__(self) -> None:
        """Make it, and remove those of processes that are no more.

        Raises:
            UsageError: no folder for temporary files can be written to.
        """
        try:
            place = Path(tempfile.gettempdir()).resolve()
            for other in place.glob(f"{PREFIX}*"):
                _remove_if_left(other)
            lock = None
            while lock is None:  # another that starts may take it for left behind before it is held
                self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
                lock = _held(self.path)
            self._lock = lock
            self.uploads = self.path / "uploads"
            self.uploads.mkdir(mode=0o700)
            self.own = self.path / "own"  # what visitors add, which goes when they do
            self._stays = (self.path / "lock", self.uploads, self.own)
            self._known: dict[Path, tuple[int, float]] = {}  # when each was changed, see `_since`
            self._swept = time.monotonic()
        except OSError as error:
            raise UsageError(
                "No folder for temporary files can be written to "
                f"({error.strerror or error}): name one in the environment variable TMPDIR."
            ) from error

    def take_over(self) -> None:
        """Let every library of this process, and Gradio, put what is temporary here."""
        tempfile.tempdir = str(self.path)
        os.environ["TMPDIR"] = str(self.path)
        os.environ["GRADIO_TEMP_DIR"] = str(self.uploads)

    def sweep(self, now: float | None = None) -> None:
        """Remove files that are older than `KEPT_FOR`, and folders that nothing is left in.

        Of those that are younger, the oldest go as well where all together are more than `MOST`.

        Args:
            now: in place of `time.monotonic`.
        """
        now = time.monotonic() if now is None else now
        end = max(now - KEPT_FOR, self._crowded(now))
        seen = set()
        for folder, folders, files in os.walk(self.path, topdown=False):
            if Path(folder).is_relative_to(self.own):
                continue
            for name in (*files, *folders):
                path = Path(folder, name)
                seen.add(path)
                with contextlib.suppress(OSError):
                    if self._since(path, now) >= end or path in self._stays:
                        continue
                    path.unlink() if name in files else path.rmdir()
        self._known = {path: self._known[path] for path in self._known.keys() & seen}
        self._swept = now

    def _since(self, path: Path, now: float) -> float:
        """When a file or folder was last changed, by a clock that nobody sets.

        The clock that files are dated by may jump: of what is met for the first time it is believed
        as far as it says that it is from after the last sweep.

        Raises:
            OSError: it is gone.
        """
        changed = path.lstat().st_mtime_ns
        before, since = self._known.get(path, (-1, 0.0))
        if before != changed:
            since = now - min(max(0.0, time.time() - changed / 1e9), now - self._swept)
            self._known[path] = changed, since
        return since

    def _crowded(self, now: float) -> float:
        """The time before which files must go, so that the others are at most `MOST` bytes."""
        found = []
        for folder, _, files in os.walk(self.path):
            for name in files if not Path(folder).is_relative_to(self.own) else ():
                with contextlib.suppress(OSError):
                    path = Path(folder, name)
                    found.append((self._since(path, now), path.lstat().st_size))
        room = MOST
        for changed, size in sorted(found, reverse=True):
            room -= size
            if room < 0:
                return changed + 1e-6
        return -math.inf

    def remove(self, patience: float = PATIENCE) -> None:
        """Remove it and all in it, also while threads of this process still work in it.

        Under another name first, with a file in its place, so that they find nothing to go on in;
        and by a program of its own, which does not wait for them between two files, ends what it
        began, and looks again once this process is gone.
        """
        gone = self.path.with_name(f"{self.path.name}-gone")
        with contextlib.suppress(OSError):
            self.path.rename(gone)
            self.path.touch()
        try:
            removing = subprocess.Popen(
                ["sh", "-c", REMOVE, "remove", str(gone), str(self.path)],
                stdin=subprocess.PIPE,  # ends with this process
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            assert removing.stdout is not None
            select.select([removing.stdout], [], [], patience)
        except OSError:  # a container without it
            shutil.rmtree(gone, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.path.unlink()


def _held(folder: Path, how: int = fcntl.LOCK_EX) -> int | None:
    """The lock of a folder, which is ours alone from now on; None where somebody removed it.

    Raises:
        OSError: it cannot be written to, or is held, where `how` says that it is not waited for.
    """
    try:
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, how)
        if os.path.samestat(os.fstat(lock), os.stat(folder / "lock")):
            return lock
    except FileNotFoundError:
        pass
    except OSError:
        os.close(lock)
        raise
    os.close(lock)
    return None


def _remove_if_left(folder: Path) -> None:
    """Remove the folder of a process that is no more; leave alone what is another user's.

    Whoever removes one holds its lock, and makes it where there is none: a process that has just
    made the folder finds in `_held` that it was too late, and makes another.
    """
    with contextlib.suppress(OSError):
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return
        if folder.is_file():  # what stood in the place of one that was being removed
            if abs(time.time() - folder.stat().st_mtime) > 60:
                folder.unlink()
            return
        lock = _held(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)
