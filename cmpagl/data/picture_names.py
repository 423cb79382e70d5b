"""The pictures of a folder by how somebody else may write their names.

On another system the same file has slashes the other way, another case, umlauts in two characters,
a drive before it; a table may name it without its ending, or as another program has converted it.
What could be two pictures is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property
from os.path import splitext
from pathlib import PurePosixPath
from urllib.parse import unquote

from cmpagl.data.formats import HEIC_SUFFIXES, IMAGE_SUFFIXES

__all__ = ["PictureNames", "folded", "has_ending", "without_ending"]


def has_ending(name: str) -> bool:
    """Whether a name ends as a picture's does."""
    return splitext(name)[1].lower() in IMAGE_SUFFIXES | HEIC_SUFFIXES


def without_ending(name: str) -> str:
    """A name without a picture's ending; a dot within a name ends nothing."""
    return splitext(name)[0] if has_ending(name) else name


def folded(name: str) -> str:
    """One spelling for all systems."""
    text = unicodedata.normalize("NFC", name.strip().removeprefix("file://").replace("\\", "/"))
    return str(PurePosixPath(text.casefold()))


class PictureNames:
    """Some pictures, named from one folder on."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = frozenset(files)

    @cached_property
    def _whole(self) -> dict[str, list[str]]:
        return _grouped((folded(name), name) for name in self.files)

    @cached_property
    def _own(self) -> dict[str, list[str]]:
        return _grouped((folded(name).rpartition("/")[2], name) for name in self.files)

    @cached_property
    def _stems(self) -> dict[str, list[str]]:
        return _grouped(
            (without_ending(folded(name).rpartition("/")[2]), name) for name in self.files
        )

    def find(self, name: str) -> str | None:
        """The one picture at this path, however it is spelled."""
        if name in self.files:
            return name
        spellings = [name, unquote(name)] if "%" in name else [name]
        for found in (self._whole.get(folded(spelling), []) for spelling in spellings):
            if len(found) == 1:
                return found[0]
        return None

    def called(self, name: str, *, ending: bool = True) -> list[str]:
        """The pictures with this own name, in whatever folder.

        Args:
            name: with folders before it or not.
            ending: whether its ending counts.
        """
        own = folded(name).rpartition("/")[2]
        return self._own.get(own, []) if ending else self._stems.get(without_ending(own), [])

    def knows(self, name: str) -> bool:
        """Whether a text names one, by its path or its own name, with its ending."""
        plain = re.sub(r"#\d+$", "", name)
        return has_ending(plain) and bool(self.called(plain))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, name in pairs:
        found.setdefault(key, []).append(name)
    return found
