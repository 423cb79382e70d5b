"""How a long job tells how far it is: one type of listener, and lines on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TextIO

__all__ = ["Progress", "StageClock", "in_words"]

Progress = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and of how much; may raise to stop."""

EVERY = 2.0  # seconds between two lines of one stage


def in_words(seconds: float) -> str:
    """A time as one would say it: ``8 s``, ``3 min 20 s``, ``1 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class StageClock:
    """A `Progress` that writes a line every two seconds and per stage's end.

    Args:
        names: ``what`` to words.
        stream: where to write.
    """

    def __init__(self, names: Mapping[str, str], stream: TextIO) -> None:
        self._names, self._stream = names, stream
        self._started = time.monotonic()
        self._what = ""
        self._begin = (0.0, 0)  # when the stage began, and how much was done by then
        self._told = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Hear how far the work is."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._begin, self._told = what, (now, done), now
        elif done < total and now - self._told < EVERY:
            return
        self._told = now
        line = f"{self._names[what]}: {done:,} of {total:,}"
        new, spent = done - self._begin[1], now - self._begin[0]
        if new and spent:
            rate = new / spent
            line += f", {rate:.1f} a second"
            if done < total:
                line += f", {in_words((total - done) / rate)} left"
        print(line, file=self._stream, flush=True)

    def total(self) -> str:
        """The time since the beginning, in words."""
        return in_words(time.monotonic() - self._started)
