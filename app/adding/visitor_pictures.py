"""One visitor's own pictures: what has arrived, how far preparing them is, what was left out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from app.adding.contract import AddingState
from app.words.adding import ADDING
from app.words.numbers import counted, whole
from cmpagl.data.records import Skipped

__all__ = ["Own"]

NAMED = 50  # refused files that are named
REMEMBERED = 2000  # that are counted


@dataclass
class Own:
    """What a visitor has added. One thread prepares it; others only read, and ask it to stop."""

    key: str  # of the gallery in addresses
    owner: str  # by `app.serving.owner`
    address: str  # where the visitor is
    folder: Path
    phase: str = "receiving"  # see `AddingState`
    sentence: str = ""
    done: int = 0
    total: int = 0
    received: int = 0  # bytes
    files: int = 0  # that have arrived
    refused: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    searchable: bool = False
    kept: str = ""
    seen: float = field(default_factory=time.monotonic)
    stopping: threading.Event = field(default_factory=threading.Event)
    gone: bool = False
    keeping: bool = False  # it is being copied to a folder of this machine
    thread: threading.Thread | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def pictures(self) -> Path:
        """The folder of what has arrived."""
        return self.folder / "pictures"

    @property
    def index(self) -> Path:
        """The folder of their index, beside them."""
        return self.folder / "index"

    @property
    def running(self) -> bool:
        """Whether it is being prepared, or waits to be, or is being kept."""
        return self.keeping or (self.thread is not None and self.thread.is_alive())

    def tell(self, sentence: str, done: int = 0, total: int = 0, phase: str = "preparing") -> None:
        """Say how far it is."""
        self.phase, self.sentence, self.done, self.total = phase, sentence, done, total

    def refuse(self, left_out: Iterable[Skipped]) -> None:
        """Remember what was left out, once by name."""
        known = {one.name for one in self.refused}
        new = [one for one in left_out if one.name not in known]
        self.refused += new[: max(0, REMEMBERED - len(self.refused))]

    def shown(self) -> AddingState:
        """All of it, for the visitor's script."""
        more = len(self.refused) - NAMED
        return {
            "phase": self.phase,
            "sentence": self.sentence,
            "done": self.done,
            "total": self.total,
            "left_out": counted(ADDING.refused, len(self.refused)),
            "refused": [{"name": s.name, "reason": s.reason} for s in self.refused[:NAMED]],
            "more": ADDING.more_refused.format(n=whole(more)) if more > 0 else "",
            "notes": list(self.notes),
            "gallery": self.key if self.searchable else "",
            "kept": self.kept,
        }
