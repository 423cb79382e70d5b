"""The explorer behind the page: what is open, how far opening has come, and nothing of Gradio.

`Explorer` opens in a thread of its own, so that the page answers before PyTorch is imported. Every
other `service_*` module is functions that take an explorer and give dataclasses out.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.explorer.uploads import Uploads
from app.serving.line import Line
from app.words.numbers import counted
from app.words.page import STATUS
from cmpagl.errors import CmpaglError, QueryError

if TYPE_CHECKING:
    from cmpagl.model.checkpoint import Checkpoint
    from cmpagl.search.retriever import Retriever
    from cmpagl.store.gallery import Gallery

__all__ = ["DEFAULT_INDEX", "Explorer", "Opened", "Source", "Status"]

DEFAULT_INDEX = Path(__file__).resolve().parents[2] / "assets" / "gallery" / "index"
"""The index of the embedded gallery."""

AT_ONCE, WAITING = 3, 200
"""Questions that are answered at the same time, of the page and the endpoints, and that wait."""

LOG = logging.getLogger("cmpagl.explorer")


@dataclass(frozen=True)
class Source:
    """What to open: an index, or data sets that are indexed first; neither is the empty page."""

    checkpoint: Path
    index: Path | None = None
    data: tuple[Path, ...] = ()  # searched as one

    @property
    def name(self) -> str:
        """How the page calls it before it is open."""
        folders = self.data or ((self.index,) if self.index else ())
        return " + ".join(folder.resolve().name for folder in folders)

    def index_folder(self) -> Path:
        """Where the index lies or will lie: for data sets, in the user's cache."""
        if self.index is not None:
            return self.index
        assert self.data
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        place = "\n".join(str(path.resolve()) for path in (*self.data, self.checkpoint))
        key = hashlib.sha256(place.encode()).hexdigest()[:12]
        others = f"+{len(self.data) - 1}" if len(self.data) > 1 else ""
        return cache / "cmpagl" / "indexes" / f"{self.data[0].resolve().name}{others}-{key}"


@dataclass(frozen=True)
class Status:
    """How far opening has come; ``sentence`` is for the person in front of the page."""

    phase: str  # "starting", "indexing", "opening", "ready", "empty", "stopped" or "failed"
    sentence: str
    done: int = 0
    total: int = 0

    @property
    def settled(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.phase not in ("starting", "indexing", "opening")


@dataclass(frozen=True)
class Opened:
    """What every view stands on once the page is ready."""

    gallery: Gallery
    retriever: Retriever

    @property
    def drawn(self) -> bool:
        """Whether the scenes are drawn, not photographed: their truth lies beside them."""
        return (self.gallery.root / "truth.json").is_file()


class Explorer:
    """One gallery and one model, shared by all visitors and never changed by any of them."""

    def __init__(self, source: Source) -> None:
        """Remember what to open; `start` opens it."""
        self.source = source
        self.uploads = Uploads()
        self.line = Line(AT_ONCE, WAITING)
        self.status = Status("starting", STATUS["starting"])
        self._opened: Opened | None = None
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Open the source in the background; ask `status` how far it has come.

        Once started, it does nothing, but after a stop it goes on where that was.
        """
        with self._starting:
            if self._thread is not None and self.status.phase != "stopped":
                return
            self.status = Status("starting", STATUS["starting"])
            self._stop.clear()
            thread = threading.Thread(target=self._run, name="opening", daemon=True)
            thread.start()
            self._thread = thread  # a signal may come before it runs, and then nobody waits for it

    def stop(self) -> None:
        """Ask a running preparation to stop after the picture at hand; what is done is kept."""
        self._stop.set()
        if not self.status.settled:
            self.status = Status(self.status.phase, STATUS["stopping"])

    def wait(self, timeout: float | None = None) -> Status:
        """Wait until opening has settled, for tests and for programs without a page."""
        thread = self._thread
        if thread is not None and thread.ident is not None:  # a signal may come before it starts
            thread.join(timeout)
        return self.status

    @property
    def ready(self) -> bool:
        """Whether `opened` answers."""
        return self._opened is not None

    def opened(self) -> Opened:
        """Give the gallery and the retriever.

        Raises:
            QueryError: they are not open; the sentence says what the page is doing instead.
        """
        if self._opened is None:
            raise QueryError(STATUS["not_ready"].format(status=self.status.sentence))
        return self._opened

    @property
    def newer(self) -> bool:
        """Whether the index on disk has a newer version than the one that is open."""
        return self._opened is not None and self._opened.gallery.newer

    def renew(self) -> None:
        """Go over to the newer version in the background; until then the open one answers."""
        with self._starting:
            if self._thread is not None and self._thread.is_alive():
                return
            self._thread = threading.Thread(target=self._renew, name="renewing", daemon=True)
            self._thread.start()

    def _renew(self) -> None:
        from cmpagl.store.gallery import open_gallery

        opened = self.opened()
        checkpoint = opened.retriever.checkpoint
        try:
            gallery = open_gallery(opened.gallery.folder, checkpoint)
            self._be_ready(Opened(gallery, opened.retriever.over(gallery)))
        except CmpaglError as error:  # the open one goes on
            self.status = Status("ready", str(error))

    def _be_ready(self, opened: Opened) -> None:
        """Answer with this from now on, and say so."""
        gallery, checkpoint = opened.gallery, opened.retriever.checkpoint
        self._opened = opened
        scenes = counted(STATUS["scenes_drawn" if opened.drawn else "scenes"], len(gallery))
        words = {"name": gallery.name, "scenes": scenes, "model": checkpoint.name}
        sentence = STATUS["ready_split" if gallery.split else "ready"]
        self.status = Status("ready", sentence.format(**words, split=gallery.split))

    def _run(self) -> None:
        try:
            self._open()
        except CmpaglError as error:
            self.status = Status("failed", str(error))
        except Exception as error:
            LOG.exception("opening %s failed", self.source)
            sentence = STATUS["failed"].format(kind=type(error).__name__)
            self.status = Status("failed", sentence)

    def _open(self) -> None:
        source = self.source
        if source.index is None and not source.data:
            self.status = Status("empty", STATUS["empty"])
            return
        self.status = Status("opening", STATUS["opening"])
        # Imported here, in the background: PyTorch alone takes seconds.
        from cmpagl.model.checkpoint import open_checkpoint
        from cmpagl.search.retriever import Retriever
        from cmpagl.store.gallery import open_gallery

        checkpoint = open_checkpoint(source.checkpoint)
        if source.data:
            gallery = self._prepare(source.data, checkpoint)
            if gallery is None:
                self.status = Status("stopped", STATUS["stopped"])
                return
        else:
            gallery = open_gallery(source.index_folder(), checkpoint)
        self.status = Status("opening", STATUS["opening"])
        retriever = Retriever(gallery, checkpoint)
        retriever.load()  # so that the first query is as quick as the others
        self._be_ready(Opened(gallery, retriever))

    def _prepare(self, data: tuple[Path, ...], checkpoint: Checkpoint) -> Gallery | None:
        """The data sets' index, made where there is none; None when it was stopped."""
        from app.explorer.preparing import Stopped, prepare

        def tell(sentence: str, done: int, total: int) -> None:
            self.status = Status("indexing", sentence, done, total)

        out = self.source.index_folder()
        try:
            return prepare(data, out, checkpoint, tell, self._stop.is_set)
        except Stopped:
            return None
