"""The explorer behind the page: what is open, how far opening has come, and nothing of Gradio.

`Explorer` opens in a thread of its own, so that the page answers before PyTorch is imported. Every
other `service_*` module is functions that take an explorer and give dataclasses out.
"""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.explorer.galleries import Beside, Galleries, link_name
from app.explorer.opened import (
    Opened,
    Status,
    measured,
    over_index,
    ranked_by,
    ready_status,
    said_of,
)
from app.explorer.pace import Stopped
from app.explorer.recent import Recent
from app.explorer.source import DEFAULT_INDEX, Source
from app.explorer.uploads import DECODED_AT_ONCE, Uploads
from app.serving.line import Line
from app.serving.which import GALLERY
from app.words.page import STATUS
from cmpagl.errors import QueryError

if TYPE_CHECKING:
    from cmpagl.model.checkpoint import Checkpoint
    from cmpagl.store.gallery import Gallery
    from cmpagl.store.location import Location

__all__ = ["DEFAULT_INDEX", "Explorer", "Opened", "Source", "Status"]

CORES = min(8, os.cpu_count() or 2)
AT_ONCE, WAITING = CORES + 1, 200
"""Questions that are answered at the same time, of the page and the endpoints, and that wait.

One more than there are cores, so that a text need not wait for pictures alone; with more, all take
longer and none is done sooner. Texts of those who are answered at the same time are encoded in one
pass."""


class Explorer:
    """The galleries that are open, and their model.

    The first is shared by all visitors, as are further ones that its operator names; what a visitor
    adds is that visitor's alone. `opened` and `status` are those of the gallery that a request is
    about (`app/serving/which.py`); threads without a request mean the first.
    """

    def __init__(self, source: Source) -> None:
        """Remember what to open; `start` opens it."""
        self.source = source
        self.uploads = Uploads()
        self.line = Line(AT_ONCE, WAITING, CORES)
        self.taking = Line(DECODED_AT_ONCE, WAITING)  # for pictures that are given, before asking
        self.saving = Line(1, WAITING)  # for answers and collections as files
        self.galleries = Galleries()
        self.recent = Recent()  # what was opened, where that is remembered
        self._status = Status("starting", STATUS.starting)
        self._opened: Opened | None = None
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        for folder in source.beside:
            key = link_name(folder, (one.key for one in self.galleries.seen_by("")))
            self.galleries.add(Beside(key, key, folder))

    @property
    def status(self) -> Status:
        """How far opening has come, of the gallery that is asked about."""
        key = GALLERY.get()
        return self.galleries.find(key).status if key else self._status

    @property
    def added(self) -> bool:
        """Whether what is asked about are pictures that a visitor has added."""
        key = GALLERY.get()
        return bool(key and self.galleries.find(key).owner)

    @property
    def settled(self) -> bool:
        """Whether nothing more of the first one happens by itself."""
        return self._status.settled

    def start(self) -> None:
        """Open the source in the background; ask `status` how far it has come.

        Once started, it does nothing, but after a stop it goes on where that was.
        """
        with self._starting:
            if self._thread is not None and self._status.phase != "stopped":
                return
            self._status = Status("starting", STATUS.starting)
            self._stop.clear()
            thread = threading.Thread(target=self._run, name="opening", daemon=True)
            thread.start()
            self._thread = thread  # a signal may come before it runs, and then nobody waits for it

    def stop(self) -> None:
        """Ask a running preparation to stop after the picture at hand; what is done is kept."""
        self._stop.set()
        if not self._status.settled:
            tuning = self._status.phase == "tuning"
            sentence = STATUS.tuning_stops if tuning else STATUS.stopping
            self._status = Status(self._status.phase, sentence)

    def wait(self, timeout: float | None = None) -> Status:
        """Wait until opening has settled, for tests and for programs without a page."""
        thread = self._thread
        if thread is not None and thread.ident is not None:  # a signal may come before it starts
            thread.join(timeout)
        return self._status

    @property
    def ready(self) -> bool:
        """Whether `opened` answers."""
        return self._at(GALLERY.get()) is not None

    def opened(self) -> Opened:
        """Give the gallery and the retriever.

        Raises:
            QueryError: they are not open; the sentence says what the page is doing instead.
        """
        found = self._at(GALLERY.get())
        if found is None:
            raise QueryError(STATUS.not_ready.format(status=self.status.sentence))
        return found

    @property
    def number(self) -> int:
        """The number of what `opened` gives, another once that ranks otherwise; 0: nothing yet."""
        found = self._at(GALLERY.get())
        return found.number if found is not None else 0

    @property
    def first(self) -> Opened | None:
        """The first gallery, once it is open, whatever a request is about."""
        return self._opened

    def _at(self, key: str) -> Opened | None:
        return self.galleries.find(key).opened if key else self._opened

    @property
    def newer(self) -> bool:
        """Whether the index on disk has a newer version than the one that is open."""
        found = self._at(GALLERY.get())
        return found is not None and found.gallery.newer

    def renew_if_lost(self) -> None:
        """Go over to an index that was made anew, where what is open of it cannot go on."""
        found = self._at(GALLERY.get())
        if found is not None and found.gallery.newer and found.gallery.lost:
            self.renew()

    def renew(self) -> None:
        """Go over to the newer version in the background; until then the open one answers."""
        with self._starting:
            if self._thread is not None and self._thread.is_alive():
                return
            key = (GALLERY.get(),)
            self._thread = threading.Thread(
                target=self._renew, args=key, name="renewing", daemon=True
            )
            self._thread.start()

    def _renew(self, key: str) -> None:
        opened = self._at(key)
        assert opened is not None
        try:
            self._be_ready(key, over_index(opened, opened.gallery.folder))
        except BaseException as error:  # the open one goes on
            self._say(key, Status("ready", said_of(error, "going over to a newer index")))

    def tune(self) -> None:
        """Search for the settings that rank this gallery best, in the background.

        A stop leaves the ranking as it was.
        """
        with self._starting:
            if self._thread is not None and self._thread.is_alive():
                return
            key = GALLERY.get()
            before = self.status
            self._stopping(key).clear()
            self._say(key, Status("tuning", STATUS.tuning, 0, 1))
            thread = threading.Thread(target=self._tune, args=(key,), name="tuning", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no room for one
                self._say(key, before)
                raise
            self._thread = thread

    def _stopping(self, key: str) -> threading.Event:
        return self.galleries.find(key).stopping if key else self._stop

    def _tune(self, key: str) -> None:
        from cmpagl.collections.here import tune
        from cmpagl.measure.here import write_here

        opened = self._at(key)
        assert opened is not None
        stopping = self._stopping(key)

        def tell(what: str, done: int, total: int) -> None:
            if stopping.is_set():
                raise Stopped
            self._say(key, Status("tuning", STATUS.tuning, done, total))

        try:
            here = tune(opened.retriever, tell)
            write_here(opened.retriever, here)
            tuned = ranked_by(opened.retriever.over(opened.gallery), here)
            self._be_ready(key, replace(tuned, second=opened.second))
        except Stopped:
            self._say(key, ready_status(opened))
        except BaseException as error:  # it goes on as before
            self._say(key, Status("ready", said_of(error, "tuning")))

    def _be_ready(self, key: str, opened: Opened) -> None:
        """Answer with this from now on, and say so."""
        beside = self.galleries.find(key) if key else None
        if beside is not None:
            beside.opened = opened
        else:
            self._opened = opened
        if not (beside.owner or beside.data if beside else self.source.data):
            self.recent.note(opened)
        self._say(key, ready_status(opened))

    def _say(self, key: str, status: Status) -> None:
        if key:
            self.galleries.find(key).status = status
        else:
            self._status = status

    def _run(self) -> None:
        try:
            self._open()
        except BaseException as error:
            self._status = Status("failed", said_of(error, f"opening {self.source}"))

    def _open(self) -> None:
        source = self.source
        if source.index is None and not source.data:
            self._status = Status("empty", STATUS.empty)
            return
        self._status = Status("opening", STATUS.opening)
        # Imported here, in the background: PyTorch alone takes seconds.
        import torch
        from threadpoolctl import threadpool_limits

        from cmpagl.model.checkpoint import open_checkpoint
        from cmpagl.search.retriever import Retriever

        checkpoint = open_checkpoint(source.checkpoint)
        if source.data:
            gallery = self._prepare(source.data, checkpoint)
            if gallery is None:
                self._status = Status("stopped", STATUS.stopped)
                return
        else:
            gallery = self._open_index(source.index_folder(), checkpoint)
        self._status = Status("opening", STATUS.opening)
        retriever = Retriever(gallery, checkpoint)
        if checkpoint.reads_text:
            retriever.load()  # so that the first query is as quick as the others
        try:
            second = self._second(gallery)
        except Stopped:
            self._status = Status("stopped", STATUS.stopped)
            return
        # One core for each thread that answers: several that each use all of them wait for each
        # other at every layer, 30 times as long for a text on a busy machine. NumPy's products
        # likewise: the second core turns round waiting, for three times the work of an answer.
        torch.set_num_threads(1)
        threadpool_limits(limits=1, user_api="blas")
        self._be_ready("", replace(measured(retriever), second=second))
        self._open_beside()

    def _second(self, gallery: Gallery) -> Opened | None:
        """The gallery as a further model sees it, where one was named."""
        from app.explorer.second import open_second

        if self.source.second is None:
            return None
        own = bool(self.source.data)
        found = open_second(
            gallery, self.source.second, prepare=own, tell=self._tell, stopping=self._stop.is_set
        )
        self._status = Status("opening", STATUS.opening)
        return found

    def _tell(self, sentence: str, done: int, total: int) -> None:
        self._status = Status("indexing", sentence, done, total)

    def _open_beside(self) -> None:
        """Open the further indexes over the same model, one after the other."""
        first = self._opened
        assert first is not None
        for beside in self.galleries.seen_by(""):
            try:
                self._be_ready(beside.key, over_index(first, beside.folder))
            except BaseException as error:  # told on its own page; the others go on
                said = said_of(error, f"opening {beside.name}")
                self._say(beside.key, Status("failed", said))

    def _open_index(self, folder: Location, checkpoint: Checkpoint) -> Gallery:
        """An index, once it has a whole version where another program is making the first."""
        from app.explorer.pace import when_free
        from cmpagl.store.gallery import open_gallery

        def tell(sentence: str, done: int, total: int) -> None:
            self._status = Status("opening", sentence)

        def use() -> Gallery:
            return open_gallery(folder, checkpoint, mode=self.source.mode)

        return when_free(use, self.source.name, tell, lambda: False)

    def _prepare(self, data: tuple[Path, ...], checkpoint: Checkpoint) -> Gallery | None:
        """The data sets' index, made where there is none; None when it was stopped."""
        from app.explorer.preparing import prepare

        out = self.source.index_folder()
        try:
            return prepare(data, out, checkpoint, self._tell, self._stop.is_set)
        except Stopped:
            return None
