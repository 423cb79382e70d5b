"""Karpathy's form: `dataset_NAME.json` or `dataset.json` beside `images/` or `imgs/`.

`images[].{filename, split, sentences[].raw}`; `filepath`, where given, is a sub-folder. RSICD,
UCM-Captions, Sydney-Captions and RSITMD are shared in it.
"""

from __future__ import annotations

import re
from typing import Any

from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.found_text import read_json
from cmpagl.data.layouts.nwpu import is_by_class
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]


def _read(place: Place) -> Description | None:
    files = place.candidates(".json")
    if place.file is None:
        files = [f for f in files if re.fullmatch(r"dataset(_.+)?\.json", f.name.lower())]
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
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        raise DataError(f"{files[0]} has no list 'images': it is not in Karpathy's form.")
    found = place.start(files[0].name)
    found.read.add(place.relative(files[0]))
    stem = files[0].stem.removeprefix("dataset_")
    # A file that is called like all of its kind names nothing; its folder does.
    found.name = str(content.get("dataset") or (found.name if stem == "dataset" else stem))
    found.classes_from_names = True
    found.entries = [_entry(number, item) for number, item in enumerate(content["images"], 1)]
    return found


def _entry(number: int, item: Any) -> Entry:  # noqa: ANN401 - whatever the file holds
    entry = Entry(f"entry {number}", "")
    sentences = item.get("sentences", []) if isinstance(item, dict) else None
    if not isinstance(sentences, list) or not isinstance(item.get("filename"), str):
        entry.fault = "is no object with a 'filename' and a list 'sentences'"
        return entry
    folder = item.get("filepath")
    entry.name = f"{folder}/{item['filename']}" if folder else item["filename"]
    entry.split = None if item.get("split") is None else str(item["split"])
    entry.captions = [s.get("raw") if isinstance(s, dict) else s for s in sentences]
    return entry


LAYOUT = Layout(
    name="Karpathy's form",
    looks="dataset_NAME.json or dataset.json beside images/ (Karpathy's form)",
    order=20,
    read=_read,
    suffixes=(".json",),
)
