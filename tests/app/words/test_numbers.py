"""Numbers and plurals: by the rules of the page's language, minus signs that are such."""

import pytest
from babel import Locale

from app.words import numbers


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (lambda: numbers.whole(1094), "1,094"),
        (lambda: numbers.whole(-5470), "−5,470"),
        (lambda: numbers.decimal(22.95, 1), "22.9"),  # the nearest float is a little less
        (lambda: numbers.decimal(-0.04, 1), "0.0"),
        (lambda: numbers.decimal(0.125, 2), "0.12"),
        (lambda: numbers.decimal(1234.5, 3), "1,234.500"),
        (lambda: numbers.signed(1.15, 2), "+1.15"),
        (lambda: numbers.signed(-0.2), "−0.2"),
        (lambda: numbers.signed(0.04), "0.0"),
        (lambda: numbers.percent(75.4), "75 %"),
        (lambda: numbers.percent(26.24, 1), "26.2 %"),
        (lambda: numbers.rank(1200.0), "1,200"),
        (lambda: numbers.rank(2.5), "2.5"),
        (lambda: numbers.counted({"one": "{n} scene", "other": "{n} scenes"}, 1), "1 scene"),
        (lambda: numbers.counted({"one": "{n} scene", "other": "{n} scenes"}, 0), "0 scenes"),
        (lambda: numbers.counted({"one": "a", "other": "{n} in {k}"}, 1200, k="it"), "1,200 in it"),
    ],
)
def test_english(said, expected):
    """What the page shows in English."""
    assert said() == expected


def test_another_language_has_its_own_rules(monkeypatch):
    """German marks thousands with a point; Czech counts two to four in a form of their own."""
    monkeypatch.setattr(numbers, "LOCALE", Locale("de"))
    assert numbers.decimal(1234.5, 1) == "1.234,5"
    monkeypatch.setattr(numbers, "LOCALE", Locale("cs"))
    forms = {"one": "{n} scéna", "few": "{n} scény", "other": "{n} scén"}
    assert [numbers.counted(forms, n) for n in (1, 3, 7)] == ["1 scéna", "3 scény", "7 scén"]
