"""Captions as a person reads them; data sets have them as their tools left them."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["tidy"]

_LOOSE = re.compile(r"\s+([.,;:!?])")


@lru_cache(maxsize=4096)
def tidy(caption: str) -> str:
    """A caption without the blanks before its punctuation."""
    return _LOOSE.sub(r"\1", caption.strip())
