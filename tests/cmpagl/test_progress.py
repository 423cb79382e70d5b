"""Lines of progress: a stage's begin and end, a rate, and the time left."""

import io
import re
from pathlib import Path

import pytest

from cmpagl import progress
from cmpagl.progress import StageClock, bytes_in_words, counted, in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "less than 1 s"),
        (0.6, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3900, "1 h 5 min"),
    ],
)
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "1 kB"),
        (99_000, "99 kB"),
        (3_400_000, "3.4 MB"),
        (2.5e9, "2.5 GB"),
        (1.2e14, "120,000 GB"),
    ],
)
def test_sizes_in_words(number, words):
    """What is little is told in a smaller unit, not as none."""
    assert bytes_in_words(number) == words


def test_one_is_no_plural():
    counts = (0, 1, 1200)
    assert [counted(n, "image") for n in counts] == ["0 images", "1 image", "1,200 images"]


def test_lines(monkeypatch):
    """Ten a second; the line within two seconds of the last is left out; a resumed start counts."""
    times = iter([100.0, 100.0, 101.0, 105.0, 106.0, 110.0, 110.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    stream = io.StringIO()
    clock = StageClock({"images": "images", "bank": "bank statistics"}, stream)
    for done in (50, 60, 100, 150):
        clock("images", done, 150)
    clock("bank", 3, 3)
    assert stream.getvalue().splitlines() == [
        "images: 50 of 150",
        "images: 100 of 150, 10.0 a second, 5 s left",
        "images: 150 of 150, 16.7 a second",
        "bank statistics: 3 of 3",
    ]
    assert clock.total() == "10 s"


def test_one_type_of_listener():
    """Nobody names a second one: what hears how far a job is, hears it in one order."""
    root = Path(__file__).resolve().parents[2]
    named = [
        path.relative_to(root).as_posix()
        for folder in ("cmpagl", "app", "benchmarks")
        for path in sorted((root / folder).rglob("*.py"))
        if re.search(r"^\w*Progress\w* = ", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert named == ["cmpagl/progress.py"]
