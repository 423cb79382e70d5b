"""The step of the images: what is new or changed is embedded, what moved keeps what it had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cmpagl.data.dataset import ImageRecord, Skipped, iter_prepared, refusal
from cmpagl.data.picture import Picture
from cmpagl.errors import DataError, GalleryError
from cmpagl.store.digest import digest_column
from cmpagl.store.embedding import Embedder, feature_rows, scene_columns
from cmpagl.store.prepared import Known, Prepared, prepare
from cmpagl.store.records import record_columns
from cmpagl.store.rows import floats, places, sealed
from cmpagl.store.work import (
    FEATURES_SCHEMA,
    IMAGE_BATCH,
    Clock,
    Pending,
    Work,
    decoding_threads,
)

if TYPE_CHECKING:
    from cmpagl.store.ray_step import Answer

__all__ = ["Found", "encode_images", "remove_old"]


@dataclass
class Found:
    """What became of a data set's images."""

    records: list[ImageRecord] = field(default_factory=list)  # those that could be read
    skipped: list[Skipped] = field(default_factory=list)
    contents: set[bytes] = field(default_factory=set)
    embedded: list[str] = field(default_factory=list)  # names of those that were new or changed
    moved: int = 0
    vanished: list[str] = field(default_factory=list)
    removed: int = 0

    @property
    def changed(self) -> bool:
        """Whether the scenes are others than before."""
        return bool(self.embedded or self.moved or self.removed)


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
    step = Step(work, found, keep_features=with_map and not work.description.fitted)
    work.tell("images", 0, len(records))
    new = len(records) > len(work.by_content)
    if new and any(record.captions for record in records):
        work.checkpoint.require_text()
    try:
        if work.engine == "ray":
            _embed_on_ray(work, step)
        else:
            _embed_here(work, step)
    finally:
        step.flush()
    if not found.records:
        reason = found.skipped[-1].reason if found.skipped else "it lists none"
        raise DataError(f"{work.dataset.root} holds no image that can be read: {reason}")
    work.tell("images", len(records), len(records))
    return found


def _embed_here(work: Work, step: Step) -> None:
    """Decode in threads, and embed in this process."""
    records, clock = work.dataset.records, Clock()
    size = work.checkpoint.config.vision.preprocessing.size
    read = partial(prepare, size=size, known=work.by_content)
    waiting = []
    for index, item in iter_prepared(
        records, read, workers=decoding_threads(), ahead=2 * IMAGE_BATCH
    ):
        if isinstance(item, DataError):
            step.refused(records[index], item)
        elif isinstance(item, Known):
            step.known(records[index], item.content)
        else:
            step.there(records[index], item.content)
            waiting.append((records[index], item))
        if len(waiting) == IMAGE_BATCH:
            step.embed(waiting)
            waiting = []
            work.tell("images", index + 1, len(records))
        if clock.due():
            step.flush()
    if waiting:
        step.embed(waiting)


def _embed_on_ray(work: Work, step: Step) -> None:
    """Commit what processes of this machine or of others have made."""
    from cmpagl.store.ray_step import embedded_on_ray

    records, clock = work.dataset.records, Clock()
    for answer in embedded_on_ray(work, keep_features=step.keeps_features):
        for number, error, content, known in answer.records:
            if error is not None:
                step.refused(records[number], DataError(error))
            elif known:
                step.known(records[number], content)
            else:
                step.there(records[number], content)
        step.add(answer)
        work.tell("images", answer.last + 1, len(records))
        if clock.due():
            step.flush()


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


class Step:
    """Rows on their way into the table of scenes."""

    def __init__(self, work: Work, found: Found, *, keep_features: bool) -> None:
        self._work, self._found, self.keeps_features = work, found, keep_features
        self._new, self._changed = Pending(work.scenes), Pending(work.scenes, "image_id")
        self._features = Pending(work.features)
        self._known: list[ImageRecord] = []
        self._known_contents: list[bytes] = []
        self._embedder: Embedder | None = None
        self._schema = work.scenes.data.schema
        if keep_features and not work.features.exists:
            work.features.start(FEATURES_SCHEMA)

    def refused(self, record: ImageRecord, error: DataError) -> None:
        """A picture that cannot be read.

        Raises:
            DataError: that ends the run.
        """
        if self._work.on_error == "raise":
            raise refusal(error) from error
        self._found.skipped.append(Skipped(record.image_id, str(error)))

    def there(self, record: ImageRecord, content: bytes) -> None:
        """A picture that can be read."""
        self._found.records.append(record)
        self._found.contents.add(content)

    def known(self, record: ImageRecord, content: bytes) -> None:
        """A picture that has been embedded: its row stays, or is written anew for another name."""
        self.there(record, content)
        self._known.append(record)
        self._known_contents.append(content)

    def embed(self, batch: list[tuple[ImageRecord, Prepared]]) -> None:
        """Embed new pictures."""
        work = self._work
        if self._embedder is None:
            self._embedder = Embedder(work.plan())
            work.chosen = self._embedder.precision
        records = [record for record, _ in batch]
        columns = scene_columns(records, work.dataset.root)
        rows, pooled = self._embedder.rows(columns, [item for _, item in batch])
        self._put(records, rows)
        self._found.embedded += [record.image_id for record in records]
        if self.keeps_features:
            self._features.add(feature_rows(["i:" + r.image_id for r in records], pooled))

    def add(self, answer: Answer) -> None:
        """Take over what another process has embedded and written."""
        self._new.add_written(answer.fragments)
        self._features.add_written(answer.features)
        if answer.changed is not None:
            self._changed.add(answer.changed)
        records = self._work.dataset.records
        self._found.embedded += [records[number].image_id for number in answer.embedded]
        self._work.chosen = answer.precision or self._work.chosen

    def flush(self) -> None:
        """Commit what waits."""
        records, numbers = self._moved()
        if records:
            self._found.moved += len(records)
            self._put(records, self._copied(records, numbers))
        for pending in (self._new, self._changed, self._features):
            pending.flush()

    def _moved(self) -> tuple[list[ImageRecord], list[int]]:
        """Of the known pictures that wait, those that are told of otherwise now; and their rows."""
        work, records, contents = self._work, self._known, self._known_contents
        self._known, self._known_contents = [], []
        if not records:
            return [], []
        assert work.rows is not None
        numbers = np.array([work.by_name.get(record.image_id, -1) for record in records])
        own = work.rows.column("content_digest").take(pa.array(np.maximum(numbers, 0)))
        same = pc.equal(own, pa.array(contents, own.type)).to_numpy() & (numbers >= 0)
        for n in np.flatnonzero(~same):
            numbers[n] = work.by_content[contents[n]]
        changed = np.zeros(len(records), np.bool_)
        for name, values in record_columns(records, work.dataset.root).items():
            own = work.rows.column(name).take(pa.array(numbers))
            changed |= digest_column(own) != digest_column(pa.array(values, own.type))
        which = np.flatnonzero(changed)
        return [records[n] for n in which], numbers[which].tolist()

    def _copied(self, records: list[ImageRecord], numbers: list[int]) -> pa.Table:
        """The rows of pictures under other names or with other captions, places included."""
        names = ["content_digest", "width", "height", "thumbnail", "footprint", "crs"]
        if self._work.description.tokens:
            names += ["token_values", "token_scales"]
        read = self._work.copy(numbers, [*names, "vector", "map"])
        columns = scene_columns(records, self._work.dataset.root) | {
            name: read.column(name).to_pylist() for name in names
        }
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
