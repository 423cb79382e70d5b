r"""How an index of 1,000 to 1,000,000 scenes is made, opened and searched, beside NumPy and FAISS.

    python -m benchmarks.scale [--sizes 1000 10000 100000 1000000] [--json docs/results/scale.json]

Scenes are made up: vectors are mixtures of the checkpoint's bank pictures with noise, so they lie
in clusters and answer sentences as pictures do; everything else is what an index really holds (a
thumbnail, names, digests, a map place, two columns, every tenth scene a caption), written by the
functions that `index` uses. Each size is made in a process of its own and searched in another, so
that memory is that of a search. Figures:

- building: vectors on disk to a whole index, the bank's statistics and the approximate index
  included; embedding is not;
- opening: from the start of the process (imports included) to the first answer of the page;
- a text: the page's whole answer for a new sentence, both columns; and the library's part of it
  without the page (encode, search, both rankings); then the same with another alpha (the slider),
  and with a filter that leaves 2 % of the scenes;
- recall: of an exact search's first 60 scenes, before and after reranking;
- beside: NumPy's product with all vectors, FAISS flat float16, FAISS IVF with a byte a number, for
  the same products in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.index_speed import peak_megabytes
from benchmarks.made_index import Part, write_index
from cmpagl.cli.paths import default_checkpoint
from cmpagl.data.dataset import ImageRecord
from cmpagl.files import write_json
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PART = 20_000  # scenes made at once
TOP = 60
THINGS = ("planes", "ships", "houses", "storage tanks", "cars", "trees", "tennis courts", "bridges")
PLACES = ("beside a river", "near the sea", "in a desert", "at a terminal", "along a road")
THUMBNAIL = 1024  # bytes; of a real scene some thousand


def sentences(n: int) -> list[str]:
    """Different queries."""
    numbers = ("two", "many", "some", "white", "large", "small", "parked", "old")
    every = [f"{a} {b} {c}" for c in PLACES for a in numbers for b in THINGS]
    return every[:: max(1, len(every) // n)][:n]


def parts(checkpoint: Checkpoint, n: int, root: Path) -> Iterator[Part]:
    """Clustered scenes, some thousand at a time."""
    bank = checkpoint.bank()
    images, texts = bank.image_embeds.numpy(), bank.text_embeds.numpy()
    for start in range(0, n, PART):
        rng = np.random.default_rng(start)
        count = min(PART, n - start)

        def mixed(of: np.ndarray, count: int, rng: np.random.Generator = rng) -> np.ndarray:
            weight = rng.uniform(0.5, 1, (count, 1)).astype(np.float32)
            one, other = (of[rng.integers(len(of), size=count)] for _ in range(2))
            noise = rng.standard_normal((count, of.shape[1]), dtype=np.float32)
            rows = weight * one + (1 - weight) * other + 0.03 * noise
            return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

        numbers = range(start, start + count)
        said = [f"made up scene number {i}" for i in numbers if i % 10 == 0]
        records = [
            ImageRecord(
                f"part{start // PART:03d}/scene_{i:07d}.jpg",
                root / f"part{start // PART:03d}" / f"scene_{i:07d}.jpg",
                (f"made up scene number {i}",) if i % 10 == 0 else (),
                f"class {i % 45}",
                columns=(("batch", i % 50), ("taken", f"20{10 + i % 15}-06-{1 + i % 28:02d}")),
            )
            for i in numbers
        ]
        yield Part(
            records,
            mixed(images, count),
            [rng.bytes(THUMBNAIL) for _ in numbers],
            rng.uniform(0, 10, (count, 6)).astype(np.float32),
            said,
            mixed(texts, len(said)),
            rng.uniform(0, 10, (len(said), 6)).astype(np.float32),
        )


def build(folder: Path, n: int, checkpoint: Checkpoint) -> dict[str, Any]:
    """Make one index."""
    start = time.monotonic()
    write_index(folder / "index", folder, "made", parts(checkpoint, n, folder), checkpoint)
    seconds = time.monotonic() - start
    tables = {
        name: sum(f.stat().st_size for f in (folder / "index" / f"{name}.lance").rglob("*.*"))
        for name in ("scenes", "captions")
    }
    indices = folder / "index" / "scenes.lance" / "_indices"
    index = sum(f.stat().st_size for f in indices.rglob("*") if f.is_file())
    return {
        "build_s": seconds,
        "bytes_a_scene_beside_thumbnail": sum(tables.values()) / n - THUMBNAIL,
        "of_which_approximate_index": index / n,
        "build_peak_mb": peak_megabytes(os.getpid()),
    }


def spread(times: list[float]) -> dict[str, float]:
    """Milliseconds."""
    return {f"p{q}": float(np.percentile(times, q) * 1e3) for q in (50, 95)}


def timed(each: Callable[[Any], Any], asked: list[Any]) -> tuple[dict[str, float], list[Any]]:
    """How long each call takes, and what it gives."""
    times, found = [], []
    for one in asked:
        start = time.perf_counter()
        found.append(each(one))
        times.append(time.perf_counter() - start)
    return spread(times), found


def search(folder: Path, checkpoint: Path, queries: int) -> dict[str, Any]:
    """Open one index as the page does, and ask it; the products that were searched go to a file."""
    from dataclasses import replace

    from app.explorer.explorer import Explorer, Source
    from app.search.service import answer
    from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR

    born = started()
    explorer = Explorer(Source(checkpoint, folder / "index"))
    explorer.start()
    status = explorer.wait()
    assert status.phase == "ready", status.sentence
    answer(explorer, {})
    opened_s = time.time() - born
    retriever = explorer.opened().retriever
    gallery, tuned = retriever.gallery, retriever.ranking_config
    texts = sentences(2 * queries + 2)
    ask, page_texts = texts[:queries], texts[queries : 2 * queries]
    answer(explorer, {"q": texts[-1]})  # what is read once

    def plain(text: str) -> Any:
        query = retriever.query_text(text)
        items = retriever.candidates(query)
        return query, [
            retriever.ranking(query, s, candidates=items) for s in (ALIGNED, ALIGNED_SMR)
        ]

    smr = tuned.bank_only.t2i.smr
    slid = replace(tuned, bank_only=tuned.bank_only.changed(alpha=1.3 * smr.alpha + 0.1))

    def slider(query: Any) -> Any:
        items = retriever.candidates(query, ranking_config=slid)
        return retriever.ranking(query, ALIGNED_SMR, ranking_config=slid, candidates=items)

    where = gallery.read_where("batch = 7")

    def filtered(query: Any) -> Any:
        items = retriever.candidates(query, where=where)
        return [retriever.ranking(query, s, candidates=items) for s in (ALIGNED, ALIGNED_SMR)]

    result: dict[str, Any] = {"opened_s": opened_s, "mode": gallery.reach.mode}
    result["text_ms"], answers = timed(plain, ask)
    asked = [query for query, _ in answers]
    result["slider_ms"], moved = timed(slider, asked)
    result["filter_2_percent_ms"], left = timed(filtered, asked)
    result["page_text_ms"], _ = timed(lambda text: answer(explorer, {"q": text}), page_texts)
    result["page_slider_ms"], _ = timed(
        lambda text: answer(explorer, {"q": text, "alpha": "1.35"}), page_texts
    )
    result["recall_told"] = gallery.reach.recall
    result["search_peak_mb"] = peak_megabytes(os.getpid())
    width = gallery.image_vectors.shape[1] if gallery.engine is None else 0
    products = [
        [retriever.product(query, s, c).vector for query in asked]
        for s, c in ((ALIGNED, tuned), (ALIGNED_SMR, tuned), (ALIGNED_SMR, slid))
    ]
    found = [
        [r.items[:TOP] for r in one]
        for one in ([a[1][0] for a in answers], [a[1][1] for a in answers], moved)
    ]
    np.savez(
        folder / "asked.npz",
        products=np.array(products, np.float32),
        found=np.array(found, np.int64),
        left=np.array([one[0].items[:TOP] for one in left], np.int64),
        width=width,
    )
    return result


def started() -> float:
    """When this process began, in seconds since 1970."""
    ticks = float(Path("/proc/self/stat").read_text("utf-8").rsplit(")", 1)[1].split()[19])
    up = float(Path("/proc/uptime").read_text("utf-8").split()[0])
    return time.time() - (up - ticks / os.sysconf("SC_CLK_TCK"))


def beside(folder: Path) -> dict[str, Any]:
    """The same products by NumPy and FAISS over the same vectors; and recall of what was found."""
    import faiss

    from cmpagl.store.gallery import open_gallery

    gallery = open_gallery(folder / "index", mode="candidates")
    vectors = np.ascontiguousarray(gallery.image_vectors)
    n, width = vectors.shape
    asked = np.load(folder / "asked.npz")
    products, found = asked["products"], asked["found"]
    flat = products.reshape(-1, width)

    def best(scores: np.ndarray) -> np.ndarray:
        top = np.argpartition(-scores, min(TOP, n) - 1)[:TOP]
        return top[np.argsort(-scores[top])]

    result: dict[str, Any] = {}
    result["numpy_exact_ms"], exact = timed(lambda q: best(vectors @ q), list(flat))
    kinds = ("aligned", "reranked", "slider")
    for kind, mine, theirs in zip(kinds, found, np.split(np.array(exact), len(kinds)), strict=True):
        result[f"recall_{kind}"] = recall(mine, theirs)
    batch = np.arange(n) % 50 == 7
    wanted = []
    for query in products[0]:
        scores = np.where(batch, vectors @ query, -np.inf)
        wanted.append(best(scores))
    kept = min(TOP, int(batch.sum()))
    result["recall_filtered"] = recall(asked["left"][:, :kept], np.array(wanted)[:, :kept])
    kind = faiss.METRIC_INNER_PRODUCT
    flat_half = faiss.IndexScalarQuantizer(width, faiss.ScalarQuantizer.QT_fp16, kind)
    flat_half.add(vectors)
    result["faiss_flat_float16_ms"], got = timed(
        lambda q: flat_half.search(q[None], TOP)[1][0], list(flat)
    )
    result["faiss_flat_float16_recall"] = recall(np.array(got), np.array(exact))
    flat_half.reset()
    lists = max(1, round(n**0.5))
    coarse = faiss.IndexFlatIP(width)
    ivf = faiss.IndexIVFScalarQuantizer(coarse, width, lists, faiss.ScalarQuantizer.QT_8bit, kind)
    start = time.monotonic()
    drawn = np.random.default_rng(0).permutation(n)[: 64 * lists]
    ivf.train(vectors[np.sort(drawn)])
    ivf.add(vectors)
    result["faiss_ivf_build_s"] = time.monotonic() - start
    ivf.nprobe = min(lists, 64)
    result["faiss_ivf_ms"], got = timed(lambda q: ivf.search(q[None], TOP)[1][0], list(flat))
    result["faiss_ivf_recall"] = recall(np.array(got), np.array(exact))
    return result


def recall(found: np.ndarray, wanted: np.ndarray) -> float:
    """The mean share of each row of ``wanted`` that its row of ``found`` has."""
    return float(np.mean([np.isin(w, f).mean() for f, w in zip(found, wanted, strict=True)]))


def slopes(rows: list[dict[str, Any]]) -> dict[str, float]:
    """How each cost grows with n: the exponent of a power law, fitted over logarithms."""
    found = {}
    for name in rows[0]:
        values = [row[name]["p50"] if isinstance(row[name], dict) else row[name] for row in rows]
        costs = name.endswith(("_s", "_ms", "_mb"))
        if costs and len(rows) > 1:
            logs = np.log([row["n"] for row in rows]), np.log(values)
            found[name] = float(np.polyfit(*logs, 1)[0])
    return found


def main() -> None:
    """Make, search and compare each size, print it, and write all as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/cmpagl-scale"))
    parser.add_argument("--keep", action="store_true", help="leave the largest index there")
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint())
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only:
        what, folder = args.only[0], Path(args.only[1])
        if what == "build":
            said = build(folder, args.sizes[0], open_checkpoint(args.checkpoint))
        else:
            say = search if what == "search" else None
            said = say(folder, args.checkpoint, args.queries) if say else beside(folder)
        (folder / f"{what}.json").write_text(json.dumps(said))
        return
    rows = []
    for n in args.sizes:
        folder = args.folder / str(n)
        shutil.rmtree(folder, ignore_errors=True)
        free = shutil.disk_usage(folder.parent if folder.parent.is_dir() else "/tmp").free
        if free < n * (THUMBNAIL + 6000):
            sys.exit(f"{n:,} scenes need {n * 7e-6:.0f} GB, {free / 1e9:.0f} GB are free")
        folder.mkdir(parents=True)
        row: dict[str, Any] = {"n": n}
        for what in ("build", "search", "beside"):
            own = ["--sizes", str(n), "--queries", str(args.queries)]
            own += ["--checkpoint", str(args.checkpoint), "--only", what, str(folder)]
            subprocess.run([sys.executable, "-m", "benchmarks.scale", *own], check=True)
            row |= json.loads((folder / f"{what}.json").read_text())
        rows.append(row)
        print(json.dumps(row, indent=2), flush=True)
        if not args.keep or n != max(args.sizes):
            shutil.rmtree(folder)
        found = {"rows": rows, "exponents": slopes(rows), "queries": args.queries}
        found["cpus"] = len(os.sched_getaffinity(0))
        if args.json:
            write_json(args.json, found)
    print(json.dumps(found["exponents"], indent=2))


if __name__ == "__main__":
    main()
