"""Where Errors' figures come from and what they cannot tell, on the page and in files. Pure."""

from __future__ import annotations

from app.errors.service import Origin
from app.words.errors import ERRORS
from app.words.numbers import whole
from app.words.page import limits_said, source_said

__all__ = ["caution", "foot", "sizes"]


def foot(origin: Origin) -> str:
    """Data set, split and checkpoint in a line."""
    return source_said(origin.data, origin.split, origin.checkpoint)


def caution(origin: Origin) -> str:
    """The limits of every number here."""
    return limits_said(ERRORS["limits"], drawn=origin.drawn)


def sizes(origin: Origin) -> str:
    """How many scenes and captions."""
    words = {
        "scenes": whole(origin.n_scenes),
        "captions": whole(origin.n_captions),
        "distinct": whole(origin.n_distinct),
    }
    return str(ERRORS["sizes"].format(**words))
