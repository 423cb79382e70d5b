"""Where the pictures of a description lie, whatever names it has for them.

Described names are looked up below the images' folder, however they are spelled. Where none is
there, the description was moved, or made on another machine: then one change of folders that fits
all of them is looked for, and last of all one where endings do not count. A picture that could be
two is left as it is, and said to be missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from cmpagl.data.description import Description, Entry, tidy
from cmpagl.data.picture_names import PictureNames, folded
from cmpagl.data.scan import Scan
from cmpagl.data.split_names import usual_split
from cmpagl.errors import DataError

__all__ = ["settle"]

_Way = tuple[str, str]  # the folders that are taken off a name, and those that it gets instead


def settle(found: Description, scan: Scan) -> None:
    """Give the entries of a description the names of the pictures that are really there.

    Raises:
        DataError: all of them are there twice.
    """
    named = [entry for entry in found.entries if entry.picture is None and not entry.fault]
    names = PictureNames(found.files)
    for entry in named:
        plain = tidy(entry.name, found)
        entry.name = names.find(entry.name) or names.find(plain) or plain if plain else ""
    named = [entry for entry in named if entry.name]
    if not named or any(entry.name in found.files for entry in named):
        return
    everything = PictureNames(scan.pictures())
    for ending in (True, False):
        ways = [_ways(entry.name, everything.called(entry.name, ending=ending)) for entry in named]
        if any(ways):
            _take(found, scan, named, ways)
            if not ending:
                found.notes.append("pictures found by their names without endings")
            return


def _ways(name: str, places: Sequence[str]) -> dict[_Way, str]:
    """Of each picture that a name could mean, what has to change before it is that one's path.

    Two that only their endings tell apart are one way, which leads to neither.
    """
    found: dict[_Way, str] = {}
    both: set[_Way] = set()
    parts = PurePosixPath(folded(name)).parts
    for place in places:
        there = PurePosixPath(place).parts
        same = 1  # the own name, with its ending or without
        while same < min(len(parts), len(there)) and parts[-same - 1] == folded(there[-same - 1]):
            same += 1
        way = "/".join(parts[:-same]), "/".join(there[:-same])
        if way in found:
            both.add(way)
        found[way] = place
    return {way: place for way, place in found.items() if way not in both}


def _take(
    found: Description, scan: Scan, named: Sequence[Entry], ways: Sequence[Mapping[_Way, str]]
) -> None:
    """The one way by which all are found; else each picture that can be no other.

    Raises:
        DataError: there are two such ways.
    """
    counts = Counter(way for one in ways for way in one)
    whole = [way for way, count in counts.items() if count == sum(map(bool, ways))]
    by_split = any(usual_split(part) for _, put in counts for part in put.split("/"))
    if len(whole) > 1 and not by_split:
        folders = ", ".join(sorted(put or "." for _, put in whole)[:3])
        raise DataError(
            f"The pictures that {found.source or found.root} tells of lie in several folders "
            f"({folders}): keep those that the captions are of."
        )
    one_way = whole[0] if whole and not by_split else None
    folder = one_way[1] if one_way else ""
    alike = len({off for off, _ in counts}) == 1  # what is taken off names says nothing then
    for entry, own in zip(named, ways, strict=True):
        place = own.get(one_way) if one_way else _only(entry, own, alike)
        if place is not None:
            entry.name = place.removeprefix(f"{folder}/")
    found.images_root, found.files = found.root / folder, scan.pictures(folder)
    where = folder or ("the folder itself" if one_way else "several folders")
    found.notes.append(f"pictures found in {where}")


def _only(entry: Entry, ways: Mapping[_Way, str], alike: bool) -> str | None:
    """The picture that an entry means where no way fits all: the only one, or its split's."""
    bare = [place for (off, _), place in ways.items() if alike or not off]
    if len(bare) > 1 and entry.split is not None:
        own = usual_split(entry.split) or entry.split
        bare = [p for p in bare if own in map(usual_split, PurePosixPath(p).parts[:-1])]
    return bare[0] if len(bare) == 1 else None
