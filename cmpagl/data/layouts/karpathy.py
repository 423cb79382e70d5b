"""Karpathy's form: `dataset_NAME.json` or `dataset.json` beside `images/` or `imgs/`.

`images[].{filename, split, sentences[].raw}`; `filepath`, where given, is a sub-folder. RSICD,
UCM-Captions, Sydney-Captions and RSITMD are shared in it. A file of another name is in this form
where its content is.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from cmpagl.data.caption_values import captions_of
from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.found_text import read_json
from cmpagl.data.layouts.nwpu import is_by_class
from cmpagl.data.layouts.records import LAYOUT as OBJECTS
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]


def _read(place: Place) -> Description | None:
    files = place.candidates(".json")
    if place.file is None:
        files = [f for f in files if _NAME.fullmatch(f.name)]
    if not files:
        return None
    if len(files) > 1:
        raise DataError(
            f"{place.root} holds {len(files)} descriptions ({', '.join(f.name for f in files)}): "
            "give the path of the one to use."
        )
    content = read_json(files[0])
    if is_by_class(content):
        return None
    images = content.get("images") if isinstance(content, dict) else None
    if not isinstance(images, list):
        if not _NAME.fullmatch(files[0].name):
            return None
        found = OBJECTS.read(replace(place, file=files[0]))  # others call theirs so, too
        if found is not None:
            return found
        raise DataError(f"{files[0]} has no list 'images': it is not in Karpathy's form.")
    if not _NAME.fullmatch(files[0].name) and not any(map(_is_image, images)):
        return None
    found = place.start(files[0].name)
    found.read.add(place.relative(files[0]))
    stem = re.sub(r"^dataset[_-]", "", files[0].stem, flags=re.IGNORECASE)
    # A file that is called like all of its kind names nothing; its folder does.
    said = content.get("dataset")
    given = said if isinstance(said, str) else ""
    found.name = given or (found.name if stem.lower() == "dataset" else stem)
    found.classes_from_names = True
    found.entries = [_entry(number, item) for number, item in enumerate(images, 1)]
    return found


_NAME = re.compile(r"dataset([_-].+)?\.json", re.IGNORECASE)


def _is_image(item: Any) -> bool:  # noqa: ANN401 - whatever the file holds
    return isinstance(item, dict) and "filename" in item and "sentences" in item


def _entry(number: int, item: Any) -> Entry:  # noqa: ANN401 - whatever the file holds
    entry = Entry(f"entry {number}", "")
    sentences = item.get("sentences", []) if isinstance(item, dict) else None
    if not isinstance(sentences, list) or not isinstance(item.get("filename"), str):
        entry.fault = "is no object with a 'filename' and a list 'sentences'"
        return entry
    folder = item.get("filepath")
    entry.name = f"{folder}/{item['filename']}" if folder else item["filename"]
    entry.take_split(item.get("split"))
    entry.captions = captions_of(sentences)
    return entry


LAYOUT = Layout(
    name="Karpathy's form",
    order=20,
    read=_read,
    suffixes=(".json",),
)
