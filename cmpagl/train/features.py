"""Features of the frozen part of the image tower, computed once and kept on disk.

A training run reads every image many times, while most of the tower never changes; what the frozen
blocks say of each image and turned view is therefore stored: the tokens that the first tuned block
reads (float16) and the pooled vector of the whole untouched tower (float32).

A cache is a folder named by a hash of everything that decides its content; what lies in the
pictures' files is told within, and a cache of other pictures under the same names is made anew. It
grows in chunks of fixed composition (`cmpagl.growing.grow`), so a run killed at any moment goes on
from there and ends with the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cmpagl.data.dataset import ImageRecord, OnError, iter_prepared, refusal
from cmpagl.data.picture import Picture, load_pixels
from cmpagl.errors import DataError
from cmpagl.files import clear_folder, hold_folder, write_json
from cmpagl.growing import Rows, grow
from cmpagl.model.encoder import ImageEncoder
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.towers import turned_view

__all__ = ["FrozenFeatures", "cache_frozen_features", "feature_bytes"]

CHUNK = 32  # images encoded together; part of the cache's identity, as sums depend on it
VERSION = 1
WAS_BROKEN = (
    "An image could not be read when its features were cached and now can; remove {} to cache them "
    "anew."
)

Square = NDArray[np.uint8]  # (S, S, 3)


@dataclass(frozen=True)
class FrozenFeatures:
    """One view of one list of images."""

    tokens: NDArray[np.float16]  # (n, T + N, C): input of the first tuned block
    pooled: NDArray[np.float32]  # (n, P)
    broken: Mapping[int, str]  # rows that are NaN, and why their images cannot be read


def cache_frozen_features(
    vision: ImageEncoder,
    records: Sequence[ImageRecord],
    folder: Path,
    *,
    contents: Sequence[str],
    tuned_blocks: int,
    view: int,
    digest: str,
    on_error: OnError = "raise",
    progress: Callable[[int, int], None] | None = None,
) -> FrozenFeatures:
    """Compute, or continue, or just open the features of ``records`` seen in one view.

    Args:
        vision: the tower with its starting weights, on any device.
        records: images, in order.
        folder: where caches live; one sub-folder is used.
        contents: the digest of each picture, see `contents_of`.
        tuned_blocks: blocks from the top that may be tuned.
        view: 0 to 7, see `turned_view`.
        digest: `weights_digest(vision)`, taken once by the caller.
        on_error: "raise" ends at the first image that cannot be read; "skip" leaves its row
            without values and says why.
        progress: called with (done, total) after each chunk; may raise to stop.

    Raises:
        DataError: an image cannot be read and ``on_error`` is "raise".
    """
    config = vision.config
    key = {
        "version": VERSION,
        "chunk": CHUNK,
        "vision": config.identity(),
        "weights": digest,
        "tuned_blocks": tuned_blocks,
        "view": view,
        "images": [_told(record) for record in records],
    }
    name = hashlib.blake2b(json.dumps(key, sort_keys=True).encode(), digest_size=12).hexdigest()
    first_tuned = vision.num_blocks - tuned_blocks
    arrays = _arrays(vision, first_tuned)
    device = next(vision.parameters()).device
    square = partial(_square, size=config.preprocessing.size)
    upcoming: Iterator[tuple[int, Square | DataError]] | None = None

    def compute(start: int, end: int) -> list[NDArray[Any]]:
        nonlocal upcoming
        if upcoming is None:
            upcoming = iter_prepared(records[start:], square, workers=1)
        found = [item for _, item in islice(upcoming, end - start)]
        rows = [np.full((end - start, *a.shape), np.nan, a.dtype) for a in arrays.values()]
        squares = []
        for item in found:
            if not isinstance(item, DataError):
                squares.append(item)
            elif on_error == "raise":
                raise refusal(item) from item
        if squares:
            good = [not isinstance(item, DataError) for item in found]
            pixels = to_pixel_values(np.stack(squares), config.preprocessing)
            pixels = turned_view(pixels, view).to(device)
            with torch.inference_mode():
                kept: list[torch.Tensor] = []
                x, _ = vision.run_blocks(vision.embed(pixels), 0, first_tuned, kept=kept)
                rows[0][good] = x.half().cpu().numpy()
                x, _ = vision.run_blocks(x, first_tuned, kept=kept)
                rows[1][good] = vision.pool(x, kept)[1].cpu().numpy()
        return rows

    with hold_folder(folder / name, None):  # another run that needs it computes the same
        _hold_to(folder / name, contents)
        found = grow(folder / name, arrays, len(records), compute, at_once=CHUNK, progress=progress)
    broken = {}
    for row in np.flatnonzero(np.isnan(found["pooled"][:, 0])).tolist():
        item = square(records[row].picture)
        error = item if isinstance(item, DataError) else DataError(WAS_BROKEN.format(folder / name))
        if on_error == "raise":
            raise refusal(error) from error
        broken[row] = str(error)
    return FrozenFeatures(found["tokens"], found["pooled"], broken)


def _arrays(vision: ImageEncoder, first_tuned: int) -> dict[str, Rows]:
    return {
        "tokens": Rows(vision.block_input(first_tuned), np.float16),
        "pooled": Rows((vision.config.pooled_dim,), np.float32),
    }


def feature_bytes(vision: ImageEncoder, tuned_blocks: int) -> int:
    """Bytes that the features of one view of an image take."""
    arrays = _arrays(vision, vision.num_blocks - tuned_blocks).values()
    return sum(math.prod(rows.shape) * np.dtype(rows.dtype).itemsize for rows in arrays)


def _hold_to(folder: Path, contents: Sequence[str]) -> None:
    """Begin a cache anew where it is of other pictures; one of an earlier version does not tell."""
    path = folder / "contents.json"
    told = {"digest": hashlib.blake2b("\n".join(contents).encode(), digest_size=16).hexdigest()}
    with suppress(FileNotFoundError):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, IsADirectoryError):  # damaged, so of who knows what
            said = None
        if said == told:
            return
        clear_folder(folder)
    write_json(path, told)


def _told(record: ImageRecord) -> list[Any]:
    """What tells an image from others: its file and size, and where in the file it lies."""
    told: list[Any] = [str(record.path.resolve()), record.path.stat().st_size]
    return told if record.source is None else [*told, record.source.to_json(record.path.parent)]


def _square(picture: Picture, size: int) -> Square | DataError:
    """Runs in a thread; an error is handed on, to be judged in the order of the records."""
    try:
        return load_pixels(picture, size)
    except DataError as error:
        return error
