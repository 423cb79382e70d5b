r"""A raster of 30,000 x 30,000 pixels of 16 bits as chips: memory, and time for each chip.

    python -m benchmarks.big_raster [--chips 400] [--json docs/results/big_raster.json]

The raster is made up: one band, a cloud-optimized GeoTIFF of 1.8 GB without compression. It is
deleted at the end. A process of its own opens the checkpoint and embeds one small picture; what it
takes beyond that is the raster's: cutting it into chips, reading some of them from all over it, and
indexing these by the functions that ``index`` uses. Peaks are of the resident size.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from PIL import Image
from rasterio.transform import from_origin
from rasterio.windows import Window

from benchmarks.index_speed import peak_megabytes
from cmpagl.cli.paths import default_checkpoint
from cmpagl.data.chips import Chips
from cmpagl.data.dataset import load_dataset
from cmpagl.files import write_json
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.store.build import grow_index

STRIP = 1000  # rows written at once
CHIP = 256


def write_raster(path: Path, side: int) -> None:
    """Fields and roofs in 16 bits, no strip like the next, as a COG."""
    random = np.random.default_rng(7)
    fields = random.integers(300, 3000, (8, side // 60 + 1)).astype(np.uint16)
    plain = path.with_suffix(".plain.tif")
    shape = {"count": 1, "width": side, "height": side, "dtype": "uint16"}
    place = {"crs": "EPSG:32613", "transform": from_origin(500_000, 4_400_000, 0.5, 0.5)}
    tiled = {"tiled": True, "blockxsize": 512, "blockysize": 512, "BIGTIFF": "IF_SAFER"}
    with rasterio.open(plain, "w", driver="GTiff", **shape, **place, **tiled) as out:
        for row in range(0, side, STRIP):
            rows = min(STRIP, side - row)
            random.shuffle(fields, axis=1)
            values = np.kron(fields, np.ones((-(-rows // 8), 60), np.uint16))[:rows, :side]
            values += random.integers(0, 200, values.shape, np.uint16)
            out.write(values, 1, window=Window(0, row, side, rows))
    rasterio.shutil.copy(plain, path, driver="COG", compress="NONE", blocksize=512)
    plain.unlink()


def measure(raster: Path, n: int) -> dict[str, Any]:
    """Of this process: what it takes with the model alone, and with the raster."""
    folder = raster.parent
    checkpoint = open_checkpoint(default_checkpoint())
    (folder / "small").mkdir()
    Image.effect_noise((CHIP, CHIP), 60).save(folder / "small" / "one.png")
    small = load_dataset(folder / "small")
    grow_index(small, checkpoint, folder / "small-index", with_map=False)
    peaks = {"model": peak_megabytes(os.getpid())}
    began = time.perf_counter()
    dataset = load_dataset(raster, chips=Chips(CHIP))
    cut = time.perf_counter() - began
    peaks["cut"] = peak_megabytes(os.getpid())
    every = len(dataset.records)
    spread = np.linspace(0, every - 1, min(n, every)).astype(int)
    dataset = replace(dataset, records=tuple(dataset.records[i] for i in spread))
    began = time.perf_counter()
    for record in dataset.records:
        record.picture.read()
    read = time.perf_counter() - began
    began = time.perf_counter()
    grow_index(dataset, checkpoint, folder / "index", with_map=False)
    indexed = time.perf_counter() - began
    peaks["indexed"] = peak_megabytes(os.getpid())
    return {
        "bytes": raster.stat().st_size,
        "chips": every,
        "measured": len(dataset.records),
        "seconds_to_cut": cut,
        "ms_a_chip_read": 1000 * read / len(spread),
        "ms_a_chip_indexed": 1000 * indexed / len(spread),
        "peak_megabytes": peaks,
    }


def main() -> None:
    """Make the raster, measure in a process of its own, print and perhaps keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=30_000)
    parser.add_argument("--chips", type=int, default=400)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only-measure", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only_measure:
        print(json.dumps(measure(args.only_measure, args.chips)))
        return
    with tempfile.TemporaryDirectory() as folder:
        raster = Path(folder) / "big.tif"
        write_raster(raster, args.side)
        line = [sys.executable, "-m", "benchmarks.big_raster", "--only-measure", str(raster)]
        line += ["--chips", str(args.chips)]
        ran = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True)
    found = {"side": args.side, **json.loads(ran.stdout.splitlines()[-1])}
    print(json.dumps(found, indent=2))
    if args.json:
        write_json(args.json, found)


if __name__ == "__main__":
    main()
