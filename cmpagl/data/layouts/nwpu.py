"""NWPU-Captions' own form: `dataset_nwpu.json`, images by their class.

`{CLASS: [{filename, split, raw, raw_1, ..., raw_4}]}`; a picture lies in the folder of its class or
beside the others.
"""

from __future__ import annotations

import re
from typing import Any

from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.found_text import read_json

__all__ = ["LAYOUT", "is_by_class"]


def is_by_class(content: Any) -> bool:  # noqa: ANN401 - whatever a JSON file holds
    """Whether it is lists of images with a caption 'raw', under the names of their classes."""
    return (
        isinstance(content, dict)
        and bool(content)
        and all(isinstance(images, list) for images in content.values())
        and any(isinstance(i, dict) and "raw" in i for images in content.values() for i in images)
    )


def _read(place: Place) -> Description | None:
    files = place.candidates(".json")
    if place.file is None:
        files = [f for f in files if re.fullmatch(r"dataset([_-].+)?\.json", f.name.lower())]
    if len(files) != 1:  # several are for the next layout to refuse
        return None
    content = read_json(files[0])
    if not is_by_class(content):
        return None
    found = place.start(files[0].name)
    found.read.add(place.relative(files[0]))
    found.name = files[0].stem.removeprefix("dataset_")
    bases = {name.rsplit("/", 1)[-1] for name in found.files if "/" not in name}
    for class_name, images in content.items():
        for number, item in enumerate(images, 1):
            found.entries.append(_entry(f"image {number} of {class_name}", item, class_name, bases))
    return found


def _entry(where: str, item: Any, class_name: str, flat: set[str]) -> Entry:  # noqa: ANN401
    entry = Entry(where, "", class_name=class_name)
    name = item.get("filename") if isinstance(item, dict) else None
    if not isinstance(name, str):
        entry.fault = "is no object with a 'filename'"
        return entry
    entry.name = name if name in flat or "/" in name else f"{class_name}/{name}"
    entry.take_split(item.get("split"))
    entry.captions = [item[key] for key in sorted(item) if re.fullmatch(r"raw(_\d+)?", key)]
    return entry


LAYOUT = Layout(
    name="NWPU-Captions' form",
    order=25,
    read=_read,
    suffixes=(".json",),
)
