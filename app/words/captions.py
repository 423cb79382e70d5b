"""Captions as a person reads them; data sets have them as their tools left them."""

from __future__ import annotations

import re

__all__ = ["tidy"]

_LOOSE = re.compile(r"\s+([.,;:!?])")


def tidy(caption: str) -> str:
    """A caption without the blanks before its punctuation."""
    return _LOOSE.sub(r"\1", caption.strip())
