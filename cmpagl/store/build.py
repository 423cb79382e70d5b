"""Making an index of a data set, and making it grow: only what is new or changed is embedded.

Pictures are told apart by their content, not by name or time: one that moved keeps its embedding,
one that changed gets a new one, one that vanished is told of, and taken out only when asked. What
is made is committed as it comes, so a killed run goes on where it was; whoever has the index open
sees the last whole version until the next one is whole.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cmpagl.config.model import ModelConfig
from cmpagl.data.dataset import OnError, RetrievalDataset
from cmpagl.errors import GalleryError
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.precision import Precision, PrecisionName
from cmpagl.progress import Progress, bytes_in_words, counted
from cmpagl.store.captions_step import encode_captions
from cmpagl.store.columns_step import add_columns
from cmpagl.store.disk import check_writable, disk_errors
from cmpagl.store.engine import Mode
from cmpagl.store.folder import check_place, lock
from cmpagl.store.gallery import Gallery, open_gallery
from cmpagl.store.images_step import Found, encode_images, remove_old
from cmpagl.store.location import Location, check_name
from cmpagl.store.maps_step import add_maps
from cmpagl.store.schema import EXTRA
from cmpagl.store.tables_step import open_tables, work_on
from cmpagl.store.whole_step import finish
from cmpagl.store.work import Engine, Work

__all__ = ["STAGES", "Growth", "grow_index"]

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
"""What `grow_index` reports as ``what``, in order, and in words."""

BESIDE_BYTES = 20_000  # of an image beside its vector and tokens: thumbnail, captions, names


@dataclass(frozen=True)
class Growth:
    """What a run made of an index."""

    gallery: Gallery
    embedded: tuple[str, ...]  # names of scenes that were new, or whose pictures changed
    moved: int  # pictures that are called otherwise now, or whose captions or class changed
    vanished: tuple[str, ...]  # names of scenes whose pictures are in the data no more
    pruned: bool  # whether these were taken out
    precision: Precision | None = None  # what new pictures were embedded in; None: there were none

    @property
    def new(self) -> int:
        """How many pictures were embedded."""
        return len(self.embedded)


def grow_index(
    dataset: RetrievalDataset,
    checkpoint: Checkpoint,
    out: Location,
    *,
    on_error: OnError = "raise",
    with_map: bool = True,
    tokens: bool = False,
    prune: bool = False,
    refit_map: bool = False,
    mode: Mode = "auto",
    precision: PrecisionName = "float32",
    views: int | None = None,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Growth:
    """Make an index, add to one, or go on with what a stopped run has begun, and open it.

    An index of another model is made anew; until that is whole, the old one stays open to all.

    Args:
        dataset: images in order; captions are optional.
        checkpoint: the model.
        out: folder of the index, here or in an object store.
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
        engine: where pictures are embedded: in this process, or on Ray.
        progress: called with (what, done, total), ``what`` of `STAGES`; may raise to stop.

    Raises:
        DataError: an image cannot be read and ``on_error`` is "raise", or none is left.
        GalleryError: ``out`` cannot be used, is of other pictures, is being made by another run,
            or the disk is full.
        UsageError: Ray is asked for and not installed, or a path is not UTF-8.
        CheckpointError: the checkpoint is damaged.
    """
    _check_names(dataset, checkpoint, out)
    check_place(out)
    there = not isinstance(out, Path) or out.exists()
    with lock(out):
        try:
            with disk_errors(out):
                if isinstance(out, Path):
                    check_writable(out)
                    _check_space(out, len(dataset), checkpoint.config, tokens)
                work = work_on(dataset, checkpoint, out, tokens=tokens, progress=progress)
                own = views in (None, checkpoint.config.views)
                work.description = replace(work.description, views=0 if own else views or 0)
                work.precision, work.engine = precision, engine
                work.on_error, work.prune, work.mode = on_error, prune, mode
                found = _grow(work, with_map, refit_map)
        finally:
            if not there and isinstance(out, Path):
                with suppress(OSError):
                    out.rmdir()  # nothing came of it
        return Growth(
            open_gallery(out, checkpoint),
            embedded=tuple(found.embedded),
            moved=found.moved,
            vanished=tuple(found.vanished),
            pruned=prune,
            precision=work.chosen,
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


def _check_names(dataset: RetrievalDataset, checkpoint: Checkpoint, out: Location) -> None:
    """Refuse at once what cannot be written down; below a data folder nothing else is listed."""
    folders = {record.data_set: record.path for record in dataset.records}
    for path in (out, checkpoint.name, dataset.root, *folders.values()):
        check_name(path)


def _check_space(out: Path, n_images: int, config: ModelConfig, tokens: bool) -> None:
    """Refuse at once what will not fit."""
    each = 4 * (config.embed_dim + EXTRA) + BESIDE_BYTES
    if tokens:
        each += config.vision.out_grid**2 * (config.fusion.dim + 2)
    needed = n_images * each - sum(f.stat().st_size for f in out.rglob("*") if f.is_file())
    free = shutil.disk_usage(out).free
    if needed > free:
        raise GalleryError(
            f"The index of {counted(n_images, 'image')} needs {bytes_in_words(needed)} more, but "
            f"the disk of {out} has {bytes_in_words(free)} free; free some space, or give "
            "--out another disk."
        )
