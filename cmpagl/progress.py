"""How a long job tells how far it is: one type of listener, and lines on a terminal."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TextIO

__all__ = ["EVERY", "Progress", "StageClock", "bytes_in_words", "counted", "in_words"]

Progress = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and of how much; may raise to stop."""

EVERY = 2.0
"""Seconds between two lines of one stage."""


def in_words(seconds: float) -> str:
    """A time as one would say it: ``8 s``, ``3 min 20 s``, ``1 h 5 min``."""
    whole = round(seconds)
    if whole < 1:
        return "less than 1 s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def bytes_in_words(number: float) -> str:
    """A size as one would say it: ``12 kB``, ``3.4 MB``, ``120 GB``; never none where there is."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if number >= size * 0.95:
            return f"{number / size:,.{1 if number < 10 * size else 0}f} {unit}"
    return f"{math.ceil(number / 1e3)} kB"


def counted(number: int, noun: str) -> str:
    """``1 image``, ``2 images``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


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
