"""Who the scenes of an opened index are: names, captions, columns, places on Earth, pictures.

Opening reads who the scenes are, and checks every row against its digest; thumbnails and the rest
are read, and checked, one by one.

Shapes: n images, d distinct captions, N tokens of F channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from cmpagl.data.dataset import Skipped
from cmpagl.errors import DataError, GalleryError
from cmpagl.store.columns import BUILT_IN, Column, Field, what_column_holds
from cmpagl.store.content_hashes import ContentHashes
from cmpagl.store.description import Description
from cmpagl.store.digest import bytes_digest
from cmpagl.store.disk import read_errors
from cmpagl.store.engine import EXACT_MOST, Mode
from cmpagl.store.gallery_captions import GalleryCaptions
from cmpagl.store.location import Location, kept_beside
from cmpagl.store.place import find_root
from cmpagl.store.records import Records
from cmpagl.store.rows import CAPTION_COLUMNS, SCENE_COLUMNS
from cmpagl.store.stored_rows import StoredRows
from cmpagl.store.where import Box, Filter, box_sql, read_where, sql
from cmpagl.store.whole import data_files, whole_files, whole_mark, whole_version

if TYPE_CHECKING:
    import lance

    from cmpagl.model.checkpoint import Checkpoint

__all__ = ["GalleryScenes", "PictureState"]

PictureState = Literal["unchanged", "changed", "missing"]

_THUMBNAILS = 256  # read at once


class GalleryScenes:
    """What an opened index says of its n images and d distinct captions.

    Numbers of images count `records` from 0, numbers of captions `distinct_captions`.
    """

    def __init__(
        self,
        folder: Location,
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
        self._known_mark: str | None = None  # of which it is known that it means this version
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
        return self.kept

    @property
    def kept(self) -> Path:
        """The folder for what a person keeps of this gallery."""
        return kept_beside(self.folder)

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
        """Whether the index has another whole version by now, or was made anew.

        Reads one small file, and the list of data files where that one has changed.
        """
        mark = whole_mark(self.folder)
        if mark is None or mark == self._known_mark:
            return False
        same = whole_version(self.folder) == self._scenes.data.version
        if not same or whole_files(self.folder) != data_files(self._scenes.data):
            return True
        self._known_mark = mark
        return False

    @property
    def lost(self) -> bool:
        """Whether files of the open version are gone, as when an index is deleted and made anew."""
        if not isinstance(self.folder, Path):
            return False
        data = self.folder / "scenes.lance" / "data"
        return not all((data / name).is_file() for name in data_files(self._scenes.data))

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

    def in_box(self, box: Box) -> str:
        """What Lance picks the scenes in a box by; "" of an earlier version, which keeps no places.

        Args:
            box: in which the middle of a scene's footprint lies.
        """
        return box_sql(box) if "footprint" in self._scenes.there else ""

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

    # Pictures

    def thumbnail(self, image: int) -> bytes:
        """The WebP of an image, at most 256 pixels on its longer side.

        Raises:
            GalleryError: it is damaged.
        """
        return next(self.thumbnails([image]))

    def thumbnails(self, images: Sequence[int]) -> Iterator[bytes]:
        """The WebPs of some images, read hundreds at a time; see `thumbnail`."""
        for start in range(0, len(images), _THUMBNAILS):
            some = images[start : start + _THUMBNAILS]
            with read_errors(self._scenes.path):
                read = self._scenes.data.take(list(some), columns=["thumbnail"])
            self._scenes.load(some)
            for image, one in zip(some, read.column("thumbnail"), strict=True):
                content: bytes = one.as_py() or b""
                if bytes_digest(content) != self._scenes.row(image)["thumbnail_digest"]:
                    raise self._damaged("the thumbnail", image)
                yield content

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
        with read_errors(self._scenes.path):
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
