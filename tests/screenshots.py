"""Take the README's pictures: every view of the real app, wide in light and dark, and on a phone.

What opens over a view is taken in light alone. Views of two models show the shipped one beside its
own form with one view of each picture, which takes a minute to index.

``make screenshots`` runs it; ``python tests/screenshots.py [VIEW ...]`` takes some of them again,
where Chromium is on PATH or named by CHROMIUM.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from browser import REPOSITORY, launched, running_app, visit, watched_tab
from find_chromium import find_chromium
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from cmpagl.__main__ import main as cmpagl

OUT = REPOSITORY / "docs" / "screenshots"
MAX_BYTES = 150_000  # of one picture

SIZES = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}

QUERY = "round white storage tanks beside a road"
BY_TWO = {"before": "aligned_smr", "after": "aligned_smr@2"}
VIEWS: dict[str, tuple[dict[str, str], str]] = {
    # A view's link, and what is to be seen once it is drawn.
    "start": ({}, ".mosaic-scene"),
    "search": ({"q": QUERY}, ".column[data-side=after] .card"),
    "why": ({"q": QUERY}, ".column[data-side=after] .card"),  # and a click on the second result
    "look": ({"tab": "look", "q": QUERY, "look": "place"}, ".look-canvas"),
    "score": ({"tab": "look", "q": QUERY}, ".look-word"),
    "space": ({"tab": "space", "q": QUERY}, "[aria-label^='Select all of']"),
    "errors": ({"tab": "errors"}, ".errors-whole"),
    "about": ({"tab": "about"}, "#explorer-tab-about, .about"),
    "judge": ({"q": QUERY}, ".column[data-side=after] .card"),  # and what a button opens over it
    "adding": ({"q": QUERY}, ".column[data-side=after] .card"),
    "models-search": ({"q": QUERY, **BY_TWO}, ".column[data-side=after] .card"),
    "models-space": ({"tab": "space", "q": QUERY, **BY_TWO}, "[aria-label^='Select all of']"),
    "models-errors": ({"tab": "errors", **BY_TWO}, ".errors-whole"),
}
OPENED = {"judge": "Judge", "adding": "Add pictures"}
ONCE = ("light",)  # the only size of these
OF_TWO = tuple(name for name, (params, _) in VIEWS.items() if BY_TWO.items() <= params.items())
SHIPPED = REPOSITORY / "checkpoints" / "cmpagl-small"
GALLERY = REPOSITORY / "assets" / "gallery"

# Fonts and every picture in sight are there, and drawn.
SETTLED = """async () => {
    await document.fonts.ready;
    const inSight = [...document.images].filter((image) => {
        const box = image.getBoundingClientRect();
        const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
        return document.elementsFromPoint(x, y).includes(image); // lazy ones may wait elsewhere
    });
    await Promise.all(inSight.map((image) => image.decode().catch(() => null)));
    for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
}"""


def take(page: Page, name: str) -> bytes:
    """Open a view and give what shows, as PNG."""
    params, drawn = VIEWS[name]
    visit(page, "?" + urlencode(params))
    expect(page.locator(drawn).first).to_be_visible()
    if params.get("tab") == "space":  # of each map, drawn last
        expect(page.get_by_text("The query, about here")).to_have_count(1 + (name in OF_TWO))
    if name == "why":
        page.locator(".column[data-side=after] .card").nth(1).click()
        expect(page.get_by_role("heading", name="Why it moved")).to_be_visible()
        expect(page.get_by_text("Checking how much")).to_have_count(0)
    if name in OPENED:
        page.get_by_role("button", name=OPENED[name], exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate(SETTLED)
    return page.screenshot(animations="disabled", caret="hide")


def compact(png: bytes) -> bytes:
    """The picture as WebP, as good as fits."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in (88, 80, 70, 60, 50):
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= MAX_BYTES:
            break
    return buffer.getvalue()


def take_all(browser: Browser, url: str, names: Sequence[str]) -> None:
    """Write some views in every size, and print how large the files are."""
    for size, context in SIZES.items():
        for name in names:
            if name in OPENED and size not in ONCE:
                continue
            with watched_tab(browser, url, **context) as page:
                content = compact(take(page, name))
            (OUT / f"{name}-{size}.webp").write_bytes(content)
            print(f"{name}-{size}.webp  {len(content) / 1000:.0f} kB", flush=True)


def two_models(data: Path) -> list[str | Path]:
    """What the app is started with for two models, once a copy of the gallery has both."""
    models, index = [f"{SHIPPED}", f"{SHIPPED}#views=1"], data / "index"
    shutil.copytree(GALLERY, data)
    made = cmpagl(["index", "--data", f"{data}", "--out", f"{index}", "--checkpoint", models[1]])
    assert made == 0, "the second model's vectors were not made"
    return ["--index", index, "--checkpoint", models[0], "--checkpoint", models[1]]


def main(names: Sequence[str]) -> int:
    """Take them all, or those of some views; print their sizes."""
    unknown = [name for name in names if name not in VIEWS]
    if unknown:
        print(f"No view is called {unknown[0]}; there are: {', '.join(VIEWS)}.", file=sys.stderr)
        return 2
    chromium = find_chromium()
    if chromium is None:
        print("No Chromium was found: run 'make screenshots'.", file=sys.stderr)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, launched(chromium) as browser:
        one = [name for name in names or VIEWS if name not in OF_TWO]
        if one:
            with running_app(Path(folder) / "one.txt") as url:
                take_all(browser, url, one)
        two = [name for name in names or VIEWS if name in OF_TWO]
        if two:
            with running_app(Path(folder) / "two.txt", *two_models(Path(folder) / "drawn")) as url:
                take_all(browser, url, two)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
