"""COCO captions: `captions_train2017.json` and the like, in the folder or in `annotations/`.

`images[].{id, file_name}` and `annotations[].{image_id, caption}`. The split is in the file's name,
or in that of its folder; pictures lie in `train2017/`, `images/` or anywhere below the folder.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cmpagl.data.caption_values import captions_of
from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.found_text import read_json
from cmpagl.data.split_names import split_in, split_of_folders
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]


def _read(place: Place) -> Description | None:
    files = [
        file
        for below in ("", "annotations")
        for file in place.candidates(".json", below=below)
        if place.file is not None or _usual(file)
    ]
    contents = [(file, read_json(file)) for file in dict.fromkeys(files)]
    fitting = [(file, content) for file, content in contents if _is_coco(content)]
    if not fitting:
        return None
    found = place.start(", ".join(place.relative(file) for file, _ in fitting))
    found.images_root, found.files = found.root, place.scan.pictures()
    for file, content in fitting:
        found.read.add(place.relative(file))
        split = split_in(file.stem) or split_of_folders(place.relative(file))
        _add(found, file, content, split)
    return found


def _usual(file: Path) -> bool:
    """Whether a file is called as COCO captions are; others are not opened to look."""
    return bool(re.search(r"caption|coco|annotations", file.name.lower()))


def _is_coco(content: Any) -> bool:  # noqa: ANN401 - whatever the file holds
    if not isinstance(content, dict):
        return False
    images, notes = content.get("images"), content.get("annotations")
    return (
        isinstance(images, list)
        and isinstance(notes, list)
        and any(isinstance(note, dict) and "caption" in note for note in notes)
    )


def _add(found: Description, file: Path, content: dict[str, Any], split: str | None) -> None:
    by_base: dict[str, list[str]] = {}
    for name in found.files:
        by_base.setdefault(name.rsplit("/", 1)[-1], []).append(name)
    known: dict[str, Entry] = {}  # by their ids, which some write as numbers here and texts there
    for number, image in enumerate(content["images"], 1):
        entry = Entry(f"image {number} of {file.name}", "", split=split)
        found.entries.append(entry)
        said = image.get("file_name") if isinstance(image, dict) else None
        if not isinstance(said, str) or not isinstance(image.get("id"), int | str):
            entry.fault = "is no object with an 'id' and a 'file_name'"
            continue
        entry.name = _where(said, split, found.files, by_base)
        if known.setdefault(str(image["id"]), entry) is not entry:
            entry.fault = f"has the id of {known[str(image['id'])].where}"
    for number, note in enumerate(content["annotations"], 1):
        key = note.get("image_id") if isinstance(note, dict) else None
        if not isinstance(key, int | str) or str(key) not in known:
            where = f"annotation {number} of {file.name}"
            fault = f"is for the image {key!r:.40}, which is none"
            found.entries.append(Entry(where, "", split=split, fault=fault))
            continue
        known[str(key)].captions += captions_of(note.get("caption")) or [None]


def _where(
    name: str, split: str | None, files: frozenset[str], by_base: dict[str, list[str]]
) -> str:
    """The picture's path: as it is written, else in a folder of its split, else by its own name."""
    if name in files:
        return name
    places = [place for place in by_base.get(name.rsplit("/", 1)[-1], []) if place.endswith(name)]
    if split is not None and len(places) > 1:
        places = [place for place in places if place.startswith(split)] or places
    if len(places) > 1:
        raise DataError(
            f"The picture {name!r} lies in several folders ({', '.join(sorted(places)[:3])}): keep "
            "the one that the captions are of."
        )
    return places[0] if places else name


LAYOUT = Layout(
    name="COCO captions",
    order=10,
    read=_read,
    suffixes=(".json",),
)
