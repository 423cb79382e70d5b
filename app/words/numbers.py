"""Numbers and counted things as the page's language writes them, on the page and in its files.

Scripts write theirs with `Intl`, in ``app/kit/static/numbers.js``, which names the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.numbers import format_decimal

from app.words.page import PAGE
from app.words.translation import LANGUAGE

__all__ = ["counted", "decimal", "listed", "percent", "rank", "signed", "whole"]


def _locale() -> Locale:
    """The language's rules; English ones for a language that nobody has written down."""
    try:
        return Locale.parse(LANGUAGE, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


LOCALE = _locale()


def whole(n: int) -> str:
    """A whole number: 1,094."""
    return decimal(n, 0)


def decimal(value: float, digits: int = 1) -> str:
    """A number with so many digits behind the point, and a real minus sign."""
    shape = "#,##0" + ("." + "0" * digits if digits else "")
    text: str = format_decimal(round(value, digits) + 0.0, shape, locale=LOCALE)
    return text.replace("-", "−")


def signed(value: float, digits: int = 1) -> str:
    """A change, with its sign; none where it is 0 as written."""
    text = decimal(value, digits)
    return text if text.startswith("−") or not float(f"{value:.{digits}f}") else "+" + text


def percent(value: float, digits: int = 0) -> str:
    """A share that is given in percent: 26.2 %."""
    return str(PAGE.percent).format(n=decimal(value, digits))


def rank(value: float) -> str:
    """A rank; a mean place of a tie has a fraction."""
    return decimal(value, 0 if value == int(value) else 1)


def listed(names: Sequence[str]) -> str:
    """Names as a list in a sentence: A and B."""
    return str(format_list(list(names), locale=LOCALE))


def counted(forms: Mapping[str, str], n: int, **fields: object) -> str:
    """A sentence in the plural form that ``n`` asks for, with ``{n}`` and other fields filled.

    Args:
        forms: by CLDR's category: English has "one" and "other".
        n: what is counted.
        fields: of the sentence.
    """
    form = LOCALE.plural_form(n)
    return forms.get(form, forms["other"]).format(n=whole(n), **fields)
