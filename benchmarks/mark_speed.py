"""How long from a mark to the new column at 10,000 scenes?

    python -m benchmarks.mark_speed [--scenes 10000] [--marks 15] [--json FILE]

- page: in a real Chromium (named by CHROMIUM, or on PATH) without a GPU, before ``python app.py``:
  from the press of + to the frame in which the right column stands with it;
- answer: the same marks, one after the other, asked of Search in this process: what of it is
  ranking, without browser, network and Gradio.

The gallery repeats the shipped one's scenes with noise, as that of ``benchmarks.map_speed``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from app.explorer.explorer import Explorer, Source
from app.search.service import answer
from app.search.view import ranking
from benchmarks.map_speed import PATIENCE, large_gallery
from benchmarks.page_speed import GALLERY, app_command, milliseconds, served
from cmpagl.cli.paths import default_checkpoint
from cmpagl.files import write_json
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.store.gallery import open_gallery
from tests.find_chromium import find_chromium

QUERY = "many white planes beside a long terminal"
PORT = 7974
# Presses + on a card of the right column and waits for the frame in which the column has changed.
MARK = """(place) => new Promise((done) => {
  const column = () => document.querySelector(".column[data-side=after]");
  const before = column();
  const marks = new URLSearchParams(location.search).get("marks");
  const since = performance.now();
  before.querySelectorAll(".mark[data-mark=good]")[place].click();
  const look = () => {
    if (column() !== before && document.querySelectorAll(".bench-marks li").length
        === (marks ? marks.split(".").length : 0) + 1) {
      return requestAnimationFrame(() => done(performance.now() - since));
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


def page_times(index: Path, checkpoint: Path, marks: int) -> list[float]:
    """Seconds of each mark on the page; the first warms up."""
    command = app_command(PORT, "--index", str(index), "--checkpoint", str(checkpoint))
    with served(command, PORT), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.goto(f"http://127.0.0.1:{PORT}/?q={QUERY}")
        expect(_cards(page)).to_have_count(12, timeout=PATIENCE)
        times = []
        for _ in range(marks + 1):
            place = _cards(page).evaluate_all(
                "cards => cards.findIndex(card => card.parentElement.dataset.mark !== 'good')"
            )
            if place < 0:
                break
            times.append(page.evaluate(MARK, place) / 1000)
        browser.close()
    return times[1:]


def _cards(page: Page) -> Any:
    return page.locator(".column[data-side=after] .card")


def answer_times(index: Path, checkpoint: Path, marks: int) -> list[float]:
    """Seconds of Search's answer with one mark more each time."""
    explorer = Explorer(Source(checkpoint=checkpoint, index=index))
    explorer.start()
    explorer.wait()
    params, times = {"q": QUERY}, []
    for _ in range(marks + 1):
        started = time.perf_counter()
        told = ranking(answer(explorer, params))
        times.append(time.perf_counter() - started)
        free = [card for card in told["columns"][1]["cards"] if not card["mark"]]
        if not free:
            break
        mark = f"y{free[0]['version']}"
        params = {**params, "marks": ".".join(filter(None, [params.get("marks"), mark]))}
    return times[1:]


def main() -> None:
    """Measure, print, and write as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint())
    parser.add_argument("--scenes", type=int, default=10_000)
    parser.add_argument("--marks", type=int, default=15)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        index = Path(name) / "index"
        checkpoint = open_checkpoint(args.checkpoint)
        shipped = open_gallery(GALLERY, checkpoint)
        large_gallery(shipped, checkpoint, args.scenes, 4 * args.scenes, index)
        result = {
            "scenes": args.scenes,
            "answer": milliseconds(answer_times(index, args.checkpoint, args.marks)),
            "page": milliseconds(page_times(index, args.checkpoint.resolve(), args.marks)),
        }
    print(result)
    if args.json:
        write_json(args.json, result)


if __name__ == "__main__":
    main()
