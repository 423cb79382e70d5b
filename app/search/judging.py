"""What a person's judgments say of both columns, and of a file's rankings beside them.

A script sends places alone (`Graded`), so what was asked and what was judged stay in the browser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from app.kit.contract import Table
from app.search.kept_contract import Graded, JudgingShown
from app.words.judging import JUDGING
from app.words.numbers import counted, decimal
from app.words.page import PAGE
from cmpagl.errors import QueryError
from cmpagl.export.spreadsheet import BYTE_ORDER_MARK, csv_text
from cmpagl.judge.judgments import MOST_GRADE, JudgedQuery
from cmpagl.judge.measures import DEPTH, MEASURES, Judged, compare, figures
from cmpagl.measure.bootstrap import Interval

__all__ = ["MOST_QUERIES", "judging_shown"]

MOST_QUERIES = 1000
"""Queries that the page runs one after the other, and measures at once."""

SIDES = ("before", "after", "run")
MOST_NAME = 200  # characters of a file's own name for its rankings

Columns = list[tuple[str, Mapping[str, Interval]]]


def judging_shown(asked: Mapping[str, object]) -> JudgingShown:
    """The value of ``judging.js``, but for its count: nothing is shown where nothing is relevant.

    Args:
        asked: ``judged``, a list of `Graded`; ``run``, what a file calls its rankings, or None;
            ``file``, whether a file is wanted. Untrusted.

    Raises:
        QueryError: no script of ours asks so.
    """
    queries, ranked = _read(asked.get("judged"))
    if not any(query.relevant for query in queries):
        return {"table": None, "file": ""}
    found = compare(queries, ranked["before"], ranked["after"])
    columns: Columns = [
        (JUDGING.before, found.before),
        (JUDGING.after, found.after),
        (JUDGING.judge_change, found.change),
    ]
    if isinstance(run := asked.get("run"), str):
        columns.append((run[:MOST_NAME], figures(queries, ranked["run"])))
    file = BYTE_ORDER_MARK + _csv(found, columns) if asked.get("file") is True else ""
    return {"table": _table(found, columns), "file": file}


def _table(found: Judged, columns: Columns) -> Table:
    share = JUDGING.judge_share.format(share=decimal(found.judged, 0))
    one = found.n_queries == 1
    caption = JUDGING.judge_one if one else counted(JUDGING.judge_caption, found.n_queries)
    return {
        "caption": f"{caption} {share}",
        "head": ["", *(title for title, _ in columns)],
        "rows": [[name, *(_told(of[name]) for _, of in columns)] for name in MEASURES],
    }


def _told(one: Interval) -> str:
    value = decimal(one.value)
    if one.limits is None:
        return value
    low, high = map(decimal, one.limits)
    return JUDGING.judge_interval.format(value=value, low=low, high=high)


def _limits(one: Interval) -> tuple[float | None, ...]:
    """Rounded; empty cells where there are none."""
    return (None, None) if one.limits is None else tuple(round(n, 3) for n in one.limits)


def _csv(found: Judged, columns: Columns) -> str:
    rows = [
        {
            "measure": name,
            "column": title,
            "percent": round(of[name].value, 3),
            **dict(zip(("low", "high"), _limits(of[name]), strict=True)),
            "queries": found.n_queries,
            "judged_percent": round(found.judged, 3),
            **({"note": JUDGING.judge_too_few} if found.n_queries == 1 else {}),
        }
        for name in MEASURES
        for title, of in columns
    ]
    return csv_text(rows, list(rows[0]))


def _read(judged: object) -> tuple[list[JudgedQuery], dict[str, dict[str, Sequence[str]]]]:
    """The queries, and by side the scenes of each; queries and scenes have their numbers as names.

    Raises:
        QueryError: it is no list of `Graded`.
    """
    bad = QueryError(PAGE.bad_event)
    if not isinstance(judged, list) or len(judged) > MOST_QUERIES:
        raise bad
    queries: list[JudgedQuery] = []
    ranked: dict[str, dict[str, Sequence[str]]] = {side: {} for side in SIDES}
    for number, given in enumerate(judged):
        if not _is_graded(given):
            raise bad
        said = {str(n): grade for n, grade in enumerate(given["grades"]) if grade is not None}
        queries.append(JudgedQuery(str(number), "", said))
        for side, places in zip(
            SIDES, (given["before"], given["after"], given["run"]), strict=True
        ):
            ranked[side][str(number)] = [str(n) for n in places]
    return queries, ranked


def _is_graded(given: object) -> TypeGuard[Graded]:
    grades = given.get("grades") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(grades, list):
        return False
    known = all(one is None or (type(one) is int and 0 <= one <= MOST_GRADE) for one in grades)
    return known and all(_are_places(given.get(side), len(grades)) for side in SIDES)


def _are_places(given: object, n_scenes: int) -> bool:
    """Whether they are numbers of scenes, ten at most."""
    if not isinstance(given, list) or len(given) > DEPTH:
        return False
    return all(type(place) is int and 0 <= place < n_scenes for place in given)
