"""NAME.txt (or NAME.caption) beside NAME.jpg: each line of it is a caption."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

from cmpagl.data.description import USUAL_SPLITS, Description, Entry, Layout, Place
from cmpagl.data.found_text import read_text
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]


def _read(place: Place) -> Description | None:
    if place.file is not None:
        return None
    texts = {
        os.path.splitext(name)[0]: name
        for name in place.scan.files
        if name.lower().endswith((".txt", ".caption"))
    }
    pictures = sorted(place.scan.pictures())
    pairs = {name: texts[stem] for name in pictures if (stem := os.path.splitext(name)[0]) in texts}
    if not pairs:
        return None
    found = place.start(f"{len(pairs):,} text files beside their pictures")
    found.images_root, found.files = found.root, frozenset(pictures)
    found.read |= set(pairs.values())
    for name in pictures:
        folders = PurePosixPath(name).parts[:-1]
        entry = Entry(pairs.get(name, name), name, split=None)
        entry.split = next((part for part in folders if part in USUAL_SPLITS), None)
        if name in pairs:
            try:
                text = read_text(place.root / pairs[name], fallback="cp1252")
            except DataError as error:
                entry.fault = str(error).removeprefix(f"{place.root / pairs[name]} ").rstrip(".")
                text = ""
            entry.captions = [line for line in text.split("\n") if line.strip()]
        found.entries.append(entry)
    return found


LAYOUT = Layout(
    name="texts beside pictures",
    looks="NAME.txt beside NAME.jpg",
    order=80,
    read=_read,
)
