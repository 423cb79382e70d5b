"""How quick is the page? Each figure beside the least that it could be, in one run.

    python -m benchmarks.page_speed [--checkpoint DIR] [--scenes 10000] [--queries 40] [--json FILE]
    python -m benchmarks.page_speed --beside CHECKOUT [--rounds 5] [--queries 40] [--json FILE]

With --beside, start, first answer and warm query of another checkout are measured in turn with this
one, round by round, each on its own gallery with its own model, so that both meet the same machine.

- start: from the process to its first page, beside a Gradio page with one line of text;
- first answer: from the process to the first ranked answer of the shipped gallery;
- warm query: a text of its own each time, through the page's public endpoint, beside the model
  alone (words to a vector, one product with the gallery);
- peak memory of that process, in which a picture is looked up as well;
- rerank: one query's row at ``--scenes`` scenes by SMR, beside the same row in aligned order.

The large gallery has smooth random pictures, the smallest image tower with random weights and the
shipped text tower: what is timed depends on the number of scenes, not on what they show.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.index_speed import MEMORY_MODEL, draw_pictures, peak_megabytes
from cmpagl.cli.paths import default_checkpoint
from cmpagl.data.dataset import load_dataset
from cmpagl.files import write_json
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.model.saving import save_checkpoint
from cmpagl.model.towers import CMPAGL
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, Stage
from cmpagl.search.retriever import Retriever
from cmpagl.store.build import grow_index
from cmpagl.store.gallery import open_gallery

ROOT = Path(__file__).resolve().parent.parent
GALLERY = ROOT / "assets" / "gallery" / "index"
HELLO = """
import sys
import gradio as gr
with gr.Blocks() as demo:
    gr.Markdown("one line")
demo.launch(server_port=int(sys.argv[1]), quiet=True)
"""
COLOURS = ("white", "red", "blue", "green", "grey", "brown", "dark", "yellow")
THINGS = ("planes", "boats", "houses", "tanks", "trees", "courts", "cars", "fields")
PLACES = ("beside a terminal", "across the river", "near a road", "on bare soil", "in a harbor")


def queries(count: int) -> list[str]:
    """Sentences that differ, so that no answer is kept from an earlier one."""
    rng = np.random.default_rng(0)
    grid = [f"{c} {t} {p}" for c in COLOURS for t in THINGS for p in PLACES]
    return [str(text) for text in rng.permutation(grid)[:count]]


@contextmanager
def served(command: list[str], port: int) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A page in a process of its own, and the seconds from its start to its first answer."""
    started = time.monotonic()
    quiet = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
                    page.read()
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError("the page ended before it answered") from None
                time.sleep(0.02)
        yield process, time.monotonic() - started
    finally:
        process.terminate()
        process.wait(30)


def app_figures(root: Path, port: int, count: int) -> dict[str, Any]:
    """Start, first answer and warm queries of a checkout's app, opened as a person opens it."""
    from gradio_client import Client

    command = [sys.executable, str(root / "app.py"), "--port", str(port)]
    started = time.monotonic()
    with served(command, port) as (process, start):
        client = Client(f"http://127.0.0.1:{port}", verbose=False)
        texts = queries(count + 1)
        first = first_answer_s(client, texts[0], started)
        times = seconds_each(lambda text: client.predict(text, api_name="/search_text"), texts[1:])
        memory = peak_megabytes(process.pid)
    return {
        "first_page_s": start,
        "first_answer_s": first,
        "warm_query": times,
        "peak_memory_mb": memory,
    }


def seconds_each(ask: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """How long each text takes, asked one after the other."""
    times = []
    for text in texts:
        began = time.monotonic()
        ask(text)
        times.append(time.monotonic() - began)
    return times


def first_answer_s(client: Any, text: str, started: float) -> float:
    """Seconds from the start until a query is answered."""
    while True:
        try:
            client.predict(text, api_name="/search_text")
            return time.monotonic() - started
        except Exception as error:
            if time.monotonic() - started > 120:
                raise RuntimeError("no answer in two minutes") from error
            time.sleep(0.1)


def beside(checkout: Path, rounds: int, count: int) -> dict[str, dict[str, Any]]:
    """Both checkouts in turn, first one and then the other: medians over the rounds."""
    roots = {"here": ROOT, "beside": checkout.resolve()}
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in roots}
    for turn in range(rounds):
        for k, name in enumerate(list(roots)[:: 1 if turn % 2 == 0 else -1]):
            taken[name].append(app_figures(roots[name], 7973 + 2 * turn + k, count))
            print(name, taken[name][-1]["first_page_s"], flush=True)
    return {
        name: {
            **{
                key: float(np.median([one[key] for one in found]))
                for key in ("first_page_s", "first_answer_s", "peak_memory_mb")
            },
            "warm_query": milliseconds([t for one in found for t in one["warm_query"]]),
        }
        for name, found in taken.items()
    }


def app_command(port: int, *flags: str) -> list[str]:
    """The app as a person starts it."""
    return [sys.executable, "app.py", "--port", str(port), *flags]


def milliseconds(times: list[float]) -> dict[str, float]:
    """Median and 90 % quantile."""
    p50, p90 = np.quantile(times, (0.5, 0.9)) * 1000
    return {"p50_ms": float(p50), "p90_ms": float(p90)}


def page_figures(checkpoint: Path, count: int) -> dict[str, Any]:
    """Start, first answer, warm queries and memory of the app on the shipped gallery."""
    from gradio_client import Client, handle_file

    with served([sys.executable, "-c", HELLO, "7971"], 7971) as (_, bare_start):
        pass
    command = app_command(7972, "--checkpoint", str(checkpoint))
    started = time.monotonic()
    with served(command, 7972) as (process, start):
        client = Client("http://127.0.0.1:7972", verbose=False)
        texts = queries(count + 1)
        first_answer = first_answer_s(client, texts[0], started)
        times = seconds_each(lambda text: client.predict(text, api_name="/search_text"), texts[1:])
        picture = next((ROOT / "assets" / "gallery" / "images").iterdir())
        client.predict(handle_file(picture), api_name="/search_image")
        memory = peak_megabytes(process.pid)
    opened = open_checkpoint(checkpoint)
    retriever = Retriever(open_gallery(GALLERY, opened), opened)
    retriever.load()
    retriever.query_text(texts[0])
    bare = seconds_each(retriever.query_text, texts[1:])
    return {
        "first_page_s": start,
        "bare_gradio_first_page_s": bare_start,
        "first_answer_s": first_answer,
        "warm_query": milliseconds(times),
        "model_alone": milliseconds(bare),
        "peak_memory_mb": memory,
    }


def large_gallery(shipped: Checkpoint, count: int, folder: Path) -> tuple[Path, Path]:
    """An index of ``count`` random pictures, and its checkpoint."""
    config = shipped.config
    small = replace(MEMORY_MODEL, text=config.text, embed_dim=config.embed_dim)
    model = CMPAGL(replace(small, ranking=config.ranking)).eval()
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((4000, config.embed_dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    bank = BankVectors(*[torch.from_numpy(vectors)] * 3)
    tokenizer = (shipped.folder / "tokenizer.json").read_bytes()
    made = save_checkpoint(
        folder / "model", model, bank, tokenizer, ranking=config.ranking, provenance={}
    )
    draw_pictures(folder / "pictures", count, 64)
    grow_index(load_dataset(folder / "pictures"), made, folder / "index", with_map=False)
    return folder / "index", folder / "model"


def rerank_figures(index: Path, checkpoint: Path, count: int) -> dict[str, Any]:
    """One query's row, in aligned order and by SMR, turn about."""
    opened = open_checkpoint(checkpoint)
    retriever = Retriever(open_gallery(index, opened), opened)
    times: dict[Stage, list[float]] = {ALIGNED: [], ALIGNED_SMR: []}
    for number, text in enumerate(queries(count)):
        query = retriever.query_text(text)
        for stage, found in times.items():
            began = time.monotonic()
            retriever.ranking(query, stage)
            if number:  # the first one warms up
                found.append(time.monotonic() - began)
    return {stage.name: milliseconds(found) for stage, found in times.items()}


def main() -> None:
    """Run all parts, print them, and write them as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint())
    parser.add_argument("--scenes", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    if args.beside:
        found = beside(args.beside, args.rounds, args.queries)
        print("\n".join(f"{name}: {figures}" for name, figures in found.items()))
        if args.json:
            write_json(args.json, found)
        return
    result: dict[str, Any] = {"page": page_figures(args.checkpoint.resolve(), args.queries)}
    print(result["page"], flush=True)
    with tempfile.TemporaryDirectory() as name:
        shipped = open_checkpoint(args.checkpoint)
        index, model = large_gallery(shipped, args.scenes, Path(name))
        result["rerank"] = {"scenes": args.scenes, **rerank_figures(index, model, args.queries)}
        print(result["rerank"], flush=True)
    if args.json:
        write_json(args.json, result)


if __name__ == "__main__":
    main()
