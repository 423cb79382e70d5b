"""Rasters that know where they lie, drawn for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from PIL import Image, ImageDraw
from rasterio.transform import from_origin

CRS = "EPSG:32613"  # UTM 13 north: Colorado
ORIGIN, METRES = (500_000.0, 4_400_000.0), 2.0


def write_terrain(path: Path, width: int = 400, height: int = 300, seed: int = 3) -> Path:
    """A 16-bit GeoTIFF with fields, ponds and houses, no two places alike; 2 m a pixel."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), (90, 140, 70))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = random.integers(0, width), random.integers(0, height)
        colour = tuple(int(c) for c in random.integers(30, 240, 3))
        side = int(random.integers(12, 50))
        shape = draw.ellipse if random.random() < 0.4 else draw.rectangle
        shape((x, y, x + side, y + side // 2), fill=colour)
    values = np.moveaxis(np.asarray(image), 2, 0).astype(np.uint16) * 37
    values += random.integers(0, 200, values.shape).astype(np.uint16)
    place = {"crs": CRS, "transform": from_origin(*ORIGIN, METRES, METRES)}
    size = {"count": 3, "height": height, "width": width, "dtype": "uint16"}
    with rasterio.open(path, "w", driver="GTiff", photometric="RGB", **size, **place) as out:
        out.write(values)
    return path
