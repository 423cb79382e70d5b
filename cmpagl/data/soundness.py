"""The entries of a description as images: the sound ones, and what is wrong with the others."""

from __future__ import annotations

import re
from os.path import isdir, isfile, lexists, realpath
from pathlib import Path

from cmpagl.data.description import MISSING, Description, Entry
from cmpagl.data.found_text import is_text, is_visible
from cmpagl.data.records import ImageRecord, Skipped
from cmpagl.data.split_names import take_in

__all__ = ["check_entries", "unused"]

LONGEST = 100_000
"""Characters of a caption: what is longer is no caption, and takes gigabytes to be cut to words."""


def check_entries(found: Description, split: str | None) -> tuple[list[ImageRecord], list[Skipped]]:
    """The sound entries of a split as records, and what is wrong with the others."""
    records, faults = [], []
    first: dict[str, Entry] = {}  # over all splits: an image in two of them would leak
    splits = None if split is None else (*take_in(split, found.splits), None)
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
            faults.append(Skipped(name if is_text(name) else ascii(name)[1:-1], reason))
            continue
        path = entry.picture.path if entry.picture else found.images_root / entry.name
        records.append(
            ImageRecord(
                entry.name,
                path,
                tuple(captions),
                entry.class_name,
                source=entry.picture,
                columns=entry.columns,
            )
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
    if not all(is_text(text or "") for text in (entry.name, entry.split, entry.class_name)):
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


def _captions(entry: Entry) -> tuple[list[str], list[str]]:
    """The usable captions of an entry, stripped, and a clause for each other one."""
    good, bad = [], []
    for number, caption in enumerate(entry.captions, 1):
        if not isinstance(caption, str):
            bad.append(f"caption {number} is {caption!r:.40} instead of text")
        elif not is_text(caption):
            bad.append(f"caption {number} holds half of a surrogate pair, which is no character")
        elif len(caption) > LONGEST:
            bad.append(f"caption {number} has {len(caption):,} characters; {LONGEST:,} is the most")
        elif not caption.strip() or not is_visible(caption):
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


def unused(found: Description) -> list[Skipped]:
    """One line for all pictures that no entry lists, and one for each file that was of no use."""
    lines = [Skipped(name, reason) for name, reason in found.notices]
    unlisted = sorted(found.files - {entry.name for entry in found.entries})
    if unlisted:
        where = found.source or "what describes the others"
        others = f", as {len(unlisted) - 1:,} other pictures are" if len(unlisted) > 1 else ""
        lines.append(Skipped(unlisted[0], f"is not listed in {where}{others}"))
    return lines
