"""Where Errors' figures come from and what they cannot tell, on the page and in files. Pure."""

from __future__ import annotations

from app.errors.service import Origin
from app.words.errors import ERRORS
from app.words.numbers import counted, whole
from app.words.page import STATUS, limits_said, source_said

__all__ = ["caution", "foot", "sizes"]


def foot(origin: Origin) -> str:
    """Data set, split and checkpoint in a line."""
    return source_said(origin.data, origin.split, origin.checkpoint)


def caution(origin: Origin) -> str:
    """The limits of every number here."""
    return limits_said(ERRORS.limits, drawn=origin.drawn)


def sizes(origin: Origin) -> str:
    """How many scenes and captions."""
    words = {
        "scenes": counted(STATUS.scenes, origin.n_scenes),
        "captions": counted(STATUS.captions, origin.n_captions),
        "distinct": whole(origin.n_distinct),
    }
    return str(ERRORS.sizes.format(**words))
