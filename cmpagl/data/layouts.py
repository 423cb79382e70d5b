"""The on-disk forms of an image-caption data set, each read into the same list of entries.

A folder is recognised by what is in it, in this order (`find_description`):

1. `dataset_NAME.json` (Karpathy's form; RSICD, UCM, Sydney and RSITMD are shared in it):
   `images[].{filename, split, sentences[].raw}`; `filepath`, where given, is a sub-folder.
2. `SPLIT_caps.txt` with `SPLIT_filename.txt` (the form of AMFMN, GaLR and others): one caption a
   line; as many file names as captions go line by line, a fifth as many have five captions each.
3. One or more `*.csv` with an image column (`image`, `filename`, `filepath`, `path`, ...) and a
   caption column (`caption`, `text`, `sentence`, ...), optionally `split` and `class`; one row a
   caption. Without a split column, the file's name is the split if there are several files or if it
   is a usual one (train, val, ...).
4. A plain folder of pictures, with sub-folders or without: no captions, no splits, sorted by path;
   the sub-folder that holds a picture names its class.

Pictures lie in `images/` (or `imgs/`, `Images/`) where that exists, else in the folder itself.
Classes come from the entry itself, else from `classes.csv` (`filename,class`), else from
`truth.json` (drawn scenes), else in forms 1 and 2 from the file name (`airport_12.jpg`).
Nothing here opens a picture, and faults of single entries are kept for the caller to judge.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from cmpagl.data.picture import IMAGE_SUFFIXES
from cmpagl.errors import DataError

__all__ = ["MISSING", "Description", "Entry", "find_description"]

MISSING = frozenset({"", "nan", "null", "none", "na", "n/a", "<na>"})  # how tables write "nothing"
_IMAGE_FOLDERS = ("images", "imgs", "Images")
_COLUMNS = {  # our name -> the names it goes by, best first
    "image": ("image", "filename", "file_name", "filepath", "image_path", "path", "file"),
    "caption": ("caption", "text", "sentence", "description"),
    "split": ("split",),
    "class": ("class", "class_name", "label", "category"),
}
_USUAL_SPLITS = frozenset({"train", "val", "valid", "validation", "dev", "test"})
# A file name's first word is a class only if it is not one that cameras and exporters write.
_NO_CLASS = frozenset(
    {"img", "image", "photo", "picture", "scene", "tile", "patch", "frame", "file", "dsc"}
)
_CAPTIONS_PER_NAME = 5


@dataclass
class Entry:
    """One image as described; ``captions`` may hold anything, a ``fault`` rules it out."""

    where: str  # "entry 3", "row 5": where to look when the name does not help
    name: str
    captions: list[Any] = field(default_factory=list)
    split: str | None = None
    class_name: str | None = None
    fault: str | None = None


@dataclass
class Description:
    """A recognised data set: its entries, and the pictures that are really there."""

    name: str
    root: Path
    source: (
        str  # the description's file name(s); "" for a plain folder, whose images have no captions
    )
    entries: list[Entry]
    images_root: Path
    files: frozenset[str] = frozenset()  # posix paths of the pictures below images_root
    notices: list[tuple[str, str]] = field(default_factory=list)  # (name, why it was not used)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that its entries name, in their order."""
        return tuple(dict.fromkeys(e.split for e in self.entries if e.split is not None))


def find_description(path: Path) -> Description:
    """Recognise and read the data set in a folder, or the one that a `.json` or `.csv` file is.

    Raises:
        DataError: Nothing is recognised, two descriptions contradict each other, or one is damaged.
    """
    root = path.parent if path.is_file() else path
    if not root.is_dir():
        raise DataError(f"The data folder {path} does not exist: give the folder of a data set.")
    folder = next((f for f in _IMAGE_FOLDERS if (root / f).is_dir()), None)
    images_root = root / folder if folder else root
    found = Description(root.resolve().name, root, "", [], images_root)
    if path.is_file():
        jsons, tables = [[path] if path.suffix.lower() == s else [] for s in (".json", ".csv")]
        if not jsons and not tables:
            raise DataError(f"{path} is neither .json nor .csv: give one of these or the folder.")
    else:
        jsons, tables = sorted(root.glob("dataset_*.json")), sorted(root.glob("*.csv"))
    if jsons:
        _add_karpathy(found, jsons)
    elif path.is_dir() and (caps := sorted(root.glob("*_caps.txt"))):
        for file in caps:
            _add_caps(found, file)
    else:
        _add_tables(found, tables)
    if not found.source:
        if path.is_file():
            raise DataError(f"{path} {found.notices[0][1]}: name them 'image' and 'caption'.")
        return _plain(found)
    found.files = _pictures(images_root)
    for entry in found.entries:
        entry.name = _tidy(entry.name, folder)
    _add_classes(found, from_names=not found.source.endswith(".csv"))
    return found


def _plain(found: Description) -> Description:
    """Make every picture an entry; the module docstring's form 4."""
    everything = _pictures(found.root)
    below = found.images_root.relative_to(found.root).as_posix() + "/"
    if found.images_root != found.root and all(name.startswith(below) for name in everything):
        found.files = frozenset(name.removeprefix(below) for name in everything)
    else:
        found.files, found.images_root = everything, found.root
    if not found.files:
        also = "".join(f" {name} {reason}." for name, reason in found.notices)
        raise DataError(
            f"{found.root} holds no data set: looked for dataset_*.json, *_caps.txt with "
            "*_filename.txt, a CSV with columns image and caption, and pictures "
            f"({' '.join(sorted(IMAGE_SUFFIXES))}).{also} Put one of these there, or give "
            "the folder that has them."
        )
    for name in sorted(found.files):
        found.entries.append(Entry(name, name, class_name=PurePosixPath(name).parent.name or None))
    _add_classes(found, from_names=False)
    return found


def _pictures(folder: Path) -> frozenset[str]:
    """The pictures below a folder by their suffix, as posix paths, without hidden ones.

    The thumbnails of an index that was put there are no pictures of the data set.
    """
    names = []
    for place, folders, files in os.walk(folder):
        if "index.json" in files and "thumbnails" in folders:
            folders.remove("thumbnails")
        folders[:] = [f for f in folders if not f.startswith((".", "__MACOSX"))]
        prefix = Path(place).relative_to(folder).as_posix()
        for file in files:
            if os.path.splitext(file)[1].lower() in IMAGE_SUFFIXES and not file.startswith("."):
                names.append(file if prefix == "." else f"{prefix}/{file}")
    return frozenset(names)


def _tidy(name: str, folder: str | None) -> str:
    """One spelling per file: forward slashes, no `./`, no leading name of the images' folder."""
    if not name.strip():
        return ""
    parts = PurePosixPath(name.strip().replace("\\", "/"))
    if folder and len(parts.parts) > 1 and parts.parts[0] == folder:
        parts = parts.relative_to(folder)
    return str(parts)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 (byte {error.start:,}): save it in that encoding."
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def _read_json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds, checked by the caller
    try:
        return json.loads(_read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{path} is not valid JSON ({error}): it may be cut off.") from error


def _add_karpathy(found: Description, files: list[Path]) -> None:
    """Form 1."""
    if len(files) > 1:
        raise DataError(
            f"{found.root} holds {len(files)} descriptions ({', '.join(f.name for f in files)}): "
            "give the path of the one to use."
        )
    content = _read_json(files[0])
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        raise DataError(f"{files[0]} has no list 'images': it is not in Karpathy's form.")
    found.source = files[0].name
    found.name = str(content.get("dataset") or files[0].stem.removeprefix("dataset_"))
    for number, item in enumerate(content["images"], 1):
        entry = Entry(f"entry {number}", "")
        found.entries.append(entry)
        sentences = item.get("sentences", []) if isinstance(item, dict) else None
        if not isinstance(sentences, list) or not isinstance(item.get("filename"), str):
            entry.fault = "is no object with a 'filename' and a list 'sentences'"
            continue
        folder = item.get("filepath")
        entry.name = f"{folder}/{item['filename']}" if folder else item["filename"]
        entry.split = None if item.get("split") is None else str(item["split"])
        entry.captions = [s.get("raw") if isinstance(s, dict) else s for s in sentences]


def _add_caps(found: Description, file: Path) -> None:
    """Form 2, one split."""
    split = file.name.removesuffix("_caps.txt")
    partner = file.with_name(f"{split}_filename.txt")
    if not partner.is_file():
        raise DataError(
            f"{file} has no {partner.name} beside it: the names of its images are needed."
        )
    captions, names = _lines(file), _lines(partner)
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
    found.source = f"{found.source}, {file.name}" if found.source else file.name
    found.entries += [
        Entry(f"image {number} of {partner.name}", name, list(group), split)
        for number, (name, group) in enumerate(rows, 1)
    ]


def _lines(path: Path) -> list[str]:
    """Lines, of which an empty one counts: dropping it would shift every caption after it."""
    lines = _read_text(path).replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _add_tables(found: Description, files: list[Path]) -> None:
    """Form 3; tables without its columns are left with a notice, for form 4 to have its turn."""
    readable = []
    for file in files:
        rows = _read_table(file)
        columns = _columns(rows)
        if {"image", "caption"} <= columns.keys():
            readable.append((file, columns, rows))
        elif file.name != "classes.csv":
            header = ", ".join(rows[0]) if rows else "nothing"
            found.notices.append((file.name, f"has no image and caption columns (but {header})"))
    for file, columns, rows in readable:
        by_file = len(readable) > 1 or file.stem.lower() in _USUAL_SPLITS
        _add_rows(found, file, columns, rows, file.stem if by_file else None)
    found.source = ", ".join(file.name for file, _, _ in readable)


def _read_table(path: Path) -> list[list[str]]:
    """Rows of a CSV, split at the delimiter under which its header has most of our columns."""
    text = _read_text(path)
    header = text.split("\n", 1)[0].rstrip("\r")
    delimiter = max(",;\t|", key=lambda d: len(_columns(list(csv.reader([header], delimiter=d)))))
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError(f"{path} is not a valid CSV ({error}): check its quotes.") from error


def _columns(rows: list[list[str]]) -> dict[str, int]:
    """Which of `_COLUMNS` the header (the first row) has, and where."""
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    found = {}
    for ours, theirs in _COLUMNS.items():
        if at := [header.index(name) for name in theirs if name in header]:
            found[ours] = at[0]
    return found


def _add_rows(
    found: Description,
    file: Path,
    columns: dict[str, int],
    rows: list[list[str]],
    split_of_file: str | None,
) -> None:
    by_name: dict[str, Entry] = {}
    for number, row in enumerate(rows[1:], 2):
        if not row:
            continue
        cells = {ours: row[at].strip() if at < len(row) else "" for ours, at in columns.items()}
        name = "" if cells["image"].lower() in MISSING else cells["image"]
        split, class_name = (
            None if cells.get(key, "").lower() in MISSING else cells[key]
            for key in ("split", "class")
        )
        where = f"row {number} of {file.name}"
        entry = Entry(where, name, [cells["caption"]], split or split_of_file, class_name)
        if len(row) > len(rows[0]):
            entry.fault = (
                f"has {len(row)} values for {len(rows[0])} columns: "
                "a caption that holds the delimiter needs quotes"
            )
        known = by_name.get(name)
        if known and not entry.fault:
            pairs = ((known.split, entry.split), (known.class_name, entry.class_name))
            if any(a and b and a != b for a, b in pairs):
                entry.fault = f"gives the image another split or class than {known.where}"
            else:
                known.split, known.class_name = (a or b for a, b in pairs)
                known.captions += entry.captions
                continue
        if name and not entry.fault:
            by_name[name] = entry
        found.entries.append(entry)


def _add_classes(found: Description, *, from_names: bool) -> None:
    """Give entries without a class theirs from the files beside, or from their names."""
    known = _classes_beside(found.root)
    for entry in found.entries:
        base = PurePosixPath(entry.name)
        if entry.class_name is None:
            entry.class_name = known.get(base.name) or known.get(base.stem)
        if entry.class_name is None and from_names:
            word = re.fullmatch(r"([a-z]+)_\d+", base.stem.lower())
            entry.class_name = word[1] if word and word[1] not in _NO_CLASS else None


def _classes_beside(root: Path) -> dict[str, str]:
    """`classes.csv` by file name, then `truth.json` of drawn scenes by scene id."""
    known: dict[str, str] = {}
    if (table := root / "classes.csv").is_file():
        rows = _read_table(table)
        columns = _columns(rows)
        if not {"image", "class"} <= columns.keys():
            raise DataError(f"{table} needs the columns filename and class.")
        for row in rows[1:]:
            if len(row) > max(columns.values()):
                known[PurePosixPath(row[columns["image"]].strip()).name] = row[
                    columns["class"]
                ].strip()
    if (truth := root / "truth.json").is_file():
        try:
            specs = [scene["spec"] for scene in _read_json(truth)]
            known |= {str(spec["scene_id"]): str(spec["class_name"]) for spec in specs}
        except (TypeError, KeyError) as error:
            raise DataError(
                f"{truth} is no list of scenes with a 'spec' of 'scene_id' and 'class_name'."
            ) from error
    return known
