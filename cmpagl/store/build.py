"""Making an index of a data set, and making it grow: only what is new or changed is embedded.

Pictures are told apart by their content, not by name or time: one that moved keeps its embedding,
one that changed gets a new one, one that vanished is told of, and taken out only when asked. What
is made is committed as it comes, so a killed run goes on where it was; whoever has the index open
sees the last whole version until the next one is whole.
"""

from __future__ import annotations

import operator
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cmpagl.config.model import ModelConfig
from cmpagl.data.dataset import ImageRecord, OnError, RetrievalDataset
from cmpagl.errors import GalleryError
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.precision import Precision, PrecisionName
from cmpagl.progress import Progress
from cmpagl.store.captions_step import encode_captions
from cmpagl.store.columns_step import add_columns, finish_column_change
from cmpagl.store.digest import total
from cmpagl.store.engine import Mode
from cmpagl.store.engine_step import add_engines, wanted_engines
from cmpagl.store.gallery import Gallery, open_gallery
from cmpagl.store.images_step import Found, encode_images, remove_old
from cmpagl.store.maps_step import add_maps
from cmpagl.store.penalties import BankQueries, pack, tuned_ts
from cmpagl.store.penalties_step import VECTOR_COLUMNS, weigh_again
from cmpagl.store.place import picture_root
from cmpagl.store.rows import floats
from cmpagl.store.schema import EXTRA, captions_schema, column_fields, scenes_schema
from cmpagl.store.stored_rows import list_offsets
from cmpagl.store.tables import (
    WHOLE,
    Description,
    Table,
    TableRows,
    check_place,
    described_as,
    disk_errors,
    lock,
    remove_format_1,
    weighed_as,
)
from cmpagl.store.work import FEATURES, IMAGE_BATCH, Work, decoding_threads

__all__ = [
    "IMAGE_BATCH",
    "STAGES",
    "Growth",
    "build_index",
    "decoding_threads",
    "finish",
    "fitting_index",
    "grow_index",
    "open_tables",
    "start_tables",
    "work_on",
]

STAGES = {
    "images": "images",
    "captions": "captions",
    "engine": "search index",
    "bank": "bank statistics",
    "map_aligned": "map of the joint space",
    "map_centred": "map with centred modalities",
    "map_raw_image": "map of the image tower's features",
    "map_raw_text": "map of the text tower's features",
}
"""What `build_index` reports as ``what``, in order, and in words."""

BATCH = 16_384  # embeddings held against the bank at once
BESIDE_BYTES = 20_000  # of an image beside its vector and tokens: thumbnail, captions, names


@dataclass(frozen=True)
class Growth:
    """What a run made of an index."""

    gallery: Gallery
    new: int  # pictures embedded, changed ones included
    moved: int  # pictures that are called otherwise now, or whose captions or class changed
    vanished: tuple[str, ...]  # names of scenes whose pictures are in the data no more
    pruned: bool  # whether these were taken out
    precision: Precision | None = None  # what new pictures were embedded in; None: there were none


def build_index(
    dataset: RetrievalDataset,
    checkpoint: Checkpoint,
    out: Path,
    *,
    on_error: OnError = "raise",
    with_map: bool = True,
    tokens: bool = False,
    progress: Progress | None = None,
) -> Gallery:
    """`grow_index`, for who only wants the index."""
    return grow_index(
        dataset,
        checkpoint,
        out,
        on_error=on_error,
        with_map=with_map,
        tokens=tokens,
        progress=progress,
    ).gallery


def grow_index(
    dataset: RetrievalDataset,
    checkpoint: Checkpoint,
    out: Path,
    *,
    on_error: OnError = "raise",
    with_map: bool = True,
    tokens: bool = False,
    prune: bool = False,
    refit_map: bool = False,
    mode: Mode = "auto",
    precision: PrecisionName = "float32",
    views: int | None = None,
    progress: Progress | None = None,
) -> Growth:
    """Make an index, add to one, or go on with what a stopped run has begun, and open it.

    An index of another model is made anew; until that is whole, the old one stays open to all.

    Args:
        dataset: images in order; captions are optional.
        checkpoint: the model.
        out: folder of the index.
        on_error: a broken image ends the run ("raise") or is left out and named ("skip").
        with_map: also make the maps, once; later scenes are placed among their neighbours.
        tokens: keep what fusion reads of each scene.
        prune: take scenes out whose pictures are in ``dataset`` no more.
        refit_map: fit the maps again, over everything.
        mode: whether to make an approximate index of the vectors: "auto" where there are more than
            `EXACT_MOST`, "candidates" always, "exact" never.
        precision: what pictures are embedded in; "auto" measures which is quicker here.
        views: turned views whose embeddings are averaged, instead of as many as the model's; an
            index of other views is made anew.
        progress: called with (done, total, what), ``what`` of `STAGES`; may raise to stop.

    Raises:
        DataError: an image cannot be read and ``on_error`` is "raise", or none is left.
        GalleryError: ``out`` cannot be used, is of other pictures, is being made by another run,
            or the disk is full.
        CheckpointError: the checkpoint is damaged.
    """
    check_place(out)
    there = out.exists()
    out.mkdir(parents=True, exist_ok=True)
    try:
        with lock(out), disk_errors(out):
            _check_space(out, len(dataset), checkpoint.config, tokens)
            work = work_on(dataset, checkpoint, out, tokens=tokens, progress=progress)
            own = views in (None, checkpoint.config.views)
            work.description = replace(work.description, views=0 if own else views or 0)
            work.precision = precision
            work.on_error, work.prune, work.mode = on_error, prune, mode
            found = _grow(work, with_map, refit_map)
    finally:
        if not there:
            with suppress(OSError):
                out.rmdir()  # nothing came of it
    return Growth(
        open_gallery(out, checkpoint),
        new=found.new,
        moved=found.moved,
        vanished=tuple(found.vanished),
        pruned=prune,
        precision=work.chosen,
    )


def work_on(
    dataset: RetrievalDataset,
    checkpoint: Checkpoint,
    out: Path,
    *,
    tokens: bool = False,
    progress: Progress | None = None,
) -> Work:
    """A run that nothing has been done of."""
    return Work(
        out=out,
        dataset=dataset,
        checkpoint=checkpoint,
        on_error="raise",
        prune=False,
        tell=progress or (lambda done, total, what: None),
        scenes=Table(out, "scenes"),
        captions=Table(out, "captions"),
        features=Table(out, FEATURES),
        description=_wanted(dataset, checkpoint, out, tokens),
    )


def _grow(work: Work, with_map: bool, refit_map: bool) -> Found:
    open_tables(work)
    found = encode_images(work, with_map)
    remove_old(work, found)
    changed = work.weighed | add_columns(work)
    changed |= encode_captions(work, with_map)
    work.description = replace(
        work.description, skipped=[(s.name, s.reason) for s in found.skipped]
    )
    if with_map or work.description.fitted:
        changed |= add_maps(work, found.records, refit_map)
    finish(work, changed or found.changed)
    return found


def _wanted(
    dataset: RetrievalDataset, checkpoint: Checkpoint, out: Path, tokens: bool
) -> Description:
    return Description(
        name=dataset.name,
        split=dataset.split,
        root=picture_root(dataset.root, out),
        checkpoint_name=checkpoint.name,
        fingerprint=checkpoint.fingerprint,
        bank_fingerprint=checkpoint.bank_fingerprint,
        ts=tuned_ts(checkpoint.config.ranking),
        tokens=tokens,
        reads_text=checkpoint.reads_text,
    )


def open_tables(work: Work) -> None:
    """Go on with the rows that are there, where they were made with this model."""
    scenes, captions = work.scenes, work.captions
    if scenes.exists and captions.exists:
        try:
            if _go_on(work):
                return
        except (GalleryError, OSError, ValueError):  # damaged: the last whole version may not be
            try:
                for table in (scenes, captions):
                    table.restore(WHOLE)
                if _go_on(work):
                    return
            except (GalleryError, OSError, ValueError):
                for table in (scenes, captions):
                    table.remove()
    start_tables(work)


def start_tables(work: Work) -> None:
    """Begin with no rows; until they are whole, the last whole version stays open to all."""
    config, wanted = work.checkpoint.config, work.description
    work.features.remove()
    work.captions.start(captions_schema(config))
    work.scenes.start(scenes_schema(config, tokens=wanted.tokens))
    work.scenes.describe(wanted)
    work.load()


def _go_on(work: Work) -> bool:
    """Whether the rows that are there serve this model, and are at hand."""
    wanted, said = work.description, work.scenes.description()
    if said is None or not described_as(said, wanted):
        return False
    for table in (work.scenes, work.captions):
        table.finish_columns(("map", "map_digest"))
        table.finish_columns(VECTOR_COLUMNS)
    finish_column_change(work.scenes)
    work.scenes.add_empty(column_fields())
    work.load()
    if not weighed_as(said, wanted):
        weigh_again(work)
        work.weighed = True
        work.load()
    work.description = replace(
        wanted,
        tokens=said.tokens,
        fitted=said.fitted,
        modality_gap=said.modality_gap,
        fields=said.fields,
    )
    return True


def finish(work: Work, changed: bool) -> None:
    """Make what there is whole: lay it together, describe it, and say so."""
    whole = work.scenes.tagged
    said = work.scenes.description()
    unchanged = not changed and whole == work.scenes.data.version
    if unchanged and said is not None and wanted_engines(work) <= set(said.engines):
        same = replace(
            work.description,
            scenes=said.scenes,
            captions=said.captions,
            captions_version=said.captions_version,
            maps=said.maps,
            said=said.said,
            n_captions=said.n_captions,
            engines=said.engines,
            made=said.made,
            best=said.best,
        )
        if Description.from_json(same.to_json()) == said:
            return
    for table in (work.scenes, work.captions):
        table.compact()
    engines = add_engines(work)
    work.tell("bank", 0, 1)
    read = [work.scenes, work.captions] if work.description.reads_text else [work.scenes]
    best, gap = BankQueries(work.checkpoint).best(*map(_embeds, read))
    work.tell("bank", 1, 1)
    work.scenes.describe(
        replace(
            work.description,
            scenes=_rows(work.scenes),
            captions=_rows(work.captions),
            captions_version=work.captions.data.version,
            maps=_digests(work.scenes, "map_digest") ^ _digests(work.captions, "map_digest"),
            said=_digests(work.scenes, "columns_digest"),
            n_captions=_written(work.scenes),
            modality_gap=gap,
            engines=engines,
            made=time.time(),
            best=pack(best),
        )
    )
    work.captions.tag()
    work.scenes.tag()
    for table in (work.scenes, work.captions):
        table.clean_up(keep=whole is not None)
    work.features.remove()
    remove_format_1(work.out)


def _embeds(table: Table) -> Iterator[npt.NDArray[np.float32]]:
    """All embeddings, (b, E) at a time, in order."""
    for batch in table.data.to_batches(columns=["vector"], batch_size=BATCH):
        yield floats(pa.chunked_array([batch.column("vector")]))[:, :-EXTRA]


def _digests(table: Table, column: str) -> int:
    """What a column of digests adds up to; rows without one do not count."""
    found = table.data.to_table(columns=[column]).column(column)
    return total(found.fill_null(0).to_numpy())


def _written(scenes: Table) -> int:
    """How many captions there are as written."""
    return int(list_offsets(scenes.data.to_table(columns=["caption_keys"]).column(0))[-1])


def _rows(table: Table) -> TableRows:
    digests = table.data.to_table(columns=["digest"]).column("digest").to_numpy()
    return TableRows(len(digests), total(digests))


def fitting_index(out: Path, dataset: RetrievalDataset, checkpoint: Checkpoint) -> Gallery | None:
    """The index at ``out``, if it is of these very files and this model: none need be made then.

    No picture is read: their times decide, as a quick look before `grow_index`, which reads.
    """
    try:
        gallery = open_gallery(out, checkpoint)
        made = gallery.description.made
        stamps = {record.path: record.picture.stamp() for record in dataset.records}
        changed = any(stamp is None or stamp[1] > made * 1e9 for stamp in stamps.values())
    except (GalleryError, OSError):
        return None
    if gallery.description.ts != tuned_ts(checkpoint.config.ranking):
        return None
    skipped = {skipped.name for skipped in gallery.skipped}
    wanted = [record for record in dataset.records if record.image_id not in skipped]
    by_name = operator.attrgetter("image_id")  # an index that has grown has an order of its own
    wanted, kept = sorted(wanted, key=by_name), sorted(gallery.records, key=by_name)
    same = _resolved(wanted) == _resolved(kept)
    return gallery if same and not changed else None


def _resolved(records: Iterable[ImageRecord]) -> list[tuple[ImageRecord, dict[str, Any]]]:
    """The records with paths by which two of one file are equal, and where in a file each lies."""
    return [
        (
            replace(record, path=record.path.resolve(), source=None),
            record.picture.to_json(record.path.parent),
        )
        for record in records
    ]


def _check_space(out: Path, n_images: int, config: ModelConfig, tokens: bool) -> None:
    """Refuse at once what will not fit."""
    each = 4 * (config.embed_dim + EXTRA) + BESIDE_BYTES
    if tokens:
        each += config.vision.out_grid**2 * (config.fusion.dim + 2)
    needed = n_images * each - sum(f.stat().st_size for f in out.rglob("*") if f.is_file())
    free = shutil.disk_usage(out).free
    if needed > free:
        raise GalleryError(
            f"The index of {n_images:,} images needs {needed / 1e9:.1f} GB more, but the disk of "
            f"{out} has {free / 1e9:.1f} GB free; free some space, or give --out another disk."
        )
