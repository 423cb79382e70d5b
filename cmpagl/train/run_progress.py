"""How a run tells how far it is, and where it ends when its time is up."""

from __future__ import annotations

import sys

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

    def told(self, what: str, done: int, total: int) -> None:
        """Say how far something is.

        Raises:
            OutOfTime: the time budget is spent.
        """
        now = self._folder.elapsed()
        if self._what != what or done < self._first:
            self._what, self._since, self._first = what, now, done
        new = done - self._first
        left = f", {(now - self._since) / new * (total - done) / 60:.1f} min left" if new else ""
        end = "\n" if done == total else ""
        print(f"\r\033[K{what}: {done:,} of {total:,}{left}", end=end, file=sys.stderr, flush=True)
        if what not in PHASES:
            self._folder.check_time()

    def kept(self, what: str, done: int, total: int) -> None:
        """Say how far work is that keeps what it has done."""
        self._folder.mark_kept()
        self.told(what, done, total)
