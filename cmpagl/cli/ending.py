"""How a program ends when it is told to: soon, with the right code, whatever it is doing."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import NoReturn

__all__ = ["Stopped", "end_by_signals", "leave"]

PATIENCE = 2.0
"""Seconds that a program has to come back to Python and tidy up; after that it ends as it is."""

CODES: Mapping[int, int] = {
    signal.SIGINT: 130,
    signal.SIGTERM: 143,
    signal.SIGHUP: 129,
    signal.SIGQUIT: 131,
}


class Stopped(KeyboardInterrupt):
    """Told to stop by a signal; ``code`` is what to exit with."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


def end_by_signals(
    codes: Mapping[int, int] = CODES, forced: Callable[[], None] = lambda: None
) -> None:
    """Turn signals into `Stopped` in the main thread, and end by force where that takes too long.

    A long call into compiled code keeps Python from seeing a signal: a thread of its own sees it.
    SIGHUP that is ignored from outside (`nohup`) stays so; SIGINT does not, which a script's `&`
    ignores unasked, and who sends it to this process means it.

    Args:
        codes: exit codes by signal.
        forced: called in that thread before the end by force; takes no time worth mentioning.
    """
    heard, told = os.pipe()
    os.set_blocking(told, False)

    told_once = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        if not told_once.is_set():  # a second one must not break what the first began to tidy up
            told_once.set()
            raise Stopped(codes[number])

    def watch() -> None:
        number = 0
        while number not in codes:
            number = os.read(heard, 1)[0]
        threading.Event().wait(PATIENCE)
        with contextlib.suppress(Exception):
            forced()
        os._exit(codes[number])

    def forget() -> None:
        signal.set_wakeup_fd(-1)
        for number in codes:
            if signal.getsignal(number) is stop:
                signal.signal(number, signal.SIG_DFL)

    for number in codes:
        if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    os.register_at_fork(after_in_child=forget)  # a worker is ended by who made it
    with contextlib.suppress(RuntimeError):  # no room for a thread: nothing ends it by force
        threading.Thread(target=watch, name="ending", daemon=True).start()


def leave(code: int) -> NoReturn:
    """End at once: threads of compiled code need not agree, which else can crash on the way out."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)
