"""Features of the frozen part of the image tower, computed once and kept on disk.

A training run reads every image many times, while most of the tower never changes; what the frozen
blocks say of each image and turned view is therefore stored: the tokens that the first tuned block
reads (float16) and the pooled vector of the whole untouched tower (float32).

A cache is a folder named by a hash of everything that decides its content. It grows in chunks of
fixed composition, each flushed before it is counted as done, so a run killed at any moment goes on
from there and ends with the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from cmpagl.data import ImageRecord, iter_pixels
from cmpagl.files import write_json
from cmpagl.gswin import GswinTransformer
from cmpagl.model import turned_view
from cmpagl.pixels import to_pixel_values

__all__ = ["FrozenFeatures", "cache_frozen_features", "weights_digest"]

CHUNK = 32  # images encoded together; part of the cache's identity, as sums depend on it
FLUSH_CHUNKS = 8
VERSION = 1


@dataclass(frozen=True)
class FrozenFeatures:
    """One view of one list of images."""

    tokens: NDArray[np.float16]  # (n, T + N, C): input of the first tuned block
    pooled: NDArray[np.float32]  # (n, P)


def weights_digest(module: torch.nn.Module) -> str:
    """A hash of a module's weights."""
    digest = hashlib.blake2b(digest_size=16)
    for name, value in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def cache_frozen_features(
    vision: GswinTransformer,
    records: Sequence[ImageRecord],
    folder: Path,
    *,
    tuned_blocks: int,
    view: int,
    digest: str,
    progress: Callable[[int, int], None] | None = None,
) -> FrozenFeatures:
    """Compute, or continue, or just open the features of ``records`` seen in one view.

    Args:
        vision: the tower with its starting weights, on any device.
        records: images, in order.
        folder: where caches live; one sub-folder is used.
        tuned_blocks: blocks from the top that may be tuned.
        view: 0 to 7, see `turned_view`.
        digest: `weights_digest(vision)`, taken once by the caller.
        progress: called with (done, total) after each chunk; may raise to stop.

    Raises:
        DataError: an image cannot be read.
    """
    config = vision.config
    key = {
        "version": VERSION,
        "chunk": CHUNK,
        "vision": asdict(config),
        "weights": digest,
        "tuned_blocks": tuned_blocks,
        "view": view,
        "images": [[str(r.path.resolve()), r.path.stat().st_size] for r in records],
    }
    name = hashlib.blake2b(json.dumps(key, sort_keys=True).encode(), digest_size=12).hexdigest()
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "done.json"
    done = int(json.loads(state.read_text())["images"]) if state.is_file() else 0
    total = len(records)
    mode = "r+" if state.is_file() else "w+"
    pooled = _open(folder / "pooled.npy", (total, config.pooled_dim), np.float32, mode)
    first_tuned = vision.num_blocks - tuned_blocks
    # Patch merging belongs to the block after it: the input comes from the block before.
    before = (s for s in range(1, len(config.depths)) if sum(config.depths[:s]) < first_tuned)
    stage = max(before, default=0)
    length = config.stage_grid(stage) ** 2 + int(config.class_token)
    shape = (total, length, config.stage_dim(stage))
    tokens = _open(folder / "tokens.npy", shape, np.float16, mode)
    device = next(vision.parameters()).device
    if mode == "w+":
        write_json(state, {"images": 0})

    def encode(squares: list[NDArray[np.uint8]], start: int) -> None:
        pixels = turned_view(to_pixel_values(np.stack(squares)), view).to(device)
        with torch.inference_mode():
            kept: list[torch.Tensor] = []
            x, _ = vision.run_blocks(vision.embed(pixels), 0, first_tuned, kept=kept)
            tokens[start : start + len(squares)] = x.half().cpu().numpy()
            x, _ = vision.run_blocks(x, first_tuned, kept=kept)
            pooled[start : start + len(squares)] = vision.pool(x, kept)[1].cpu().numpy()

    def keep(end: int) -> None:
        pooled.flush()
        tokens.flush()
        write_json(state, {"images": end})

    squares: list[NDArray[np.uint8]] = []
    start = done
    try:
        for _, square in iter_pixels(records[done:], config.image_size, workers=1):
            squares.append(square)
            end = start + len(squares)
            if len(squares) < CHUNK and end < total:
                continue
            encode(squares, start)
            squares, start = [], end
            if (end // CHUNK) % FLUSH_CHUNKS == 0:
                keep(end)
            if progress is not None:
                progress(end, total)
    finally:
        if start > done:
            keep(start)
    return FrozenFeatures(tokens, pooled)


def _open(path: Path, shape: tuple[int, ...], dtype: type, mode: str) -> np.memmap:
    array: np.memmap = np.lib.format.open_memmap(path, mode=mode, dtype=dtype, shape=shape)
    return array
