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
import torch

from cmpagl.data.dataset import ImageRecord, iter_prepared
from cmpagl.data.picture import Picture, load_pixels
from cmpagl.errors import DataError
from cmpagl.model.embed import embed_images, embed_texts
from cmpagl.store.joint_maps import embeds_of, fit_joint, fit_map, place_new, write_places
from cmpagl.store.projection import place_by_neighbours
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
    reads_text = work.description.reads_text
    tables = [work.scenes, work.captions][: 2 if reads_text else 1]
    if work.description.fitted and not refit:
        return place_new(tables)
    images = embeds_of(work.scenes)
    captions = embeds_of(work.captions) if reads_text else images[:0]
    joint = fit_joint(images, captions, work.tell)
    raw = _raw(work, _pooled_images(work, records), images, "map_raw_image")
    if reads_text:
        own = _raw(work, _pooled_captions(work), captions, "map_raw_text")
        raw = np.concatenate([raw, own])
    write_places(tables, np.concatenate([joint, raw], axis=1), len(images))
    work.description = replace(work.description, fitted=True)
    return True


def _raw(work: Work, pooled: FloatArray, embeds: FloatArray, name: str) -> FloatArray:
    """A raw map; rows whose pooled features could not be had (NaN) lie by their neighbours."""
    known = np.isfinite(pooled).all(axis=1)
    if known.all():
        return fit_map(pooled, name, work.tell)
    result = np.zeros((len(pooled), 2), np.float32)
    if known.any():
        result[known] = fit_map(pooled[known], name, work.tell)
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
    tower, fusion = work.plan().image_tower(), work.checkpoint.fusion()
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
