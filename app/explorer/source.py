"""What the page is to open, and where the index of data sets lies."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cmpagl.data.fetched import FETCHED
from cmpagl.files import cache_folder

if TYPE_CHECKING:
    from cmpagl.store.engine import Mode
    from cmpagl.store.location import Location

__all__ = ["DEFAULT_INDEX", "Source", "cached_index"]

DEFAULT_INDEX = Path(__file__).resolve().parents[2] / "assets" / "gallery" / "index"
"""The index of the embedded gallery."""


@dataclass(frozen=True)
class Source:
    """What to open: an index, or data sets that are indexed first; neither is the empty page."""

    checkpoint: Path
    index: Location | None = None
    data: tuple[Path, ...] = ()  # searched as one
    beside: tuple[Location, ...] = ()  # further indexes, each a gallery of its own
    mode: Mode = "auto"  # whether every scene is compared with a query
    second: Path | None = None  # a further checkpoint, to compare the first with

    @property
    def name(self) -> str:
        """How the page calls it before it is open."""
        folders = self.data or ((self.index,) if self.index else ())
        whole = (one.resolve() if isinstance(one, Path) else one for one in folders)
        named = (one.parent if one.name == "index" else one for one in whole)
        return " + ".join(one.name for one in named)

    def index_folder(self) -> Location:
        """Where the index lies or will lie: for data sets, in the user's cache."""
        if self.index is not None:
            return self.index
        assert self.data
        return cached_index(self.data, self.checkpoint)


def cached_index(data: tuple[Path, ...], checkpoint: Path) -> Path:
    """Where the index of data sets lies in the user's cache."""
    # What is fetched has a name of its own, wherever the page was started.
    named = (
        str(p) if str(p).startswith(FETCHED) else str(p.resolve()) for p in (*data, checkpoint)
    )
    key = hashlib.sha256("\n".join(named).encode()).hexdigest()[:12]
    others = f"+{len(data) - 1}" if len(data) > 1 else ""
    plain = re.sub(r"[?&=:,]+", "-", data[0].resolve().name)[:80]
    return cache_folder() / "indexes" / f"{plain}{others}-{key}"
