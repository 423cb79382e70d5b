"""Retrieval data sets: what is in a folder -> images in a fixed order, each with its captions.

Listing reads only the description and the file names, never a pixel; `iter_pixels` decodes, in
order, in threads, with bounded memory. The forms on disk are read in `cmpagl.data.layouts`, one
picture in `cmpagl.data.picture`.

The split train also takes in what is called restval, as is the custom with Karpathy's splits; val
is also what calls itself valid, validation or dev, where nothing is called val, and so on
(`cmpagl.data.split_names`).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from cmpagl.data.decode import header_size
from cmpagl.data.find import find_description
from cmpagl.data.picture import Picture, load_pixels
from cmpagl.data.records import ImageRecord, RetrievalDataset, Skipped, normalise_caption
from cmpagl.data.scan import Account
from cmpagl.data.soundness import check_entries, unused
from cmpagl.data.split_names import called, take_in
from cmpagl.data.stretch import Reading
from cmpagl.errors import DataError, plain

if TYPE_CHECKING:
    from cmpagl.data.chips import Chips

__all__ = [
    "ImageRecord",
    "OnError",
    "RetrievalDataset",
    "Skipped",
    "count_splits",
    "iter_pixels",
    "iter_prepared",
    "load_dataset",
    "normalise_caption",
    "refusal",
    "split_names",
]

OnError = Literal["raise", "skip"]
T = TypeVar("T")
_LONGEST_NAME = 100  # characters of a data set's


def split_names(root: Path | str) -> tuple[str, ...]:
    """The splits of a data set as its description names them; none where it has none.

    What calls itself valid, validation or dev is val here, where nothing else is.

    Raises:
        DataError: nothing is recognised, or a description is damaged.
    """
    return tuple(dict.fromkeys(called(find_description(Path(root))[0].splits).values()))


def count_splits(root: Path | str) -> tuple[str, dict[str, int]]:
    """The name of a data set and how many entries each split has, named as `split_names` does.

    Entries without a split are under "".

    Raises:
        DataError: nothing is recognised, or a description is damaged.
    """
    found = find_description(Path(root))[0]
    names = called(found.splits)
    counts = Counter("" if e.split is None else names[e.split] for e in found.entries)
    return _called(found.name), dict(counts)


def _called(name: str) -> str:
    """A data set's name as it can be said: whatever a file calls its own, on one line."""
    return plain(name.encode(errors="replace").decode())[:_LONGEST_NAME]


def load_dataset(
    root: Path | str,
    split: str | None = None,
    *,
    on_error: OnError = "raise",
    reading: Reading | None = None,
    chips: Chips | None = None,
) -> RetrievalDataset:
    """List the images and captions of a data set, without decoding any image.

    `cmpagl.data.layouts` states which forms are recognised and where classes come from. Broken
    images show when they are decoded: `iter_pixels`.

    Args:
        root: The folder, or one `.json` or `.csv` description in it.
        split: One split by its name; None takes all images.
        on_error: What to do with a faulty entry (an image that is missing, listed twice or named
            outside the folder; a caption without image, empty or NaN; an image without caption):
            "raise" ends there, "skip" leaves it out and names it in ``skipped``. What is merely
            unused (pictures that no entry lists) is named there in both cases.
        reading: Which bands of sensors' pictures, and how they are stretched; None: as usual.
        chips: How TIFFs and JPEG 2000s without captions are cut; None: each is one picture.

    Raises:
        DataError: Nothing is recognised, a description is damaged, the split is unknown, an entry
            is faulty and ``on_error`` is "raise", or nothing is left.
    """
    found, account = find_description(Path(root))
    if split is not None and not take_in(split, found.splits):
        names = ", ".join(found.splits)
        known = f"its splits are {names}" if names else "it has none, so leave it out"
        raise DataError(f"{root} has no split {split!r}: {known}.")
    found.name = _called(found.name)
    records, faults = check_entries(found, split)
    if faults and on_error == "raise":
        more = f" (and {len(faults) - 1:,} more faults)" if len(faults) > 1 else ""
        raise DataError(
            f"{found.root}: {faults[0].name!r} {faults[0].reason}{more}; correct it, or skip "
            "what is faulty (--on-error skip)."
        )
    if not records:
        raise DataError(f"{root} holds no usable image: all {len(faults):,} entries were skipped.")
    if reading is not None and reading != Reading():
        records = [replace(r, source=r.picture.read_as(reading)) for r in records]
    if chips is not None:
        records, account = _cut(records, chips, reading or Reading(), account, faults, on_error)
    skipped = (*faults, *unused(found))
    accounts = ((found.name, account),)
    return RetrievalDataset(found.name, found.root, split, tuple(records), skipped, accounts)


def _cut(
    records: Sequence[ImageRecord],
    chips: Chips,
    reading: Reading,
    account: Account,
    faults: list[Skipped],
    on_error: OnError,
) -> tuple[list[ImageRecord], Account]:
    """Rasters as their chips, and an account that says how many; other pictures stay."""
    from cmpagl.data.chips import RASTERS, cut

    made: list[ImageRecord] = []
    rasters = pieces = left_out = 0
    for record in records:
        whole = record.captions or record.path.suffix.lower() not in RASTERS
        if whole or not _is_above(record.path, chips.above):
            made.append(record)
            continue
        try:
            found, void = cut(record.path, chips, reading)
        except DataError as error:
            if on_error == "raise":
                raise
            faults.append(Skipped(record.image_id, str(error)))
            continue
        rasters, pieces, left_out = rasters + 1, pieces + len(found), left_out + void
        made += [
            replace(record, image_id=f"{record.image_id}/{w.window[0]}_{w.window[1]}", source=w)
            for w in found
        ]
    if not rasters:
        return made, account
    note = f"{rasters:,} {'raster' if rasters == 1 else 'rasters'} cut into {pieces:,} chips"
    note += f"; {left_out:,} more are mostly without data and left out" if left_out else ""
    return made, replace(account, notes=(*account.notes, note))


def _is_above(path: Path, pixels: int) -> bool:
    """Whether a raster is larger than so many pixels; one that cannot be read says so when cut."""
    if not pixels:
        return True
    try:
        return max(header_size(path, str(path))) > pixels
    except DataError:
        return True


def refusal(error: DataError) -> DataError:
    """Why a picture ends the work, with the two ways out."""
    reason = str(error).rstrip(".")
    return DataError(f"{reason}; correct it, or skip what is faulty (--on-error skip).")


def iter_prepared(
    records: Sequence[ImageRecord],
    prepare: Callable[[Picture], T],
    *,
    on_error: OnError = "raise",
    workers: int = 2,
    ahead: int | None = None,
    skipped: list[Skipped] | None = None,
) -> Iterator[tuple[int, T]]:
    """Run ``prepare`` on each picture in threads; yield (index in ``records``, result).

    Results come in order, and at most ``ahead`` exist at a time, however slow the caller is.

    Args:
        records: The images.
        prepare: Called with an image's picture in a worker thread, for example `read_image`.
        on_error: "raise" ends at the first image that cannot be read; "skip" goes on without it.
        workers: Threads that decode (Pillow frees the interpreter lock while it does).
        ahead: How many results may wait; default twice as many as there are workers. A model that
            takes batches is never kept waiting with two batches of small results.
        skipped: With "skip": where to append what was left out, by name.

    Raises:
        DataError: An image cannot be read and ``on_error`` is "raise".
    """
    ahead = 2 * workers if ahead is None else ahead
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="decode")
    pending: deque[tuple[int, Future[T]]] = deque()
    upcoming = iter(enumerate(records))
    try:
        while True:
            while len(pending) < ahead and (item := next(upcoming, None)) is not None:
                pending.append((item[0], pool.submit(prepare, item[1].picture)))
            if not pending:
                return
            index, future = pending.popleft()
            try:
                result = future.result()
            except DataError as error:
                if on_error == "raise":
                    raise refusal(error) from error
                if skipped is not None:
                    skipped.append(Skipped(records[index].image_id, str(error)))
                continue
            yield index, result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def iter_pixels(
    records: Sequence[ImageRecord],
    size: int,
    *,
    on_error: OnError = "raise",
    workers: int = 2,
    skipped: list[Skipped] | None = None,
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Decode images in order: (index in ``records``, (size, size, 3) uint8); see `iter_prepared`.

    Raises:
        DataError: An image cannot be read and ``on_error`` is "raise".
    """
    prepare = partial(load_pixels, size=size)
    return iter_prepared(records, prepare, on_error=on_error, workers=workers, skipped=skipped)
