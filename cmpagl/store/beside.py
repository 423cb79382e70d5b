"""A further model's vectors in a store: a column group of its own, and the gallery seen by it.

    models/FINGERPRINT/scenes.lance     content digest, vector, places on maps
    models/FINGERPRINT/captions.lance   caption's key, vector, places on maps

The rows are those of the store's own tables, found by content, so pictures that moved keep what
they have, and the first model's columns are not touched by the second's. What the scenes are is
said once, in the store's own tables.

A column group has no approximate index. Where the store is searched by candidates, its scenes are
still read when they are asked for, but every vector of this model is compared with a query, and
held in memory.

Shapes: n images, d distinct captions, E embedding width of this model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cmpagl.errors import GalleryError
from cmpagl.store.description import Description
from cmpagl.store.digest import digest_column, total
from cmpagl.store.disk import read_errors
from cmpagl.store.engine import Candidates, Mode
from cmpagl.store.gallery import Gallery
from cmpagl.store.lance_table import Table
from cmpagl.store.location import Location, kept_beside, names_in
from cmpagl.store.rows import check_places, check_vectors, floats, places, refuse
from cmpagl.store.whole import open_whole

if TYPE_CHECKING:
    import lance

    from cmpagl.model.checkpoint import Checkpoint

__all__ = ["GalleryBeside", "ModelHeld", "group_folder", "models_in", "open_beside"]

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

Whole = tuple["lance.LanceDataset", "lance.LanceDataset", Description]
"""What `open_whole` gives."""


@dataclass(frozen=True)
class ModelHeld:
    """A model whose vectors a store holds."""

    name: str
    fingerprint: str
    first: bool  # the one that the store was made with


def group_folder(folder: Location, fingerprint: str) -> Location:
    """Where a model's column group lies in a store."""
    return folder / "models" / fingerprint[:16]


def models_in(folder: Location) -> tuple[ModelHeld, ...]:
    """The models whose vectors a store holds, the one that it was made with first.

    Raises:
        GalleryError: there is no store, or it is damaged.
    """
    first = open_whole(folder)[2]
    found = [ModelHeld(first.checkpoint_name, first.fingerprint, first=True)]
    with read_errors(folder):
        names = names_in(folder / "models")
    for table in (Table(folder / "models" / name, "scenes") for name in names):
        said = table.description() if table.exists else None
        if said is not None:
            found.append(ModelHeld(said.checkpoint_name, said.fingerprint, first=False))
    return tuple(found)


class _GroupRows:
    """One table of a column group at its whole version."""

    def __init__(self, data: lance.LanceDataset, digest: int, rows: int, what: str) -> None:
        self.path, self._what = str(data.uri), what
        self._folder = self.path.rsplit("/", 1)[0]
        with read_errors(self.path):
            self._table = data.to_table().combine_chunks()
        said = self._table.column("vector_digest").to_numpy()
        if len(said) != rows or total(said) != digest:
            raise GalleryError(
                f"{self.path} holds other rows than were written; delete {self._folder} and index "
                "with that model again."
            )
        self._keys = self._table.column(0)

    def rows_of(self, keys: pa.Array) -> IntArray:
        """The row of each key, (k,).

        Raises:
            GalleryError: some have none.
        """
        found = pc.index_in(keys, value_set=self._keys.combine_chunks())
        if found.null_count:
            raise GalleryError(
                f"{self._folder} lacks {found.null_count:,} of the {len(keys):,} {self._what}s "
                "of the index; run `python -m cmpagl index` with that model again, which embeds "
                "only what is missing."
            )
        return np.asarray(found.to_numpy(), np.int64)

    def vectors(self, rows: IntArray) -> FloatArray:
        """The vectors of rows (k,), in their order, (k, E + EXTRA).

        Raises:
            GalleryError: a vector of the table is not what was written.
        """
        sound = check_vectors(digest_column(self._keys), self._table)
        refuse(sound, self._keys, self.path, f"the vector of {self._what}")
        return np.ascontiguousarray(floats(self._table.column("vector"))[rows])

    def places(self, rows: IntArray) -> FloatArray:
        """The places on the maps of rows (k,), (k, 6); NaN where there is none.

        Raises:
            GalleryError: a place of the table is not what was written.
        """
        sound = check_places(digest_column(self._keys), self._table)
        refuse(sound, self._keys, self.path, f"the place of {self._what}")
        return places(self._table.column("map"))[rows]


class GalleryBeside(Gallery):
    """The gallery of a store as another model than the store's first sees it.

    Scenes and captions have the same numbers; tokens are the first model's alone.
    """

    def __init__(
        self,
        folder: Location,
        whole: Whole,
        checkpoint: Checkpoint,
        mode: Mode,
        groups: Sequence[_GroupRows],
    ) -> None:
        """Read who the scenes are, and which row of the group is whose; use `open_beside`.

        Raises:
            GalleryError: a scene or a caption has no row.
        """
        super().__init__(folder, *whole, checkpoint, mode=mode)
        self._of_images, self._of_captions = groups
        self._image_rows = self._of_images.rows_of(pa.array(self.content_hashes[:], pa.string()))
        keys = pa.array(self.captioned.keys, pa.uint64())
        self._caption_rows = self._of_captions.rows_of(keys)

    @property
    def notes(self) -> Path:
        """The column group's own folder."""
        return kept_beside(group_folder(self.folder, self.fingerprint))

    @cached_property
    def image_vectors(self) -> FloatArray:
        """(n, E + EXTRA), as `Gallery.image_vectors`."""
        vectors = self._of_images.vectors(self._image_rows)
        vectors.flags.writeable = False
        return vectors

    @cached_property
    def caption_vectors(self) -> FloatArray:
        """(d, E + EXTRA), of the distinct captions."""
        vectors = self._of_captions.vectors(self._caption_rows)
        vectors.flags.writeable = False
        return vectors

    @cached_property
    def engine(self) -> Candidates | None:
        """None: every vector of this model is compared."""
        return None

    @cached_property
    def caption_engine(self) -> Candidates | None:
        """None: every vector of this model is compared."""
        return None

    def _map_places(self) -> tuple[FloatArray, FloatArray]:
        images = self._of_images.places(self._image_rows)
        return images, self._of_captions.places(self._caption_rows)


def open_beside(
    folder: Location, whole: Whole, checkpoint: Checkpoint, mode: Mode
) -> GalleryBeside | None:
    """The gallery as a model beside the first sees it; None where the store does not hold it.

    Args:
        folder: of the store.
        whole: its own tables and description.
        checkpoint: the model.
        mode: as `open_gallery`.

    Raises:
        GalleryError: what it holds of the model is damaged, unfinished, or of another bank.
    """
    place = group_folder(folder, checkpoint.fingerprint)
    if not Table(place, "scenes").exists:
        return None
    scenes, captions, said = open_whole(place)
    if said.bank_fingerprint != checkpoint.bank_fingerprint:
        raise GalleryError(
            f"The index {folder} has vectors of '{checkpoint.name}' with another query bank; run "
            "`python -m cmpagl index` with that model again, which embeds nothing anew."
        )
    description = replace(
        whole[2],
        checkpoint_name=said.checkpoint_name,
        fingerprint=said.fingerprint,
        bank_fingerprint=said.bank_fingerprint,
        ts=said.ts,
        tokens=False,
        views=0,
        fitted=said.fitted,
        modality_gap=said.modality_gap,
        best=said.best,
        reads_text=said.reads_text,
    )
    groups = (
        _GroupRows(scenes, said.scenes.digest, said.scenes.rows, "scene"),
        _GroupRows(captions, said.captions.digest, said.captions.rows, "caption"),
    )
    return GalleryBeside(folder, (*whole[:2], description), checkpoint, mode, groups)
