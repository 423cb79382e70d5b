"""The log of the page: what happened, once.

Whoever makes the same mistake a million times over, on purpose or not, fills no disk with it. Two
messages are the same where they come from the same place, and differ by numbers or by what stands
in quotation marks alone.
"""

from __future__ import annotations

import logging
import os
import re
import select
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

__all__ = ["Unrepeated", "tell_once"]

LOG = logging.getLogger("cmpagl.explorer")

PERIOD = 3600.0  # seconds after which the same may be said again
MESSAGES = 100  # different ones in that time; what comes beyond is only counted
LONGEST = 8_000  # characters of one
PATIENCE = 0.1  # seconds in which a pipe or a terminal must take more

VARIES = re.compile(r"0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"", re.IGNORECASE)


class Unrepeated(logging.Handler):
    """Writes to the standard error stream what has not been written within the hour."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing said; ``clock`` gives seconds."""
        super().__init__(logging.WARNING)
        self._clock = clock
        self._said: dict[tuple[object, ...], int] = {}  # a message, and how often it came again
        self._began = clock()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one message, or count it; whoever logs goes on, whatever becomes of it."""
        try:
            self._emit(record)
        except Exception:  # what it is made of does not fit together
            self._write(f"{record.name}: {record.msg!r:.200}")

    def _emit(self, record: logging.LogRecord) -> None:
        now = self._clock()
        if now - self._began > PERIOD:
            again = sum(self._said.values())
            if again:
                self._write(f"(within an hour, {again:,} messages like earlier ones, not repeated)")
            self._said, self._began = {}, now
        key = _key(record)
        if key in self._said:
            self._said[key] += 1
        elif len(self._said) >= MESSAGES:
            self._said[()] = self._said.get((), 0) + 1
        else:
            self._said[key] = 0
            self._write(self.format(record))

    def _write(self, text: str) -> None:
        more = len(text) - LONGEST
        if more > 0:  # the end says what happened
            text = f"{text[: LONGEST // 4]}\n... ({more:,} characters)\n{text[-LONGEST * 3 // 4 :]}"
        if sys.stderr is not None:
            with suppress(OSError, ValueError):  # a full disk, a closed pipe, a closed stream
                _put(sys.stderr, text + "\n")


def _put(stream: TextIO, text: str) -> None:
    """Write at once as much as is taken: a pipe that nobody reads any more keeps nobody waiting.

    Raises:
        OSError, ValueError: nothing is taken.
    """
    try:
        number = stream.fileno()
    except (AttributeError, OSError):  # no file of the system's
        stream.write(text)
        return stream.flush()
    content = text.encode("utf-8", "backslashreplace")
    while content and select.select([], [number], [], PATIENCE)[1]:
        content = content[os.write(number, content[: select.PIPE_BUF]) :]
    return None


def _key(record: logging.LogRecord) -> tuple[object, ...]:
    """What two records have alike that say the same."""
    error = record.exc_info[1] if record.exc_info else None
    steps = traceback.extract_tb(error.__traceback__)[-1:] if error is not None else []
    place = [(step.filename, step.lineno) for step in steps]
    text = str(record.msg) if place else record.getMessage()
    said = VARIES.sub("#", text[:1000])
    return record.name, said, type(error), *place


def _unheard(record: logging.LogRecord) -> bool:
    """Whether the library that says it has no handler of its own."""
    logger: logging.Logger | None = logging.getLogger(record.name)
    while logger is not None and logger.parent is not None:
        if logger.handlers:
            return False
        logger = logger.parent
    return True


class _Told:
    """In the place of the module `traceback`, for a library that prints what went wrong."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(traceback, name)

    def print_exc(self, *_: object, **__: object) -> None:
        LOG.error("an answer failed", exc_info=True)


def tell_once(*libraries: str) -> None:
    """Let nothing in this process be logged twice within the hour.

    Args:
        libraries: packages, imported already, that print tracebacks where others log them.
    """
    handler = Unrepeated()
    handler.addFilter(_unheard)
    logging.getLogger().addHandler(handler)  # `logging.warning` of a library gives it none then
    for name, module in list(sys.modules.items()):
        if name.startswith(libraries) and getattr(module, "traceback", None) is traceback:
            module.traceback = _Told()  # type: ignore[attr-defined]

    def warned(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: object = None,
        line: str | None = None,
    ) -> None:
        LOG.warning("%s:%d: %s: %s", filename, lineno, category.__name__, message)

    warnings.showwarning = warned
