"""Preparing folders of pictures for the page: with progress, stoppable, and only when needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.explorer.pace import Tell, telling, when_free
from app.words.page import STATUS
from cmpagl.data.dataset import load_dataset
from cmpagl.data.find import is_fetched
from cmpagl.data.joining import join_datasets
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.store.adding import add_model
from cmpagl.store.build import grow_index
from cmpagl.store.fitting import fitting_index
from cmpagl.store.gallery import Gallery
from cmpagl.store.location import Location

__all__ = ["prepare", "prepare_second"]


def prepare(
    data: Sequence[Path],
    out: Location,
    checkpoint: Checkpoint,
    tell: Tell,
    stopping: Callable[[], bool],
) -> Gallery:
    """Open the index of folders as one, after making it where there is none that fits.

    Where another program is making it, that is waited for.

    Pictures that cannot be read are left out and named in `Gallery.skipped`.

    Raises:
        Stopped: ``stopping`` said so.
        CmpaglError: a folder holds nothing that can be indexed, or the disk is full.
    """
    name = " + ".join(folder.resolve().name for folder in data)
    tell(STATUS.indexing_start.format(name=name), 0, 0)
    # As an index remembers them; what is fetched has a name of its own.
    folders = [data_set if is_fetched(data_set) else data_set.resolve() for data_set in data]
    dataset = join_datasets([load_dataset(folder, on_error="skip") for folder in folders])

    def use() -> Gallery:
        found = fitting_index(out, dataset, checkpoint)
        if found is not None:
            return found
        progress = telling(name, tell, stopping)
        # The index is the page's own and follows the folders: what has vanished from them goes.
        return grow_index(
            dataset, checkpoint, out, on_error="skip", prune=True, progress=progress
        ).gallery

    return when_free(use, name, tell, stopping)


def prepare_second(
    gallery: Gallery, checkpoint: Checkpoint, tell: Tell, stopping: Callable[[], bool]
) -> None:
    """Add a further model to an index that the page has made, where it lacks any of its vectors.

    Raises:
        Stopped: ``stopping`` said so.
        CmpaglError: a picture has changed meanwhile, or the disk is full.
    """
    progress = telling(gallery.name, tell, stopping)

    def use() -> object:
        return add_model(gallery.folder, checkpoint, progress=progress)

    when_free(use, gallery.name, tell, stopping)
