"""Where the pictures of an index lie: remembered so that it is found again after a move."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cmpagl.store.location import Location, ObjectFolder

__all__ = ["find_root", "picture_root"]


def picture_root(root: Path, index_folder: Location) -> dict[str, str | None]:
    """How an index remembers where its pictures lie.

    Relative to itself where they lie inside or beside it, so that the two can be moved together;
    absolute, and as the user wrote it, elsewhere.
    """
    if isinstance(index_folder, ObjectFolder):
        return {"relative": None, "absolute": root.resolve().as_posix(), "given": root.as_posix()}
    relative = Path(os.path.relpath(root.resolve(), index_folder.resolve()))
    if relative.parts[:2] != ("..", ".."):
        return {"relative": relative.as_posix(), "absolute": None, "given": None}
    return {"relative": None, "absolute": root.resolve().as_posix(), "given": root.as_posix()}


def find_root(said: Mapping[str, str | None], index_folder: Location) -> Path:
    """The first remembered place that is a folder; else the likeliest."""
    relative = said["relative"]
    if relative is not None and isinstance(index_folder, Path):
        return Path(os.path.normpath(index_folder / relative))
    places = [Path(place) for place in (said["absolute"], said["given"]) if place]
    places = places or [Path(relative or ".")]  # an index that was copied into an object store
    return next((place for place in places if place.is_dir()), places[0])
