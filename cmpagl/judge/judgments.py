"""Query sets and judgments: typed, from CSV, from captions, and as TREC's qrels and run files.

A table of judgments has a row for each judged scene, with the columns ``query``, ``scene`` and
``grade`` (0 not relevant, 1 and above relevant), and may have ``id``; a row without a scene only
names a query. A file without such a head is read as one query a line.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, unquote

from cmpagl.data.found_text import read_text
from cmpagl.errors import DataError
from cmpagl.export.spreadsheet import csv_text
from cmpagl.files import write_text
from cmpagl.store.gallery import Gallery

__all__ = [
    "JudgedQuery",
    "from_captions",
    "judgments_csv",
    "parse_queries",
    "qrels",
    "read_qrels",
    "read_queries",
    "run_lines",
    "write_lines",
]

MOST_QUERIES = 10_000
MOST_GRADE = 10
_COLUMNS = {"query", "scene", "grade", "id"}
_MORE = "more"  # the column after the last
_BESIDE = {"rank_before", "rank_after", "class"}  # of tables that the page writes


@dataclass(frozen=True)
class JudgedQuery:
    """A query and what a person said of scenes; what nobody judged counts as not relevant."""

    id: str  # in TREC's files; no blanks
    text: str
    grades: Mapping[str, int] = field(default_factory=dict)  # by image id

    @property
    def relevant(self) -> int:
        """How many scenes are relevant."""
        return sum(grade > 0 for grade in self.grades.values())


def read_queries(path: Path) -> list[JudgedQuery]:
    """Read a query set from a file.

    Raises:
        CmpaglError: it cannot be read, or as `parse_queries`.
    """
    return parse_queries(read_text(path, fallback="cp1252"), str(path))


def parse_queries(text: str, name: str = "The query set") -> list[JudgedQuery]:
    """Read a query set: a table of judgments, a JSON list of them, or one query a line.

    Args:
        text: of the file, or what a person typed.
        name: what it is called where something is wrong.

    Raises:
        DataError: no query, too many, a grade that is none, a scene without a query, or two rows
            that contradict each other.
    """
    found: dict[str, JudgedQuery] = {}
    grades: dict[str, dict[str, int]] = {}  # of each of them
    for number, row in enumerate(_rows(text, name), start=1):
        query = " ".join((row.get("query") or "").split())
        if not query:
            raise DataError(f"{name}: row {number} has no query; give each row one.")
        key = "_".join((row.get("id") or "").split())  # one word, as TREC's files part them
        known = found.setdefault(key or query, JudgedQuery(key, query))
        if known.text != query:
            raise DataError(
                f"{name}: row {number} has the id {key[:40]!r}, which is another query's; give "
                "each its own."
            )
        scene = (row.get("scene") or "").strip()
        grade = (row.get("grade") or "").strip()
        if (scene and grade != "") or (scene and "grade" not in row):
            own, said = grades.setdefault(key or query, {}), _grade(grade or "1", name, number)
            if own.setdefault(scene, said) != said:
                raise DataError(
                    f"{name}: row {number} gives {scene[:60]!r} another grade than a row before; "
                    "keep one."
                )
        if len(found) > MOST_QUERIES:
            raise DataError(f"{name} has more than {MOST_QUERIES:,} queries; judge a part of it.")
    if not found:
        raise DataError(f"{name} holds no query; write one a line, or a table with a column query.")
    taken = {one.id for one in found.values()}
    judged = []
    for number, (key, one) in enumerate(found.items(), start=1):
        while not one.id and f"q{number}" in taken:
            number += len(found)
        judged.append(replace(one, id=one.id or f"q{number}", grades=grades.get(key, {})))
    return judged


def _rows(text: str, name: str) -> Iterable[Mapping[str, str]]:
    if text.lstrip().startswith(("[", "{")):
        return _json_rows(text, name)
    text = re.sub(r"\r\n?", "\n", text.removeprefix("\ufeff"))  # a lone one ends a line, too
    head, _, rest = text.partition("\n")
    if re.fullmatch(r'"?sep=."?', head.strip(" ")):  # of Excel; the columns' names say it too
        head, _, rest = rest.partition("\n")
    try:
        for delimiter in ",;\t|":
            cells = next(csv.reader([head], delimiter=delimiter), [])
            columns = [column.strip().lower() for column in cells]
            if "query" in columns and (len(columns) > 1 or columns == ["query"]):
                _check_columns(columns, name)
                return _table_rows(rest, columns, delimiter, name) if rest.strip() else []
    except csv.Error as error:  # a cell without an end
        raise DataError(f"{name} is no table that can be read ({error}).") from error
    return [{"query": line} for line in text.splitlines() if line.strip()]


def _check_columns(columns: Sequence[str], name: str) -> None:
    """Make sure that a table's columns are known, but for more that stand beside judged scenes.

    Raises:
        DataError: they are not, so that judgments would be passed over.
    """
    unknown = [one for one in columns if one not in _COLUMNS | _BESIDE]
    if (unknown and "scene" not in columns) or len(set(columns)) < len(columns):
        raise DataError(
            f"{name} has the columns {', '.join(columns)[:80]}; call them query, scene, grade and "
            "id, each once."
        )


def _json_rows(text: str, name: str) -> list[Mapping[str, str]]:
    """The rows of a JSON list of objects, or of one object a line.

    Raises:
        DataError: it is neither, or a value is no text and no number.
    """
    try:
        content = json.loads(text) if text.lstrip().startswith("[") else None
        if content is None:
            content = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name} is no valid JSON ({error}).") from error
    rows: list[Mapping[str, str]] = []
    for number, row in enumerate(content, start=1):
        if not isinstance(row, dict):
            raise DataError(f"{name} must be a list of objects with 'query'.")
        said = {str(key): "" if value is None else value for key, value in row.items()}
        for key in _COLUMNS & said.keys():
            if not isinstance(said[key], str | int | float) or isinstance(said[key], bool):
                raise DataError(
                    f"{name}: row {number} has {key!r} as {str(said[key])[:40]!r}, which is no "
                    "text and no number."
                )
        rows.append({key: str(value) for key, value in said.items()})
    return rows


def _table_rows(
    text: str, columns: Sequence[str], delimiter: str, name: str
) -> list[Mapping[str, str]]:
    """The rows below a table's head, read by pandas; every cell is text, an empty one too."""
    import pandas  # here, for it takes half a second that queries typed one a line need not

    try:
        cells = pandas.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            names=[*columns, _MORE],
            index_col=False,
            dtype=str,
            keep_default_na=False,
        )
    except (ValueError, pandas.errors.ParserError) as error:
        raise DataError(f"{name} is not a valid CSV ({error}): check its quotes.") from error
    cells = cells.fillna("")
    if (more := cells.pop(_MORE).ne("")).any():
        row = int(more.to_numpy().argmax()) + 1
        raise DataError(
            f"{name}: row {row} has more cells than the table has columns; put quotes around what "
            "holds the sign between them."
        )
    rows: list[Mapping[str, str]] = cells.to_dict("records")
    return rows


def _grade(text: str, name: str, number: int) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text) or int(text) > MOST_GRADE:
        raise DataError(
            f"{name}: row {number} has the grade {text[:20]!r}; it must be a whole number from 0 "
            f"(not relevant) to {MOST_GRADE}."
        )
    return int(text)


def from_captions(gallery: Gallery, queries: Sequence[JudgedQuery]) -> list[JudgedQuery]:
    """The queries, with the scenes that have one as their caption as relevant, unless judged."""
    found = []
    for query in queries:
        told = {
            gallery.records[int(n)].image_id: 1 for n in gallery.captioned.scenes_of(query.text)
        }
        found.append(replace(query, grades={**told, **query.grades}))
    return found


def judgments_csv(queries: Sequence[JudgedQuery], scenes: Mapping[str, Sequence[str]]) -> str:
    """A table of judgments, which `parse_queries` reads.

    Args:
        queries: with what is judged.
        scenes: by query id, which of them have a row; what is not judged has no grade there.
    """
    rows = [
        {"id": one.id, "query": one.text, "scene": scene, "grade": one.grades.get(scene)}
        for one in queries
        for scene in scenes[one.id]
    ]
    return csv_text(rows, ("id", "query", "scene", "grade"), end="\n", plain=True)


def qrels(queries: Sequence[JudgedQuery]) -> list[str]:
    """The judgments as TREC's qrels: ``id 0 scene grade``."""
    return [
        f"{query.id} 0 {_plain(scene)} {grade}"
        for query in queries
        for scene, grade in query.grades.items()
    ]


def read_qrels(queries: Sequence[JudgedQuery], text: str) -> list[JudgedQuery]:
    """The queries with the judgments of a qrels file, which win over those that are there.

    Raises:
        DataError: a line is none, is of a query that is not in the set, or contradicts another.
    """
    found = {query.id: query for query in queries}
    grades: dict[str, dict[str, int]] = {query.id: {} for query in queries}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = line.split()
        if len(parts) != 4 or parts[0] not in found:
            raise DataError(
                f"qrels: line {number} is {line[:60]!r}; it must be 'id 0 scene grade' of a query "
                "of the set."
            )
        below = re.fullmatch(r"-[0-9]{1,2}", parts[3])  # of spam, or of what nobody has judged
        grade = 0 if below else _grade(parts[3], "qrels", number)
        if grades[parts[0]].setdefault(_spaced(parts[2]), grade) != grade:
            raise DataError(
                f"qrels: line {number} gives {parts[2][:60]!r} another grade than a line before; "
                "keep one."
            )
    return [replace(query, grades={**query.grades, **grades[query.id]}) for query in found.values()]


def run_lines(ranked: Mapping[str, Sequence[tuple[str, int, float]]], name: str) -> list[str]:
    """Rankings as a TREC run: ``id Q0 scene rank score name``.

    Args:
        ranked: by query id, (image id, rank, score), best first.
        name: of the run.
    """
    return [
        f"{query} Q0 {_plain(scene)} {rank} {score:.6f} {name}"
        for query, results in ranked.items()
        for scene, rank, score in results
    ]


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """Write them, one a line."""
    write_text(path, "".join(line + "\n" for line in lines))


def _plain(scene: str) -> str:
    """An image id as a word: TREC's files part words at blanks."""
    return re.sub(r"[%\s]", lambda found: quote(found[0]), scene)


def _spaced(word: str) -> str:
    """An image id of such a word; what stands for no blank was never put there."""
    return _BLANK.sub(lambda found: unquote(found[0]), word)


_BLANK = re.compile("|".join(quote(c) for c in map(chr, range(0x3001)) if c.isspace() or c == "%"))
