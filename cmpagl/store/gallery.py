"""An opened index: a gallery of scenes made ready for search, at the version that is whole.

Opening reads who the scenes are, and checks every row against its digest. Vectors, maps and the
rest are read, and checked, when first used; thumbnails one by one.

Shapes: n images, d distinct captions, E embedding width, N tokens of F channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cmpagl.errors import GalleryError
from cmpagl.rank.bank import Bank
from cmpagl.store.description import Description
from cmpagl.store.engine import Candidates, Mode, Reach
from cmpagl.store.gallery_map import GalleryMap, MapView
from cmpagl.store.gallery_scenes import GalleryScenes, PictureState
from cmpagl.store.location import Location, located
from cmpagl.store.penalties import DIRECTIONS, BankQueries, Direction, unpack
from cmpagl.store.projection import centre_by_modality, place_by_neighbours
from cmpagl.store.schema import EXTRA
from cmpagl.store.whole import open_whole

if TYPE_CHECKING:
    from cmpagl.model.checkpoint import Checkpoint

__all__ = [
    "DIRECTIONS",
    "Direction",
    "Gallery",
    "Modality",
    "PictureState",
    "open_gallery",
]

Modality = Literal["image", "text"]
FloatArray = npt.NDArray[np.float32]


class Gallery(GalleryScenes):
    """An opened index of n images and d distinct captions, and what its model makes of them.

    Numbers of images count `records` from 0, numbers of captions `distinct_captions`.
    """

    # Arrays

    @cached_property
    def image_vectors(self) -> FloatArray:
        """(n, E + EXTRA): embeddings with what the tuned SMR takes from them."""
        return self._scenes.vectors()

    @cached_property
    def caption_vectors(self) -> FloatArray:
        """(d, E + EXTRA), of the distinct captions."""
        vectors = self._captions.vectors()
        rows = self.captioned.rows
        if rows is not None:
            vectors = vectors[rows]
        vectors.flags.writeable = False
        return vectors

    @property
    def image_embeds(self) -> FloatArray:
        """(n, E)."""
        return self.image_vectors[:, :-EXTRA]

    @property
    def caption_embeds(self) -> FloatArray:
        """(d, E), of the distinct captions."""
        return self.caption_vectors[:, :-EXTRA]

    def embeds_of(self, images: npt.NDArray[np.int64]) -> FloatArray:
        """The embeddings of some images, (k, E)."""
        if self.engine is None:
            return np.array(self.image_embeds[images])
        return self.engine.vectors(images)[:, :-EXTRA]

    def caption_embeds_of(self, captions: npt.NDArray[np.int64]) -> FloatArray:
        """The embeddings of some distinct captions, ascending by number, (k, E)."""
        if self.caption_engine is None:
            every = len(captions) == len(self.caption_vectors)
            return self.caption_embeds if every else self.caption_embeds[captions]
        return self.caption_engine.vectors(captions)[:, :-EXTRA]

    # How it is searched

    @cached_property
    def engine(self) -> Candidates | None:
        """What finds images where not all are compared; None: all are."""
        return Candidates(self._scenes, self._engine_said("scenes")) if self.far else None

    @cached_property
    def caption_engine(self) -> Candidates | None:
        """What finds captions where not all are compared; None: all are."""
        if not (self.far and self.reads_text):
            return None
        return Candidates(self._captions, self._engine_said("captions"))

    def _engine_said(self, table: str) -> Mapping[str, Any] | None:
        return self.description.engines.get(table)

    @property
    def reach(self) -> Reach:
        """Which images an answer is made of."""
        if self.engine is None:
            return Reach("exact", len(self), len(self))
        return self.engine.reach

    # What the bank thinks

    @cached_property
    def t2i(self) -> Bank:
        """The bank's captions against the images."""
        return self._bank("t2i")

    @cached_property
    def i2t(self) -> Bank | None:
        """The bank's images against the distinct captions; None without captions."""
        return self._bank("i2t") if self.distinct_captions else None

    @cached_property
    def i2i(self) -> Bank:
        """The bank's images against the images."""
        return self._bank("i2i")

    @cached_property
    def _bank_of(self) -> BankQueries:
        if self.checkpoint is None:
            raise GalleryError(
                f"The index {self.folder} was opened without its checkpoint, which has the query "
                "bank; open it with both."
            )
        return BankQueries(self.checkpoint)

    def _bank(self, direction: Direction) -> Bank:
        vectors = self.caption_vectors if direction == "i2t" else self.image_vectors
        return self.bank_of(direction, vectors)

    def caption_bank(self, captions: npt.NDArray[np.int64]) -> Bank:
        """The bank's images against some distinct captions, ascending by number."""
        if self.caption_engine is not None:
            return self.bank_of("i2t", self.caption_engine.vectors(captions))
        assert self.i2t is not None
        return self.i2t if len(captions) == self.i2t.n_items else self.i2t.take(captions)

    def bank_size(self, direction: Direction) -> int:
        """How many queries of the bank ask in a direction."""
        return self._bank_of.size(direction)

    def bank_of(self, direction: Direction, vectors: FloatArray) -> Bank:
        """The bank's queries against rows by their vectors, (k, E + EXTRA)."""
        known = -vectors[:, -EXTRA if direction == "t2i" else 1 - EXTRA]
        soft_extremes = {self.description.ts[direction]: np.ascontiguousarray(known)}
        return self._bank_of.bank(direction, vectors[:, :-EXTRA], soft_extremes)

    def share_as_high(self, score: float, direction: Direction = "t2i") -> float:
        """The share of random queries whose best score here is at least ``score``, 0 to 1.

        Random queries are the checkpoint's bank, which knows nothing of this gallery. Where most of
        them score as high, a result says little.

        Raises:
            GalleryError: nothing here is scored in that direction.
        """
        said = self.description.best.get(direction)
        if said is None:
            raise GalleryError(
                f"The index {self.folder} has no captions, so no {direction} scores."
            )
        best = unpack(said)
        return 1.0 - float(np.searchsorted(best, np.float32(score), side="left")) / len(best)

    # Maps

    @property
    def has_map(self) -> bool:
        """Whether maps were made; reads nothing."""
        return self.description.fitted

    @cached_property
    def map(self) -> GalleryMap | None:
        """Coordinates of the maps; None where the index was made without."""
        if not self.description.fitted:
            return None
        images, captions = self._map_places()
        views = [MapView(images[:, at : at + 2], captions[:, at : at + 2]) for at in (0, 2, 4)]
        return GalleryMap(
            aligned=views[0],
            centred=views[1] if len(captions) else None,
            raw=views[2] if np.isfinite(images[:, 4]).all() else None,
            modality_gap=self.modality_gap,
        )

    def _map_places(self) -> tuple[FloatArray, FloatArray]:
        """Where images (n, 6) and distinct captions (d, 6) lie on the maps."""
        images, captions = self._scenes.places(), self._captions.places()
        rows = self.captioned.rows
        return images, captions if rows is None else captions[rows]

    def place_on_map(
        self, query_embeds: FloatArray, modality: Modality, *, centred: bool = False
    ) -> FloatArray:
        """Where live queries would lie on the joint map: near those that they resemble.

        Approximate; see `place_by_neighbours`.

        Args:
            query_embeds: (Q, E).
            modality: what the queries are; decides which mean is taken out of them.
            centred: on the map with centred modalities.

        Returns:
            (Q, 2).

        Raises:
            GalleryError: the index has no such map.
        """
        maps = self.map
        view = None if maps is None else maps.centred if centred else maps.aligned
        if view is None:
            which, needs = (
                ("centred map", " from a data set with captions") if centred else ("map", "")
            )
            raise GalleryError(
                f"The index {self.folder} has no {which}; build it again{needs} without --no-map."
            )
        images, captions, queries = self.image_embeds, self.caption_embeds, query_embeds
        if centred:
            queries = queries - (images if modality == "image" else captions).mean(axis=0)
            images, captions = centre_by_modality(images, captions)
        points = np.concatenate([images, captions])
        return place_by_neighbours(queries, points, np.concatenate([view.images, view.captions]))


def open_gallery(
    folder: Location | str, checkpoint: Checkpoint | None = None, *, mode: Mode = "auto"
) -> Gallery:
    """Open an index at its whole version.

    Args:
        folder: made by ``python -m cmpagl index``.
        checkpoint: the model that queries will be encoded with: the one that the index was made
            with, or one that was added to it; None checks nothing about it, and has no bank.
        mode: "exact" compares every scene; "candidates" asks the approximate index and reads
            scenes when they are asked for; "auto" does so beyond `EXACT_MOST` rows.

    Raises:
        GalleryError: nothing is there, it is damaged, unfinished or of another format, or it was
            made with another checkpoint or query bank.
    """
    folder = located(folder)
    scenes, captions, description = open_whole(folder)
    if checkpoint is not None and checkpoint.fingerprint != description.fingerprint:
        from cmpagl.store.beside import open_beside  # which is a gallery of this module

        found = open_beside(folder, (scenes, captions, description), checkpoint, mode)
        if found is not None:
            return found
    if checkpoint is not None:
        _check_model(folder, description, checkpoint)
    return Gallery(folder, scenes, captions, description, checkpoint, mode=mode)


def _check_model(folder: Location, description: Description, checkpoint: Checkpoint) -> None:
    """The index was made with this very model and bank."""
    made, given = f"'{description.checkpoint_name}'", f"'{checkpoint.name}'"
    for what, then, ours, theirs in (
        ("", "adds its vectors", description.fingerprint, checkpoint.fingerprint),
        (
            "the query bank of ",
            "embeds nothing anew",
            description.bank_fingerprint,
            checkpoint.bank_fingerprint,
        ),
    ):
        if ours != theirs:
            raise GalleryError(
                f"The index {folder} was made with {what}the checkpoint {made} "
                f"({ours[:8]}), but {given} ({theirs[:8]}) is in use: run `python -m cmpagl index` "
                f"with it on the same data, which {then}, or use the other checkpoint "
                "(--checkpoint)."
            )
