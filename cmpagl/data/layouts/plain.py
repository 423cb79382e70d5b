"""A plain folder of pictures, with sub-folders or without: no captions, sorted by path.

The sub-folder that holds a picture names its class. Where every picture lies below a folder called
train, val, test or the like, that folder is its split; a folder around all of them says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from pathlib import PurePosixPath

from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.formats import IMAGE_SUFFIXES
from cmpagl.data.split_names import usual_split

__all__ = ["LAYOUT"]


def _read(place: Place) -> Description | None:
    if place.file is not None:
        name = place.file.name
        alone = Description(place.file.stem, place.root, "", place.root, files=frozenset({name}))
        alone.entries.append(Entry(name, name))
        return alone
    found = place.start("")
    everything = place.scan.pictures()
    below = found.images_root.relative_to(found.root).as_posix() + "/"
    if not all(name.startswith(below) for name in everything):
        found.files, found.images_root = everything, found.root
    outside = [name for name in place.scan.outside if found.images_root == found.root]
    unnamed = place.scan.unnamed
    if not found.files and not outside:
        return None
    around = _around(found.files)
    inner = {name: PurePosixPath(name).parts[around:] for name in sorted(found.files)}
    divided = bool(inner) and all(len(p) > 1 and usual_split(p[0]) for p in inner.values())
    for name, parts in inner.items():
        folders = parts[1:-1] if divided else PurePosixPath(name).parts[:-1]
        entry = Entry(name, name, class_name=folders[-1] if folders else None)
        entry.split = parts[0] if divided else None
        found.entries.append(entry)
    for names, why in (
        (outside, "is a link that leads out of the data folder, so it is not opened"),
        (unnamed, "has a name that is not UTF-8, so it cannot be written down; rename it"),
    ):
        found.entries += [Entry("a file", ascii(name)[1:-1], fault=why) for name in names]
    return found


def _around(names: Iterable[str]) -> int:
    """How many folders all of them lie in, not counting one that is a split."""
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    first, last = min(folders, default=()), max(folders, default=())
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    shared = [part for part, _ in alike]
    return next((n for n, part in enumerate(shared) if usual_split(part)), len(shared))


LAYOUT = Layout(
    name="a plain folder",
    order=90,
    read=_read,
    suffixes=tuple(sorted(IMAGE_SUFFIXES)),
)
