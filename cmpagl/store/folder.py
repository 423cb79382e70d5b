"""The folder of a store: whose it is, who writes into it, and what an earlier format left there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cmpagl.errors import BusyIndexError, GalleryError
from cmpagl.files import hold_folder
from cmpagl.store.disk import read_errors, require_regular
from cmpagl.store.location import Location, ObjectFolder, names_in

__all__ = ["check_place", "lock", "remove_format_1"]

OLD_FILES = ("index.json", "bank.safetensors", "*.npy", "thumbnails")  # of format 1


@contextmanager
def lock(folder: Location) -> Iterator[None]:
    """Hold a store for writing, which ends with the process.

    Without `fcntl` and in an object store nothing is held: there Lance refuses the commit of a run
    that another has overtaken.

    Raises:
        BusyIndexError: another run holds it.
    """
    if not isinstance(folder, Path):
        yield
        return
    held = f"Another run is making the index {folder}; wait until it has ended, or stop it."
    with hold_folder(folder, BusyIndexError(held)):
        yield


def check_place(folder: Location) -> None:
    """Refuse a folder of other things.

    Raises:
        GalleryError: it is a file, holds something else than an index, or parts that are no files.
        BusyIndexError: another run holds it.
    """
    if isinstance(folder, ObjectFolder):
        with read_errors(folder):
            there = names_in(folder)
        if there and not {"captions.lance", "scenes.lance"} & set(there):
            raise GalleryError(
                f"{folder} holds other things than an index; give --out another path."
            )
        return
    if not str(folder).isprintable():  # Lance makes no table there
        raise GalleryError(
            f"The name of {folder} has a control character, such as a new line; give --out another."
        )
    if not folder.exists():
        return
    if not folder.is_dir():
        raise GalleryError(f"{folder} is a file; give --out the folder of an index, or a new one.")
    # The first is all there is where a run has ended at once, the last comes of imported vectors.
    names = ("captions.lance", "scenes.lance", "index.json", "model/config.json")
    ours = any((folder / name).exists() for name in names)
    if not ours and any(folder.iterdir()):
        with lock(folder):  # else it is what another run has just begun with
            pass
        raise GalleryError(f"{folder} holds other things than an index; give --out a new folder.")
    require_regular(folder)


def remove_format_1(folder: Location) -> None:
    """Delete the files of an index of format 1, once the new one is whole."""
    if isinstance(folder, ObjectFolder):
        return
    for pattern in OLD_FILES:
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
