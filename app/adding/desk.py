"""Where visitors hand in pictures: who may, how much, in which order, and when it goes again."""

from __future__ import annotations

import logging
import re
import secrets
import shutil
import threading
import time
from os.path import expanduser
from pathlib import Path

from app.adding.contract import AddingShown, SetShown
from app.adding.job import make_gallery
from app.adding.limits import Limits
from app.adding.visitor_pictures import Own
from app.explorer.explorer import Explorer
from app.explorer.galleries import Beside
from app.explorer.opened import Status
from app.explorer.pace import Stopped
from app.explorer.sets import KNOWN
from app.words.adding import ADDING
from app.words.numbers import counted, decimal, whole
from cmpagl.cli.scarce import told_of_scarcity
from cmpagl.data.records import Skipped
from cmpagl.data.unpack import safe_name
from cmpagl.errors import CmpaglError, DataError, QueryError

__all__ = ["SLICE", "Desk"]

LOG = logging.getLogger("cmpagl.explorer")

SLICE = 4_000_000
"""Bytes of a file that are sent at a time."""

AWAY = 600.0  # seconds without a word from a visitor, after which what he added is deleted
MOST, MOST_HERE = 32, 4  # visitors with pictures of their own: in all, and at one address
SPARE = 1_000_000_000  # bytes of the disk that are left free


class Desk:
    """Takes pictures in, and has them made galleries that only their visitors see."""

    def __init__(self, explorer: Explorer, place: Path, limits: Limits) -> None:
        """Open it.

        Args:
            explorer: of the page.
            place: a folder for what visitors send; it is emptied by and by.
            limits: of each visitor.
        """
        self.explorer, self.place, self.limits = explorer, place, limits
        self._own: dict[str, Own] = {}
        self._lock = threading.Lock()
        self._queue: list[Own] = []

    # What a visitor sees

    def find(self, owner: str) -> Own | None:
        """What a visitor has added, if anything; notes that the visitor is there."""
        with self._lock:
            own = self._own.get(owner)
        if own is not None:
            own.seen = time.monotonic()
        return own

    def shown(self, owner: str, gallery: str, *, operator: bool) -> AddingShown:
        """For the script."""
        own, limits = self.find(owner), self.limits
        sentence = ADDING.limits.format(
            pictures=whole(limits.pictures),
            bytes=size_said(limits.bytes),
            pixels=decimal(limits.pixels / 1e6, 0),
        )
        return {
            "offered": limits.pictures > 0,
            "limits": sentence,
            "slice": SLICE,
            "root": "../../" if gallery else "",
            "here": own is not None and own.key == gallery,
            "keeps": operator,
            "sets": sets_shown() if operator else [],
            "state": None if own is None else own.shown(),
        }

    # What a visitor does

    def begin(self, owner: str, address: str, size: int) -> Own:
        """Make room for ``size`` more bytes.

        Raises:
            QueryError: they may not be added now.
        """
        limits = self.limits
        if limits.pictures < 1:
            raise QueryError(ADDING.none_here)
        self.sweep()
        with self._lock:
            own = self._own.get(owner)
            here = sum(one.address == address for one in self._own.values())
            if own is None and (len(self._own) >= MOST or here >= MOST_HERE):
                raise QueryError(ADDING.too_many_visitors)
            if own is not None and own.running:
                raise QueryError(ADDING.being_prepared)
            before = own.received if own is not None else 0
            if size < 0 or before + size > limits.bytes:
                said = {"size": size_said(before + size), "most": size_said(limits.bytes)}
                raise QueryError(ADDING.too_many_bytes.format(**said))
            self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if shutil.disk_usage(self.place).free < 2 * size + SPARE:
                raise QueryError(ADDING.disk_full)
            if own is None:
                key = f"own-{secrets.token_urlsafe(9).replace('_', '.')}"
                own = self._own[owner] = Own(key, owner, address, self.place / key)
        own.pictures.mkdir(mode=0o700, parents=True, exist_ok=True)
        own.tell("", phase="receiving")
        return own

    def take(self, own: Own, name: str, at: int, content: bytes) -> None:
        """Write a slice of a file at its place.

        Raises:
            QueryError: it is more than may be added, does not follow what is there, or would come
                after the others have been checked.
        """
        with own.lock:
            if own.gone:  # deleted meanwhile: nobody would delete what comes now
                raise QueryError(ADDING.gone)
            if own.running:
                raise QueryError(ADDING.being_prepared)
            try:
                path = own.pictures / safe_name(name)
            except DataError as error:
                own.refuse([Skipped(name[:200], str(error))])
                return
            if own.received + len(content) > self.limits.bytes:
                said = {"size": size_said(own.received + len(content))}
                most = size_said(self.limits.bytes)
                raise QueryError(ADDING.too_many_bytes.format(**said, most=most))
            if shutil.disk_usage(self.place).free < SPARE:
                raise QueryError(ADDING.disk_full)
            if own.files >= self.limits.files and not path.exists():
                own.refuse([Skipped(name[:200], ADDING.too_many_files)])
                return
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                own.files += not path.exists()
                there = path.stat().st_size if path.exists() else 0
                if at not in (0, there):
                    raise QueryError(ADDING.not_received.format(name=name[:200]))
                with open(path, "r+b" if at and path.exists() else "wb") as file:
                    file.seek(at)
                    file.write(content)
            except OSError as error:
                own.refuse([Skipped(name[:200], error.strerror or type(error).__name__)])
                return
            own.received += len(content) - (there if at == 0 else 0)

    def prepare(self, own: Own) -> None:
        """Make the gallery, or go on making it, in the background."""
        with own.lock, self._lock:  # no slice is being written
            if own.running or own.gone:
                return
            own.stopping.clear()
            name = ADDING.yours
            if not any(b.key == own.key for b in self.explorer.galleries.seen_by(own.owner)):
                beside = Beside(own.key, name, own.index, owner=own.owner)
                beside.status = Status("indexing", ADDING.reading)
                self.explorer.galleries.add(beside)
            own.tell(ADDING.reading, phase="waiting")
            own.thread = threading.Thread(target=self._run, args=(own,), daemon=True)
            self._queue.append(own)
            try:
                own.thread.start()
            except RuntimeError as error:  # no room for one: nobody waits behind it
                self._queue.remove(own)
                own.thread = None
                own.tell(ADDING.failed.format(reason=told_of_scarcity(error)), phase="failed")

    def stop(self, own: Own) -> None:
        """Ask it to stop; what is done stays."""
        own.stopping.set()
        if not own.running and own.phase == "receiving":
            own.tell(ADDING.stopped, phase="stopped")

    def forget(self, owner: str) -> None:
        """Delete what a visitor has added."""
        with self._lock:  # while nothing begins to prepare it
            own = self._own.pop(owner, None)
            if own is None:
                return
            own.gone = True
            own.stopping.set()
        self.explorer.galleries.remove(own.key)
        try:
            threading.Thread(target=_delete, args=(own,), daemon=True).start()
        except RuntimeError:  # no room for one
            _delete(own)

    def sweep(self) -> None:
        """Delete what visitors who are gone have added."""
        end = time.monotonic() - AWAY
        with self._lock:
            left = [owner for owner, own in self._own.items() if own.seen < end]
        for owner in left:
            self.forget(owner)

    def keep(self, own: Own, folder: str) -> None:
        """Copy pictures and index to a folder of this machine.

        Raises:
            QueryError: it is no new folder that can be written to, or nothing is ready.
        """
        with own.lock:
            if not own.searchable or own.running:
                raise QueryError(ADDING.not_ready)
            own.keeping = True  # and nothing is added or prepared meanwhile
        try:
            self._keep(own, folder)
        finally:
            own.keeping = False

    def _keep(self, own: Own, folder: str) -> None:
        out = Path(expanduser(folder.strip()))  # which leaves a person's that is unknown
        if not out.is_absolute() or re.search("[\0\ud800-\udfff]", folder):
            raise QueryError(ADDING.keep_path)
        try:
            if out.exists() and (not out.is_dir() or any(out.iterdir())):
                raise QueryError(ADDING.keep_taken.format(folder=out))
            out.mkdir(parents=True, exist_ok=True)
            for part in (own.pictures, own.index):
                shutil.copytree(part, out / part.name)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise QueryError(ADDING.keep_failed.format(folder=out, reason=reason)) from error
        opened = self.explorer.galleries.find(own.key).opened
        if opened is not None:
            self.explorer.recent.note(opened, out / "index")
        own.kept = ADDING.kept.format(command=f"python app.py --index '{out / 'index'}'")

    # Making it

    def _run(self, own: Own) -> None:
        try:
            self._wait(own)
            make_gallery(own, self.explorer, self.limits)
        except Stopped:
            own.tell(ADDING.stopped, phase="stopped")
        except CmpaglError as error:
            reason = str(error).replace(f"{own.folder}/", "")
            own.tell(ADDING.failed.format(reason=reason), phase="failed")
        except BaseException as error:  # a panic of a library in Rust is no Exception
            LOG.exception("preparing a visitor's pictures failed")
            own.tell(ADDING.failed_bug.format(kind=type(error).__name__), phase="failed")
        finally:
            with self._lock:
                if own in self._queue:
                    self._queue.remove(own)

    def _wait(self, own: Own) -> None:
        """Wait until those who came before are done."""
        while True:
            with self._lock:
                before = self._queue.index(own)
            if before == 0:
                return
            own.tell(counted(ADDING.waiting, before), phase="waiting")
            if own.stopping.wait(0.5):
                raise Stopped


def _delete(own: Own) -> None:
    """Remove the files of what is gone, once nothing writes there any more."""
    if own.thread is not None:
        own.thread.join()
    with own.lock:  # no slice is being written
        shutil.rmtree(own.folder, ignore_errors=True)


def sets_shown() -> list[SetShown]:
    """The public sets, with what there is to say of them."""
    said = [(known.data, ADDING.sets[known.key]) for known in KNOWN]
    return [{"data": d, "title": words["title"], "words": words["words"]} for d, words in said]


def size_said(size: int) -> str:
    """Bytes as one would say them."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{decimal(size / factor, 1 if size < 10 * factor else 0)} {unit}"
    return f"{decimal(size / 1000, 0)} kB"
