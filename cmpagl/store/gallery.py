"""An opened index: a gallery of scenes made ready for search, at the version that is whole.

Opening reads who the scenes are, and checks every row against its digest. Vectors, maps and the
rest are read, and checked, when first used; thumbnails one by one.

Shapes: n images, d distinct captions, E embedding width, N tokens of F channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from cmpagl.data.dataset import Skipped
from cmpagl.errors import DataError, GalleryError
from cmpagl.rank.bank import Bank
from cmpagl.store.content_hashes import ContentHashes
from cmpagl.store.digest import bytes_digest
from cmpagl.store.gallery_map import GalleryMap, MapView
from cmpagl.store.penalties import DIRECTIONS, BankQueries, Direction, unpack
from cmpagl.store.place import find_root
from cmpagl.store.projection import centre_by_modality, place_by_neighbours
from cmpagl.store.records import Records
from cmpagl.store.rows import CAPTION_COLUMNS, SCENE_COLUMNS
from cmpagl.store.schema import EXTRA
from cmpagl.store.stored_rows import StoredRows
from cmpagl.store.tables import Description, open_whole, read_errors, whole_version

if TYPE_CHECKING:
    import lance

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
PictureState = Literal["unchanged", "changed", "missing"]
FloatArray = npt.NDArray[np.float32]


class Gallery:
    """An opened index of n images and d distinct captions.

    Numbers of images count `records` from 0, numbers of captions `distinct_captions`.
    """

    def __init__(
        self,
        folder: Path,
        scenes: lance.LanceDataset,
        captions: lance.LanceDataset,
        description: Description,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """Read who the scenes and captions are; use `open_gallery`."""
        self.folder = folder
        self.description = description
        self.checkpoint = checkpoint
        self._scenes = StoredRows(scenes, SCENE_COLUMNS, description.scenes, "the scene")
        self._captions = StoredRows(captions, CAPTION_COLUMNS, description.captions, "the caption")
        self.root = find_root(description.root, folder)
        """The data folder, below which the pictures lie (or lay)."""
        self.records = Records(self._scenes.table, self.root)
        """The images in order: id, path, captions as written, class."""

    # What it is

    def __len__(self) -> int:
        """n, the number of images."""
        return len(self.records)

    @property
    def name(self) -> str:
        """The data set's name."""
        return self.description.name

    @property
    def split(self) -> str | None:
        """The data set's split; None for all images."""
        return self.description.split

    @property
    def checkpoint_name(self) -> str:
        """What the checkpoint was called that made it."""
        return self.description.checkpoint_name

    @property
    def fingerprint(self) -> str:
        """`Checkpoint.fingerprint` of it."""
        return self.description.fingerprint

    @property
    def bank_fingerprint(self) -> str:
        """`Checkpoint.bank_fingerprint` of it."""
        return self.description.bank_fingerprint

    @property
    def modality_gap(self) -> float | None:
        """The distance of the two modalities' means; None without captions."""
        return self.description.modality_gap

    @property
    def version(self) -> str:
        """Another word for other content: of the model and of every row."""
        said = self.description
        content = said.scenes.digest ^ said.captions.digest ^ said.maps
        return f"{said.fingerprint[:8]}{content:016x}"

    @property
    def newer(self) -> bool:
        """Whether the index has another whole version by now; reads one small file."""
        now = whole_version(self.folder)
        return now is not None and now != self._scenes.data.version

    @cached_property
    def data_sets(self) -> tuple[str, ...]:
        """The names of the data sets that the images come from; mostly `name` alone."""
        return tuple(name or self.name for name in self.records.distinct("data_set"))

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The classes that scenes have, in order of the alphabet."""
        return tuple(sorted(name for name in self.records.distinct("class_name") if name))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was left out when the index was made."""
        return tuple(Skipped(name, reason) for name, reason in self.description.skipped)

    @cached_property
    def content_hashes(self) -> Sequence[str]:
        """Of each picture's file when it was indexed."""
        return ContentHashes(self._scenes.table.column("content_digest"))

    # Captions

    @cached_property
    def captions(self) -> list[str]:
        """All captions as written, image after image."""
        flat = pc.list_flatten(self._scenes.table.column("captions"))
        found: list[str] = flat.to_pylist()
        return found

    @cached_property
    def caption_to_image(self) -> npt.NDArray[np.int64]:
        """(n_captions,): the image that each caption belongs to."""
        counts = self.records.caption_counts
        return np.repeat(np.arange(len(counts), dtype=np.int64), counts)

    @cached_property
    def caption_groups(self) -> npt.NDArray[np.int64]:
        """(n_captions,): the distinct caption that each caption is."""
        return self._distinct[0]

    @cached_property
    def distinct_captions(self) -> list[str]:
        """The d captions that differ word for word, normalised: the items of image->text."""
        found: list[str] = self._captions.table.column("text").take(self._distinct[1]).to_pylist()
        return found

    @cached_property
    def _distinct(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Which distinct caption each is, in order of first use; their rows in the table, (d,)."""
        keys = pc.list_flatten(self._scenes.table.column("caption_keys")).to_numpy()
        distinct, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        order = np.argsort(first)
        number = np.empty(len(order), np.int64)
        number[order] = np.arange(len(order))
        there = self._captions.table.column("key").to_numpy()
        by_key = np.argsort(there)
        at = np.searchsorted(there[by_key], distinct[order])
        if len(there) != len(distinct) or not np.array_equal(there[by_key], distinct):
            raise GalleryError(
                f"{self._captions.path} has {len(there):,} captions where the scenes have "
                f"{len(distinct):,}, or others; make the index again."
            )
        return number[inverse], by_key[at].astype(np.int64)

    def footprints(self) -> npt.NDArray[np.float64]:
        """(n, 4, 2): the corners of each image as longitude and latitude; NaN where not known."""
        return self._footprints

    @cached_property
    def _footprints(self) -> npt.NDArray[np.float64]:
        from cmpagl.data.chips import place_of  # with GDAL, which only this needs

        found = np.full((len(self), 4, 2), np.nan)
        for number, record in enumerate(self.records):
            place = place_of(record.picture)
            if place is not None:
                found[number] = place.footprint
        found.flags.writeable = False
        return found

    # Arrays

    @cached_property
    def image_vectors(self) -> FloatArray:
        """(n, E + EXTRA): embeddings with what the tuned SMR takes from them."""
        return self._scenes.vectors()

    @cached_property
    def caption_vectors(self) -> FloatArray:
        """(d, E + EXTRA), of the distinct captions."""
        vectors = self._captions.vectors()
        rows = self._distinct[1]
        if not np.array_equal(rows, np.arange(len(vectors))):
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

    @property
    def has_tokens(self) -> bool:
        """Whether what fusion reads of a scene is kept."""
        return self.description.tokens

    def tokens(self, images: npt.ArrayLike) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]:
        """What fusion reads of some scenes: values (k, N, F) and scales (k, N).

        Raises:
            GalleryError: the index was made without (``--tokens``), or they are damaged.
        """
        if not self.has_tokens:
            raise GalleryError(
                f"The index {self.folder} keeps no image tokens; make it again with --tokens."
            )
        numbers = np.asarray(images, np.int64).ravel()
        columns = ["token_values", "token_scales"]
        with read_errors(Path(self._scenes.path)):
            read = self._scenes.data.take(numbers.tolist(), columns=columns)
        values, scales = (read.column(name).to_pylist() for name in columns)
        digests = self._scenes.table.column("tokens_digest")
        for number, value, scale in zip(numbers.tolist(), values, scales, strict=True):
            if bytes_digest((value or b"") + (scale or b"")) != digests[number].as_py():
                raise self._damaged("the tokens", number)
        length = len(scales[0]) // 2 if scales else 1
        found = np.frombuffer(b"".join(values), np.int8).reshape(len(numbers), length, -1)
        return found, np.frombuffer(b"".join(scales), np.float16).reshape(len(numbers), length)

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
        known = -vectors[:, -EXTRA if direction == "t2i" else 1 - EXTRA]
        soft_extremes = {self.description.ts[direction]: np.ascontiguousarray(known)}
        return self._bank_of.bank(direction, vectors[:, :-EXTRA], soft_extremes)

    def share_as_high(self, score: float, direction: Direction = "t2i") -> float:
        """The share of random queries whose best score here is at least ``score``, 0 to 1.

        Random queries are the checkpoint's bank, which knows nothing of this gallery. Where most of
        them score as high, a result says little.
        """
        said = self.description.best.get(direction)
        if said is None:
            raise GalleryError(
                f"The index {self.folder} has no captions, so no {direction} scores."
            )
        best = unpack(said)
        return 1.0 - float(np.searchsorted(best, np.float32(score), side="left")) / len(best)

    # Maps

    @cached_property
    def map(self) -> GalleryMap | None:
        """Coordinates of the maps; None where the index was made without."""
        if not self.description.fitted:
            return None
        images, captions = self._scenes.places(), self._captions.places()[self._distinct[1]]
        views = [MapView(images[:, at : at + 2], captions[:, at : at + 2]) for at in (0, 2, 4)]
        return GalleryMap(
            aligned=views[0],
            centred=views[1] if len(captions) else None,
            raw=views[2],
            modality_gap=self.modality_gap,
        )

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

    # Pictures

    def thumbnail(self, image: int) -> bytes:
        """The WebP of an image, at most 256 pixels on its longer side.

        Raises:
            GalleryError: it is damaged.
        """
        with read_errors(Path(self._scenes.path)):
            read = self._scenes.data.take([image], columns=["thumbnail"])
        content: bytes = read.column("thumbnail")[0].as_py() or b""
        if bytes_digest(content) != self._scenes.table.column("thumbnail_digest")[image].as_py():
            raise self._damaged("the thumbnail", image)
        return content

    def picture_state(self, image: int) -> PictureState:
        """Whether an image's file is still the one that was indexed; reads the file."""
        picture = self.records[image].picture
        if picture.stamp() is None:
            return "missing"
        try:
            same = picture.digest() == self.content_hashes[image]
        except DataError:
            return "missing"
        return "unchanged" if same else "changed"

    def find_content(self, start: str) -> int | None:
        """The first image whose content hash begins with ``start``, hex digits; None: none does."""
        return self.content_hashes.find(start)  # type: ignore[attr-defined, no-any-return]

    def _damaged(self, what: str, image: int) -> GalleryError:
        return GalleryError(
            f"{self._scenes.path} is damaged: {what} of the scene "
            f"{self.records[image].image_id!r} is not what was written; delete the index and make "
            "it again."
        )


def open_gallery(folder: Path | str, checkpoint: Checkpoint | None = None) -> Gallery:
    """Open an index at its whole version.

    Args:
        folder: made by ``python -m cmpagl index``.
        checkpoint: the model that queries will be encoded with; None checks nothing about it, and
            has no bank.

    Raises:
        GalleryError: nothing is there, it is damaged, unfinished or of another format, or it was
            made with another checkpoint or query bank.
    """
    folder = Path(folder)
    scenes, captions, description = open_whole(folder)
    if checkpoint is not None:
        _check_model(folder, description, checkpoint)
    return Gallery(folder, scenes, captions, description, checkpoint)


def _check_model(folder: Path, description: Description, checkpoint: Checkpoint) -> None:
    """The index was made with this very model and bank."""
    made, given = f"'{description.checkpoint_name}'", f"'{checkpoint.name}'"
    for what, ours, theirs in (
        ("", description.fingerprint, checkpoint.fingerprint),
        ("the query bank of ", description.bank_fingerprint, checkpoint.bank_fingerprint),
    ):
        if ours != theirs:
            raise GalleryError(
                f"The index {folder} was made with {what}the checkpoint {made} "
                f"({ours[:8]}), but {given} ({theirs[:8]}) is in use: build the index again with "
                "it, or use the other checkpoint (--checkpoint)."
            )
