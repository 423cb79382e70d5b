"""Numbers and names as Errors shows them: on the page and in its files. Pure."""

from __future__ import annotations

from app.errors.service import Origin
from app.words.errors import ERRORS
from app.words.page import limits_said, source_said

__all__ = ["caution", "foot", "number", "rank_text", "signed", "sizes"]


def number(value: float, digits: int = 1) -> str:
    """A number with a real minus sign."""
    return f"{value:,.{digits}f}".replace("-", "−")


def signed(value: float, digits: int = 1) -> str:
    """A change, with its sign."""
    text = number(value, digits)
    return text if text.startswith("−") or not float(f"{value:.{digits}f}") else "+" + text


def rank_text(rank: float) -> str:
    """A rank; a mean place of a tie has a fraction."""
    return f"{rank:,.0f}" if rank == int(rank) else f"{rank:,.1f}"


def foot(origin: Origin) -> str:
    """Data set, split and checkpoint in a line."""
    return source_said(origin.data, origin.split, origin.checkpoint)


def caution(origin: Origin) -> str:
    """The limits of every number here."""
    return limits_said(ERRORS["limits"], drawn=origin.drawn)


def sizes(origin: Origin) -> str:
    """How many scenes and captions."""
    words = {
        "scenes": f"{origin.n_scenes:,}",
        "captions": f"{origin.n_captions:,}",
        "distinct": f"{origin.n_distinct:,}",
    }
    return str(ERRORS["sizes"].format(**words))
