"""How much faster are the array forms of reranking than the published loop form?

    python -m benchmarks.rerank_speed [--images 1093] [--json docs/results/rerank-speed.json]

Both directions of one similarity matrix (drawn, 5 captions an image, float32), loop and array in
one run, in processor time, which other work on the machine hardly changes (neither form uses a
second thread). The loop runs once, of the array form the median of several runs counts; nothing is
ready-made for it, so its time includes building the bank.

- ratio, galr, mtfn: the time of the same formula as a loop, and the share of rows in which both
  give the same top K in the same order (in float64, where no two scores are equal);
- every form also against the quickest published loop, MTFN's;
- live: one query at 10,000 items with a live bank of 4,000 queries that knows its soft extremes; by
  the clock on the wall.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.loop_rerank import loop_galr, loop_mtfn, loop_ratio
from cmpagl.config.ranking import SMRConfig
from cmpagl.files import write_json
from cmpagl.rank.bank import Bank
from cmpagl.rank.baselines import GALR, MTFN, PUBLISHED
from cmpagl.rank.reranker import Reranker
from cmpagl.rank.smr import SMR, rerank

REPEATS = 7

Loop = Callable[[np.ndarray], np.ndarray]


def drawn_embeddings(
    n_images: int, n_captions: int, width: int = 64, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of images and of captions near them, with a shared direction that makes hubs."""
    rng = np.random.default_rng(seed)
    images = rng.standard_normal((n_images, width)) + 0.5
    own = np.arange(n_captions) % n_images
    captions = images[own] + 1.5 * rng.standard_normal((n_captions, width))
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    captions /= np.linalg.norm(captions, axis=1, keepdims=True)
    return images, captions


def median_time(function: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    """Seconds of the median of ``repeats`` calls."""
    times = []
    for _ in range(repeats):
        start = clock()
        function()
        times.append(clock() - start)
    return float(np.median(times))


def both_directions(
    sims: np.ndarray, reranker: Reranker[Any], settings: SMRConfig | None = None
) -> list[np.ndarray]:
    """Reranked scores of image->text and text->image, each the other queries' own bank."""
    return [reranker.rerank(s, Bank.transductive(s), settings) for s in (sims, sims.T)]


def same_order(expected: np.ndarray, scores: np.ndarray, k: int) -> float:
    """Share of rows whose first k are the same items in the same order (``expected``: orders)."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float((order == expected[:, :k]).all(axis=1).mean())


def measure(n_images: int) -> list[dict[str, Any]]:
    """One row per form: seconds as arrays and as a loop, the factors, the agreement."""
    images, captions = drawn_embeddings(n_images, 5 * n_images)
    exact = images @ captions.T
    sims = exact.astype(np.float32)
    loops: dict[str, tuple[Reranker[Any], Any, Loop]] = {
        "mtfn": (MTFN, MTFN.settings, loop_mtfn),
        "galr": (GALR, GALR.settings, loop_galr),
        "ratio": (SMR, SMRConfig(form="ratio"), loop_ratio),
    }
    rows: list[dict[str, Any]] = []
    for name, (reranker, config, loop) in loops.items():
        start = time.process_time()
        expected = [loop(scores) for scores in (exact, exact.T)]
        loop_s = time.process_time() - start
        if reranker is not MTFN:  # which gives orders already
            expected = [np.argsort(-scores, axis=1, kind="stable") for scores in expected]
        pairs = zip(expected, both_directions(exact, reranker, config), strict=True)
        agreement = min(same_order(order, scores, config.top_k) for order, scores in pairs)
        rows.append({"form": name, "loop_s": loop_s, "same_top": agreement})
    others = {one.name: (one, one.settings, None) for one in PUBLISHED if one.name not in loops}
    smr = {form: (SMR, SMRConfig(form=form), None) for form in ("soft", "combined")}
    rows += [{"form": name, "loop_s": None, "same_top": None} for name in (*smr, *others)]
    for line, (one, config, _) in zip(rows, (loops | smr | others).values(), strict=True):
        line["array_s"] = median_time(
            lambda one=one, config=config: both_directions(sims, one, config),
            REPEATS,
            time.process_time,
        )
        line["factor"] = line["loop_s"] and line["loop_s"] / line["array_s"]
        line["factor_mtfn"] = rows[0]["loop_s"] / line["array_s"]
    return rows


def measure_live(n_items: int = 10_000, n_bank: int = 4_000) -> dict[str, float]:
    """Milliseconds of one query per form, and seconds to make its bank."""
    gallery, queries = drawn_embeddings(n_items, n_bank + 1, width=256)
    gallery, queries = gallery.astype(np.float32), queries.astype(np.float32)
    start = time.perf_counter()
    bank = Bank.from_embeddings(queries[1:], gallery)
    bank.soft_extreme(12.0)
    result = {"n_items": n_items, "n_bank": n_bank, "bank_s": round(time.perf_counter() - start, 3)}
    live = queries[:1] @ gallery.T
    for form in ("soft", "ratio", "combined"):
        config = SMRConfig(form=form)
        seconds = median_time(
            lambda config=config: rerank(live, bank, config), 20, time.perf_counter
        )
        result[f"{form}_ms"] = round(1000 * seconds, 3)
    return result


def main() -> None:
    """Measure, print the table, write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=int, default=1093, help="images; 5 captions each (1093)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    rows, live = measure(arguments.images), measure_live()
    print(f"{arguments.images} images x {5 * arguments.images} captions, both directions")
    columns = ("loop_s", "array_s", "factor", "factor_mtfn", "same_top")
    print("form".ljust(14) + "".join(name.rjust(13) for name in columns))
    for line in rows:
        cells = ["-" if line[name] is None else f"{line[name]:.4g}" for name in columns]
        print(line["form"].ljust(14) + "".join(cell.rjust(13) for cell in cells))
    print("one live query:", ", ".join(f"{name} {value}" for name, value in live.items()))
    if arguments.json:
        write_json(
            arguments.json,
            {"n_images": arguments.images, "numpy": np.__version__, "forms": rows, "live": live},
        )


if __name__ == "__main__":
    main()
