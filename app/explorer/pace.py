"""How far preparing pictures is, as the page says it, and how a person stops it; needs no model."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from app.words.page import STATUS
from cmpagl.errors import BusyIndexError
from cmpagl.progress import in_words

__all__ = ["Stopped", "Tell", "telling", "when_free"]

T = TypeVar("T")

LOOK_AGAIN = 0.5  # seconds between two tries

Tell = Callable[[str, int, int], None]
"""Hears a sentence, how much is done, and of how much."""


class Stopped(Exception):
    """The person asked to stop; what was done is kept and found again."""


def telling(name: str, tell: Tell, stopping: Callable[[], bool]) -> Callable[[str, int, int], None]:
    """A listener of `grow_index` that says on the page how far it is and how long it will take.

    It raises `Stopped` where ``stopping`` says so.
    """
    stage, started, before = "", time.monotonic(), 0

    def progress(what: str, done: int, total: int) -> None:
        nonlocal stage, started, before
        if stopping():
            raise Stopped
        if what != stage:
            stage, started, before = what, time.monotonic(), done
        words = {"name": name, "what": STATUS.stages[what], "done": done, "total": total}
        new, spent = done - before, time.monotonic() - started
        if new and spent > 1 and done < total:
            left = in_words((total - done) * spent / new)
            sentence = STATUS.indexing_left.format(**words, left=left)
        else:
            sentence = STATUS.indexing.format(**words)
        tell(sentence, done, total)

    return progress


def when_free(use: Callable[[], T], name: str, tell: Tell, stopping: Callable[[], bool]) -> T:
    """What ``use`` gives, tried until no other program is making the index that it needs.

    Raises:
        Stopped: ``stopping`` said so.
    """
    while True:
        try:
            return use()
        except BusyIndexError:
            if stopping():
                raise Stopped from None
            tell(STATUS.elsewhere.format(name=name), 0, 0)
            time.sleep(LOOK_AGAIN)
