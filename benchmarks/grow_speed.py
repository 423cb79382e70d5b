"""What an index costs to grow by ten pictures, at a thousand scenes and at a hundred thousand.

    python -m benchmarks.grow_speed [--sizes 1000 100000] [--json docs/results/grow-speed.json]

Pictures are real files, each with five captions, a class and two columns in a CSV; the vectors of
those that are in the index already are made up, and everything else of their rows is written by the
functions that ``index`` uses. Then ``cmpagl index`` itself runs, twice: with ten new pictures and
their captions, and with nothing new. Beside it, in a process of its own, the same ten pictures are
embedded alone: model read, pictures decoded, ten embeddings and captions made.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.index_speed import bare_seconds
from benchmarks.made_index import Part, write_index
from cmpagl.cli.paths import default_checkpoint
from cmpagl.data.dataset import load_dataset, normalise_caption
from cmpagl.files import write_json
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.model.embed import embed_texts

NEW = 10
PART = 20_000
THUMBNAIL = 1024  # bytes


def draw_set(folder: Path, start: int, stop: int) -> None:
    """Pictures that differ in their last bytes alone, as no decoder minds, and their table."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    drawn = io.BytesIO()
    coarse = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((64, 64)).save(drawn, "JPEG")
    for n in range(start, stop):
        (folder / "images" / f"{n:06d}.jpg").write_bytes(drawn.getvalue() + n.to_bytes(4, "big"))
    with (folder / "captions.csv").open("a", newline="", encoding="utf-8") as handle:
        table = csv.writer(handle)
        if not start:
            table.writerow(["filename", "caption", "class", "batch", "taken"])
        for n in range(start, stop):
            said = (f"made up scene number {n}, in {k} words" for k in range(5))
            own = (f"class {n % 45}", n % 50, f"20{10 + n % 15}-06-{1 + n % 28:02d}")
            table.writerows([f"images/{n:06d}.jpg", text, *own] for text in said)


def parts(data: Path, checkpoint: Checkpoint) -> Iterator[Part]:
    """The set with made-up vectors, some thousand pictures at a time."""
    width = checkpoint.config.embed_dim
    every = load_dataset(data).records
    for start in range(0, len(every), PART):
        records, rng = every[start : start + PART], np.random.default_rng(start)
        captions = [normalise_caption(text) for r in records for text in r.captions]

        def rows(count: int, rng: np.random.Generator = rng) -> np.ndarray:
            made = rng.standard_normal((count, width), dtype=np.float32)
            return made / np.linalg.norm(made, axis=1, keepdims=True)

        def places(count: int, rng: np.random.Generator = rng) -> np.ndarray:
            return rng.uniform(0, 10, (count, 6)).astype(np.float32)

        yield Part(
            records,
            rows(len(records)),
            [rng.bytes(THUMBNAIL) for _ in records],
            places(len(records)),
            captions,
            rows(len(captions)),
            places(len(captions)),
            contents=[bytes.fromhex(r.picture.digest()) for r in records],
        )


def embed_alone(data: Path, model: Path) -> None:
    """All that ten pictures and their captions need but an index."""
    checkpoint = open_checkpoint(model)
    dataset = load_dataset(data)
    bare_seconds(dataset, checkpoint)
    captions = [text for r in dataset.records for text in r.captions]
    embed_texts(checkpoint.text_tower(), checkpoint.tokenizer(), captions, keep_tokens=False)


def timed(line: list[str]) -> dict[str, float]:
    """Seconds of a whole process, and those in which it had a core."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    program = [sys.executable, "-m", *line]
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"s": time.monotonic() - start, "core_s": busy}


def grow(folder: Path, n: int, model: Path) -> dict[str, Any]:
    """One size."""
    data, out, few = folder / "data", folder / "index", folder / "new"
    draw_set(data, 0, n)
    write_index(out, data, "data", parts(data, open_checkpoint(model)), open_checkpoint(model))
    index = ["cmpagl", "index", "--data", str(data), "--out", str(out), "--checkpoint", str(model)]
    timed(index)  # what reranking is worth here is measured once
    draw_set(few, n, n + NEW)
    draw_set(data, n, n + NEW)
    grown, nothing = timed(index), timed(index)
    alone = timed(["benchmarks.grow_speed", "--only", str(few), "--checkpoint", str(model)])
    return {
        "n": n,
        "ten_new": grown,
        "nothing_new": nothing,
        "embedding_ten_alone": alone,
        "beside_embedding": {name: grown[name] - alone[name] for name in grown},
    }


def main() -> None:
    """Grow an index of each size, print it, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 100_000])
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint())
    parser.add_argument("--folder", type=Path, help="where, instead of a temporary folder")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        embed_alone(args.only, args.checkpoint)
        return
    rows = []
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        for n in args.sizes:
            rows.append(grow(Path(name) / str(n), n, args.checkpoint))
            print(json.dumps(rows[-1], indent=2), flush=True)
            shutil.rmtree(Path(name) / str(n))
    if args.json:
        write_json(args.json, {"rows": rows, "new": NEW})


if __name__ == "__main__":
    main()
