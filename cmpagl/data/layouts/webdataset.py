"""Tar files as webdataset makes them: KEY.jpg, KEY.txt or KEY.json, KEY.cls, one after another.

Nothing is unpacked. A shard's name, or that of its folder, tells its split: `train-000000.tar`.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from cmpagl.data.caption_values import captions_of, text_lines
from cmpagl.data.columns import joined_columns
from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.formats import HEIC_SUFFIXES, IMAGE_SUFFIXES
from cmpagl.data.held import TarPicture
from cmpagl.data.layouts.metadata import captions_in, columns_in
from cmpagl.data.split_names import split_in, split_of_folders
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]

_TEXTS = (".txt", ".caption", ".text")
_MOST_TEXT = 1 << 20  # bytes of a caption file; a longer one is none


def _read(place: Place) -> Description | None:
    shards = place.candidates(".tar", below=None)
    found = place.start(f"{len(shards):,} tar files" if len(shards) > 1 else "a tar file")
    found.images_root, found.files = found.root, frozenset()
    found.classes_from_names = False
    for shard in shards:
        entries = _entries(place.relative(shard), shard)
        if entries:
            found.read.add(place.relative(shard))
            found.entries += entries
    if not found.entries:
        return None
    if not any(entry.captions for entry in found.entries):
        found.source = ""  # pictures alone
    return found


def _entries(name: str, shard: Path) -> list[Entry]:
    """The pictures of a tar with what stands beside them."""
    split = split_in(shard.stem) or split_of_folders(name)
    pictures: list[TarPicture] = []
    seen: set[str] = set()
    again: list[Entry] = []
    texts: list[tuple[str, bytes]] = []

    def faulty(member: str, fault: str) -> Entry:
        return Entry(f"{member} of {name}", f"{name}/{member}", split=split, fault=fault)

    try:
        with tarfile.open(shard, "r:") as tar:
            for one in tar:
                last = PurePosixPath(one.name).suffix.lower()
                if not one.isfile() or PurePosixPath(one.name).name.startswith("."):
                    continue
                if one.name in seen:  # else one picture would have the captions of two
                    again.append(faulty(one.name, "stands there twice; the first is taken"))
                    continue
                seen.add(one.name)
                if last in IMAGE_SUFFIXES | HEIC_SUFFIXES:
                    picture = TarPicture(shard, one.name, one.offset_data, one.size)
                    pictures.append(picture)
                elif last in (*_TEXTS, ".json", ".cls") and one.size <= _MOST_TEXT:
                    file = tar.extractfile(one)
                    texts.append((one.name, file.read() if file else b""))
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        raise DataError(f"{shard} is no whole uncompressed tar ({error}).") from error
    dotted = _dotted([picture.member for picture in pictures])
    by_key: dict[str, Entry] = {}
    for picture in pictures:
        member, key = picture.member, _key(picture.member, dotted)
        if key not in by_key:
            by_key[key] = Entry(f"{member} of {name}", f"{name}/{member}", split=split)
            by_key[key].picture = picture
        elif PurePosixPath(member).stem == PurePosixPath(key).name:  # no mask or the like of it
            again.append(faulty(member, "differs from another in its ending alone"))
    for member, content in texts:
        if (key := _key(member, dotted)) in by_key:
            _add(by_key[key], PurePosixPath(member).suffix.lower(), content)
    return [*by_key.values(), *again]


def _key(member: str, dotted: Collection[str]) -> str:
    """What a picture and what stands beside it have in common: the name up to its first dot."""
    path = PurePosixPath(member)
    key = str(path.with_name(path.name.partition(".")[0]))
    return str(path.with_suffix("")) if key in dotted else key


def _dotted(pictures: Sequence[str]) -> set[str]:
    """The keys that several pictures share, none of which is called so: their names have dots."""
    own: dict[str, list[str]] = {}
    for member in pictures:
        own.setdefault(_key(member, ()), []).append(str(PurePosixPath(member).with_suffix("")))
    return {key for key, stems in own.items() if len(set(stems)) > 1 and key not in stems}


def _add(entry: Entry, extension: str, content: bytes) -> None:
    """What a file beside a picture says of it."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        entry.fault = f"has a {extension} beside it that is not UTF-8"
        return
    if extension in _TEXTS:
        entry.captions += text_lines(text)
    elif extension == ".cls":
        entry.class_name = text.strip() or None
    else:
        try:
            said: Any = json.loads(text)
        except (ValueError, RecursionError):
            entry.fault = "has a .json beside it that is not valid JSON"
            return
        if isinstance(said, list):
            entry.captions += captions_of(said)
        if isinstance(said, dict):
            # What img2dataset writes has the text of the .txt once more.
            entry.captions += [c for c in captions_in(said) if c not in entry.captions]
            entry.columns = joined_columns(entry.columns, columns_in(said))


LAYOUT = Layout(
    name="webdataset",
    order=50,
    read=_read,
    suffixes=(".tar",),
)
