"""All that a person keeps, as types and as the file that is taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

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
        if not isinstance(content, dict):
            raise TypeError("no object")
        tags = tuple(
            Tag(
                str(tag["name"]),
                0,
                str(tag["note"]),
                tuple(KeptScene(str(s["version"]), str(s["id"])) for s in tag["scenes"]),
            )
            for tag in content["tags"]
        )
        searches = tuple(
            Search(
                str(one["name"]),
                {str(k): str(v) for k, v in one["params"].items()},
                tuple(map(str, one["seen"])),
            )
            for one in content["searches"]
        )
        judged = tuple(
            JudgedSearch(
                str(one["query"]),
                {str(k): int(v) for k, v in one["grades"].items()},
                tuple(map(str, one["before"])),
                tuple(map(str, one["after"])),
                str(one.get("id", "")),
            )
            for one in content.get("judged", ())
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise GalleryError(
            "The file holds no collections; choose one that was saved from here."
        ) from error
    return Kept(tags, searches, judged=judged)
