"""The step of the maps: fitted once over everything, later scenes placed among their neighbours.

Until they are fitted, what the towers pool is kept on disk; afterwards it is too large to keep, so
fitting again reads the pictures again, and a later scene's place on the raw maps is that of its
neighbours in the joint space.

Shapes: n images, d captions, E embedding width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from cmpagl.data.dataset import ImageRecord, iter_prepared
from cmpagl.data.picture import Picture, load_pixels
from cmpagl.errors import DataError
from cmpagl.model.embed import embed_images, embed_texts
from cmpagl.store.digest import digest_column
from cmpagl.store.projection import centre_by_modality, place_by_neighbours, umap_project
from cmpagl.store.rows import floats, map_digests, places
from cmpagl.store.schema import EXTRA, MAP_VIEWS, map_field
from cmpagl.store.tables import Table
from cmpagl.store.work import CAPTION_BATCH, IMAGE_BATCH, Work, decoding_threads, device

__all__ = ["add_maps"]

FloatArray = npt.NDArray[np.float32]


def add_maps(work: Work, records: Sequence[ImageRecord], refit: bool) -> bool:
    """Give every row its places; whether any was given.

    Args:
        work: the run; its description tells whether maps were fitted.
        records: the images of the data set that can be read.
        refit: fit again.
    """
    if work.description.fitted and not refit:
        return _place_new(work)
    images, captions = (_vectors(table) for table in (work.scenes, work.captions))
    aligned = _fit(work, np.concatenate([images, captions]), "map_aligned")
    centred = np.full_like(aligned, np.nan)
    if len(captions):
        points = np.concatenate(centre_by_modality(images, captions))
        centred = _fit(work, points, "map_centred")
    raw_images = _raw(work, _pooled_images(work, records), images, "map_raw_image")
    raw_captions = _raw(work, _pooled_captions(work), captions, "map_raw_text")
    raw = np.concatenate([raw_images, raw_captions])
    _write(work, np.concatenate([aligned, centred, raw], axis=1), len(images))
    work.description = replace(work.description, fitted=True)
    return True


def _vectors(table: Table) -> FloatArray:
    return floats(table.data.to_table(columns=["vector"]).column("vector"))[:, :-EXTRA]


def _fit(work: Work, points: FloatArray, name: str) -> FloatArray:
    return umap_project(points, progress=lambda done, total: work.tell(name, done, total))


def _write(work: Work, found: FloatArray, n_images: int) -> None:
    """Places (n + d, 6) into both tables."""
    kind = map_field()[0].type
    for table, rows in ((work.scenes, found[:n_images]), (work.captions, found[n_images:])):
        name = table.data.schema.names[0]
        key = digest_column(table.data.to_table(columns=[name]).column(name))
        flat = pa.array(np.ascontiguousarray(rows, np.float32).ravel())
        column = pa.FixedSizeListArray.from_arrays(flat, type=kind)
        digests = pa.array(map_digests(key, column), pa.uint64())
        if len(rows):
            table.set_columns(pa.table([column, digests], schema=pa.schema(map_field())))


def _place_new(work: Work) -> bool:
    """Put rows without a place where their neighbours are."""
    tables = (work.scenes, work.captions)
    found = [places(t.data.to_table(columns=["map"]).column("map")) for t in tables]
    known = [np.isfinite(rows[:, 0]) for rows in found]
    if all(rows.all() for rows in known):
        return False
    vectors = [_vectors(table) for table in tables]
    n = len(found[0])
    everything, there = np.concatenate(found), np.concatenate(known)
    joint = np.concatenate(vectors)
    centred = joint
    if len(found[1]):
        centred = np.concatenate(centre_by_modality(vectors[0], vectors[1]))
    for view, points in zip(MAP_VIEWS[:2], (joint, centred), strict=True):
        at = 2 * MAP_VIEWS.index(view)
        fitted = there & np.isfinite(everything[:, at])
        if fitted.any():
            everything[~there, at : at + 2] = place_by_neighbours(
                points[~there], points[fitted], everything[fitted, at : at + 2]
            )
    for rows in (slice(0, n), slice(n, None)):  # each kind has a raw map of its own
        own, new = there[rows], ~there[rows]
        if own.any() and new.any():
            here = everything[rows]
            here[new, 4:] = place_by_neighbours(joint[rows][new], joint[rows][own], here[own, 4:])
        elif new.any():
            everything[rows][new, 4:] = 0.0
    _write(work, everything, n)
    return True


def _raw(work: Work, pooled: FloatArray, embeds: FloatArray, name: str) -> FloatArray:
    """A raw map; rows whose pooled features could not be had (NaN) lie by their neighbours."""
    known = np.isfinite(pooled).all(axis=1)
    if known.all():
        return _fit(work, pooled, name)
    result = np.zeros((len(pooled), 2), np.float32)
    if known.any():
        result[known] = _fit(work, pooled[known], name)
        result[~known] = place_by_neighbours(embeds[~known], embeds[known], result[known])
    return result


def _features(work: Work, keys: list[str], width: int) -> FloatArray:
    """What was kept of the towers while embedding, (k, width); NaN where nothing was."""
    found = np.full((len(keys), width), np.nan, np.float32)
    if work.features.exists:
        number = {key: n for n, key in enumerate(keys)}
        for batch in work.features.data.to_batches():
            for key, content in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                if key in number:
                    found[number[key]] = np.frombuffer(content, np.float32)
    return found


def _pooled_images(work: Work, records: Sequence[ImageRecord]) -> FloatArray:
    names = work.scenes.data.to_table(columns=["image_id"]).column("image_id").to_pylist()
    config = work.checkpoint.config.vision
    found = _features(work, ["i:" + name for name in names], config.block_pooled_dim)
    rows = {name: n for n, name in enumerate(names)}
    missing = [r for r in records if r.image_id in rows and np.isnan(found[rows[r.image_id], 0])]
    if not missing:
        return found
    tower, fusion = work.image_tower(), work.checkpoint.fusion()
    tower, fusion = tower.to(device()), fusion.to(device())
    work.tell("images", 0, len(missing))
    waiting: list[tuple[int, npt.NDArray[np.uint8]]] = []
    size = config.preprocessing.size

    def flush(done: int) -> None:
        squares = (square for _, square in waiting)
        for batch in embed_images(tower, fusion, squares, batch_size=IMAGE_BATCH):
            found[[row for row, _ in waiting]] = batch.pooled
        waiting.clear()
        work.tell("images", done, len(missing))

    def load(picture: Picture) -> npt.NDArray[np.uint8] | None:
        try:
            return load_pixels(picture, size)
        except DataError:
            return None

    for index, square in iter_prepared(missing, load, workers=decoding_threads()):
        if square is not None:
            waiting.append((rows[missing[index].image_id], square))
        if len(waiting) == IMAGE_BATCH:
            flush(index + 1)
    flush(len(missing))
    return found


def _pooled_captions(work: Work) -> FloatArray:
    read = work.captions.data.to_table(columns=["key", "text"])
    keys, texts = (read.column(name).to_pylist() for name in ("key", "text"))
    found = _features(work, [f"c:{key}" for key in keys], work.checkpoint.config.text.dim)
    missing = np.flatnonzero(np.isnan(found[:, 0])) if len(found) else np.zeros(0, np.int64)
    if len(missing):
        tower = work.checkpoint.text_tower().to(device())
        tokenizer = work.checkpoint.tokenizer()
        for start in range(0, len(missing), CAPTION_BATCH):
            rows = missing[start : start + CAPTION_BATCH]
            _, kept = embed_texts(tower, tokenizer, [texts[n] for n in rows], keep_tokens=True)
            found[rows] = torch.stack([text.tokens.mean(dim=0) for text in kept]).numpy()
    return found
