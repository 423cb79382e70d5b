"""Making an index of a data set, in stages that each go on where a stopped run was.

Images are decoded once for all that is kept of them; then come the distinct captions, what the
query bank thinks of both, and the maps. What is made of many images goes to disk batch by batch.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save as serialise_arrays

from cmpagl.config.model import ModelConfig
from cmpagl.config.ranking import RankingConfig
from cmpagl.data.dataset import (
    ImageRecord,
    OnError,
    RetrievalDataset,
    Skipped,
    iter_prepared,
)
from cmpagl.data.picture import SIDE, Picture, square_pixels, thumbnail_bytes
from cmpagl.errors import CheckpointError, DataError, GalleryError
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.embed import embed_images, embed_texts
from cmpagl.rank.bank import Bank
from cmpagl.rank.stage import live_needs
from cmpagl.store.gallery import Direction, Gallery, open_gallery
from cmpagl.store.manifest import FORMAT, write_manifest
from cmpagl.store.partial import PartialIndex
from cmpagl.store.projection import centre_by_modality, modality_gap, umap_project

__all__ = ["IMAGE_BATCH", "STAGES", "build_index", "decoding_threads", "fitting_index"]

Progress = Callable[[int, int, str], None]
FloatArray = npt.NDArray[np.float32]

STAGES = {
    "images": "images",
    "captions": "captions",
    "bank": "bank statistics",
    "map_aligned": "map of the joint space",
    "map_centred": "map with centred modalities",
    "map_raw_image": "map of the image tower's features",
    "map_raw_text": "map of the text tower's features",
}
"""What `build_index` reports as ``what``, in order, and in words."""

IMAGE_BATCH = 32
CAPTION_BATCH = 512  # texts of like length are encoded together within it
BESIDE_BYTES = 20_000  # of an image beside its arrays: thumbnail, bank statistics, records
# Sharpness values that stay at hand for reranking by hand, beside the tuned ones.
SOFT_TS = (2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 20.0, 25.0, 30.0, 40.0)


def build_index(
    dataset: RetrievalDataset,
    checkpoint: Checkpoint,
    out: Path,
    *,
    on_error: OnError = "raise",
    with_map: bool = True,
    progress: Progress | None = None,
) -> Gallery:
    """Make an index, or go on with one that a stopped run has begun, and open it.

    Args:
        dataset: images in order; captions are optional.
        checkpoint: the model.
        out: folder of the index; an index that is there is replaced once the new one is whole.
        on_error: a broken image ends the run ("raise") or is left out and named ("skip").
        with_map: also make the maps.
        progress: called with (done, total, what), ``what`` of `STAGES`; may raise to stop.

    Raises:
        DataError: an image cannot be read and ``on_error`` is "raise", or none is left.
        GalleryError: ``out`` cannot be used, is being made by another run, or the disk is full.
        CheckpointError: the checkpoint is damaged.
    """
    tell = progress or (lambda done, total, what: None)
    try:
        with PartialIndex(out, checkpoint.config, _key(dataset, checkpoint)) as work:
            _check_space(work, len(dataset), checkpoint.config)
            _encode_images(work, dataset.records, checkpoint, on_error, tell)
            dataset, hashes = _kept(dataset, work.lines(), on_error)
            _encode_captions(work, dataset.distinct_captions[0], checkpoint, tell)
            image_embeds, caption_embeds = work.array("image_embeds"), work.array("caption_embeds")
            _add_bank(work, image_embeds, caption_embeds, checkpoint, tell)
            if with_map:
                _add_maps(work, image_embeds, caption_embeds, tell)
            write_manifest(
                work.index,
                dataset,
                hashes,
                final_folder=out,
                checkpoint=checkpoint,
                modality_gap=modality_gap(image_embeds, caption_embeds)
                if len(caption_embeds)
                else None,
            )
            work.finish()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise GalleryError(
            f"The disk of {out} is full; free some space and run the same command again, which "
            "goes on where it was."
        ) from error
    return open_gallery(out, checkpoint)


def fitting_index(out: Path, dataset: RetrievalDataset, checkpoint: Checkpoint) -> Gallery | None:
    """The index at ``out``, if it is of these very files and this model: none need be made then."""
    try:
        gallery = open_gallery(out, checkpoint)
        made = (out / "index.json").stat().st_mtime
        stamps = {record.path: record.picture.stamp() for record in dataset.records}
        changed = any(stamp is None or stamp[1] > made * 1e9 for stamp in stamps.values())
    except (GalleryError, OSError):
        return None
    kept = {record.image_id for record in gallery.records}
    skipped = {skipped.name for skipped in gallery.skipped}
    wanted = [record for record in dataset.records if record.image_id in kept]
    known = all(r.image_id in kept or r.image_id in skipped for r in dataset.records)
    same = _resolved(wanted) == _resolved(gallery.records)
    return gallery if known and same and not changed else None


def _resolved(records: Sequence[ImageRecord]) -> list[tuple[ImageRecord, dict[str, Any]]]:
    """The records with paths by which two of one file are equal, and where in a file each lies."""
    return [
        (
            replace(record, path=record.path.resolve(), source=None),
            record.picture.to_json(record.path.parent),
        )
        for record in records
    ]


def _key(dataset: RetrievalDataset, checkpoint: Checkpoint) -> dict[str, Any]:
    """What decides an index's content."""
    root = dataset.root
    sources = [r.source and r.source.to_json(root) for r in dataset.records]
    return {
        "format": FORMAT,
        "batches": [IMAGE_BATCH, CAPTION_BATCH],
        "checkpoint": [checkpoint.fingerprint, checkpoint.bank_fingerprint],
        "soft_ts": _soft_ts(checkpoint.config.ranking),
        "data": [dataset.name, dataset.split, str(dataset.root.resolve())],
        "records": [[r.image_id, r.captions, r.class_name] for r in dataset.records],
        "files": [record.picture.stamp() for record in dataset.records],
        **({"pictures": sources} if any(sources) else {}),
    }


def _check_space(work: PartialIndex, n_images: int, config: ModelConfig) -> None:
    """Refuse at once what will not fit."""
    tokens = config.vision.out_grid**2 * (config.fusion.dim + 2)
    vectors = 4 * (config.embed_dim + config.vision.block_pooled_dim)
    needed = (n_images - work.records_done) * (tokens + vectors + BESIDE_BYTES)
    free = shutil.disk_usage(work.folder).free
    if needed > free:
        raise GalleryError(
            f"The index of {n_images:,} images needs {needed / 1e9:.1f} GB more, but the disk of "
            f"{work.out} has {free / 1e9:.1f} GB free; free some space, or give --out another disk."
        )


def decoding_threads() -> int:
    """How many threads decode: as many as there are cores, and no more than one disk can feed."""
    return min(8, os.cpu_count() or 2)


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


# Images


@dataclass(frozen=True)
class _Prepared:
    """All that one decoding of a picture is good for."""

    square: npt.NDArray[np.uint8]
    thumbnail: bytes
    content_hash: str


def _prepare(picture: Picture, size: int) -> _Prepared | DataError:
    """Runs in a thread; an error is handed on, to be judged in the order of the records."""
    try:
        digest = picture.digest()
        image = picture.read(side=SIDE)
    except DataError as error:
        return error
    return _Prepared(square_pixels(image, size), thumbnail_bytes(image), digest)


def _encode_images(
    work: PartialIndex,
    records: Sequence[ImageRecord],
    checkpoint: Checkpoint,
    on_error: OnError,
    tell: Progress,
) -> None:
    total = len(records)
    if work.records_done == total:
        return
    device = _device()
    tower, fusion = checkpoint.image_tower().to(device), checkpoint.fusion().to(device)
    tell(work.records_done, total, "images")
    prepare = partial(_prepare, size=checkpoint.config.vision.preprocessing.size)
    waiting: list[_Prepared | DataError] = []
    workers = decoding_threads()
    for _, item in iter_prepared(records[work.records_done :], prepare, workers=workers):
        if isinstance(item, DataError) and on_error == "raise":
            raise item
        waiting.append(item)
        if len(waiting) < IMAGE_BATCH and work.records_done + len(waiting) < total:
            continue
        good = [item for item in waiting if isinstance(item, _Prepared)]
        squares = (item.square for item in good)
        batch = next(embed_images(tower, fusion, squares, batch_size=IMAGE_BATCH), None)
        if batch is not None and not np.isfinite(batch.image_embeds).all():
            raise CheckpointError(
                f"The checkpoint '{checkpoint.name}' gives embeddings that are not finite; its "
                "weights are damaged or its training diverged."
            )
        lines = [
            {"hash": item.content_hash} if isinstance(item, _Prepared) else {"skip": str(item)}
            for item in waiting
        ]
        work.add_images(batch, [item.thumbnail for item in good], lines)
        waiting = []
        tell(work.records_done, total, "images")


def _kept(
    dataset: RetrievalDataset, lines: Sequence[dict[str, str]], on_error: OnError
) -> tuple[RetrievalDataset, list[str]]:
    """The data set without its broken images, and the content hashes of the others."""
    records, hashes, broken = [], [], []
    for record, line in zip(dataset.records, lines, strict=True):
        if "hash" in line:
            records.append(record)
            hashes.append(line["hash"])
        elif on_error == "raise":  # an earlier run skipped it
            raise DataError(line["skip"])
        else:
            broken.append(Skipped(record.image_id, line["skip"]))
    if not records:
        raise DataError(f"{dataset.root} holds no image that can be read: {broken[0].reason}")
    kept = replace(dataset, records=tuple(records), skipped=(*dataset.skipped, *broken))
    return kept, hashes


# Captions


def _encode_captions(
    work: PartialIndex, captions: Sequence[str], checkpoint: Checkpoint, tell: Progress
) -> None:
    total = len(captions)
    if work.captions_done == total:
        return
    tower, tokenizer = checkpoint.text_tower().to(_device()), checkpoint.tokenizer()
    tell(work.captions_done, total, "captions")
    while work.captions_done < total:
        texts = captions[work.captions_done : work.captions_done + CAPTION_BATCH]
        embeds, kept = embed_texts(tower, tokenizer, texts, keep_tokens=True)
        pooled = torch.stack([text.tokens.mean(dim=0) for text in kept])  # the last layer's
        work.add_captions(embeds, pooled.numpy())
        tell(work.captions_done, total, "captions")


# What the query bank thinks


def _soft_ts(ranking: RankingConfig) -> list[float]:
    """The sharpness values that rerankers and the page may ask for."""
    return sorted({*SOFT_TS, *live_needs(ranking).soft_extremes})


def _add_bank(
    work: PartialIndex,
    image_embeds: FloatArray,
    caption_embeds: FloatArray,
    checkpoint: Checkpoint,
    tell: Progress,
) -> None:
    vectors = checkpoint.bank()
    texts, images = vectors.text_embeds.numpy(), vectors.image_embeds.numpy()
    right = vectors.image_captions.numpy()
    ts = _soft_ts(checkpoint.config.ranking)
    neighbours = sorted(live_needs(checkpoint.config.ranking).top_means)
    pairs: list[tuple[Direction, FloatArray, FloatArray, FloatArray | None]] = [
        ("t2i", texts, image_embeds, None),
        ("i2t", images, caption_embeds, right),
        ("i2i", images, image_embeds, right),
    ]
    pairs = [pair for pair in pairs if len(pair[2])]

    def write(path: Path) -> None:
        arrays: dict[str, npt.NDArray[Any]] = {}
        for number, (direction, queries, items, right_embeds) in enumerate(pairs):
            tell(number, len(pairs), "bank")
            bank = Bank.from_embeddings(
                queries, items, right_embeds=right_embeds, ts=ts, neighbours=neighbours
            )
            stored = bank.to_arrays()
            arrays |= {
                f"{direction}.bank.{name}": np.ascontiguousarray(array)
                for name, array in stored.items()
            }
            arrays[f"{direction}.best"] = np.sort(_best_scores(queries, items))
        path.write_bytes(serialise_arrays(arrays))
        tell(len(pairs), len(pairs), "bank")

    work.make("bank.safetensors", write)


def _best_scores(queries: FloatArray, items: FloatArray) -> FloatArray:
    """Each query's highest score over all items: (Q, E), (n, E) -> (Q,)."""
    best = np.full(len(queries), -np.inf, np.float32)
    for start in range(0, len(items), 1024):
        np.maximum(best, (items[start : start + 1024] @ queries.T).max(axis=0), out=best)
    return best


# Maps


def _add_maps(
    work: PartialIndex, image_embeds: FloatArray, caption_embeds: FloatArray, tell: Progress
) -> None:
    views = {
        "map_aligned": lambda: np.concatenate([image_embeds, caption_embeds]),
        "map_centred": lambda: np.concatenate(centre_by_modality(image_embeds, caption_embeds)),
        "map_raw_image": lambda: work.array("pooled_images"),
        "map_raw_text": lambda: work.array("pooled_captions"),
    }
    if not len(caption_embeds):
        del views["map_centred"]
    for name, points in views.items():
        work.make(f"{name}.npy", partial(_write_map, points=points, name=name, tell=tell))


def _write_map(path: Path, points: Callable[[], FloatArray], name: str, tell: Progress) -> None:
    xy = umap_project(points(), progress=lambda done, total: tell(done, total, name))
    with open(path, "wb") as file:
        np.save(file, xy, allow_pickle=False)
