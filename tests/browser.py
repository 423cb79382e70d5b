"""The real page in a real browser: a small gallery, the app before it, and a watched tab.

The gallery holds hostile text in each place where a data set can have some; a test that opens any
view with it fails when it runs.
"""

from __future__ import annotations

import csv
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright
from starting import start
from tiny import THINGS, tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from cmpagl.data.dataset import load_dataset

REPOSITORY = Path(__file__).resolve().parent.parent

# How long something may take on a machine that is busy otherwise. Nothing sleeps for so long: each
# step goes on as soon as what it waits for is there.
PATIENCE = 120_000  # milliseconds
expect.set_options(timeout=PATIENCE)

HOSTILE = ("${alert(1)}", "{{7*7}}", "<img src=x onerror=alert(2)>", "<b>bold</b>")
HOSTILE_NAME = "<img src=x onerror=alert(3)>.png"
N_SCENES = 40

# No GPU is used: WebGL, which the map is drawn with, is done by the CPU. Pages of a visitor share a
# process, which keeps what it has compiled, and none is started in advance. The rest is Chromium's
# own business with other machines, which on a closed network it would only wait for.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--process-per-site",
    "--disable-features=SpareRendererForSitePerProcess",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
]


def small_gallery(folder: Path) -> tuple[Path, Path, Path]:
    """A data set of drawn scenes with classes, a tiny checkpoint, and the index of both."""
    data = tiny_dataset(folder / "drawn", N_SCENES)
    description = data / "dataset_fake.json"
    content = json.loads(description.read_text("utf-8"))
    images = content["images"]
    (data / "images" / images[3]["filename"]).rename(data / "images" / HOSTILE_NAME)
    images[3]["filename"] = HOSTILE_NAME
    images[3]["sentences"] = [{"raw": text} for text in HOSTILE]
    description.write_text(json.dumps(content), "utf-8")
    with open(data / "classes.csv", "w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(("filename", "class"))
        for image in images:
            words = image["sentences"][0]["raw"].split()
            thing = next((word for word in words if word in THINGS), HOSTILE[3])
            rows.writerow((image["filename"], thing))
    checkpoint = tiny_checkpoint(folder / "checkpoint")
    build_index(load_dataset(data), checkpoint, folder / "index")
    return folder / "index", folder / "checkpoint", data


@contextmanager
def running_app(
    log: Path,
    *arguments: str | Path,
    opened: bool = True,
    root: Path = REPOSITORY,
    language: str = "en",
) -> Iterator[str]:
    """Start ``python app.py`` as people do, on a free port; give its address once it is ready.

    A process of its own: nothing that a test leaves behind, a thread or a patch, can hold it up.

    Args:
        log: where it writes what it prints.
        arguments: of its command line.
        opened: wait until its gallery is open, not only until it listens.
        root: the checkout, or a copy of it.
        language: of the page.
    """
    # What one test opens is not offered to another.
    settings = {"XDG_CONFIG_HOME": str(log.parent / "settings")}
    environment = {**os.environ, **settings, "CMPAGL_LANGUAGE": language}
    log.touch()
    app = start(root, arguments, environment, log)
    url = ""
    try:
        url = _ready(app, log, opened)
        yield url
    finally:
        app.terminate()
        app.join(30)
        for left in _RESTING.pop(url, []):  # another app may listen at its address
            left.close()
        assert app.exitcode is not None, "the app has not ended"


def _ready(app: BaseProcess, log: Path, opened: bool) -> str:
    """Wait until the app has printed its address and, if need be, opened its gallery."""
    end = time.monotonic() + 3 * PATIENCE / 1000
    while time.monotonic() < end:
        said = log.read_text("utf-8", "replace")
        assert app.is_alive(), f"the app has ended:\n{said}"
        if told := re.search(r" is at (http://\S+)", said):
            if not opened:
                return told[1]
            try:
                with urllib.request.urlopen(told[1] + "scenes/0/thumbnail", timeout=30):
                    return told[1]
            except (urllib.error.URLError, TimeoutError):
                pass  # listening, its gallery not open yet
        time.sleep(0.2)
    raise AssertionError(
        f"the app is not ready after minutes:\n{log.read_text('utf-8', 'replace')}"
    )


@contextmanager
def launched(chromium: str) -> Iterator[Browser]:
    """A Chromium without a window."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        _RESTING.clear()
        running.close()


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something is so that no locator can wait for, such as what a canvas shows."""
    end = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        page.wait_for_timeout(50)


def visit(page: Page, path: str) -> None:
    """Go to an address; what must show there is waited for by who looks at it."""
    page.goto(path, wait_until="commit")


_RESTING: dict[str, list[BrowserContext]] = {}
"""Browsers of visitors who have left, by the address that they were at."""
_OF_A_PAGE = {"viewport", "color_scheme", "reduced_motion"}
_KEPT = "cookies,local_storage,indexeddb,cache_storage,service_workers,file_systems"


@contextmanager
def visitor(browser: Browser, url: str, **context: Any) -> Iterator[Page]:
    """The first page of a visitor who brings nothing along but, maybe, the page's scripts.

    Half of what a page takes is fetching and compiling scripts. So a browser whose visitor has
    left forgets all that was kept in it and is the next one's, unless that one's must differ by
    more than a page can say. A style sheet stays open in it: its process keeps what was compiled.
    """
    if not context.keys() <= _OF_A_PAGE:
        with browser.new_context(base_url=url, **context) as opened:
            yield opened.new_page()
        return
    resting = _RESTING.setdefault(url, [])
    if resting:
        opened = resting.pop()
    else:
        opened = browser.new_context(base_url=url)
        visit(opened.new_page(), "theme.css")
    stays = opened.pages[0]
    try:
        page = opened.new_page()
        forget = {"origin": url.rstrip("/"), "storageTypes": _KEPT}
        opened.new_cdp_session(page).send("Storage.clearDataForOrigin", forget)
        opened.clear_cookies()
        if size := context.pop("viewport", None):
            page.set_viewport_size(size)
        page.emulate_media(**context)
        yield page
    except BaseException:
        opened.close()
        raise
    for left in opened.pages:
        if left != stays:
            left.close()
    resting.append(opened)


@contextmanager
def watched_tab(browser: Browser, url: str, **context: object) -> Iterator[Page]:
    """A tab that fails at its end if the page logged an error, opened a dialog or left the host."""
    faults: list[str] = []
    owed: list[Request] = []

    def heard(message: object) -> None:
        if message.type == "error":
            faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def asked(request: Request) -> None:
        owed.append(request)
        if not request.url.startswith((url, "data:", "blob:")):
            faults.append(f"foreign request: {request.url}")

    def answered(request: Request) -> None:
        if request in owed:
            owed.remove(request)

    def dialog(opened_dialog: object) -> None:
        faults.append(f"dialog: {opened_dialog.message}")
        opened_dialog.dismiss()

    try:
        with visitor(browser, url, **context) as page:
            page.set_default_timeout(PATIENCE)
            page.on("console", heard)
            page.on("pageerror", lambda error: faults.append(f"exception: {error}"))
            page.on("request", asked)
            page.on("requestfinished", answered)
            page.on("requestfailed", answered)
            page.on("dialog", dialog)
            yield page
    finally:
        if owed:  # shown by pytest where a test failed
            print("requests without an answer:", *(request.url for request in owed))
    assert not faults, faults


@contextmanager
def tabs_at(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Give ``open_tab(path, **context)``, which opens watched tabs of visitors of their own."""
    with ExitStack() as stack:

        def open_tab(path: str = "", **context: object) -> Page:
            page = stack.enter_context(watched_tab(browser, url, **context))
            visit(page, path)
            return page

        yield open_tab


def as_written(caption: str) -> re.Pattern[str]:
    """A caption shown tidy as its data set may have it, with blanks before punctuation."""
    return re.compile(re.sub(r"(?<=\w)([.,;:!?])", r"\\s*[\1]", caption) + r"\s*")


def serious_violations(page: Page) -> list[tuple[str, list[object]]]:
    """What axe finds serious or critical on the page as it stands: each rule and where."""
    only = {"resultTypes": ["violations"]}  # where each rule holds, it would take longer to tell
    found = Axe().run(page, options=only).response["violations"]
    return [
        (violation["id"], [node["target"] for node in violation["nodes"]][:4])
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]
