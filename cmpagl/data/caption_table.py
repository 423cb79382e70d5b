"""Tables of images and captions, read by pandas: which column is which, row by row.

What spreadsheets write is read: commas, semicolons, tabs or bars between the cells, `sep=;` in the
first line, a byte order mark, UTF-16, Windows' western encoding. So are lists without a header:
a picture's name (`1.jpg`, `1.jpg#0`), what separates, a caption.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmpagl.data.caption_values import caption_cells
from cmpagl.data.columns import Columns, kept_columns
from cmpagl.data.field_names import columns_of
from cmpagl.data.formats import IMAGE_SUFFIXES
from cmpagl.data.found_text import BrokenFileError, read_text
from cmpagl.data.picture_names import PictureNames, has_ending
from cmpagl.data.split_names import usual_split

if TYPE_CHECKING:
    import pandas

__all__ = ["Row", "Table", "read_table"]

_HEAD = 65_536  # characters in which a header stands
_SAMPLE = 1000  # rows by which a column is judged
_NAMING = re.compile(r"id|name|key|image|img|file|tile|chip|scene|patch", re.IGNORECASE)
"""In the names of columns whose cells may name pictures without an ending."""


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
    """A table as text, its first row taken for the header where it is one."""

    cells: pandas.DataFrame  # columns 0, 1, ...
    header: list[str]  # empty names where there is none
    images: int | None = None  # which column names images
    captions: list[int] = field(default_factory=list)  # and which hold captions
    split: int | None = None
    class_name: int | None = None
    notes: list[str] = field(default_factory=list)
    first: int = 1  # the row that is the first of the content
    delimiter: str = ","

    def rows(self) -> Iterator[Row]:
        """All rows but the header and those that are empty."""
        width = len(self.header)
        ours = {self.images, *self.captions, self.split, self.class_name}
        others = [at for at in range(width) if at not in ours]
        alone = len(self.captions) == 1
        open_end = self.captions == [width - 1] and self._surplus_varies()
        said: list[str] = []  # what the row before has in other columns: often the same picture's
        kept: Columns = ()
        # As lists first: cell by cell, pandas makes each of them an object of its own.
        columns = [self.cells[at].to_numpy(object).tolist() for at in self.cells]
        for number, cells in enumerate(zip(*columns, strict=True), 1):
            text = [cell.strip() if isinstance(cell, str) else "" for cell in cells]
            count = _filled(text)
            if number <= self.first or count == 0:
                continue
            fault = None
            if count > width and open_end:  # only a caption can hold what splits the cells
                text[width - 1] = f"{self.delimiter} ".join(text[width - 1 : count])
            elif count > width:
                fault = (
                    f"has {count} values for {width} columns: a caption that holds the delimiter "
                    "needs quotes"
                )
            more = [text[at] for at in others]
            if more != said:
                said, kept = more, kept_columns((self.header[at], text[at]) for at in others)
            yield Row(
                number,
                re.sub(r"#\d+$", "", text[self.images]) if self.images is not None else "",
                # A column more than a picture has captions is empty, and is none of them.
                tuple(
                    c for at in self.captions if text[at] or alone for c in caption_cells(text[at])
                ),
                text[self.split] if self.split is not None else "",
                text[self.class_name] if self.class_name is not None else "",
                fault,
                kept,
            )

    def judge(self, pictures: PictureNames) -> None:
        """Let what stands in the columns tell which of them names pictures, whatever it is called.

        Args:
            pictures: of the folder.
        """
        columns = {at: self._sample(at) for at in range(len(self.header))}
        named = {at: _share(cells, pictures.knows) for at, cells in columns.items()}
        best = max(named, key=lambda at: (named[at], at == self.images, -at), default=None)
        if best is None or named[best] < 0.5:
            if self.images is not None:
                return
            best = next(
                (
                    at
                    for at, cells in columns.items()
                    if at not in self.captions
                    and _NAMING.search(self.header[at])
                    and _share(cells, lambda cell: bool(pictures.called(cell, ending=False))) >= 0.9
                ),
                None,
            )
        self.images = best
        self.captions = [at for at in self.captions if at != best]
        if best is not None and not any(self.header):
            self.captions = [at for at in columns if at != best and self._words(at) >= 3]
            splits = (at for at in columns if _share(columns[at], usual_split) == 1)
            self.split = next(splits, None)

    def has_sentences(self) -> bool:
        """Whether a column that names no images or splits mostly holds texts of four words."""
        return any(
            at not in (self.images, self.split) and self._words(at) >= 4
            for at in range(len(self.header))
        )

    def _surplus_varies(self) -> bool:
        """Whether some rows have more cells than the header, and not all an unnamed column more."""
        width = len(self.header)
        more = self.cells[width].iloc[self.first :].tolist() if width in self.cells else []
        there = {isinstance(cell, str) and bool(cell.strip()) for cell in more}
        return there == {True, False}

    def _sample(self, at: int) -> list[str]:
        """The first cells of a column that are not empty."""
        column = self.cells[at].iloc[self.first : self.first + _SAMPLE].dropna().astype(str)
        return [cell.strip() for cell in column if cell.strip()]

    def _words(self, at: int) -> float:
        """How many words its cells have in the median."""
        counts = sorted(len(cell.split()) for cell in self._sample(at))
        return counts[len(counts) // 2] if counts else 0


def _share(cells: Sequence[str], holds: Callable[[str], object]) -> float:
    return sum(map(bool, map(holds, cells))) / len(cells) if cells else 0.0


def read_table(path: Path, pictures: PictureNames | None = None) -> Table:
    """Read a table of text, split at the delimiter under which its header has most of our columns.

    Args:
        path: of the file.
        pictures: those of its folder, by which the column that names them is known.

    Raises:
        BrokenFileError: it cannot be read, is in an unknown encoding, or its quotes do not close.
    """
    import pandas  # here, for it takes half a second that a folder without tables need not

    text = read_text(path, fallback="cp1252")
    notes = []
    if not _is_utf8(path):
        notes.append("read as Windows' western encoding (cp1252), as it is not UTF-8")
    if path.suffix.lower() == ".txt" and (listed := _listed(text)):
        return Table(pandas.DataFrame(listed), ["", ""], 0, [1], notes=notes, first=0)
    first, _, rest = text.partition("\n")
    if said := re.fullmatch(r'"?sep=(.)"?', first.strip()):
        text = rest
    lines = re.split(r"\r\n|\r|\n", text[:_HEAD])  # a lone carriage return ends one, too
    above = next((n for n, one in enumerate(lines) if one.strip() and one[0] != "#"), 0)
    line = lines[above]
    delimiter = said[1] if said else max(",;\t|", key=lambda d: _fitting(_split(line, d)))
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
            skipinitialspace=True,
            encoding_errors="strict",
        )
    except pandas.errors.EmptyDataError:
        cells = pandas.DataFrame()
    except (ValueError, pandas.errors.ParserError) as error:
        raise BrokenFileError(f"{path} is not a valid CSV ({error}): check its quotes.") from error
    names = [str(cell).strip() for cell in cells.iloc[above]] if len(cells) > above else []
    names = names[: _filled(names)]
    if not said and not _known(names) and any(map(_is_picture, names)):
        table = Table(cells, [""] * len(names), notes=notes, first=above, delimiter=delimiter)
    else:
        table = Table(cells, names, *columns_of(names), notes, above + 1, delimiter)
    if pictures is not None:
        table.judge(pictures)
    return table


def _is_picture(cell: str) -> bool:
    return has_ending(re.sub(r"#\d+$", "", cell))


_ENDINGS = "|".join(re.escape(e) for e in sorted(IMAGE_SUFFIXES, key=len, reverse=True))
_LINE = re.compile(rf"(.+?(?:{_ENDINGS}))(?:#\d+)?[\s,;:|]+(\S.*)", re.IGNORECASE)


def _listed(text: str) -> list[tuple[str, str]]:
    """The lines of a list of a picture's name and a caption each; nothing where it is none."""
    lines = [line for line in text.splitlines() if line.strip()]
    found = [match.groups() for line in lines if (match := _LINE.fullmatch(line.strip()))]
    said = sum(len(re.findall(r"[^\W\d_]+", caption)) > 1 for _, caption in found)  # no classes
    whole = len(found) == len(lines) and 2 * said > len(found)
    return [(name, caption.strip('"')) for name, caption in found] if whole else []


def _filled(cells: Sequence[str]) -> int:
    """How many cells there are up to the last that is not empty."""
    return next((n for n in range(len(cells), 0, -1) if cells[n - 1]), 0)


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except (csv.Error, ValueError):  # a cell beyond all measure; a delimiter that is none
        return []


def _fitting(cells: Sequence[str]) -> tuple[int, bool, int]:
    """How well a first line fits that was split at some delimiter; the greatest fits best."""
    return _known(cells), any(map(_is_picture, cells)) and len(cells) > 1, len(cells)


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
