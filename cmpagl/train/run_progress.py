"""How a run tells how far it is, and where it ends when its time is up."""

from __future__ import annotations

import sys
import time

from cmpagl.progress import EVERY, in_words
from cmpagl.train.phases import PHASES
from cmpagl.train.run_folder import RunFolder

__all__ = ["RunProgress"]


class RunProgress:
    """One line on the error stream that changes, with the time left.

    Args:
        folder: of the run; its time budget ends what keeps its own state, not a phase amid a step.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._what, self._since, self._first = "", folder.elapsed(), 0
        self._written = -EVERY  # when, of a stream that is no terminal

    def told(self, what: str, done: int, total: int) -> None:
        """Say how far something is.

        Raises:
            OutOfTime: the time budget is spent.
        """
        now = self._folder.elapsed()
        if self._what != what or done < self._first:
            self._what, self._since, self._first = what, now, done
        new = done - self._first
        more = new and done < total
        left = f", {in_words((now - self._since) / new * (total - done))} left" if more else ""
        self._write(f"{what}: {done:,} of {total:,}{left}", done == total)
        if what not in PHASES:
            self._folder.check_time()

    def _write(self, line: str, last: bool) -> None:
        """On a terminal over the line before; into a file, a new one every two seconds."""
        if sys.stderr.isatty():
            print(f"\r\033[K{line}", end="\n" if last else "", file=sys.stderr, flush=True)
            return
        now = time.monotonic()
        if last or now - self._written >= EVERY:
            self._written = now
            print(line, file=sys.stderr, flush=True)

    def kept(self, what: str, done: int, total: int) -> None:
        """Say how far work is that keeps what it has done."""
        self._folder.mark_kept()
        self.told(what, done, total)
