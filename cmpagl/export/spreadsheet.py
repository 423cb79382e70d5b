"""A table as a CSV file that spreadsheets open as it is meant. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["csv_text"]

BYTE_ORDER_MARK = "\ufeff"  # which spreadsheets know UTF-8 by
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a formula begins with


def csv_text(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Rows under the named columns; None is an empty cell, and no text is taken for a formula."""
    import pandas  # here, for it takes half a second that a page without exports need not

    cells = [[_cell(row[name]) for name in columns] for row in rows]
    frame = pandas.DataFrame(cells, columns=list(columns), dtype=object)
    written: str = frame.to_csv(index=False, lineterminator="\r\n")
    return BYTE_ORDER_MARK + written


def _cell(value: object) -> object:
    """A spreadsheet must not take a caption or a name for a formula."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value
