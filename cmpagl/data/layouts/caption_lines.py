"""`SPLIT_caps.txt` with `SPLIT_filename.txt`: the form of AMFMN, GaLR and others.

One caption a line; as many file names as captions go line by line, a fifth as many have five
captions each. Where `SPLIT_caps_verify.txt` is there, the split is that one: the file without
`verify` then holds training and validation together.
"""

from __future__ import annotations

import re
from pathlib import Path

from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.found_text import read_lines
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]

_CAPTIONS_PER_NAME = 5


def _read(place: Place) -> Description | None:
    by_split: dict[str, Path] = {}
    for file in place.candidates(".txt"):
        if match := re.fullmatch(r"(.+?)_caps(_verify)?\.txt", file.name):
            split, verified = match.groups()
            if verified or split not in by_split:
                by_split[split] = file
    if not by_split:
        return None
    found = place.start("")
    for split, file in by_split.items():
        _add(found, place, split, file)
    found.source = ", ".join(file.name for file in by_split.values())
    found.classes_from_names = True
    return found


def _add(found: Description, place: Place, split: str, file: Path) -> None:
    partner = file.with_name(file.name.replace("_caps", "_filename", 1))
    if place.relative(partner) not in place.scan.files:
        raise DataError(
            f"{file} has no {partner.name} beside it: the names of its images are needed."
        )
    found.read |= {place.relative(file), place.relative(partner)}
    captions, names = read_lines(file), read_lines(partner)
    if len(captions) == _CAPTIONS_PER_NAME * len(names):
        groups = [captions[at : at + _CAPTIONS_PER_NAME] for at in range(0, len(captions), 5)]
        rows = list(zip(names, groups, strict=True))
    elif len(captions) == len(names):
        by_name: dict[str, list[str]] = {}
        for name, caption in zip(names, captions, strict=True):
            by_name.setdefault(name, []).append(caption)
        rows = list(by_name.items())
    else:
        raise DataError(
            f"{file} has {len(captions):,} captions and {partner.name} {len(names):,} names: there "
            f"must be as many names as captions, or one for every {_CAPTIONS_PER_NAME}."
        )
    found.entries += [
        Entry(f"image {number} of {partner.name}", name, list(group), split)
        for number, (name, group) in enumerate(rows, 1)
    ]


LAYOUT = Layout(
    name="caption lines",
    looks="SPLIT_caps.txt with SPLIT_filename.txt, or both with _verify",
    order=30,
    read=_read,
)
