"""A table as a CSV file that spreadsheets open as it is meant. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["BYTE_ORDER_MARK", "csv_text"]

BYTE_ORDER_MARK = "\ufeff"
"""What a file that is for a spreadsheet begins with: by it, UTF-8 is known."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a formula begins with


def csv_text(
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str],
    *,
    end: str = "\r\n",
    plain: bool = False,
) -> str:
    """Rows under the named columns; None is an empty cell.

    Args:
        rows: by column.
        columns: in their order.
        end: of a line.
        plain: texts stay as they are, for a program; else a spreadsheet takes none for a formula.
    """
    import pandas  # here, for it takes half a second that a page without exports need not

    cells = [[row[name] if plain else _cell(row[name]) for name in columns] for row in rows]
    frame = pandas.DataFrame(cells, columns=list(columns), dtype=object)
    written: str = frame.to_csv(index=False, lineterminator=end)
    return written


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value
