"""Parts of a model that are loaded when the first query needs them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Part"]

T = TypeVar("T")


class Part(Generic[T]):
    """Something that is loaded at first use, once, whichever thread comes first."""

    def __init__(self, load: Callable[[], T]) -> None:
        """Remember how it is loaded."""
        self._load, self._lock = load, threading.Lock()
        self._value: list[T] = []

    def __call__(self) -> T:
        """It, loaded where it is not yet."""
        if not self._value:
            with self._lock:
                if not self._value:
                    self._value.append(self._load())
        return self._value[0]

    @property
    def loaded(self) -> bool:
        """Whether it is there already."""
        return bool(self._value)
