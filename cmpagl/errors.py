"""What can go wrong, as one tree that callers catch at its root.

CmpaglError
├── ConfigError      a configuration value or key is not valid
├── DataError        a data set, caption file or image cannot be used
├── CheckpointError  a checkpoint folder is missing, damaged or of another shape
├── GalleryError     an index folder is missing, damaged or made by another checkpoint
│   └── BusyIndexError   another run is making it
├── QueryError       a query (text, image, option) cannot be answered
└── UsageError       a command line cannot be understood

Every message is one sentence for the person at the keyboard: what happened, with which value, the
rule it broke, and the next step. The commands print it and exit with 2; the page shows it.
"""

from __future__ import annotations

import re

__all__ = [
    "BusyIndexError",
    "CheckpointError",
    "CmpaglError",
    "ConfigError",
    "DataError",
    "GalleryError",
    "QueryError",
    "UsageError",
    "plain",
    "shortened",
]

MOST = 499
"""Characters of a message: what a person reads, whatever a file calls its parts."""
_WORD = 160  # characters of a word of it, such as a path


def plain(text: str) -> str:
    """A stranger's text without what a terminal would obey, such as a new line or a colour."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)


def shortened(text: str) -> str:
    """A line that a person can read: what a stranger's file made long has its middle cut out.

    What begins a message says what happened, what ends it the next step: both stay.
    """
    text = plain(" ".join(text.splitlines()))
    if len(text) <= MOST:
        return text
    text = re.sub(rf"\S{{{_WORD + 1},}}", lambda word: _cut(word[0], _WORD), text)
    return _cut(text, MOST)


def _cut(text: str, most: int) -> str:
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"


class CmpaglError(Exception):
    """Base of every error this package raises on purpose."""

    def __init__(self, message: object = "") -> None:
        """Say it, in at most `MOST` characters."""
        super().__init__(shortened(str(message)))


class ConfigError(CmpaglError, ValueError):
    """A configuration value or key is not valid."""


class DataError(CmpaglError, ValueError):
    """A data set, caption file or image cannot be used."""


class CheckpointError(CmpaglError, ValueError):
    """A checkpoint folder is missing, damaged or of another shape."""


class GalleryError(CmpaglError, ValueError):
    """An index folder is missing, damaged or made by another checkpoint."""


class BusyIndexError(GalleryError):
    """Another run is making an index folder: it may be had later."""


class QueryError(CmpaglError, ValueError):
    """A query (text, image or option) cannot be answered."""


class UsageError(CmpaglError):
    """A command line cannot be understood."""
