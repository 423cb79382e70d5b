"""The step of the images: what is new or changed is embedded, what moved keeps what it had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cmpagl.data.chips import place_of
from cmpagl.data.dataset import ImageRecord, Skipped, iter_prepared, normalise_caption
from cmpagl.data.georeference import Place
from cmpagl.data.picture import SIDE, Picture, square_pixels, thumbnail_bytes
from cmpagl.errors import CheckpointError, DataError, GalleryError
from cmpagl.model.embed import ImageBatch, embed_images
from cmpagl.model.precision import Precision, choose_precision
from cmpagl.store.digest import key_of
from cmpagl.store.penalties import BankQueries
from cmpagl.store.records import record_columns
from cmpagl.store.rows import floats, places, sealed, vector_rows
from cmpagl.store.work import (
    FEATURES_SCHEMA,
    IMAGE_BATCH,
    Clock,
    Pending,
    Work,
    decoding_threads,
    device,
)

__all__ = ["Found", "encode_images", "remove_old"]


@dataclass
class Found:
    """What became of a data set's images."""

    records: list[ImageRecord] = field(default_factory=list)  # those that could be read
    skipped: list[Skipped] = field(default_factory=list)
    contents: set[bytes] = field(default_factory=set)
    new: int = 0
    moved: int = 0
    vanished: list[str] = field(default_factory=list)
    removed: int = 0

    @property
    def changed(self) -> bool:
        """Whether the scenes are others than before."""
        return bool(self.new or self.moved or self.removed)


@dataclass(frozen=True)
class _Known:
    """A picture whose content has been embedded before."""

    content: bytes


@dataclass(frozen=True)
class _Prepared:
    """All that one decoding of a picture is good for."""

    content: bytes
    square: npt.NDArray[np.uint8]
    thumbnail: bytes
    size: tuple[int, int]  # width, height
    place: Place | None  # on Earth


def _prepare(
    picture: Picture, size: int, known: dict[bytes, int]
) -> _Known | _Prepared | DataError:
    """Runs in a thread; an error is handed on, to be judged in the order of the records."""
    try:
        content = bytes.fromhex(picture.digest())
        if content in known:
            return _Known(content)
        image = picture.read(side=SIDE)
    except DataError as error:
        return error
    square = square_pixels(image, size)
    return _Prepared(content, square, thumbnail_bytes(image), image.size, place_of(picture))


def encode_images(work: Work, with_map: bool) -> Found:
    """Bring the table of scenes up to date with the data set, but for what is no more in it.

    Raises:
        DataError: an image cannot be read, and that ends the run; or none is left.
        GalleryError: the index is of other pictures altogether.
        CheckpointError: the embeddings are not finite.
    """
    records = work.dataset.records
    _check_related(work)
    found = Found(skipped=list(work.dataset.skipped))
    step = _Step(work, found, keep_features=with_map and not work.description.fitted)
    size = work.checkpoint.config.vision.preprocessing.size
    prepare = partial(_prepare, size=size, known=work.by_content)
    work.tell("images", 0, len(records))
    clock, waiting = Clock(), []
    try:
        for index, item in iter_prepared(
            records, prepare, workers=decoding_threads(), ahead=2 * IMAGE_BATCH
        ):
            if isinstance(item, DataError):
                if work.on_error == "raise":
                    raise item
                found.skipped.append(Skipped(records[index].image_id, str(item)))
                continue
            found.records.append(records[index])
            found.contents.add(item.content)
            if isinstance(item, _Known):
                step.known(records[index], item.content)
            else:
                waiting.append((records[index], item))
            if len(waiting) == IMAGE_BATCH:
                step.embed(waiting)
                waiting = []
                work.tell("images", index + 1, len(records))
            if clock.due():
                step.flush()
        if waiting:
            step.embed(waiting)
    finally:
        step.flush()
    if not found.records:
        reason = found.skipped[-1].reason if found.skipped else "it lists none"
        raise DataError(f"{work.dataset.root} holds no image that can be read: {reason}")
    work.tell("images", len(records), len(records))
    return found


def _check_related(work: Work) -> None:
    """Refuse to add pictures to an index of others: that is a slip, or asks for --prune."""
    ours = work.by_name
    if not ours or work.prune or any(r.image_id in ours for r in work.dataset.records):
        return

    def digest(picture: Picture) -> bytes | None:
        try:
            return bytes.fromhex(picture.digest())
        except DataError:
            return None

    contents = iter_prepared(work.dataset.records, digest, workers=decoding_threads())
    if not any(content in work.by_content for _, content in contents):
        raise GalleryError(
            f"The index {work.out} holds other pictures than {work.dataset.root}; give --data all "
            "folders that are to be searched together, --prune to put these in the place of those, "
            "or --out another folder."
        )


class _Step:
    """Rows on their way into the table of scenes."""

    def __init__(self, work: Work, found: Found, *, keep_features: bool) -> None:
        self._work, self._found, self._keep_features = work, found, keep_features
        self._new, self._changed = Pending(work.scenes), Pending(work.scenes, "image_id")
        self._features = Pending(work.features)
        self._moved: list[tuple[ImageRecord, int]] = []
        self._towers: tuple[Any, Any] | None = None
        self._bank: BankQueries | None = None
        self._precision = Precision("float32")
        self._schema = work.scenes.data.schema
        if keep_features and not work.features.exists:
            work.features.start(FEATURES_SCHEMA)

    def known(self, record: ImageRecord, content: bytes) -> None:
        """A picture that has been embedded: its row stays, or is written anew for another name."""
        work = self._work
        row = work.by_name.get(record.image_id)
        rows = work.rows
        assert rows is not None
        if row is None or rows.column("content_digest")[row].as_py() != content:
            row = work.by_content[content]
        columns = record_columns([record], work.dataset.root)
        if any(rows.column(name)[row].as_py() != value[0] for name, value in columns.items()):
            self._moved.append((record, row))
            self._found.moved += 1

    def embed(self, batch: list[tuple[ImageRecord, _Prepared]]) -> None:
        """Embed new pictures."""
        work = self._work
        if self._towers is None:
            where = device()
            made = work.image_tower().to(where), work.checkpoint.fusion().to(where)
            self._towers, self._bank = made, BankQueries(work.checkpoint)
            self._precision = choose_precision(made[0], work.precision)
            work.chosen = self._precision
        assert self._bank is not None
        squares = (item.square for _, item in batch)
        tower, fusion = self._towers
        batches = embed_images(
            tower, fusion, squares, batch_size=IMAGE_BATCH, precision=self._precision.name
        )
        made_of = next(iter(batches))
        _check_finite(made_of, work)
        records = [record for record, _ in batch]
        columns = self._columns(records) | {
            "content_digest": [item.content for _, item in batch],
            "width": [item.size[0] for _, item in batch],
            "height": [item.size[1] for _, item in batch],
            "vector": vector_rows(made_of.image_embeds, self._bank.of_images(made_of.image_embeds)),
            "thumbnail": [item.thumbnail for _, item in batch],
            **_places([item.place for _, item in batch]),
        }
        if work.description.tokens:
            columns["token_values"] = [row.tobytes() for row in made_of.token_values]
            columns["token_scales"] = [row.tobytes() for row in made_of.token_scales]
        self._put(records, sealed(columns, self._schema))
        self._found.new += len(batch)
        if self._keep_features:
            names = ["i:" + record.image_id for record in records]
            self._features.add(work.keep_features(names, made_of.pooled))

    def flush(self) -> None:
        """Commit what waits."""
        if self._moved:
            records, numbers = [r for r, _ in self._moved], [n for _, n in self._moved]
            self._moved = []
            self._put(records, self._copied(records, numbers))
        for pending in (self._new, self._changed, self._features):
            pending.flush()

    def _columns(self, records: list[ImageRecord]) -> dict[str, Any]:
        keys = [[key_of(normalise_caption(c)) for c in r.captions] for r in records]
        return record_columns(records, self._work.dataset.root) | {"caption_keys": keys}

    def _copied(self, records: list[ImageRecord], numbers: list[int]) -> pa.Table:
        """The rows of pictures under other names or with other captions, places included."""
        names = ["content_digest", "width", "height", "thumbnail", "footprint", "crs"]
        if self._work.description.tokens:
            names += ["token_values", "token_scales"]
        read = self._work.copy(numbers, [*names, "vector", "map"])
        columns = self._columns(records) | {name: read.column(name).to_pylist() for name in names}
        columns["vector"] = floats(read.column("vector"))
        if read.column("map").null_count == 0:
            columns["map"] = places(read.column("map"))
        return sealed(columns, self._schema)

    def _put(self, records: list[ImageRecord], rows: pa.Table) -> None:
        """Let rows wait, apart from one another those that take a place."""
        taken = np.array([r.image_id in self._work.by_name for r in records])
        if not taken.all():
            self._new.add(rows.filter(pa.array(~taken)))
        if taken.any():
            self._changed.add(rows.filter(pa.array(taken)))


def _places(found: list[Place | None]) -> dict[str, list[Any]]:
    """Where pictures lie, as columns."""
    corners = [None if place is None else np.ravel(place.footprint).tolist() for place in found]
    return {"footprint": corners, "crs": [None if p is None else p.crs for p in found]}


def _check_finite(batch: ImageBatch, work: Work) -> None:
    if not np.isfinite(batch.image_embeds).all():
        raise CheckpointError(
            f"The checkpoint '{work.checkpoint.name}' gives embeddings that are not finite; its "
            "weights are damaged or its training diverged."
        )


def remove_old(work: Work, found: Found) -> None:
    """Take out the old rows of pictures that moved; tell of what vanished, or take it out too."""
    skipped = {entry.name for entry in found.skipped}
    there = {record.image_id for record in work.dataset.records} - skipped
    gone = list(_gone(work, there))
    moved = [name for name, content in gone if content in found.contents]
    found.vanished = [name for name, content in gone if content not in found.contents]
    old = moved + (found.vanished if work.prune else [])
    if old:
        work.scenes.delete("image_id", old)
    found.removed = len(old)


def _gone(work: Work, there: set[str]) -> Iterator[tuple[str, bytes]]:
    assert work.rows is not None
    contents = work.rows.column("content_digest")
    for name, row in work.by_name.items():
        if name not in there:
            yield name, contents[row].as_py()
