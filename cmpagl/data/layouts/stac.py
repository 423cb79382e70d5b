"""STAC: an item, or a static catalog of items, whose pictures lie beside them on this machine.

Of an item's assets the one with the role or name "visual" is the picture, else the first that is an
image; its properties (date, sensor, cloud cover) become columns. What an item names by an address
is not fetched, and said so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from cmpagl.data.columns import kept_columns
from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.found_text import read_json
from cmpagl.data.scan import is_picture
from cmpagl.errors import DataError

__all__ = ["LAYOUT", "picture_asset", "read"]

_ROOTS = ("catalog.json", "collection.json", "item.json")
_MOST = 1_000_000  # items and catalogs of one
_WANTED = ("visual", "overview", "data", "image", "thumbnail")  # roles and names, best first


def read(place: Place) -> Description | None:
    """What a place's items name; None where it is no STAC.

    Raises:
        DataError: a catalog names what is not there, or is no STAC.
    """
    files = [file for file in place.candidates(".json") if place.file or file.name in _ROOTS]
    known = [(file, read_json(file)) for file in files]
    starts = [file for file, said in known if _is_stac(said)]
    if not starts:
        return None
    found = place.start(", ".join(place.relative(file) for file in starts))
    found.images_root, found.files = found.root, place.scan.pictures()
    for file, item in _items(starts, place):
        found.read.add(place.relative(file))
        found.entries.append(_entry(file, item, place))
    if not all(entry.captions or entry.fault for entry in found.entries):
        found.notes.append(f"described by {found.source}")
        found.source = ""  # few items have a title, and none needs one
    return found


def _is_stac(said: Any) -> bool:  # noqa: ANN401 - whatever the file holds
    return isinstance(said, dict) and isinstance(said.get("stac_version"), str)


def _items(starts: list[Path], place: Place) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every item below some files, each file once."""
    waiting, seen = list(starts), set(starts)
    while waiting:
        file = waiting.pop(0)
        said = read_json(file)
        if not _is_stac(said):
            raise DataError(f"{file} is named by a STAC catalog but is not STAC (no stac_version).")
        if said.get("type") == "Feature":
            yield file, said
        links = said.get("links")
        for link in links if isinstance(links, list) else ():
            kind = link.get("rel") if isinstance(link, dict) else None
            path = _beside(file, link.get("href"), place) if kind in ("child", "item") else None
            if isinstance(path, Path) and path not in seen and len(seen) < _MOST:
                if not path.is_file():
                    raise DataError(f"{file} names {link.get('href')!r}, which is not there.")
                seen.add(path)
                waiting.append(path)


def _split(href: str) -> SplitResult:
    """The parts of an address; what is none has no part but its path."""
    try:
        return urlsplit(href)
    except ValueError:  # as of half a bracket
        return SplitResult("", "", href, "", "")


def _beside(file: Path, href: object, place: Place) -> Path | str:
    """What an item names, below the folder; a clause where it is not there to be opened."""
    if not isinstance(href, str) or not href:
        return "has an asset without an address"
    if _split(href).scheme not in ("", "file"):
        return f"lies at {href[:120]}, which is not fetched: download it beside the item"
    root = os.path.abspath(place.root)
    path = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(file)), unquote(href)))
    if os.path.commonpath([path, root]) != root:
        return "lies outside the folder, so it is not opened"
    return place.root / os.path.relpath(path, root)


def _entry(file: Path, item: Mapping[str, Any], place: Place) -> Entry:
    said = item.get("properties")
    properties: Mapping[str, Any] = said if isinstance(said, dict) else {}
    entry = Entry(f"item {item.get('id')!r:.80}", "", columns=kept_columns(properties))
    asset = picture_asset(item.get("assets"))
    if asset is None:
        entry.fault = "has no asset that is a picture"
        return entry
    path = _beside(file, asset.get("href"), place)
    if isinstance(path, str):
        entry.name, entry.fault = str(item.get("id") or place.relative(file)), path
    else:
        entry.name = place.relative(path)
    title = properties.get("title") or properties.get("description")
    if isinstance(title, str) and title.strip():
        entry.captions.append(title)
    return entry


def picture_asset(assets: object, asked: str = "") -> Mapping[str, Any] | None:
    """The asset to look at; None where none is a picture.

    Args:
        assets: of an item, whatever stands there.
        asked: a name or role that is wanted; none but such a one is given then.
    """
    if not isinstance(assets, dict):
        return None
    words = [asked] if asked else list(_WANTED)
    pictures = [
        (name, asset)
        for name, asset in assets.items()
        if isinstance(asset, dict)
        and (
            str(asset.get("type", "")).startswith("image/")
            or is_picture(_split(str(asset.get("href", ""))).path)
        )
    ]

    def wanted(pair: tuple[str, Mapping[str, Any]]) -> int:
        roles = pair[1].get("roles")
        names = [pair[0], *(roles if isinstance(roles, list) else ())]
        return next((n for n, word in enumerate(words) if word in names), len(words))

    if asked:
        pictures = [pair for pair in pictures if wanted(pair) == 0]
    return min(pictures, key=wanted)[1] if pictures else None


LAYOUT = Layout(
    name="STAC",
    order=5,
    read=read,
    suffixes=(".json",),
)
