"""Where the pictures of an index lie: remembered so that it is found again after a move."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

__all__ = ["find_root", "picture_root"]


def picture_root(root: Path, index_folder: Path) -> dict[str, str | None]:
    """How an index remembers where its pictures lie.

    Relative to itself where they lie inside or beside it, so that the two can be moved together;
    absolute, and as the user wrote it, elsewhere.
    """
    relative = Path(os.path.relpath(root.resolve(), index_folder.resolve()))
    if relative.parts[:2] != ("..", ".."):
        return {"relative": relative.as_posix(), "absolute": None, "given": None}
    return {"relative": None, "absolute": root.resolve().as_posix(), "given": root.as_posix()}


def find_root(said: Mapping[str, str | None], index_folder: Path) -> Path:
    """The first remembered place that is a folder; else the likeliest."""
    if (relative := said["relative"]) is not None:
        return Path(os.path.normpath(index_folder / relative))
    places = [Path(place) for place in (said["absolute"], said["given"]) if place is not None]
    return next((place for place in places if place.is_dir()), places[0])
