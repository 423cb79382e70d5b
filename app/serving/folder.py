"""The folder of everything temporary: this process's own, empty at start, gone at the end.

Uploads, pictures that are on their way, and what libraries put aside all go into it. A process that
was killed could not remove its own: the next start does, told by the lock that nobody holds.
"""

from __future__ import annotations

import contextlib
import fcntl
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
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
            self._lock = os.open(self.path / "lock", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            self.uploads = self.path / "uploads"
            self.uploads.mkdir(mode=0o700)
            self.own = self.path / "own"  # what visitors add, which goes when they do
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
        """
        end = (time.time() if now is None else now) - KEPT_FOR
        end = max(end, self._crowded())
        for folder, folders, files in os.walk(self.path, topdown=False):
            if Path(folder).is_relative_to(self.own):
                continue
            for name in files:
                path = Path(folder, name)
                with contextlib.suppress(OSError):
                    if path.lstat().st_mtime < end and name != "lock":
                        path.unlink()
            for name in folders:
                path = Path(folder, name)
                with contextlib.suppress(OSError):
                    if path not in (self.uploads, self.own) and path.lstat().st_mtime < end:
                        path.rmdir()

    def _crowded(self) -> float:
        """The time before which files must go, so that the others are at most `MOST` bytes."""
        found = []
        for folder, _, files in os.walk(self.path):
            for name in files if not Path(folder).is_relative_to(self.own) else ():
                with contextlib.suppress(OSError):
                    said = Path(folder, name).lstat()
                    found.append((said.st_mtime, said.st_size))
        room = MOST
        for changed, size in sorted(found, reverse=True):
            room -= size
            if room < 0:
                return changed + 1e-6
        return 0.0

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


def _remove_if_left(folder: Path) -> None:
    """Remove the folder of a process that is no more; leave alone what is another user's."""
    with contextlib.suppress(OSError):
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return
        if folder.is_file():  # what stood in the place of one that was being removed
            if time.time() - folder.stat().st_mtime > 60:
                folder.unlink()
            return
        try:
            lock = os.open(folder / "lock", os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:  # just made, or killed before its lock was
            if time.time() - folder.stat().st_mtime > 60:
                shutil.rmtree(folder, ignore_errors=True)
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
