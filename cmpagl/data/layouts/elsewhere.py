"""A description in a folder below, or under a name that no layout knows: found by its content.

The folders nearest to the top that hold one count. Where these are folders of splits, or one file
each is of another split, all of them are one data set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import PurePosixPath

from cmpagl.data.description import Description, Layout, Place
from cmpagl.data.found_text import BrokenFileError
from cmpagl.data.picture_names import PictureNames
from cmpagl.data.split_names import split_of_folders
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]

_SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".tab", ".psv", ".txt", ".parquet")
_MOST = 100  # files that are opened; where there are more, they tell of one picture each
_PLAIN = ("readme", "license", "licence", "notice", "changelog", "requirements", "classes")


def _read(place: Place) -> Description | None:
    if place.file is not None:
        return None
    pictures = PictureNames(place.scan.pictures())
    if not pictures.files:
        return None
    files = [name for name in place.scan.files if _may_describe(name)]
    folders = {name.rpartition("/")[0] for name in files} if len(files) <= _MOST else {""}
    for _, same in groupby(sorted(sorted(folders), key=_depth), key=_depth):
        found = [one for folder in same for one in _in_folder(replace(place, below=folder))]
        if found and not _of_a_part(place, found):
            return _joined(place, found)
    return None


def _of_a_part(place: Place, found: Sequence[Description]) -> bool:
    """Whether each description tells of what lies in its own folder below, and others lie outside.

    Then they are a data set within a folder of pictures, which is as good as plain.
    """
    folders = {PurePosixPath(source).parent.as_posix() for one in found for source in one.read}
    if "." in folders:
        return False
    own = tuple(f"{folder}/" for folder in folders)
    inside = all(
        (one.images_root.relative_to(one.root) / entry.name).as_posix().startswith(own)
        for one in found
        for entry in one.entries
        if entry.name in one.files
    )
    return inside and not all(name.startswith(own) for name in place.scan.pictures())


def _may_describe(name: str) -> bool:
    plain = not PurePosixPath(name).name.lower().startswith(_PLAIN)
    return plain and name.lower().endswith(_SUFFIXES)


def _depth(folder: str) -> int:
    return len(PurePosixPath(folder).parts)


def _in_folder(place: Place) -> Iterator[Description]:
    """What the files in one folder describe, by their names or else by their content."""
    if place.below and (whole := _by_layouts(place)) is not None:
        yield whole
        return
    files = [f for f in place.candidates(*_SUFFIXES) if _may_describe(f.name)]
    for file in files if len(files) <= _MOST else []:
        found = _by_layouts(replace(place, file=file))
        if found is not None:
            yield found


def _by_layouts(place: Place) -> Description | None:
    """What the first layout makes of it whose description has captions, with pictures found.

    Raises:
        DataError: it describes pictures, none of which is there.
    """
    from cmpagl.data.find import known_layouts
    from cmpagl.data.settling import settle

    for layout in known_layouts():
        named = place.file is None or place.file.suffix.lower() in layout.suffixes
        if layout is LAYOUT or not layout.suffixes or not named or layout.order > LAYOUT.order:
            continue
        try:
            found = layout.read(place)
        except BrokenFileError:
            if place.file is None:
                raise
            continue  # another layout may know what it is; if none, the account names it
        if found is None or not any(entry.captions for entry in found.entries):
            continue
        settle(found, place.scan)
        found.layout = layout
        if all(entry.picture is None and entry.name not in found.files for entry in found.entries):
            name = next((e.name for e in found.entries if e.name), "")
            raise DataError(
                f"{place.file or place.root / place.below} has captions of "
                f"{len(found.entries):,} pictures, of which none (such as {name!r:.100}) is in "
                f"{place.root}: put them there, or take the file away."
            )
        return found
    return None


def _joined(place: Place, found: Sequence[Description]) -> Description:
    """Several descriptions as one, their pictures named from the folder on.

    Raises:
        DataError: they are in folders that are no splits, so each is a data set of its own.
    """
    sources = [source for one in found for source in sorted(one.read)]
    folders = {PurePosixPath(source).parent for source in sources}
    if len(folders) > 1 and not all(split_of_folders(source) for source in sources):
        raise DataError(
            f"{place.root} holds several descriptions ({', '.join(sources[:4])}): give the folder "
            "or the path of one; --data may be given several times."
        )
    whole = place.start(", ".join(sources))
    whole.images_root, whole.files = whole.root, place.scan.pictures()
    whole.name = found[0].name if len(found) == 1 else whole.name
    whole.classes_from_names = any(one.classes_from_names for one in found)
    for one in found:
        folder = one.images_root.relative_to(one.root).as_posix()
        prefix = "" if folder == "." else f"{folder}/"
        split = next(filter(None, map(split_of_folders, sorted(one.read))), None)
        for entry in one.entries:
            if entry.name and entry.picture is None:
                entry.name = prefix + entry.name
            entry.split = entry.split or split
        whole.entries += one.entries
        whole.notices += one.notices
        whole.read |= one.read
        how = f"{', '.join(sorted(one.read))} read as {one.layout.name}" if one.layout else ""
        whole.notes += [how, *one.notes]
    return whole


LAYOUT = Layout(
    name="captions found by content",
    order=85,
    read=_read,
)
