"""Making a gallery of what a visitor has sent: unpacked, checked, indexed, opened."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from app.adding.limits import Limits
from app.adding.visitor_pictures import Own
from app.explorer.explorer import Explorer
from app.explorer.opened import Opened, over_index, ready_status
from app.explorer.pace import Stopped, telling
from app.words.adding import ADDING
from app.words.numbers import counted, decimal, whole
from cmpagl.data.chips import RASTERS, Chips, count_chips
from cmpagl.data.dataset import RetrievalDataset, Skipped, load_dataset
from cmpagl.data.decode import header_size
from cmpagl.data.scan import scan_folder
from cmpagl.data.unpack import unpack
from cmpagl.errors import CmpaglError, DataError

__all__ = ["CUT", "make_gallery"]

CUT = Chips(256, overlap=0.25, above=1024)
"""How rasters are cut; those of at most 1,024 pixels a side stay whole."""

HELD = (".tar", ".tgz", ".gz", ".parquet", ".arrow", ".feather")
"""What holds pictures or tables whose size no header tells: a small one can fill the memory."""


def make_gallery(own: Own, explorer: Explorer, limits: Limits) -> None:
    """Prepare everything that has arrived; what was prepared before is not done again.

    Raises:
        Stopped: the visitor asked for it, or is gone.
        CmpaglError: there is nothing in it, or the disk is full.
    """
    _unpack_all(own, limits)
    _check_all(own, limits)
    own.tell(ADDING.reading)
    try:
        dataset = load_dataset(own.pictures, on_error="skip", chips=CUT)
    except DataError as error:
        raise DataError(f"{ADDING.nothing} ({_plain(error, own)})") from error
    if len(dataset) > limits.pictures:  # captions, tables: what no file's header could tell
        dataset = replace(dataset, records=dataset.records[: limits.pictures])
        most = ADDING.too_many_pictures.format(most=whole(limits.pictures))
        own.refuse([Skipped(ADDING.yours, most)])
    dataset = replace(dataset, name=ADDING.yours)
    own.notes = [line for _, account in dataset.accounts for line in account.lines()[1:]]
    opened = _indexed(own, explorer, dataset)
    own.refuse(Skipped(one.name, _plain(one.reason, own)) for one in opened.gallery.skipped)
    _show(own, explorer, opened)
    if explorer.first is not None and explorer.first.second is not None:
        opened = _with_second(own, explorer.first, opened)
        _show(own, explorer, opened)
    n = len(opened.gallery)
    own.tell(counted(ADDING.ready, n), n, n, "ready")


def _show(own: Own, explorer: Explorer, opened: Opened) -> None:
    """Let the visitor search what is prepared."""
    beside = explorer.galleries.find(own.key)
    beside.opened, beside.status = opened, ready_status(opened)
    own.searchable = True


def _indexed(own: Own, explorer: Explorer, dataset: RetrievalDataset) -> Opened:
    """The pictures as the first model sees them."""
    from cmpagl.model.checkpoint import open_checkpoint
    from cmpagl.search.retriever import Retriever
    from cmpagl.store.build import grow_index

    first = explorer.first
    if first is None:
        checkpoint = open_checkpoint(explorer.source.checkpoint)
    else:
        checkpoint = first.retriever.checkpoint
    progress = telling(ADDING.yours, own.tell, own.stopping.is_set)
    growth = grow_index(
        dataset, checkpoint, own.index, on_error="skip", prune=True, progress=progress
    )
    if first is not None:
        return over_index(replace(first, second=None), own.index)
    return Opened(growth.gallery, Retriever(growth.gallery, checkpoint))


def _with_second(own: Own, first: Opened, opened: Opened) -> Opened:
    """What is searched with the first model already, and as the second one sees it beside."""
    from app.explorer.preparing import prepare_second

    assert first.second is not None
    model = first.second.retriever.checkpoint

    def tell(sentence: str, done: int, total: int) -> None:
        own.tell(ADDING.second.format(model=model.name, how_far=sentence), done, total)

    prepare_second(opened.gallery, model, tell, own.stopping.is_set)
    return over_index(first, own.index)


def _go_on(own: Own) -> None:
    if own.stopping.is_set():
        raise Stopped


def _unpack_all(own: Own, limits: Limits) -> None:
    """Lay every ZIP out in a folder of its name."""
    for archive in _files(own.pictures, ".zip"):
        name = archive.relative_to(own.pictures).as_posix()
        own.tell(ADDING.unpacking.format(name=name))
        place = archive.with_suffix("")
        number = 1
        while place.exists():
            number += 1
            place = archive.with_name(f"{archive.stem}-{number}")
        try:
            found = unpack(
                archive,
                place,
                most_files=limits.pictures,
                most_bytes=limits.bytes - own.received,
                go_on=lambda: _go_on(own),
            )
            own.received += found.size
            own.refuse(Skipped(f"{name}/{one.name}", one.reason) for one in found.refused)
        except DataError as error:
            shutil.rmtree(place, ignore_errors=True)  # all of it: nobody asked for a part
            own.refuse([Skipped(name, str(error))])
        archive.unlink(missing_ok=True)


def _check_all(own: Own, limits: Limits) -> None:
    """Take out, by name, what is no picture, too large, or one too many: by headers alone."""
    left = limits.pictures
    scan = scan_folder(own.pictures)
    for name in sorted(scan.files.keys() - scan.pictures()):
        path = own.pictures / name
        if reason := _no_text(path, limits):
            own.refuse([Skipped(name, reason)])
            path.unlink(missing_ok=True)
    for name in sorted(scan.pictures()):
        _go_on(own)
        path = own.pictures / name
        try:
            left -= _pieces(path, name, limits, left)
        except DataError as error:
            own.refuse([Skipped(name, _plain(error, own))])
            path.unlink(missing_ok=True)


def _no_text(path: Path, limits: Limits) -> str:
    """Why a file that is no picture is taken out before anything of it is read; "": it is not."""
    if path.suffix.lower() in HELD and not limits.held:
        return ADDING.no_held
    if path.stat().st_size > limits.text:
        return ADDING.text_too_large.format(most=whole(limits.text // 1_000_000))
    return ""


def _pieces(path: Path, name: str, limits: Limits, left: int) -> int:
    """How many pictures a file becomes.

    Raises:
        DataError: it may not be added; a clause without its name, or a sentence with its path.
    """
    width, height = header_size(path, str(path))
    if path.suffix.lower() in RASTERS and max(width, height) > CUT.above:
        pieces = count_chips(width, height, round(CUT.size), CUT.overlap)
        if pieces > left:
            most = whole(limits.pictures)
            raise DataError(ADDING.raster_too_large.format(n=whole(pieces), most=most))
        return pieces
    if width * height > limits.pixels:
        most = decimal(limits.pixels / 1e6, 0)
        size = {"width": whole(width), "height": whole(height)}
        raise DataError(ADDING.too_many_pixels.format(**size, most=most))
    if left < 1:
        raise DataError(ADDING.too_many_pictures.format(most=whole(limits.pictures)))
    return 1


def _files(folder: Path, suffix: str) -> Iterator[Path]:
    yield from sorted(p for p in folder.rglob("*") if p.suffix.lower() == suffix and p.is_file())


def _plain(error: CmpaglError | str, own: Own) -> str:
    """A sentence without where on the server the visitor's files lie."""
    return str(error).replace(f"{own.pictures}/", "").replace(str(own.pictures), "").strip()
