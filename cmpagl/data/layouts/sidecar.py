"""NAME.txt (or .caption, .json) beside NAME.jpg: each line of it is a caption.

It may be called NAME.jpg.txt, or caption.txt in a folder of one picture, or lie in a folder of
texts beside the folder of pictures: `images/airport/1.jpg`, `captions/airport/1.txt`. Boxes and
labels that lie so are no captions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from cmpagl.data.caption_values import text_lines
from cmpagl.data.description import Description, Entry, Layout, Place
from cmpagl.data.found_text import read_json, read_text
from cmpagl.data.layouts.metadata import captions_in, columns_in
from cmpagl.data.picture_names import without_ending
from cmpagl.data.split_names import split_of_folders
from cmpagl.errors import DataError

__all__ = ["LAYOUT"]

_TEXTS = (".txt", ".caption", ".cap", ".text", ".json")
_OF_ONE = ("caption", "captions", "description", "text", "prompt")  # of a folder's one picture
_PROBE = 20  # objects beside pictures
_FOLDERS = ("captions", "caption", "texts", "text", "txt", "annotations", "sentences")


def _read(place: Place) -> Description | None:
    if place.file is not None:
        return None
    pictures = sorted(place.scan.pictures())
    texts = [name for name in place.scan.files if not name.lower().endswith(".json")]
    pairs = _pairs(pictures, texts)
    if not pairs:  # no text beside any; objects may be of anything, so a few are asked first
        pairs = _pairs(pictures, place.scan.files)
        probe = [Entry("", name) for name in list(pairs)[:_PROBE]]
        for entry in probe:
            _add(entry, place.root / pairs[entry.name])
        pairs = pairs if any(entry.captions for entry in probe) else {}
    if not pairs:
        return None
    found = place.start(f"{len(pairs):,} text files beside their pictures")
    found.images_root, found.files = found.root, frozenset(pictures)
    found.read |= set(pairs.values())
    for name in pictures:
        entry = Entry(pairs.get(name, name), name, split=split_of_folders(name))
        if name in pairs:
            _add(entry, place.root / pairs[name])
        found.entries.append(entry)
    told = any(entry.captions or entry.fault for entry in found.entries)
    return found if told else None  # texts of boxes or labels


def _pairs(pictures: Iterable[str], files: Iterable[str]) -> dict[str, str]:
    """The text of each picture that has one."""
    beside: dict[str, str] = {}
    apart: dict[str, str] = {}  # by the path below a folder of texts
    for name in files:
        ending = next((e for e in _TEXTS if name.lower().endswith(e)), None)
        if ending is None:
            continue
        stem = without_ending(name[: -len(ending)])
        beside.setdefault(stem, name)
        parts = stem.split("/")
        at = next((n for n, part in enumerate(parts[:-1]) if part.lower() in _FOLDERS), None)
        if at is not None:
            apart.setdefault("/".join(parts[:at] + parts[at + 1 :]), name)
    pairs = {}
    alone = Counter(name.rpartition("/")[0] for name in pictures)
    for name in pictures:
        stem = without_ending(name)
        parts = stem.split("/")
        without = ["/".join(parts[:n] + parts[n + 1 :]) for n in range(len(parts) - 1)]
        folder = name.rpartition("/")[0]
        if folder and alone[folder] == 1:
            without += [f"{folder}/{one}" for one in _OF_ONE]
            apart |= {key: beside[key] for key in without if key in beside}
        own = beside.get(stem) or next((apart[k] for k in (stem, *without) if k in apart), None)
        if own is not None:
            pairs[name] = own
    claims = Counter(pairs.values())  # of two pictures, one text apart tells of neither
    return {
        name: text
        for name, text in pairs.items()
        if claims[text] == 1 or beside.get(without_ending(name)) == text
    }


def _add(entry: Entry, file: Path) -> None:
    """What a file beside a picture says of it."""
    try:
        if file.suffix.lower() == ".json":
            said = read_json(file)
            if isinstance(said, dict):
                entry.captions, entry.columns = captions_in(said), columns_in(said)
            elif isinstance(said, list) and all(isinstance(one, str) for one in said):
                entry.captions = said
        else:
            entry.captions = list(text_lines(read_text(file, fallback="cp1252")))
    except DataError as error:
        entry.fault = str(error).removeprefix(f"{file} ").rstrip(".")


LAYOUT = Layout(
    name="texts beside pictures",
    order=80,
    read=_read,
)
