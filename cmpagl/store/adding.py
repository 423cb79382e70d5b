"""Adding a model to a store: its vectors beside those that are there, of the same scenes.

Only with the new model is anything embedded, and only what it has not embedded before. What is
made is committed as it comes, so a killed run goes on where it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cmpagl.data.dataset import iter_prepared
from cmpagl.data.picture import SIDE, Picture, square_pixels
from cmpagl.errors import DataError, GalleryError
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.embed import embed_images, embed_texts
from cmpagl.model.precision import PrecisionName, choose_precision
from cmpagl.progress import Progress
from cmpagl.store.beside import GalleryBeside, group_folder, models_in
from cmpagl.store.column_group import ColumnGroup
from cmpagl.store.disk import disk_errors
from cmpagl.store.folder import lock
from cmpagl.store.gallery import Gallery, open_gallery
from cmpagl.store.lance_table import Table
from cmpagl.store.location import Location
from cmpagl.store.penalties import BankQueries
from cmpagl.store.tables_step import described_by
from cmpagl.store.work import (
    CAPTION_BATCH,
    IMAGE_BATCH,
    Clock,
    Pending,
    decoding_threads,
    device,
)

__all__ = ["Added", "add_model", "remove_models"]


@dataclass(frozen=True)
class Added:
    """What came of adding a model."""

    gallery: Gallery  # as the model sees it
    new: int  # pictures embedded


@dataclass(frozen=True)
class _Prepared:
    content: str
    square: npt.NDArray[np.uint8]


def add_model(
    folder: Location,
    checkpoint: Checkpoint,
    *,
    with_map: bool = True,
    precision: PrecisionName = "float32",
    progress: Progress | None = None,
) -> Added:
    """Embed an index's scenes and captions with a further model, and open the index with it.

    Args:
        folder: an index that is whole, made with another model.
        checkpoint: the further model.
        with_map: also make the maps of its joint space, once.
        precision: what pictures are embedded in.
        progress: called with (what, done, total), ``what`` of `cmpagl.store.build.STAGES`; may
            raise to stop.

    Raises:
        GalleryError: there is no index, or it is being written, or the disk is full.
        DataError: a picture has vanished or changed since it was indexed.
        CheckpointError: the model is damaged, or has no tower for pictures.
    """
    tell = progress or (lambda what, done, total: None)
    gallery = open_gallery(folder)
    if gallery.fingerprint == checkpoint.fingerprint:
        raise GalleryError(f"The index {folder} was made with '{checkpoint.name}' already.")
    place = group_folder(folder, checkpoint.fingerprint)
    with lock(folder), disk_errors(folder):
        if isinstance(place, Path):
            place.mkdir(parents=True, exist_ok=True)
        group = ColumnGroup(
            place,
            described_by(
                checkpoint,
                name=gallery.name,
                split=gallery.split,
                root=gallery.description.root,
            ),
            BankQueries(checkpoint),
            checkpoint.config.embed_dim,
        )
        new = _embed_images(group, gallery, checkpoint, precision, tell)
        _embed_captions(group, gallery, checkpoint, tell)
        if with_map:
            group.add_maps(tell)
        group.finish(tell)
    opened = open_gallery(folder, checkpoint)
    assert isinstance(opened, GalleryBeside)
    return Added(opened, new)


def remove_models(folder: Location) -> None:
    """Delete the vectors of every model but the one that the index was made with."""
    for held in models_in(folder)[1:]:
        for name in ("scenes", "captions"):
            Table(group_folder(folder, held.fingerprint), name).remove()
    if isinstance(folder, Path):
        shutil.rmtree(folder / "models", ignore_errors=True)


def _embed_images(
    group: ColumnGroup,
    gallery: Gallery,
    checkpoint: Checkpoint,
    precision: PrecisionName,
    tell: Progress,
) -> int:
    """Embed each picture that has no vector in the group, once; how many that was."""
    contents = gallery.content_hashes[:]
    numbers = group.missing(contents)
    tell("images", 0, len(numbers))
    if not numbers:
        return 0
    if gallery.n_captions:
        checkpoint.require_text()
    tower, fusion = checkpoint.image_tower().to(device()), checkpoint.fusion().to(device())
    chosen = choose_precision(tower, precision).name
    clock, pending, done = Clock(), Pending(group.scenes), 0
    try:
        for batch in _batches(gallery, numbers, contents, checkpoint):
            squares = (one.square for one in batch)
            found = next(iter(embed_images(tower, fusion, squares, precision=chosen)))
            pending.add(group.scene_rows([one.content for one in batch], found.image_embeds))
            done += len(batch)
            tell("images", done, len(numbers))
            if clock.due():
                pending.flush()
    finally:
        pending.flush()
    return len(numbers)


def _batches(
    gallery: Gallery, numbers: Sequence[int], contents: Sequence[str], checkpoint: Checkpoint
) -> Iterator[list[_Prepared]]:
    """Pictures decoded in threads ahead of the model, some at a time.

    Raises:
        DataError: one cannot be read, or is another than when it was indexed.
    """
    size = checkpoint.config.vision.preprocessing.size

    def prepare(picture: Picture) -> _Prepared:
        return _Prepared(picture.digest(), square_pixels(picture.read(side=SIDE), size))

    gallery.records.load(numbers)
    records, waiting = [gallery.records[number] for number in numbers], list[_Prepared]()
    for index, one in iter_prepared(
        records, prepare, workers=decoding_threads(), ahead=2 * IMAGE_BATCH
    ):
        if one.content != contents[numbers[index]]:
            raise DataError(
                f"{records[index].path} is another picture than when it was indexed; index with "
                "the first model again, then with this one."
            )
        waiting.append(one)
        if len(waiting) == IMAGE_BATCH or index + 1 == len(records):
            yield waiting
            waiting = []


def _embed_captions(
    group: ColumnGroup, gallery: Gallery, checkpoint: Checkpoint, tell: Progress
) -> None:
    """Embed each caption that has no vector in the group."""
    keys, texts = gallery.captioned.all_keyed
    new = group.missing_captions(keys)
    done = len(keys) - len(new)
    tell("captions", done, len(keys))
    if not len(new) or not checkpoint.reads_text:
        return
    tower, tokenizer = checkpoint.text_tower().to(device()), checkpoint.tokenizer()
    for start in range(0, len(new), CAPTION_BATCH):
        rows = new[start : start + CAPTION_BATCH]
        embeds, _ = embed_texts(tower, tokenizer, [texts[n] for n in rows])
        group.captions.append(group.caption_rows(keys[rows], embeds))
        tell("captions", done + start + len(rows), len(keys))
