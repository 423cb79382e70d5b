"""How much does an index cost beyond decoding and encoding, and does its memory grow?

    python -m benchmarks.index_speed [--data DIR] [--checkpoint DIR] [--images 192] [--rounds 3]
                                     [--memory 1000 8000] [--json FILE]

Speed: the image stage of `index` (embeddings, thumbnails, content hashes, everything
written to disk) against a bare loop that only decodes and runs the image tower on the same pictures
in batches of the same size, decoding in threads as the index does. The two take turns in one run,
each first every other time; the median of the rounds' ratios counts. The model is loaded before
either clock starts, and a first round warms up both.

Memory: the peak resident size of a process that indexes so many pictures, maps left out, with a
tower of the smallest size (quick) whose tokens are as large as the shipped model's: held in memory,
they alone would be 32 kB a picture. Pictures are drawn where no data set is given.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from cmpagl.cli.paths import default_checkpoint
from cmpagl.config.model import FusionConfig, ModelConfig, TextConfig
from cmpagl.config.vision import GswinConfig
from cmpagl.data.dataset import RetrievalDataset, iter_pixels, load_dataset
from cmpagl.files import write_json
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.saving import save_checkpoint
from cmpagl.model.towers import CMPAGL
from cmpagl.store.build import grow_index
from cmpagl.store.work import IMAGE_BATCH, decoding_threads

MEMORY_MODEL = ModelConfig(
    vision=GswinConfig(image_size=64, patch_size=4, dim=16, depths=(1,), num_heads=(2,)),
    text=TextConfig(vocab_size=8, dim=16, depth=1, num_heads=2, mlp_dim=16),
    fusion=FusionConfig(dim=128),
    head_dim=16,
)


def draw_pictures(folder: Path, count: int, size: int = 256) -> None:
    """Smooth random JPEGs, about as large as a scene of the usual data sets."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for number in range(count):
        coarse = Image.fromarray(rng.integers(0, 255, (16, 16, 3), dtype=np.uint8))
        picture = coarse.resize((size, size), Image.Resampling.BICUBIC)
        picture.save(folder / f"{number:06d}.jpg", quality=90)


def random_checkpoint(folder: Path, config: ModelConfig) -> Checkpoint:
    """A model with random weights; its tokenizer is never asked, as there are no captions."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((4000, config.embed_dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    bank = BankVectors(*[torch.from_numpy(vectors)] * 3)
    model = CMPAGL(config).eval()
    return save_checkpoint(folder, model, bank, b"{}", ranking=config.ranking, provenance={})


class _ImagesDone(Exception):
    """The image stage is over."""


def index_seconds(dataset: RetrievalDataset, checkpoint: Checkpoint, out: Path) -> float:
    """The time of the image stage: from the loaded model to the last image on the disk."""
    began = ended = 0.0

    def progress(what: str, done: int, total: int) -> None:
        nonlocal began, ended
        if what == "images":
            began, ended = began or time.monotonic(), time.monotonic()
        if what != "images" or done == total:
            raise _ImagesDone

    try:
        grow_index(dataset, checkpoint, out, on_error="skip", progress=progress)
    except _ImagesDone:
        return ended - began
    raise RuntimeError("an index without an image stage")


def bare_seconds(dataset: RetrievalDataset, checkpoint: Checkpoint) -> float:
    """The time to decode the pictures and run the image tower on them, and nothing else."""
    tower = checkpoint.image_tower()
    size, batch = checkpoint.config.vision.image_size, []
    start = time.monotonic()
    with torch.inference_mode():
        pixels = iter_pixels(dataset.records, size, on_error="skip", workers=decoding_threads())
        for _, square in pixels:
            batch.append(square)
            if len(batch) == IMAGE_BATCH:
                tower(to_pixel_values(np.stack(batch)))
                batch = []
        if batch:
            tower(to_pixel_values(np.stack(batch)))
    return time.monotonic() - start


def compare_speed(
    dataset: RetrievalDataset, checkpoint: Checkpoint, rounds: int, folder: Path
) -> dict[str, Any]:
    """Turns of both; the first round is not counted."""
    times: dict[str, list[float]] = {"index": [], "bare": []}
    for number in range(rounds + 1):
        for what in ("index", "bare") if number % 2 else ("bare", "index"):
            seconds = (
                bare_seconds(dataset, checkpoint)
                if what == "bare"
                else index_seconds(dataset, checkpoint, folder / f"index-{number}")
            )
            if number:
                times[what].append(seconds)
    rates = {what: [len(dataset) / s for s in seconds] for what, seconds in times.items()}
    ratios = np.divide(rates["index"], rates["bare"])
    return {
        "images": len(dataset),
        "threads": torch.get_num_threads(),
        "index_images_per_second": float(np.median(rates["index"])),
        "bare_images_per_second": float(np.median(rates["bare"])),
        "ratio": float(np.median(ratios)),
        "ratios": [float(ratio) for ratio in ratios],
    }


def peak_memory(count: int, folder: Path) -> dict[str, Any]:
    """The peak resident size, in MB, of a process that indexes ``count`` drawn pictures."""
    program = [sys.executable, "-m", "benchmarks.index_speed"]
    line = [*program, "--only-memory", str(count), str(folder)]
    ran = subprocess.run(line, capture_output=True, text=True, check=True)
    before, images, whole = (float(word) for word in ran.stdout.split())
    return {
        "images": count,
        "imports_mb": before,
        "image_stage_peak_mb": images,
        "peak_mb": whole,
    }


def peak_megabytes(pid: int) -> float:
    """The largest resident size of a running process, from Linux's account of it.

    Not ``ru_maxrss``: that is handed on from the parent that started the process, and a parent with
    a model loaded hides all growth below its own size.
    """
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) * 1024 / 1e6 if found else float("nan")


def index_and_print_memory(count: int, folder: Path) -> None:
    """The child of `peak_memory`."""
    dataset = load_dataset(folder / "pictures")
    dataset = replace(dataset, records=dataset.records[:count])
    checkpoint = open_checkpoint(folder / "model")
    peaks = [peak_megabytes(os.getpid())]

    def progress(what: str, done: int, total: int) -> None:
        if what == "images" and done == total:
            peaks.append(peak_megabytes(os.getpid()))

    grow_index(dataset, checkpoint, folder / f"index-{count}", with_map=False, progress=progress)
    print(*peaks, peak_megabytes(os.getpid()))


def main() -> None:
    """Run both parts, print them, and write them as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a data set (default: drawn pictures)")
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint())
    parser.add_argument("--images", type=int, default=192, help="0 leaves the speed out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="*", default=[1000, 8000])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only-memory", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only_memory:
        index_and_print_memory(int(args.only_memory[0]), Path(args.only_memory[1]))
        return
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.images:
            if args.data is None:
                draw_pictures(folder / "scenes", args.images)
            dataset = load_dataset(args.data or folder / "scenes", on_error="skip")
            dataset = replace(dataset, records=dataset.records[: args.images])
            checkpoint = open_checkpoint(args.checkpoint)
            result["speed"] = compare_speed(dataset, checkpoint, args.rounds, folder)
            print(
                "image stage {index_images_per_second:.2f} images/s, bare loop "
                "{bare_images_per_second:.2f}: ratio {ratio:.3f} ({images} images, {threads} "
                "threads)".format(**result["speed"])
            )
        if args.memory:
            draw_pictures(folder / "pictures", max(args.memory))
            random_checkpoint(folder / "model", MEMORY_MODEL)
            result["memory"] = [peak_memory(count, folder) for count in args.memory]
            for row in result["memory"]:
                print(
                    "{images:,} images: peak {peak_mb:.0f} MB (image stage "
                    "{image_stage_peak_mb:.0f} MB, {imports_mb:.0f} MB before it)".format(**row)
                )
    if args.json:
        write_json(args.json, result)


if __name__ == "__main__":
    main()
