"""Tables of images and captions, read by pandas: which column is which, row by row.

What spreadsheets write is read: commas, semicolons, tabs or bars between the cells, `sep=;` in the
first line, a byte order mark, UTF-16, Windows' western encoding.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmpagl.data.columns import Columns, kept_columns
from cmpagl.data.found_text import read_text
from cmpagl.errors import DataError

if TYPE_CHECKING:
    import pandas

__all__ = ["Row", "Table", "caption_cells", "columns_of", "read_table"]

IMAGE = (
    *("image", "filename", "file_name", "filepath", "image_path", "path", "file", "img"),
    *("image_name", "image_file", "file_path", "imagename", "images", "img_path"),
)
CAPTION = (
    *("caption", "text", "sentence", "description", "captions", "sentences", "texts"),
    *("title", "comment", "raw", "prompt"),
)
SPLIT = ("split", "set", "partition", "subset")
CLASS = ("class", "class_name", "label", "category")
"""The names by which columns go, best first."""


@dataclass(frozen=True)
class Row:
    """One row; cells are stripped, and empty where the table has none."""

    number: int  # as a spreadsheet counts, the header is row 1
    image: str
    captions: tuple[Any, ...]
    split: str
    class_name: str
    fault: str | None = None
    columns: Columns = ()  # all others


@dataclass
class Table:
    """A table as text, its first row taken for the header."""

    cells: pandas.DataFrame  # columns 0, 1, ...
    header: list[str]
    images: int | None = None  # which column names images
    captions: list[int] = field(default_factory=list)  # and which hold captions
    split: int | None = None
    class_name: int | None = None
    notes: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        """All rows but the header and those that are empty."""
        width = len(self.header)
        ours = {self.images, *self.captions, self.split, self.class_name}
        others = [at for at in range(width) if at not in ours]
        said: list[str] = []  # what the row before has in other columns: often the same picture's
        kept: Columns = ()
        # As lists first: cell by cell, pandas makes each of them an object of its own.
        columns = [self.cells[at].to_numpy(object).tolist() for at in self.cells]
        for number, cells in enumerate(zip(*columns, strict=True), 1):
            text = [cell.strip() if isinstance(cell, str) else "" for cell in cells]
            count = _filled(text)
            if number == 1 or count == 0:
                continue
            fault = None
            if count > width:
                fault = (
                    f"has {count} values for {width} columns: a caption that holds the delimiter "
                    "needs quotes"
                )
            more = [text[at] for at in others]
            if more != said:
                said, kept = more, kept_columns((self.header[at], text[at]) for at in others)
            yield Row(
                number,
                text[self.images] if self.images is not None else "",
                tuple(c for at in self.captions for c in caption_cells(text[at])),
                text[self.split] if self.split is not None else "",
                text[self.class_name] if self.class_name is not None else "",
                fault,
                kept,
            )

    def has_sentences(self) -> bool:
        """Whether a column that is none of ours mostly holds texts of four words or more."""
        ours = {self.images, self.split, self.class_name}
        for at in range(len(self.header)):
            column = self.cells[at].iloc[1:].dropna().astype(str)
            if at not in ours and len(column) and column.str.count(r"\S+").median() >= 4:
                return True
        return False


def caption_cells(cell: str) -> list[Any]:
    """The captions in one cell: itself, or the items of a list as JSON, Python or NumPy has it."""
    if cell.startswith("[") and cell.endswith("]"):
        try:
            items = json.loads(cell)
        except (ValueError, RecursionError):
            items = _python_list(cell)
        if isinstance(items, list) and items:
            return items
    return [cell]


def _python_list(cell: str) -> list[str] | None:
    """The texts of a list, with commas between them (Python) or without (NumPy); None: no list.

    Python alone would take two texts without a comma for one.
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(cell).readline))
        texts = [ast.literal_eval(t.string) for t in tokens if t.type == tokenize.STRING]
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    others = {t.string for t in tokens if t.type not in (tokenize.STRING, *_NO_TOKENS)}
    return texts if others <= {"[", "]", ","} and all(isinstance(t, str) for t in texts) else None


_NO_TOKENS = (tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER)


def columns_of(
    header: Sequence[str],
) -> tuple[int | None, list[int], int | None, int | None]:
    """Which columns hold images, captions, split and class, by their names."""
    names = [name.strip().lower() for name in header]

    def first(known: Sequence[str]) -> int | None:
        return next((names.index(name) for name in known if name in names), None)

    image, caption = first(IMAGE), first(CAPTION)
    captions = [] if caption is None else [caption]
    numbered = [
        at
        for at, name in enumerate(names)
        if (match := re.fullmatch(r"([a-z]+)[ _-]?\d{1,2}", name)) and match[1] in CAPTION
    ]
    return image, sorted({*captions, *numbered}), first(SPLIT), first(CLASS)


def read_table(path: Path) -> Table:
    """Read a table of text, split at the delimiter under which its header has most of our columns.

    Raises:
        DataError: it cannot be read, is in an unknown encoding, or its quotes do not close.
    """
    import pandas  # here, for it takes half a second that a folder without tables need not

    text = read_text(path, fallback="cp1252")
    notes = []
    if not _is_utf8(path):
        notes.append("read as Windows' western encoding (cp1252), as it is not UTF-8")
    first, _, rest = text.partition("\n")
    if said := re.fullmatch(r'"?sep=(.)"?', first.strip()):
        text = rest
    line = re.split(r"[\r\n]", text, maxsplit=1)[0]  # a lone carriage return ends one, too
    delimiter = said[1] if said else max(",;\t|", key=lambda d: _known(_split(line, d)))
    header = _split(line, delimiter)
    try:
        cells = pandas.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            names=range(max(len(header), 1) + 8),  # so that rows that are too long can be named
            index_col=False,
            dtype=str,
            keep_default_na=False,
            na_values=[],
            skip_blank_lines=False,
            encoding_errors="strict",
        )
    except pandas.errors.EmptyDataError:
        cells = pandas.DataFrame()
    except (ValueError, pandas.errors.ParserError) as error:
        raise DataError(f"{path} is not a valid CSV ({error}): check its quotes.") from error
    names = [str(cell).strip() for cell in cells.iloc[0]] if len(cells) else []
    names = names[: _filled(names)]
    return Table(cells, names, *columns_of(names), notes)


def _filled(cells: Sequence[str]) -> int:
    """How many cells there are up to the last that is not empty."""
    return next((n for n in range(len(cells), 0, -1) if cells[n - 1]), 0)


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except (csv.Error, ValueError):  # a cell beyond all measure; a delimiter that is none
        return []


def _known(header: Sequence[str]) -> int:
    """How many kinds of our columns a header has."""
    image, captions, split, class_name = columns_of(header)
    return sum((image is not None, bool(captions), split is not None, class_name is not None))


def _is_utf8(path: Path) -> bool:
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return True
