"""What given vectors are of: names in a file beside them, and the pictures that they mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cmpagl.data.caption_table import read_table
from cmpagl.data.found_text import read_json, read_lines
from cmpagl.data.picture_names import folded, without_ending
from cmpagl.errors import DataError
from cmpagl.files import require_file

__all__ = [
    "NAMES",
    "TEXTS",
    "NameIndex",
    "beside",
    "kept_names",
    "names_in",
    "numbers",
    "plain_names",
]

NAMES = (
    *("id", "image_id", "unique_id", "chip_id", "chips_id", "tile_id", "item_id", "name"),
    *("filename", "file_name", "path", "image_path", "filepath", "file_path", "image"),
    *("image_name", "file", "img", "scene_id", "key", "ids", "names", "filenames", "paths"),
    *("source_url", "grid_cell", "text", "caption", "__index_level_0__"),
)
"""Columns that say what a vector is of, the first that is there."""
TEXTS = ("text", "caption", "sentence", "query", "texts", "captions", "sentences", "queries")
"""Columns of texts, where the vectors are theirs."""
_ENDS = (".ids.txt", ".txt", ".json", ".ids.json", ".names.txt", ".csv", ".ids.npy")
_CALLED = ("ids", "names", "filenames", "file_names", "paths", "image_ids", "keys")


def beside(path: Path) -> Path | None:
    """The file of names that lies beside one of vectors: ``v.txt``, ``v_ids.npy``, ``ids.txt``."""
    own = [path.with_suffix(end) for end in _ENDS]
    endings = (".txt", ".json", ".npy", ".csv")
    own += [path.with_name(f"{path.stem}_{c}{end}") for c in _CALLED for end in endings]
    # A file called so alone is of these vectors only where there are no others in the folder.
    alone = len([one for one in path.parent.glob("*.npy") if one.stem not in _CALLED]) == 1
    own += [path.with_name(c + end) for c in _CALLED for end in endings] if alone else []
    return next((one for one in own if one.is_file() and one != path), None)


def names_in(file: Path) -> list[str]:
    """The names in a file, one a line, as a list in JSON or NumPy, or in a column of a table.

    Raises:
        DataError: it cannot be read, or holds no list of names.
    """
    suffix = file.suffix.lower()
    require_file(file, "give a file of names")
    if suffix == ".npy":
        try:
            found: Any = np.load(file, allow_pickle=False).tolist()
        except (OSError, ValueError, EOFError) as error:
            raise DataError(
                f"{file} is damaged or holds names as Python objects, which are not read; write "
                "them as text, a name a line."
            ) from error
    elif suffix == ".json":
        found = read_json(file)
        if isinstance(found, dict):
            found = _within(found)
    elif suffix in (".csv", ".tsv"):
        found = _column(file)
    else:
        found = [line.strip() for line in read_lines(file)]
        while found and not found[-1]:
            found.pop()
    return plain_names(found, file)


def plain_names(found: Any, where: Path | str) -> list[str]:  # noqa: ANN401 - whatever a file holds
    """Names as texts, of texts and whole numbers.

    Raises:
        DataError: something among them is no name, or they are no list.
    """
    if not isinstance(found, list):
        raise DataError(f"{where} holds no list of names; write them as text, a name a line.")
    names: list[str] = []
    for number, one in enumerate(found, 1):
        if isinstance(one, bytes):
            one = one.decode(errors="replace")
        if isinstance(one, float) and one.is_integer():  # as programs keep numbers with gaps
            one = int(one)
        if not isinstance(one, str | int) or isinstance(one, bool) or one == "":
            raise DataError(
                f"{where}: name {number:,} is {str(one)[:40]!r}, which is none; give texts or "
                "whole numbers."
            )
        names.append(str(one))
    return names


def _within(said: dict[str, Any]) -> Any:  # noqa: ANN401
    """The names in an object: a list under a usual name, or names by number or the other way."""
    own = next((said[name] for name in (*NAMES, *TEXTS) if isinstance(said.get(name), list)), None)
    if own is not None:
        return own
    keys, values = list(said), list(said.values())
    if sorted(map(str, values)) == sorted(map(str, range(len(said)))):  # name -> row
        return sorted(keys, key=lambda key: int(said[key]))
    if sorted(keys) == sorted(map(str, range(len(said)))):  # row -> name
        return [said[str(number)] for number in range(len(said))]
    return None


def _column(file: Path) -> list[str]:
    table = read_table(file)
    names = [name.lower() for name in table.header]
    at = next((names.index(name) for name in (*NAMES, *TEXTS) if name in names), None)
    if at is None and len(names) > 1:
        raise DataError(
            f"{file} has no column that is called as names are ({', '.join(table.header)}): call "
            "it 'id'."
        )
    first = table.first if at is not None else 0  # a column alone may have no header
    cells = table.cells[at or 0].iloc[first:].tolist()
    return [str(cell).strip() for cell in cells if isinstance(cell, str)]


def kept_names(text: str) -> list[str]:
    """Names that are noted in a file of vectors, as JSON.

    Raises:
        DataError: they are no list, or something among them is no name.
        ValueError: it is no JSON.
    """
    return plain_names(json.loads(text), "Its note 'ids'")


def numbers(n: int) -> list[str]:
    """Names for what has none: rows by their numbers."""
    width = len(str(max(0, n - 1)))
    return [f"{number:0{width}d}" for number in range(n)]


class NameIndex:
    """Rows by what they are called: with or without folders, ending, and zeros before a number.

    A name that could be of two rows is of none, but where it is the very same.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._rows: list[dict[str, int | None]] = [{} for _ in _spellings("")]
        for row, name in enumerate(names):
            for known, key in zip(self._rows, _spellings(name), strict=True):
                known[key] = row if known.get(key, row) == row else None

    def row(self, name: str) -> int | None:
        """The row that is of this picture."""
        for known, key in zip(self._rows, _spellings(name), strict=True):
            if key in known:
                return known[key]
        return None


def _spellings(name: str) -> tuple[str, ...]:
    """A name as it stands, and ever less of it."""
    path = folded(name)
    own = path.rpartition("/")[2]
    stem = without_ending(own)
    number = (stem.lstrip("0") or "0") if stem.isdigit() else stem
    below = without_ending("/".join(path.split("/")[-2:]))
    return name, path, without_ending(path), below, own, stem, number
