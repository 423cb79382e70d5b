"""Take README's picture of a GeoTIFF that was searched: its own commands, then the page's map.

``make screenshots`` runs it. The GeoTIFF is made of the drawn scenes that ship, laid side by side
at a place of our choosing: it shows nowhere on Earth.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio
from browser import REPOSITORY, launched, running_app, visit, watched_tab
from find_chromium import find_chromium
from PIL import Image
from playwright.sync_api import expect
from rasterio.transform import from_origin
from screenshots import SETTLED, compact

from cmpagl.__main__ import main as command

OUT = REPOSITORY / "docs" / "geotiff-to-qgis.webp"
QUERY = "a pond between fields"
ACROSS, DOWN, SIDE = 8, 5, 256  # scenes, and pixels of one
METRES = 200 / SIDE  # a pixel: a scene is as wide as a chip of 200 m


def write_mosaic(path: Path) -> None:
    """Drawn scenes in rows, each another kind than its neighbours, as a GeoTIFF."""
    scenes = sorted((REPOSITORY / "assets" / "gallery" / "images").glob("*.webp"))
    order = np.random.default_rng(5).permutation(len(scenes))[: ACROSS * DOWN]
    rows = []
    for row in range(DOWN):
        own = [scenes[n] for n in order[row * ACROSS : (row + 1) * ACROSS]]
        tiles = [np.asarray(Image.open(one).convert("RGB").resize((SIDE, SIDE))) for one in own]
        rows.append(np.concatenate(tiles, axis=1))
    values = np.moveaxis(np.concatenate(rows), 2, 0)
    place = {"crs": "EPSG:32613", "transform": from_origin(500_000, 4_400_000, METRES, METRES)}
    count, height, width = values.shape
    size = {"count": count, "height": height, "width": width, "dtype": "uint8"}
    with rasterio.open(path, "w", driver="GTiff", photometric="RGB", **size, **place) as out:
        out.write(values)


def main() -> int:
    """Run the commands, open the page on the index, take its map."""
    chromium = find_chromium()
    if chromium is None:
        print("No Chromium was found: run 'make screenshots'.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_mosaic(Path("scene.tif"))
        for line in (
            ["index", "--data", "scene.tif", "--chip", "200m", "--out", "scene-index"],
            [
                "search",
                "--index",
                "scene-index",
                "--geojson",
                "ponds.geojson",
                "--top",
                "50",
                QUERY,
            ],
        ):
            if code := command(line):
                return code
        look = {"viewport": {"width": 1280, "height": 760}, "color_scheme": "light"}
        with (
            running_app(Path(folder) / "log.txt", "--index", Path(folder) / "scene-index") as url,
            launched(chromium) as browser,
            watched_tab(browser, url, **look) as page,
        ):
            visit(page, f"?tab=earth&q={QUERY.replace(' ', '+')}")
            expect(page.locator(".earth-answer").nth(10)).to_be_visible()
            page.wait_for_function(
                "() => document.querySelector('.earth-figure')?.data?.length"
                " && document.querySelector('.earth-figure')._fullLayout.map._subplot.map.loaded()"
            )
            page.evaluate(SETTLED)
            content = compact(page.screenshot(animations="disabled", caret="hide"))
    OUT.write_bytes(content)
    print(f"{OUT.name}  {len(content) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
