"""The indexes that were opened on this machine, kept in the user's settings; the latest first.

On one's own machine alone: a page that others reach remembers nothing and offers nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from app.explorer.galleries import link_name
from app.explorer.opened import Opened
from cmpagl.caches import home_folder
from cmpagl.config.json_types import fits
from cmpagl.errors import UsageError
from cmpagl.files import hold_folder, write_json
from cmpagl.store.location import Location

__all__ = ["Recent", "Remembered", "recent_file"]

LOG = logging.getLogger("cmpagl.explorer")

MOST = 12
LONGEST = 100_000  # bytes of the file; a longer one is none of ours


@dataclass(frozen=True)
class Remembered:
    """An index that was opened."""

    folder: str
    model: str  # fingerprint of the model that it was opened with

    @property
    def key(self) -> str:
        """What a page calls it: nothing of where it lies."""
        return hashlib.sha256(self.folder.encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        """The folder's name, which tells several indexes of one data set apart."""
        return link_name(Path(self.folder), ())


def recent_file() -> Path | None:
    """Where they are remembered; None where no folder of the user's is known."""
    try:
        settings = Path(os.environ.get("XDG_CONFIG_HOME") or home_folder() / ".config")
    except UsageError:
        return None
    return settings / "cmpagl" / "recent.json"


class Recent:
    """Remembers what was opened; with no file, nothing."""

    def __init__(self, file: Path | None = None, but: Path | None = None) -> None:
        """Name the file, which need not be there, and an index that is always at hand."""
        self._file, self._but = file, but
        self._lock = threading.Lock()

    def note(self, opened: Opened, folder: Path | None = None) -> None:
        """Remember that an index was opened; where that cannot be written, it is forgotten.

        Args:
            opened: what is open.
            folder: another place of the index, to which it was copied.
        """
        place = folder or opened.gallery.folder
        if self._file is None or not isinstance(place, Path) or place.resolve() == self._but:
            return
        one = Remembered(str(place.resolve()), opened.retriever.checkpoint.fingerprint)
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._lock, hold_folder(self._file.parent, None):  # another app may note as well
                others = [other for other in self._read() if other.folder != one.folder]
                write_json(self._file, [asdict(each) for each in [one, *others][:MOST]])
        except OSError as error:
            LOG.info("what was opened is not remembered: %s", error.strerror)

    def offered(self, model: str, opened: Collection[Location]) -> list[Remembered]:
        """Those that are there, of this model and not open.

        Args:
            model: fingerprint of the model that is loaded; "": none is yet, whichever fits.
            opened: the indexes that are open.
        """
        open_now = {str(one.resolve()) for one in opened if isinstance(one, Path)}
        return [
            one
            for one in self._read()
            if model in ("", one.model)
            and one.folder not in open_now
            and (Path(one.folder) / "scenes.lance").is_dir()
        ]

    def _read(self) -> list[Remembered]:
        try:
            if self._file is None or self._file.stat().st_size > LONGEST:
                return []
            said = json.loads(self._file.read_text("utf-8"))
            return [Remembered(**one) for one in said if fits(one, Remembered)][:MOST]
        except (OSError, ValueError, TypeError, RecursionError):
            return []  # none yet, or what somebody else wrote
