"""All that a person keeps, as types and as the file that is taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cmpagl.config.json_types import fits
from cmpagl.errors import GalleryError

__all__ = ["JudgedSearch", "Kept", "KeptScene", "Search", "Tag", "read_kept"]


@dataclass(frozen=True)
class KeptScene:
    """A scene under a tag."""

    version: str  # the beginning of its picture's digest
    id: str  # its name when it was kept


@dataclass(frozen=True)
class Tag:
    """A collection."""

    name: str
    colour: int  # 0 to `COLOURS` - 1
    note: str
    scenes: tuple[KeptScene, ...]  # in the order in which they were added


@dataclass(frozen=True)
class Search:
    """A search to run again."""

    name: str
    params: Mapping[str, str]  # of its link
    seen: tuple[str, ...]  # versions of the scenes that it found the last time


@dataclass(frozen=True)
class JudgedSearch:
    """What a person said of the first results of a query in both columns."""

    query: str
    grades: Mapping[str, int]  # by image id, 0 to `MOST_GRADE`
    before: tuple[str, ...]  # image ids of the left column's first ten
    after: tuple[str, ...]
    id: str = ""  # in TREC's files; a file of before there were any has none


@dataclass(frozen=True)
class Kept:
    """All that is kept."""

    tags: tuple[Tag, ...] = ()
    searches: tuple[Search, ...] = ()
    history: tuple[Mapping[str, str], ...] = ()  # the latest first
    judged: tuple[JudgedSearch, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON values; also the form of the file that a person takes away."""
        return asdict(self)


def read_kept(content: object) -> Kept:
    """What `Kept.to_json` wrote.

    Raises:
        GalleryError: it is something else.
    """
    try:
        if not isinstance(content, dict) or not fits(content, Kept):
            raise TypeError("it says what no such file says")
        tags = tuple(
            Tag(
                _text(tag["name"]),
                0,
                _text(tag["note"]),
                tuple(KeptScene(_text(s["version"]), _text(s["id"])) for s in tag["scenes"]),
            )
            for tag in content["tags"]
        )
        searches = tuple(
            Search(
                _text(one["name"]),
                {_text(k): _text(v) for k, v in one["params"].items()},
                tuple(map(_text, one["seen"])),
            )
            for one in content["searches"]
        )
        judged = tuple(
            JudgedSearch(
                _text(one["query"]),
                {_text(k): v for k, v in one["grades"].items()},
                tuple(map(_text, one["before"])),
                tuple(map(_text, one["after"])),
                _text(one.get("id", "")),
            )
            for one in content.get("judged", ())
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise GalleryError(
            "The file holds no collections; choose one that was saved from here."
        ) from error
    return Kept(tags, searches, judged=judged)


def _text(text: str) -> str:
    """A text as it can be kept: half a letter, as of a cut emoji, is a question mark."""
    return text.encode("utf-8", "replace").decode()
