"""Galleries beside the first one: further indexes, and what visitors have added for themselves."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from app.explorer.opened import Opened, Status
from app.words.page import STATUS
from cmpagl.errors import QueryError
from cmpagl.store.location import Location

__all__ = ["Beside", "Galleries", "link_name"]


@dataclass
class Beside:
    """One of them."""

    key: str  # its name in addresses
    name: str  # as the page calls it
    folder: Location  # of its index
    data: tuple[Path, ...] = ()  # what it is prepared from, where it is
    owner: str = ""  # whose it is alone, by `app.serving.owner`; "": everybody's
    opened: Opened | None = None
    status: Status = field(default_factory=lambda: Status("starting", STATUS.starting))
    stopping: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class Galleries:
    """Those that are open, by their names in addresses."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_key: dict[str, Beside] = {}
        self._lock = threading.Lock()

    def add(self, beside: Beside) -> None:
        """Let it be found."""
        with self._lock:
            self._by_key[beside.key] = beside

    def remove(self, key: str) -> None:
        """Let it be found no more."""
        with self._lock:
            self._by_key.pop(key, None)

    def find(self, key: str) -> Beside:
        """The gallery of this name.

        Raises:
            QueryError: there is none, or none any more.
        """
        with self._lock:
            found = self._by_key.get(key)
        if found is None:
            raise QueryError(STATUS.no_gallery)
        return found

    def seen_by(self, owner: str) -> list[Beside]:
        """What a visitor may open, everybody's first."""
        with self._lock:
            known = list(self._by_key.values())
        return [one for one in known if one.owner in ("", owner)]

    def all(self) -> list[Beside]:
        """Everybody's and every visitor's."""
        with self._lock:
            return list(self._by_key.values())

    def may_see(self, key: str, owner: str) -> bool:
        """Whether a visitor may open it."""
        with self._lock:
            found = self._by_key.get(key)
            return found is not None and found.owner in ("", owner)


def link_name(folder: Location, taken: Iterable[str]) -> str:
    """A name in addresses for a folder's gallery."""
    names = set(taken)
    whole = folder.resolve() if isinstance(folder, Path) else folder
    named = whole.parent if whole.name == "index" else whole
    base = named.name
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", base).strip("._-")[:40] or "gallery"
    number, name = 1, plain
    while name in names:
        number += 1
        name = f"{plain}-{number}"
    return name
