"""Texts of several callers in one pass of the text tower.

A pass over one short text reads all of the tower's weights, and one over six costs hardly twice as
much: who comes while a pass runs waits for it to end, and then all who wait share the next one.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cmpagl.model.embed import TextTokens

__all__ = ["Encoded", "TextBatches"]

Encoded = tuple[NDArray[np.float32], list[TextTokens]]
"""Embeddings ``(n, E)`` of n texts, and their tokens."""

AT_ONCE = 96
"""Texts in one pass; whose would go beyond waits for the next one."""


@dataclass(eq=False)
class _Asked:
    """What one caller waits for."""

    texts: list[str]
    turn: threading.Event = field(default_factory=threading.Event)  # answered, or to run the next
    found: Encoded | None = None
    error: BaseException | None = None

    @property
    def answered(self) -> bool:
        return self.found is not None or self.error is not None


class TextBatches:
    """Encodes what its callers give, in the order in which they come.

    No thread of its own: of the callers, one runs a pass for all, and the first of those who came
    meanwhile runs the next.
    """

    def __init__(self, encode: Callable[[list[str]], Encoded]) -> None:
        """Encode with ``encode``, which is never called by two threads at once."""
        self._encode = encode
        self._waiting: deque[_Asked] = deque()
        self._running = False
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> Encoded:
        """Encode texts, each by itself up to rounding; what goes wrong is told to its caller."""
        own = _Asked(list(texts))
        with self._lock:
            self._waiting.append(own)
            runs, self._running = not self._running, True
        if not runs:
            own.turn.wait()
        if not own.answered:  # the first of those who wait
            self._run_one()
        if own.error is not None:
            raise own.error
        assert own.found is not None
        return own.found

    def _run_one(self) -> None:
        """Run a pass for the first who wait, tell them, and let another run the next."""
        with self._lock:
            some = [self._waiting.popleft()]
            size = len(some[0].texts)
            while self._waiting and size + len(self._waiting[0].texts) <= AT_ONCE:
                some.append(self._waiting.popleft())
                size += len(some[-1].texts)
        try:
            self._answer(some)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._running = following is not None
            for one in some:
                one.turn.set()
            if following is not None:
                following.turn.set()

    def _answer(self, some: list[_Asked]) -> None:
        try:
            distinct = list(dict.fromkeys(text for one in some for text in one.texts))
            embeds, tokens = self._encode(distinct)
            number = {text: n for n, text in enumerate(distinct)}
            for one in some:
                rows = [number[text] for text in one.texts]
                one.found = embeds[rows], [tokens[n] for n in rows]
        except BaseException as error:  # a panic of a library in Rust is no Exception
            if len(some) == 1:
                some[0].error = error
                return
            for one in some:  # one's fault is not the others'
                self._answer([one])
