"""Which layout a folder has: the layouts are asked in their order, the first that reads it counts.

Classes come from the entry itself, else from `classes.csv` (`filename,class`), else from
`truth.json` (drawn scenes), else, in layouts that say so, from the file name (`airport_12.jpg`).
Nothing here opens a picture, and faults of single entries are kept for the caller to judge.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import stat
from functools import cache
from pathlib import Path, PurePosixPath

import cmpagl.data.layouts as _layouts
from cmpagl.data.caption_table import read_table
from cmpagl.data.description import Description, Layout, Place
from cmpagl.data.formats import IMAGE_SUFFIXES
from cmpagl.data.found_text import BrokenFileError, read_json
from cmpagl.data.scan import Account, Scan, scan_folder
from cmpagl.data.settling import settle
from cmpagl.errors import DataError

__all__ = ["find_description", "is_fetched", "known_layouts", "read_place"]

ONE_PICTURE = "one picture"
"""How a picture that was given alone was read."""

# A file name's first word is a class only if it is not one that cameras and exporters write.
_NO_CLASS = frozenset(
    {"img", "image", "photo", "picture", "scene", "tile", "patch", "frame", "file", "dsc"}
)


@cache
def known_layouts() -> tuple[Layout, ...]:
    """The layouts of all modules in `cmpagl/data/layouts`, in the order in which they are tried."""
    modules = pkgutil.iter_modules(_layouts.__path__)
    found = [importlib.import_module(f"{_layouts.__name__}.{m.name}").LAYOUT for m in modules]
    return tuple(sorted(found, key=lambda layout: layout.order))


def is_fetched(path: Path | str) -> bool:
    """Whether a data set is named by no path but by something that a layout fetches (``hf:``)."""
    return any(layout.prefix and str(path).startswith(layout.prefix) for layout in known_layouts())


def find_description(path: Path) -> tuple[Description, Account]:
    """Recognise and read the data set in a folder, or the one that a single file describes.

    Args:
        path: a folder, a description in it, or a name that a layout fetches (``hf:OWNER/NAME``).

    Returns:
        the data set, and what became of everything else in its folder.

    Raises:
        DataError: Nothing is recognised, two descriptions contradict each other, or one is damaged.
    """
    for layout in known_layouts():
        if layout.prefix and layout.fetch and str(path).startswith(layout.prefix):
            found = layout.fetch(str(path))
            said = f"{layout.name} ({found.source})" if found.source else layout.name
            return found, Account(said, len(found.entries), notes=found.notes)
    place = _place(path)
    found = read_place(place)
    how = found.layout.name if found.layout else ""
    if place.file is not None and place.file.suffix.lower() in IMAGE_SUFFIXES:
        how = ONE_PICTURE
    said = f"{how} ({found.source})" if found.source else how
    return found, Account.of(place.scan, said, found.read, found.notes)


_OF_TEXTS = frozenset(
    {
        "annotations",
        "annotation",
        "captions",
        "caption",
        "texts",
        "text",
        "meta",
        "metadata",
        "json",
    }
)
"""Folders that hold descriptions alone, beside one of pictures."""


def _place(path: Path) -> Place:
    """The folder, looked through, and the file in it if one was given."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise DataError(
            f"The data folder {path} does not exist: give the folder of a data set."
        ) from error
    if stat.S_ISDIR(mode):
        return Place(path, scan_folder(path))
    if not stat.S_ISREG(mode):
        raise DataError(f"{path} is neither a folder nor a regular file, so it is not opened.")
    suffixes = sorted({suffix for layout in known_layouts() for suffix in layout.suffixes})
    if path.suffix.lower() not in suffixes:
        described = " ".join(suffix for suffix in suffixes if suffix not in IMAGE_SUFFIXES)
        raise DataError(
            f"{path} is neither a picture nor a description of a data set ({described}): give one "
            "of these or the folder."
        )
    if path.suffix.lower() in IMAGE_SUFFIXES:  # what lies beside it is no matter
        return Place(path.parent, Scan(path.parent, files={path.name: None}), path)
    own = scan_folder(path.parent)
    if path.parent.name.lower() in _OF_TEXTS and not own.pictures():
        around = scan_folder(path.parent.parent)  # with the pictures in a folder beside this one
        if around.pictures():
            return Place(path.parent.parent, around, path)
    return Place(path.parent, own, path)


def read_place(place: Place) -> Description:
    """What the first layout makes of it that knows it.

    Raises:
        DataError: none does, or a description is damaged.
    """
    notices: list[tuple[str, str]] = []
    broken: BrokenFileError | None = None
    for layout in known_layouts():
        if place.file is not None and place.file.suffix.lower() not in layout.suffixes:
            continue
        try:
            found = layout.read(place)
        except BrokenFileError as error:  # another layout may know what it is
            if place.file is None:
                raise
            broken = broken or error
            continue
        if found is None:
            continue
        if found.entries:
            found.layout = layout
            found.notices = [*notices, *found.notices]
            settle(found, place.scan)
            _add_classes(found)
            return found
        notices += found.notices  # it looked, and has something to say of what it saw
    if broken is not None:
        raise broken
    if place.file is not None:
        why = f"{notices[0][1]}: name them 'image' and 'caption'" if notices else ""
        why = why or "describes no images in a form that is read here"
        raise DataError(f"{place.file} {why}.")
    raise _nothing(place.scan, notices)


def _nothing(scan: Scan, notices: list[tuple[str, str]]) -> DataError:
    """What was looked for, what is there instead, and the ways out."""
    also = "".join(f" {name} {reason}." for name, reason in notices)
    there = "; ".join(Account.of(scan, "", ()).lines()[1:])
    return DataError(
        f"{scan.root} holds no data set: looked for dataset_*.json, *_caps.txt with "
        "*_filename.txt, a CSV of image and caption, metadata.jsonl, COCO captions, "
        f"tars, parquet tables and pictures of {len(IMAGE_SUFFIXES)} formats.{also}"
        f"{f' It has {there}.' if there else ''} Put one of these there, or give the folder that "
        "has them."
    )


def _add_classes(found: Description) -> None:
    """Give entries without a class theirs from the files beside, or from their names."""
    known = _classes_beside(found)
    for entry in found.entries:
        base = PurePosixPath(entry.name)
        if entry.class_name is None:
            names = (entry.name, base.name, base.stem)
            entry.class_name = next((known[name] for name in names if name in known), None)
        if entry.class_name is None and found.classes_from_names:
            word = re.fullmatch(r"([a-z]+)_\d+", base.stem.lower())
            entry.class_name = word[1] if word and word[1] not in _NO_CLASS else None


def _classes_beside(found: Description) -> dict[str, str]:
    """`classes.csv` by file name, then `truth.json` of drawn scenes by scene id.

    Raises:
        DataError: they cannot be read, or tell two classes of one picture.
    """
    told: list[tuple[str, str]] = []
    if (file := found.root / "classes.csv").is_file():
        table = read_table(file)
        if table.images is None or table.class_name is None:
            raise DataError(f"{file} needs the columns filename and class.")
        for row in table.rows():
            if row.image and row.class_name:
                told.append((str(PurePosixPath(row.image)), row.class_name))
        found.read.add("classes.csv")
    if (truth := found.root / "truth.json").is_file():
        try:
            specs = [scene["spec"] for scene in read_json(truth)]
            classes = [(str(spec["scene_id"]), spec["class_name"]) for spec in specs]
            told += [(name, str(one)) for name, one in classes if one is not None]
        except (TypeError, KeyError) as error:
            raise DataError(
                f"{truth} is no list of scenes with a 'spec' of 'scene_id' and 'class_name'."
            ) from error
        found.read.add("truth.json")
    known: dict[str, str] = {}
    for name, class_name in told:
        if known.setdefault(name, class_name) != class_name:
            raise DataError(
                f"{found.root} tells two classes of {name!r}, {known[name]!r} and {class_name!r}; "
                "keep one."
            )
    # A name alone stands for a picture in whatever folder, where it is of one class.
    alone: dict[str, set[str]] = {}
    for name, class_name in told:
        alone.setdefault(PurePosixPath(name).name, set()).add(class_name)
    return {name: one for name, (one, *more) in alone.items() if not more} | known
