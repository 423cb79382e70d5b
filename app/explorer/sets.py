"""What is a click away, opened beside the first gallery.

Public data sets, which are fetched and indexed before, and indexes that were opened another time.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.explorer.explorer import Explorer
from app.explorer.galleries import Beside, link_name
from app.explorer.opened import Opened, Status, over_index, ready_status, said_of
from app.explorer.pace import Stopped, Tell
from app.explorer.recent import Remembered
from app.explorer.source import cached_index
from app.words.page import STATUS
from cmpagl.errors import QueryError

if TYPE_CHECKING:
    from cmpagl.model.checkpoint import Checkpoint

__all__ = ["KNOWN", "KnownSet", "go_on", "open_recent", "open_set", "recent_offered"]


@dataclass(frozen=True)
class KnownSet:
    """One of them, as its page at the hub described it in 2026."""

    data: str  # as ``--data`` takes it
    key: str  # of its words in `app.words.adding`


KNOWN = (
    KnownSet("hf:timm/eurosat-rgb:test", "eurosat"),
    KnownSet("hf:blanchon/UC_Merced", "uc_merced"),
    KnownSet("hf:arampacha/rsicd:test", "rsicd"),
)


def open_set(explorer: Explorer, data: str) -> str:
    """Begin to open one of `KNOWN`, or go on; everybody sees it. Gives its name in addresses.

    Raises:
        QueryError: it is none of them, or the model is not loaded yet.
    """
    if all(known.data != data for known in KNOWN):
        raise QueryError(STATUS.no_gallery)
    if not explorer.settled:
        raise QueryError(STATUS.not_ready.format(status=explorer.status.sentence))
    there = explorer.galleries.seen_by("")
    beside = next((one for one in there if one.data == (Path(data),)), None)
    if beside is None:
        name = data.removeprefix("hf:").split(":")[0].split("/")[-1]
        folder = cached_index((Path(data),), explorer.source.checkpoint)
        key = link_name(Path(name), (one.key for one in there))
        beside = Beside(key, name, folder, data=(Path(data),))
        explorer.galleries.add(beside)
    go_on(explorer, beside)
    return beside.key


def recent_offered(explorer: Explorer) -> list[Remembered]:
    """Indexes of this model that were opened another time and are not open now."""
    first = explorer.first
    there = [one.folder for one in explorer.galleries.seen_by("")]
    model = first.retriever.checkpoint.fingerprint if first else ""
    return explorer.recent.offered(model, [*there, *([first.gallery.folder] if first else [])])


def open_recent(explorer: Explorer, key: str) -> str:
    """Begin to open one of `recent_offered`; everybody sees it. Gives its name in addresses.

    Raises:
        QueryError: it is none of them, or the model is not loaded yet.
    """
    if not explorer.settled:
        raise QueryError(STATUS.not_ready.format(status=explorer.status.sentence))
    found = next((one for one in recent_offered(explorer) if one.key == key), None)
    if found is None:
        raise QueryError(STATUS.no_gallery)
    folder = Path(found.folder)
    name = link_name(folder, (one.key for one in explorer.galleries.seen_by("")))
    beside = Beside(name, name, folder)
    explorer.galleries.add(beside)
    go_on(explorer, beside)
    return name


def go_on(explorer: Explorer, beside: Beside) -> None:
    """Prepare it in the background, where nothing does so already."""
    if beside.opened is not None or (beside.thread is not None and beside.thread.is_alive()):
        return
    beside.stopping.clear()
    beside.status = Status("opening", STATUS.opening)
    if beside.data:
        beside.status = Status("indexing", STATUS.indexing_start.format(name=beside.name))
    beside.thread = threading.Thread(target=_run, args=(explorer, beside), daemon=True)
    try:
        beside.thread.start()
    except RuntimeError as error:  # no room for one
        beside.status = Status("failed", said_of(error, f"opening {beside.name}"))


def _run(explorer: Explorer, beside: Beside) -> None:
    def tell(sentence: str, done: int, total: int) -> None:
        beside.status = Status("indexing", sentence, done, total)

    try:
        beside.opened = _opened(explorer, beside, tell)
        beside.status = ready_status(beside.opened)
        if not beside.data:
            explorer.recent.note(beside.opened)
    except Stopped:
        beside.status = Status("stopped", STATUS.stopped)
    except BaseException as error:
        beside.status = Status("failed", said_of(error, f"opening {beside.name}"))


def _opened(explorer: Explorer, beside: Beside, tell: Tell) -> Opened:
    # With PyTorch, which the page imports late.
    from app.explorer.preparing import prepare, prepare_second
    from cmpagl.model.checkpoint import open_checkpoint
    from cmpagl.search.retriever import Retriever
    from cmpagl.store.gallery import open_gallery

    first = explorer.first
    if first is not None:
        checkpoint: Checkpoint = first.retriever.checkpoint
    else:
        checkpoint = open_checkpoint(explorer.source.checkpoint)
    if beside.data:
        gallery = prepare(beside.data, beside.folder, checkpoint, tell, beside.stopping.is_set)
        if first is not None and first.second is not None:
            second = first.second.retriever.checkpoint
            prepare_second(gallery, second, tell, beside.stopping.is_set)
    if first is not None:
        return over_index(first, beside.folder)
    gallery = open_gallery(beside.folder, checkpoint, mode=explorer.source.mode)
    return Opened(gallery, Retriever(gallery, checkpoint))
