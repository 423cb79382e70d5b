"""Exports as CSV: what is in the file is what was in the table."""

import csv
import io

import pytest

from cmpagl.export.spreadsheet import csv_text

COLUMNS = ("rank", "name", "score", "right")


def read(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_cells_come_back_as_they_were():
    """Whole numbers stay whole beside missing ones; commas, quotes, lines and scripts stay text."""
    rows = [
        {"rank": 1, "name": 'two "planes", a\nrunway', "score": 0.1234, "right": True},
        {"rank": None, "name": "Flugplatz Köln, 机场", "score": -2.5, "right": False},
    ]
    assert read(csv_text(rows, COLUMNS)) == [
        {"rank": "1", "name": 'two "planes", a\nrunway', "score": "0.1234", "right": "True"},
        {"rank": "", "name": "Flugplatz Köln, 机场", "score": "-2.5", "right": "False"},
    ]


def test_a_table_without_rows_has_its_head():
    assert csv_text([], COLUMNS) == "rank,name,score,right\r\n"


def test_a_program_reads_texts_and_lines_as_they_are():
    row = {"rank": 1, "name": "=a", "score": 0.5, "right": None}
    assert csv_text([row], COLUMNS, end="\n", plain=True).splitlines()[1] == "1,=a,0.5,"


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t"])
def test_no_text_is_a_formula(begin):
    """A caption that begins like one gets an apostrophe before it; a negative number does not."""
    row = {"rank": -1, "name": f"{begin}1+1", "score": -0.5, "right": False}
    (found,) = read(csv_text([row], COLUMNS))
    assert found["name"] == f"'{begin}1+1"
    assert (found["rank"], found["score"]) == ("-1", "-0.5")
