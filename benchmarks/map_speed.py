"""Does the map stay fluid at 10,000 points? Beside it the shipped gallery, in one run.

    python -m benchmarks.map_speed [--scenes 2000] [--captions 8000] [--rounds 5] [--json FILE]
        [--beside CHECKOUT]

Real parts only: ``python app.py`` on each gallery, a real Chromium (named by CHROMIUM, or on PATH)
without a GPU, and its pointer and keys. With --beside, the app of
another checkout is measured in turn with this one, round by round, so that both meet the same
machine. Of each gallery:

- drawn: from the click on the tab to the first frame with all points;
- answered: from that click until a key press names a point, in words that a screen reader speaks;
- hover: from a move of the pointer onto a point to the card beside it;
- pan, wheel, lasso: milliseconds between frames while the pointer does that;
- selected: from the end of a lasso around everything to the frame in which the selection stands.

"First" is the first visit after the start, when nothing of the gallery has been read for the map;
"later" are visits of others to the same app. The large gallery repeats the shipped one's scenes and
captions, each embedding and place with a little noise, so its names, files and sizes are usual
ones; how its points lie is not, and nothing here depends on it.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.made_index import Part, write_index
from benchmarks.page_speed import GALLERY, app_command, served
from cmpagl.cli.paths import default_checkpoint
from cmpagl.data.dataset import normalise_caption
from cmpagl.files import write_json
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.store.gallery import Gallery, open_gallery
from tests.find_chromium import find_chromium

VIEWPORT = {"width": 1400, "height": 900}
PATIENCE = 120_000  # milliseconds

# Times of what a person sees, taken inside the page: `watch.since` is the click on the tab.
WATCH = """() => {
  const watch = (window.watch = { frames: [] });
  const tiny = document.createElement("canvas");
  [tiny.width, tiny.height] = [32, 32];
  const ink = tiny.getContext("2d", { willReadFrequently: true });
  const drawn = () => {
    const canvas = document.querySelector(".map-dots, .map-canvas"); // the latter before e5c666f
    if (!canvas?.offsetParent || !canvas.width) return false;
    ink.clearRect(0, 0, 32, 32);
    ink.drawImage(canvas, 0, 0, 32, 32);
    return ink.getImageData(0, 0, 32, 32).data.some((value, i, all) => value !== all[i % 4]);
  };
  const said = () => [...document.querySelectorAll("[aria-live=polite]")]
    .some((node) => /^(Picture|Caption)\\b/.test(node.textContent));
  const shown = (selector) => {
    const node = document.querySelector(selector);
    return Boolean(node && node.offsetParent);
  };
  const tests = {
    drawn, answered: said, hover: () => shown(".map-card:not([hidden])"),
    selected: () => shown(".map-picked h3"),
  };
  watch.wait = (name) => {
    delete watch[name];
    const look = () => {
      if (!tests[name]()) return requestAnimationFrame(look);
      // The frame after the one in which it came about is the one that is seen.
      requestAnimationFrame((now) => { watch[name] = now - watch.since; });
    };
    look();
  };
  let last = 0;
  watch.count = () => {
    watch.frames = [];
    watch.counting = true;
    last = 0;
    const frame = (now) => {
      if (last) watch.frames.push(now - last);
      last = now;
      if (watch.counting) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  };
  const mark = (event) => { if (watch.from === event.type) watch.since = event.timeStamp; };
  for (const kind of ["pointerdown", "pointermove", "pointerup"]) {
    addEventListener(kind, mark, true);
  }
}"""


def large_gallery(shipped: Gallery, checkpoint: Checkpoint, n: int, d: int, out: Path) -> None:
    """Write an index of n scenes and d distinct captions: the shipped one's, again and again."""
    rng = np.random.default_rng(0)
    scenes, captions = _rows(len(shipped), n), _rows(len(shipped.distinct_captions), d)
    shares = np.array_split(captions, n)
    texts = iter(f"{shipped.distinct_captions[row]} , take {i}" for i, row in enumerate(captions))
    records = [
        replace(
            shipped.records[row],
            image_id=f"{i:05d}_{shipped.records[row].image_id}",
            captions=tuple(next(texts) for _ in share),
        )
        for i, (row, share) in enumerate(zip(scenes.tolist(), shares, strict=True))
    ]
    embeds = []
    for values, rows in ((shipped.image_embeds, scenes), (shipped.caption_embeds, captions)):
        noisy = values[rows] + rng.normal(0, 0.02, (len(rows), values.shape[1])).astype(np.float32)
        embeds.append(noisy / np.linalg.norm(noisy, axis=1, keepdims=True))
    part = Part(
        records=records,
        image_embeds=embeds[0],
        thumbnails=[shipped.thumbnail(row) for row in scenes.tolist()],
        image_places=_places(shipped, "images", scenes, rng),
        captions=[normalise_caption(text) for record in records for text in record.captions],
        caption_embeds=embeds[1],
        caption_places=_places(shipped, "captions", captions, rng),
    )
    write_index(out, shipped.root, "large", [part], checkpoint)


def _places(shipped: Gallery, kind: str, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Where the shipped gallery's points lie on its maps, with a little noise: (n, 6)."""
    maps = shipped.map
    assert maps is not None
    assert maps.centred is not None
    views = [getattr(view, kind) for view in (maps.aligned, maps.centred, maps.raw)]
    noise = [0.01 * np.ptp(xy, axis=0).max() for xy in views]
    return np.concatenate(
        [xy[rows] + rng.normal(0, n, (len(rows), 2)) for xy, n in zip(views, noise, strict=True)],
        axis=1,
    ).astype(np.float32)


def _rows(there: int, wanted: int) -> np.ndarray:
    """All numbers below ``there``, over and over, until there are ``wanted``."""
    return np.arange(wanted) % there


@contextmanager
def _tab(browser: Browser, url: str) -> Iterator[Page]:
    """A visitor of its own on Search, the model ready, and the watch running."""
    context = browser.new_context(viewport=VIEWPORT, base_url=url)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto("/", wait_until="commit")
    expect(page.locator(".mosaic-scene").first).to_be_visible(timeout=PATIENCE)
    page.evaluate(WATCH)
    try:
        yield page
    finally:
        context.close()


def _seen(page: Page, name: str) -> float:
    """Milliseconds until it was seen, once it is."""
    page.wait_for_function(f"() => window.watch.{name} !== undefined", polling=20)
    return float(page.evaluate(f"window.watch.{name}"))


def _expect(page: Page, name: str, kind: str) -> None:
    page.evaluate(f"window.watch.from = {kind!r}; window.watch.wait({name!r})")


def opened(page: Page) -> dict[str, float]:
    """Click the tab, then press an arrow key until it is answered."""
    _expect(page, "drawn", "pointerdown")
    page.get_by_role("tab", name=re.compile("^(Space|Map)$")).click()
    drawn = _seen(page, "drawn")
    page.evaluate("window.watch.from = ''; window.watch.wait('answered')")
    stage = page.get_by_role("application", name=re.compile("^Map of"))
    stage.focus()
    while page.evaluate("window.watch.answered === undefined"):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(20)
    return {"drawn": drawn, "answered": _seen(page, "answered")}


def hovered(page: Page) -> float:
    """Move onto the point that the keys are on, and away again."""
    page.keyboard.press("Escape")
    box = _stage_box(page)
    _expect(page, "hover", "pointermove")
    # Rows across the middle: whichever point is first met shows its card.
    for y in np.linspace(0.35, 0.65, 7):
        for x in np.linspace(0.3, 0.7, 41):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
            if page.evaluate("Boolean(document.querySelector('.map-card:not([hidden])'))"):
                return _seen(page, "hover")
    raise RuntimeError("no point was met in the middle of the map")


def frames(page: Page, act: Callable[[], None]) -> list[float]:
    """Milliseconds between the frames while something is done."""
    page.evaluate("window.watch.count()")
    act()
    page.evaluate("window.watch.counting = false")
    return [float(value) for value in page.evaluate("window.watch.frames")]


def _stage_box(page: Page) -> Any:
    return page.get_by_role("application", name=re.compile("^Map of")).bounding_box()


def pan(page: Page) -> None:
    """Drag to and fro."""
    box = _stage_box(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for dx, dy in ((200, 60), (-200, -60), (150, -120), (0, 0)):
        page.mouse.move(x + dx, y + dy, steps=20)
    page.mouse.up()


def wheel(page: Page) -> None:
    """Turn the wheel in and out again."""
    box = _stage_box(page)
    page.mouse.move(box["x"] + 0.45 * box["width"], box["y"] + 0.5 * box["height"])
    for turn in (-60,) * 30 + (60,) * 30:
        page.mouse.wheel(0, turn)


def lasso(page: Page) -> None:
    """Draw a line around everything, and hold it."""
    box = _stage_box(page)
    left, top = box["x"] + 12, box["y"] + 12
    right, bottom = box["x"] + box["width"] - 60, box["y"] + box["height"] - 12
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=20)


@dataclass
class Taken:
    """What was measured of one app so far, in milliseconds."""

    visits: list[dict[str, float]] = field(default_factory=list)
    hover: list[float] = field(default_factory=list)
    selected: list[float] = field(default_factory=list)
    frames: dict[str, list[float]] = field(
        default_factory=lambda: {"pan": [], "wheel": [], "lasso": []}
    )

    def visit(self, browser: Browser, url: str) -> None:
        """A visitor opens the tab."""
        with _tab(browser, url) as page:
            self.visits.append(opened(page))

    def use(self, browser: Browser, url: str) -> None:
        """A visitor uses the map, once warm."""
        with _tab(browser, url) as page:
            opened(page)
            everything = page.get_by_role("button", name=re.compile("^Select all of"))
            expect(everything.first).to_be_visible()
            for warm in (False, True):
                page.get_by_role("button", name="Move", exact=True).click()
                hover = hovered(page)
                spent = {
                    "pan": frames(page, lambda: pan(page)),
                    "wheel": frames(page, lambda: wheel(page)),
                }
                page.get_by_role("button", name="Show everything").click()
                page.get_by_role("button", name="Lasso", exact=True).click()
                spent["lasso"] = frames(page, lambda: lasso(page))
                _expect(page, "selected", "pointerup")
                page.mouse.up()
                selected = _seen(page, "selected")
                page.get_by_role("button", name="Clear", exact=True).click()
                if not warm:
                    continue
                self.hover.append(hover)
                self.selected.append(selected)
                for name, times in spent.items():
                    self.frames[name] += times


def measured(browser: Browser, urls: Sequence[str], rounds: int) -> list[dict[str, Any]]:
    """Everything of running apps, one after the other in each round."""
    taken = [Taken() for _ in urls]
    for _ in range(1 + rounds):
        for one, url in zip(taken, urls, strict=True):
            one.visit(browser, url)
    for _ in range(rounds):
        for one, url in zip(taken, urls, strict=True):
            one.use(browser, url)
    return [_figures(one) for one in taken]


def _figures(taken: Taken) -> dict[str, Any]:
    """Medians and quantiles."""
    visits, hover, selected, spent = taken.visits, taken.hover, taken.selected, taken.frames
    return {
        "first_ms": visits[0],
        "later_ms": {
            name: float(np.median([visit[name] for visit in visits[1:]])) for name in visits[0]
        },
        "hover_ms": float(np.median(hover)),
        "selected_ms": float(np.median(selected)),
        "frames_ms": {
            name: dict(zip(("p50", "p95"), np.quantile(times, (0.5, 0.95)).tolist(), strict=True))
            for name, times in spent.items()
        },
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    """Both galleries as lines of text, milliseconds."""
    names = list(results)
    lines = [f"{'milliseconds':34}" + "".join(f"{name:>24}" for name in names)]

    def row(label: str, pick: Callable[[dict[str, Any]], str]) -> None:
        lines.append(f"{label:34}" + "".join(f"{pick(results[name]):>24}" for name in names))

    for visit in ("first", "later"):
        for part in ("drawn", "answered"):
            row(f"{visit} visit, {part}", lambda r, v=visit, p=part: f"{r[f'{v}_ms'][p]:.0f}")
    row("hover to card", lambda r: f"{r['hover_ms']:.0f}")
    row("lasso to selection", lambda r: f"{r['selected_ms']:.0f}")
    for part in ("pan", "wheel", "lasso"):
        row(
            f"frame while {part}: p50, p95",
            lambda r, p=part: "{p50:.1f}, {p95:.1f}".format(**r["frames_ms"][p]),
        )
    return "\n".join(lines)


def main() -> None:
    """Measure both galleries, print them, and write them as JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=2_000)
    parser.add_argument("--captions", type=int, default=8_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT")
    args = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        parser.error("no Chromium was found: name one with CHROMIUM=PATH")
    checkpoint = open_checkpoint(default_checkpoint())
    shipped = open_gallery(GALLERY, checkpoint)
    results = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        large = Path(folder) / "index"
        large_gallery(shipped, checkpoint, args.scenes, args.captions, large)
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"],
        )
        for port, index in ((7981, GALLERY), (7983, large)):
            gallery = open_gallery(index)
            points = len(gallery) + len(gallery.distinct_captions)
            with ExitStack() as apps:
                urls = []
                for k, checkout in enumerate([Path("."), *([args.beside] if args.beside else [])]):
                    command = app_command(port + k, "--index", str(index))
                    command[1] = str(checkout.resolve() / command[1])
                    apps.enter_context(served(command, port + k))
                    urls.append(f"http://127.0.0.1:{port + k}")
                found = measured(browser, urls, args.rounds)
            for figures, name in zip(found, ("", ", beside"), strict=False):
                results[f"{points:,} points{name}"] = {"points": points, **figures}
        browser.close()
    print(table(results))
    if args.json:
        write_json(args.json, results)


if __name__ == "__main__":
    main()
