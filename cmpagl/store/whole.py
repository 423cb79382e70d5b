"""Which version of a store is whole, and opening that: what every reader starts from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from cmpagl.errors import GalleryError
from cmpagl.store.description import Description
from cmpagl.store.disk import read_errors, require_regular
from cmpagl.store.folder import lock
from cmpagl.store.lance_table import KEY, WHOLE, opened_table
from cmpagl.store.location import Location, ObjectFolder, names_in

if TYPE_CHECKING:
    import lance

__all__ = ["data_files", "open_whole", "whole_files", "whole_mark", "whole_version"]


def open_whole(folder: Location) -> tuple[lance.LanceDataset, lance.LanceDataset, Description]:
    """The scenes, the captions and the description of a store's whole version.

    Raises:
        BusyIndexError: there is no whole version yet, and a run is making the first one.
        GalleryError: there is no store, no whole version, or it is damaged.
    """
    require_regular(folder)
    path = folder / "scenes.lance"
    if isinstance(folder, Path) and folder.is_dir() and whole_version(folder) is None:
        with read_errors(path), lock(folder):  # who makes the first version holds it
            pass
    with read_errors(path):
        there = "_versions" in names_in(path)
    if not there:
        if isinstance(folder, Path) and (folder / "index.json").is_file():
            raise GalleryError(
                f"{folder} is an index of an earlier version; make it again with `python -m cmpagl "
                f"index --data DIR --out {folder}`, which replaces it."
            )
        raise GalleryError(
            f"{folder} is no index (it has no scenes.lance); make one with "
            "`python -m cmpagl index --data DIR --out DIR`."
        )
    with read_errors(path):
        newest = opened_table(path)
        if WHOLE not in newest.tags.list():
            raise GalleryError(
                f"The index {folder} is not finished; run the same `python -m cmpagl index` again, "
                "which goes on where it was."
            )
        scenes = opened_table(path, WHOLE)
        description = Description.from_json(scenes.config().get(KEY, ""))
    captions = folder / "captions.lance"
    with read_errors(captions):
        texts = opened_table(captions, description.captions_version)
    return scenes, texts, description


def whole_version(folder: Location) -> int | None:
    """The number of the version that is whole now; None where none is, or it cannot be told."""
    if isinstance(folder, ObjectFolder):
        try:
            return int(opened_table(folder / "scenes.lance").tags.list()[WHOLE]["version"])
        except (OSError, ValueError, KeyError):
            return None
    try:
        said = (folder / "scenes.lance" / "_refs" / "tags" / f"{WHOLE}.json").read_text("utf-8")
        return int(json.loads(said)["version"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def whole_mark(folder: Location) -> str | None:
    """What says which version is whole, as it is written; None where none is. Reads one file."""
    try:
        if isinstance(folder, ObjectFolder):
            return repr(opened_table(folder / "scenes.lance").tags.list()[WHOLE])
        return (folder / "scenes.lance" / "_refs" / "tags" / f"{WHOLE}.json").read_text("utf-8")
    except (OSError, ValueError, KeyError):
        return None


def whole_files(folder: Location) -> list[str] | None:
    """The names of the whole version's data files, which no other one has all of; None: no one."""
    try:
        return data_files(opened_table(folder / "scenes.lance", WHOLE))
    except (OSError, ValueError, KeyError):
        return None


def data_files(table: lance.LanceDataset) -> list[str]:
    """The names of a version's data files."""
    return [file.path for part in table.get_fragments() for file in part.data_files()]
