"""Find a Chromium that starts, for the browser tests; as a program, print its path.

Looked for in this order: the environment variable CHROMIUM, the usual names on PATH, the browser
that Playwright installed. With ``--install``, a missing one is installed first: by apt where that
is possible (root on Debian or Ubuntu), else by ``playwright install chromium``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def candidates() -> Iterator[str]:
    if named := os.environ.get("CHROMIUM"):
        yield named
    for name in NAMES:
        if path := shutil.which(name):
            yield path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def starts(path: str) -> bool:
    """Tell whether it runs at all: Ubuntu's `chromium-browser` may be a stub that asks for snap."""
    try:
        ran = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0 and "chrom" in ran.stdout.lower()


def find_chromium() -> str | None:
    return next((path for path in candidates() if starts(path)), None)


def install() -> None:
    """Try each way in turn; what they print goes to stderr, stdout is for the path."""
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # Without a font, pages render as boxes; the recommended packages would bring a desktop's.
        packages = ["chromium", "fonts-liberation"]
        for step in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
            subprocess.run([apt, *step], stdout=sys.stderr, env=quiet, check=False)
        if find_chromium():
            return
    playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
    subprocess.run(playwright, stdout=sys.stderr, check=False)


def main() -> int:
    path = find_chromium()
    if path is None and "--install" in sys.argv[1:]:
        install()
        path = find_chromium()
    if path is None:
        sentence = "No Chromium was found or installed: install one and name it with CHROMIUM=PATH."
        print(sentence, file=sys.stderr)
        return 2
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
