"""An opened index: a gallery of scenes made ready for search, at the version that is whole.

Opening reads who the scenes are, and checks every row against its digest. Vectors, maps and the
rest are read, and checked, when first used; thumbnails one by one.

Shapes: n images, d distinct captions, E embedding width, N tokens of F channels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cmpagl.data.dataset import Skipped
from cmpagl.errors import DataError, GalleryError
from cmpagl.rank.bank import Bank
from cmpagl.store.columns import BUILT_IN, Column, Field, what_column_holds
from cmpagl.store.content_hashes import ContentHashes
from cmpagl.store.digest import bytes_digest
from cmpagl.store.engine import EXACT_MOST, Candidates, Mode, Reach
from cmpagl.store.gallery_captions import GalleryCaptions
from cmpagl.store.gallery_map import GalleryMap, MapView
from cmpagl.store.penalties import DIRECTIONS, BankQueries, Direction, unpack
from cmpagl.store.place import find_root
from cmpagl.store.projection import centre_by_modality, place_by_neighbours
from cmpagl.store.records import Records
from cmpagl.store.rows import CAPTION_COLUMNS, SCENE_COLUMNS
from cmpagl.store.schema import EXTRA
from cmpagl.store.stored_rows import StoredRows
from cmpagl.store.tables import Description, open_whole, read_errors, whole_version
from cmpagl.store.where import Filter, read_where, sql

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
        *,
        mode: Mode = "auto",
    ) -> None:
        """Read who the scenes and captions are; use `open_gallery`."""
        self.folder = folder
        self.description = description
        self.checkpoint = checkpoint
        said = description
        self.mode: Mode = mode
        """What was asked for when it was opened."""
        many = max(said.scenes.rows, said.captions.rows) > EXACT_MOST
        self.far = far = mode == "candidates" or (mode == "auto" and many)
        self._scenes = StoredRows(scenes, SCENE_COLUMNS, said.scenes, "the scene", far=far)
        self._captions = StoredRows(
            captions, CAPTION_COLUMNS, said.captions, "the caption", far=far
        )
        self.root = find_root(description.root, folder)
        """The data folder, below which the pictures lie (or lay)."""
        self.records = Records(self._scenes, self.root)
        """The images in order: id, path, captions as written, class, columns."""
        self.captioned = GalleryCaptions(self._scenes, self._captions, read=said.reads_text)
        """Which captions belong to which images."""

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
    def reads_text(self) -> bool:
        """Whether the model does; if not, the captions of a scene are there to be read alone."""
        return self.description.reads_text

    @property
    def notes(self) -> Path:
        """The folder for what is measured of this gallery as its model sees it."""
        return self.folder

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
    def content_hashes(self) -> ContentHashes:
        """Of each picture's file when it was indexed."""
        return ContentHashes(self._scenes)

    # Captions

    @property
    def captions(self) -> list[str]:
        """All captions as written, image after image; reads them all."""
        return self.captioned.written

    @property
    def n_captions(self) -> int:
        """How many captions there are as written, repeated ones included."""
        said = self.description.n_captions if self.reads_text else 0
        return said or int(self.captioned.offsets[-1])

    @property
    def caption_to_image(self) -> npt.NDArray[np.int64]:
        """(n_captions,): the image that each caption belongs to."""
        return self.captioned.to_image

    @property
    def caption_groups(self) -> npt.NDArray[np.int64]:
        """(n_captions,): the distinct caption that each caption is."""
        return self.captioned.groups

    @property
    def distinct_captions(self) -> Sequence[str]:
        """The d captions that differ word for word, normalised: the items of image->text."""
        return self.captioned.distinct

    # Filters

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The columns that scenes can be filtered by, for `read_where`; the user's come first."""
        own = [Field(name, kind, field) for name, kind, field in self.description.fields]  # type: ignore[arg-type]
        known = {field.name for field in own}
        built_in = [f for f in BUILT_IN if f.field in self._scenes.there and f.name not in known]
        return (*own, *built_in)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What these columns hold: ranges, words and how often, and how many scenes lack them.

        Enough to make a form of; what is filled in becomes a `Condition` each, and these are what
        `Retriever.candidates` takes as ``where``, or `matching`. Columns that say nothing of any
        scene are left out. Read once, at first use.
        """
        found = (what_column_holds(f, self._scenes.column(f.field)) for f in self.fields)
        return tuple(column for column in found if column.missing < len(self))

    def read_where(self, text: str) -> Filter:
        """A line such as ``year >= 2020 and sensor in (WV-2, WV-3)`` as conditions.

        Raises:
            QueryError: it cannot be read, or names a column that is not there.
        """
        return read_where(text, self.fields)

    def matching(self, where: Filter) -> npt.NDArray[np.int64]:
        """The images of which all conditions hold, by number, ascending; reads these columns alone.

        Raises:
            QueryError: a column is not there, or a value is none of its kind.
        """
        asked = sql(where, self.fields)
        return self._scenes.where(asked) if asked else np.arange(len(self))

    def footprints(self) -> npt.NDArray[np.float64]:
        """(n, 4, 2): the corners of each image as longitude and latitude; NaN where not known."""
        return self._footprints

    @cached_property
    def _footprints(self) -> npt.NDArray[np.float64]:
        found = np.full((len(self), 4, 2), np.nan)
        if "footprint" in self._scenes.there:
            column = self._scenes.column("footprint")
            known = np.asarray(column.is_valid().to_numpy(), np.bool_)
            values = column.drop_null().combine_chunks().flatten().to_numpy()
            found[known] = values.reshape(-1, 4, 2)
        else:  # of an earlier version: the pictures' own headers are read
            from cmpagl.data.chips import place_of  # with GDAL, which only this needs

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
        self._scenes.load(numbers)
        for number, value, scale in zip(numbers.tolist(), values, scales, strict=True):
            said = self._scenes.row(number)["tokens_digest"]
            if bytes_digest((value or b"") + (scale or b"")) != said:
                raise self._damaged("the tokens", number)
        length = len(scales[0]) // 2 if scales else 1
        found = np.frombuffer(b"".join(values), np.int8).reshape(len(numbers), length, -1)
        return found, np.frombuffer(b"".join(scales), np.float16).reshape(len(numbers), length)

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

    # Pictures

    def thumbnail(self, image: int) -> bytes:
        """The WebP of an image, at most 256 pixels on its longer side.

        Raises:
            GalleryError: it is damaged.
        """
        with read_errors(Path(self._scenes.path)):
            read = self._scenes.data.take([image], columns=["thumbnail"])
        content: bytes = read.column("thumbnail")[0].as_py() or b""
        if bytes_digest(content) != self._scenes.row(image)["thumbnail_digest"]:
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
        return self.content_hashes.find(start)

    def _damaged(self, what: str, image: int) -> GalleryError:
        return GalleryError(
            f"{self._scenes.path} is damaged: {what} of the scene "
            f"{self.records[image].image_id!r} is not what was written; delete the index and make "
            "it again."
        )


def open_gallery(
    folder: Path | str, checkpoint: Checkpoint | None = None, *, mode: Mode = "auto"
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
    folder = Path(folder)
    scenes, captions, description = open_whole(folder)
    if checkpoint is not None and checkpoint.fingerprint != description.fingerprint:
        from cmpagl.store.beside import open_beside  # which is a gallery of this module

        found = open_beside(folder, (scenes, captions, description), checkpoint, mode)
        if found is not None:
            return found
    if checkpoint is not None:
        _check_model(folder, description, checkpoint)
    return Gallery(folder, scenes, captions, description, checkpoint, mode=mode)


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
