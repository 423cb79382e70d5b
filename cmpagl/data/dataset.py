"""Retrieval data sets: what is in a folder -> images in a fixed order, each with its captions.

Listing reads only the description and the file names, never a pixel; `iter_pixels` decodes, in
order, in threads, with bounded memory. The forms on disk are read in `cmpagl.data.layouts`, one
picture in `cmpagl.data.picture`.

The split train also takes in what is called restval, as is the custom with Karpathy's splits; val
is also what calls itself valid, validation or dev, where nothing is called val.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from os.path import isdir, isfile, lexists, realpath
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from cmpagl.data.description import MISSING, Description, Entry
from cmpagl.data.find import find_description
from cmpagl.data.picture import FilePicture, Picture, load_pixels, read_image
from cmpagl.data.scan import Account
from cmpagl.data.stretch import Reading

if TYPE_CHECKING:
    from cmpagl.data.chips import Chips
from cmpagl.errors import DataError

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
    "split_names",
    "verify_images",
]

OnError = Literal["raise", "skip"]
T = TypeVar("T")


@dataclass(frozen=True)
class Skipped:
    """Something that was left out: ``name`` as the data set writes it, ``reason`` a clause."""

    name: str
    reason: str


@dataclass(frozen=True)
class ImageRecord:
    """One image; ``image_id`` is its posix path below the images' folder, unique in the set."""

    image_id: str
    path: Path  # the file that it is, or lies in
    captions: tuple[str, ...]
    class_name: str | None
    data_set: str | None = None  # the name of the one it comes from, where several are joined
    source: Picture | None = None  # how to open it; None: it is the file at ``path``

    @property
    def picture(self) -> Picture:
        """The picture, to open, to tell from others or to keep in an index."""
        return FilePicture(self.path) if self.source is None else self.source


@dataclass(frozen=True)
class RetrievalDataset:
    """Images in the order of their description (plain folder: sorted), 0..n captions each."""

    name: str
    root: Path
    split: str | None
    records: tuple[ImageRecord, ...]
    skipped: tuple[Skipped, ...] = ()
    # Of each folder, by its data set's name; what an index keeps are the records.
    accounts: tuple[tuple[str, Account], ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        """The number of images."""
        return len(self.records)

    @cached_property
    def data_sets(self) -> tuple[str, ...]:
        """The names of the data sets that the images come from, in order; mostly its own alone."""
        return tuple(dict.fromkeys(record.data_set or self.name for record in self.records))

    @cached_property
    def captions(self) -> list[str]:
        """All captions as written, image after image."""
        return [caption for record in self.records for caption in record.captions]

    @cached_property
    def caption_to_image(self) -> NDArray[np.int64]:
        """(n_captions,): the index of the image that each caption belongs to."""
        counts = [len(record.captions) for record in self.records]
        return np.repeat(np.arange(len(counts), dtype=np.int64), counts)

    @cached_property
    def distinct_captions(self) -> tuple[list[str], NDArray[np.int64]]:
        """Captions that differ word for word, normalised, in order of first use; and the way back.

        Returns:
            ``distinct`` and ``inverse`` (n_captions,): ``distinct[inverse[j]]`` is caption j as
            `normalise_caption` writes it. Encode each of ``distinct`` once: equal captions tie.
        """
        places: dict[str, int] = {}
        inverse = [places.setdefault(normalise_caption(c), len(places)) for c in self.captions]
        return list(places), np.array(inverse, dtype=np.int64)

    @property
    def caption_groups(self) -> NDArray[np.int64]:
        """(n_captions,): equal numbers where captions are the same word for word."""
        return self.distinct_captions[1]


def normalise_caption(caption: str) -> str:
    """Write a caption in the one form in which "the same word for word" is decided.

    Lower case, white space collapsed, a closing full stop and the space before it dropped (a
    caption of nothing but full stops stays as it is).
    """
    words = " ".join(caption.lower().split())
    return words.rstrip(" .") or words


def split_names(root: Path | str) -> tuple[str, ...]:
    """The splits of a data set as its description names them; none where it has none.

    What calls itself valid, validation or dev is val here, where nothing else is.

    Raises:
        DataError: nothing is recognised, or a description is damaged.
    """
    splits = find_description(Path(root))[0].splits
    return tuple(_VAL if name in _take_in(_VAL, splits) else name for name in splits)


def count_splits(root: Path | str) -> tuple[str, dict[str, int]]:
    """The name of a data set and how many entries each split has, named as `split_names` does.

    Entries without a split are under "".

    Raises:
        DataError: nothing is recognised, or a description is damaged.
    """
    found = find_description(Path(root))[0]
    also = _take_in(_VAL, found.splits)
    counts = Counter(_VAL if e.split in also else e.split or "" for e in found.entries)
    return found.name, dict(counts)


_TRAIN, _VAL = "train", "val"
_ALSO_VAL = ("validation", "valid", "dev")


def _take_in(split: str, splits: Sequence[str]) -> tuple[str, ...]:
    """The names under which a split's entries go; none where there is no such split."""
    if split == _TRAIN and _TRAIN in splits:
        return tuple(name for name in splits if name in (_TRAIN, "restval"))
    if split == _VAL and _VAL not in splits:
        return next(((name,) for name in _ALSO_VAL if name in splits), ())
    return (split,) if split in splits else ()


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
    images show when they are decoded: `iter_pixels`, `verify_images`.

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
    if split is not None and not _take_in(split, found.splits):
        names = ", ".join(found.splits)
        known = f"its splits are {names}" if names else "it has none, so leave it out"
        raise DataError(f"{root} has no split {split!r}: {known}.")
    if not _is_text(found.name):
        found.name = found.name.encode(errors="replace").decode()
    records, faults = _check(found, split)
    if faults and on_error == "raise":
        more = f" (and {len(faults) - 1:,} more faults)" if len(faults) > 1 else ""
        raise DataError(
            f"{found.root}: {faults[0].name!r} {faults[0].reason}{more}; correct it, or skip "
            "what is faulty (--on-error skip)."
        )
    if not records:
        raise DataError(f"{root} holds no usable image: all {len(faults):,} entries were skipped.")
    if chips is not None:
        records, account = _cut(records, chips, reading or Reading(), account, faults, on_error)
    elif reading is not None and reading != Reading():
        records = [replace(r, source=r.picture.read_as(reading)) for r in records]
    skipped = (*faults, *_unused(found))
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
    from cmpagl.data.chips import cut

    made: list[ImageRecord] = []
    rasters = pieces = left_out = 0
    for record in records:
        if record.captions or record.path.suffix.lower() not in _RASTERS:
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
    note = f"rasters cut into chips: {rasters:,}, into {pieces:,}"
    note += f"; {left_out:,} more are mostly without data and left out" if left_out else ""
    return made, replace(account, notes=(*account.notes, note))


_RASTERS = frozenset({".tif", ".tiff", ".jp2", ".j2k", ".jpx"})


def _check(found: Description, split: str | None) -> tuple[list[ImageRecord], list[Skipped]]:
    """The sound entries of a split as records, and what is wrong with the others."""
    records, faults = [], []
    first: dict[str, Entry] = {}  # over all splits: an image in two of them would leak
    splits = None if split is None else (*_take_in(split, found.splits), None)
    for entry in found.entries:
        earlier = first.get(entry.name)
        if earlier is None and not entry.fault:
            first[entry.name] = entry
        if splits is not None and entry.split not in splits:
            continue
        name = entry.name or entry.where
        captions, bad = _captions(entry)
        reason = _fault(found, entry, split, earlier)
        if not reason and not captions and found.source:
            reason = f"has no caption{': ' + bad[0] if bad else ''}"
        if reason:
            faults.append(Skipped(name if _is_text(name) else ascii(name)[1:-1], reason))
            continue
        path = entry.picture.path if entry.picture else found.images_root / entry.name
        records.append(
            ImageRecord(entry.name, path, tuple(captions), entry.class_name, source=entry.picture)
        )
        faults += [Skipped(name, b) for b in bad]
    return records, faults


def _fault(
    found: Description, entry: Entry, split: str | None, earlier: Entry | None
) -> str | None:
    """Why an entry's image cannot be used, as a clause; None: it can."""
    if entry.fault:
        return f"({entry.where}) {entry.fault}"
    if not entry.name:
        return "has captions but names no image"
    if not all(_is_text(text or "") for text in (entry.name, entry.split, entry.class_name)):
        return f"({entry.where}) has a name, split or class that is no text of whole characters"
    if entry.picture is None and not _inside(entry.name):
        return "is no path inside the data set's folder, so it is not opened"
    if earlier is not None:
        also = "" if earlier.split == entry.split else f" in the split {earlier.split!r}"
        return f"is listed twice ({entry.where}; first {earlier.where}{also})"
    if split is not None and entry.split is None:
        return f"({entry.where}) is in no split"
    if entry.picture is None and entry.name not in found.files:
        path = found.images_root / entry.name
        if not isfile(path):
            if lexists(path) and not isdir(path):
                return "is no regular file, so it is not opened"
            return f"has captions but no image in {found.images_root}"
        if not Path(realpath(path)).is_relative_to(realpath(found.root)):
            return "is a link that leads out of the data folder, so it is not opened"
    return None


def _is_text(text: str) -> bool:
    """Whether a text can be written down: not with half of a surrogate pair, or a broken name."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _captions(entry: Entry) -> tuple[list[str], list[str]]:
    """The usable captions of an entry, stripped, and a clause for each other one."""
    good, bad = [], []
    for number, caption in enumerate(entry.captions, 1):
        if not isinstance(caption, str):
            bad.append(f"caption {number} is {caption!r:.40} instead of text")
        elif not _is_text(caption):
            bad.append(f"caption {number} holds half of a surrogate pair, which is no character")
        elif not caption.strip():
            bad.append(f"caption {number} is empty")
        elif caption.strip().lower() in MISSING:
            bad.append(f"caption {number} is {caption.strip()!r}, which stands for a missing value")
        else:
            good.append(caption.strip())
    return good, bad


def _inside(name: str) -> bool:
    """Whether a tidied name stays below its folder on any system (no root, drive or parent)."""
    parts = name.split("/")
    return not (name.startswith("/") or ".." in parts or "\0" in name or re.match(r"\w:", name))


def _unused(found: Description) -> list[Skipped]:
    """One line for all pictures that no entry lists, and one for each file that was of no use."""
    lines = [Skipped(name, reason) for name, reason in found.notices]
    unlisted = sorted(found.files - {entry.name for entry in found.entries})
    if unlisted:
        others = f", as {len(unlisted) - 1:,} other pictures are" if len(unlisted) > 1 else ""
        lines.append(Skipped(unlisted[0], f"is not listed in {found.source}{others}"))
    return lines


def verify_images(records: Sequence[ImageRecord], *, workers: int = 2) -> tuple[Skipped, ...]:
    """Decode every image and name those that cannot be read."""
    broken: list[Skipped] = []
    checks = iter_prepared(records, read_image, on_error="skip", workers=workers, skipped=broken)
    deque(checks, maxlen=0)
    return tuple(broken)


def iter_prepared(
    records: Sequence[ImageRecord],
    prepare: Callable[[Picture], T],
    *,
    on_error: OnError = "raise",
    workers: int = 2,
    skipped: list[Skipped] | None = None,
) -> Iterator[tuple[int, T]]:
    """Run ``prepare`` on each picture in threads; yield (index in ``records``, result).

    Results come in order, and at most ``2 * workers`` exist at a time, however slow the caller is.

    Args:
        records: The images.
        prepare: Called with an image's picture in a worker thread, for example `read_image`.
        on_error: "raise" ends at the first image that cannot be read; "skip" goes on without it.
        workers: Threads that decode (Pillow frees the interpreter lock while it does).
        skipped: With "skip": where to append what was left out, by name.

    Raises:
        DataError: An image cannot be read and ``on_error`` is "raise".
    """
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="decode")
    pending: deque[tuple[int, Future[T]]] = deque()
    upcoming = iter(enumerate(records))
    try:
        while True:
            while len(pending) < 2 * workers and (item := next(upcoming, None)) is not None:
                pending.append((item[0], pool.submit(prepare, item[1].picture)))
            if not pending:
                return
            index, future = pending.popleft()
            try:
                result = future.result()
            except DataError as error:
                if on_error == "raise":
                    raise
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
