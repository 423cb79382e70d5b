"""`SPLIT_caps.txt` with `SPLIT_filename.txt`: the form of AMFMN, GaLR and others.

One caption a line; as many file names as captions go line by line; where there are fewer, each has
as many captions as the others (five, mostly). Where `SPLIT_caps_verify.txt` is there, the split is
that one: the file without `verify` then holds training and validation together.
"""

from __future__ import annotations

import re
from pathlib import Path

from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.found_text import read_lines
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]

_MOST_EACH = 20  # captions of a picture
_CAPTIONS = re.compile(r"(?:(.+?)[_-])?(?:caps?|captions?|sentences)(_verify)?\.txt", re.IGNORECASE)
_NAMES = re.compile(
    r"(?:(.+?)[_-])?(?:file_?names?|names?|images?|image_?names?|imgs?|ids)(_verify)?\.txt",
    re.IGNORECASE,
)


def _read(place: Place) -> Description | None:
    files = place.candidates(".txt")
    by_split: dict[str, tuple[Path, Path]] = {}
    for file in files:
        match = _CAPTIONS.fullmatch(file.name)
        partner = _partner(file, match, place) if match else None
        if match and partner and (match[2] or (match[1] or "") not in by_split):
            by_split[match[1] or ""] = file, partner
    if not by_split:
        return None
    found = place.start("")
    for split, (file, partner) in by_split.items():
        found.read |= {place.relative(file), place.relative(partner)}
        _add(found, split or None, file, partner)
    found.source = ", ".join(file.name for file, _ in by_split.values())
    found.classes_from_names = True
    return found


def _partner(file: Path, own: re.Match[str], place: Place) -> Path | None:
    """The file of names that belongs to one of captions; None where it may be another's.

    Raises:
        DataError: there is none, and its name is that of AMFMN's form.
    """
    for other in place.scan.named(".txt", below=place.relative(file).rpartition("/")[0]):
        match = _NAMES.fullmatch(other.name)
        if match and match.groups() == own.groups():
            return other
    if "_caps" in file.name:
        wanted = file.name.replace("_caps", "_filename", 1)
        raise DataError(f"{file} has no {wanted} beside it: the names of its images are needed.")
    return None


def _add(found: Description, split: str | None, file: Path, partner: Path) -> None:
    captions, names = read_lines(file), read_lines(partner)
    each, over = divmod(len(captions), max(1, len(names)))
    if 1 < each <= _MOST_EACH and not over:
        groups = [captions[at : at + each] for at in range(0, len(captions), each)]
        rows = list(zip(names, groups, strict=True))
    elif len(captions) == len(names):
        by_name: dict[str, list[str]] = {}
        for name, caption in zip(names, captions, strict=True):
            by_name.setdefault(name, []).append(caption)
        rows = list(by_name.items())
    else:
        raise DataError(
            f"{file} has {len(captions):,} captions and {partner.name} {len(names):,} names: there "
            "must be as many names as captions, or one for every two, three, ... of them."
        )
    found.entries += [
        Entry(f"image {number} of {partner.name}", name, list(group), split)
        for number, (name, group) in enumerate(rows, 1)
    ]


LAYOUT = Layout(
    name="caption lines",
    order=30,
    read=_read,
    suffixes=(".txt",),
)
