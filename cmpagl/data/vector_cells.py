"""Products with a vector a pixel, pooled to cells: TESSERA's tiles, rasters such as AlphaEarth's.

    global_0.1_degree_representation/2024/grid_X_Y/grid_X_Y.npy          int8 (rows, columns, 128)
    global_0.1_degree_representation/2024/grid_X_Y/grid_X_Y_scales.npy   float32 (rows, columns)
    global_0.1_degree_tiff_all/grid_X_Y.tiff                             where the tile lies

is how geotessera keeps a tile: its values are the bytes times the scale of their place, which is no
number where there is nothing. AlphaEarth's rasters are 8,192 pixels a side with 64 bands of signed
bytes, -128 where nothing was seen; a value is the square of byte / 127.5, with its sign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmpagl.errors import DataError

__all__ = ["Cells", "cells_of_raster", "cells_of_tile"]

FloatArray = NDArray[np.float32]
Window = tuple[int, int, int, int]
"""Top, left, height, width."""

AT_ONCE = 1024  # pixels a side that are read at once; a block of AlphaEarth's files
UNSEEN = -128  # in AlphaEarth's bytes
PLACES = "global_0.1_degree_tiff_all"  # beside TESSERA's tiles: rasters that say where they lie


@dataclass(frozen=True)
class Cells:
    """The mean vector of each cell, zero where no place has one; named by row and column."""

    names: list[str]
    embeds: FloatArray  # (n, E)
    corners: NDArray[np.float64] | None  # (n, 4, 2) longitude and latitude; None: not known


def cells_of_tile(path: Path, embeds: NDArray[Any], cell: int) -> Cells:
    """A tile (rows, columns, E) as TESSERA keeps it, with scales and place where these lie beside.

    Args:
        path: of the tile.
        embeds: its content.
        cell: places a side that are pooled.

    Raises:
        DataError: the scales are not those of the tile.
    """
    beside = path.with_name(f"{path.stem}_scales.npy")
    scale = np.load(beside, allow_pickle=False) if beside.is_file() else None
    if scale is not None and scale.shape[:2] != embeds.shape[:2]:
        raise DataError(
            f"{beside} has scales of {scale.shape[:2]} places, but {path.name} has vectors of "
            f"{embeds.shape[:2]}; fetch both again."
        )

    def read(window: Window) -> FloatArray:
        top, left, height, width = window
        part = np.s_[top : top + height, left : left + width]
        rows = np.asarray(embeds[part], np.float32)
        if scale is not None:
            own = np.where(np.isfinite(scale[part]), scale[part], np.nan).astype(np.float32)
            rows = rows * (own if own.ndim == 3 else own[..., None])
        return rows

    height, width, channels = embeds.shape
    places = (up / PLACES / f"{path.stem}.tiff" for up in path.resolve().parents[:4])
    where = next((one for one in places if one.is_file()), None)
    corners = None
    if where is not None:
        import rasterio

        with rasterio.open(where) as raster:
            if (raster.height, raster.width) == (height, width):
                corners = _corners(raster, cell)
    return _pooled((height, width, channels), cell, read, corners)


def cells_of_raster(path: Path, cell: int) -> Cells:
    """A raster of E bands, signed bytes being AlphaEarth's.

    Raises:
        DataError: it is no raster that can be read.
    """
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.windows import Window as Part

    try:
        with rasterio.open(path) as source:
            step = _step(cell)
            eight_bits, unseen = source.dtypes[0] == "int8", source.nodata
            if eight_bits and unseen is None:
                unseen = UNSEEN

            @lru_cache(maxsize=1)  # so that no block of a file is read for each of its cells
            def part(top: int, left: int) -> NDArray[Any]:
                height, width = min(step, source.height - top), min(step, source.width - left)
                found: NDArray[Any] = source.read(window=Part(left, top, width, height))
                return found

            def read(window: Window) -> FloatArray:
                top, left, height, width = window
                down, right = top % step, left % step
                content = part(top - down, left - right)
                content = content[:, down : down + height, right : right + width]
                rows = np.moveaxis(content, 0, 2).astype(np.float32)
                if unseen is not None:
                    rows[(rows == unseen).any(axis=2)] = np.nan
                if eight_bits:
                    rows = np.sign(rows) * (rows / 127.5) ** 2
                return np.asarray(rows, np.float32)

            size = source.height, source.width, source.count
            return _pooled(size, cell, read, _corners(source, cell))
    except RasterioError as error:
        raise DataError(f"{path} is no raster that can be read ({error}).") from error


def _pooled(
    size: tuple[int, int, int],
    cell: int,
    read: Callable[[Window], FloatArray],
    corners: NDArray[np.float64] | None,
) -> Cells:
    """Read cell by cell, those of one part of a file after the other, and take the means."""
    height, width, channels = size
    rows, columns, step = -(-height // cell), -(-width // cell), _step(cell)
    means = np.zeros((rows, columns, channels), np.float32)
    parts = product(range(0, height, step), range(0, width, step))
    for top, left in ((t + y, x) for t, x in parts for y in range(0, min(step, height - t), cell)):
        for at in range(left, min(left + step, width), cell):
            window = (top, at, min(cell, height - top), min(cell, width - at))
            own = read(window).reshape(-1, channels)
            known = np.isfinite(own).all(axis=1)
            if known.any():
                means[top // cell, at // cell] = own[known].mean(axis=0)
    names = [f"{row * cell}_{column * cell}" for row in range(rows) for column in range(columns)]
    return Cells(names, means.reshape(-1, channels), corners)


def _step(cell: int) -> int:
    """Pixels a side of a part of a file: whole cells."""
    return cell * max(1, AT_ONCE // cell)


def _corners(raster: Any, cell: int) -> NDArray[np.float64] | None:  # noqa: ANN401 - rasterio's
    """Where the cells of a raster lie, in the order of their names; None where nothing says so."""
    from rasterio.errors import RasterioError
    from rasterio.warp import transform

    if raster.crs is None:
        return None
    rows = np.array([*range(0, raster.height, cell), raster.height])
    columns = np.array([*range(0, raster.width, cell), raster.width])
    a, b, c, d, e, f = raster.transform[:6]
    x, y = (m.ravel() for m in np.meshgrid(columns, rows))
    xs, ys = a * x + b * y + c, d * x + e * y + f
    try:
        nodes = np.stack(transform(raster.crs, "EPSG:4326", xs, ys), axis=-1)
    except RasterioError:  # no way to longitude and latitude
        return None
    nodes = nodes.reshape(len(rows), len(columns), 2)
    around = (nodes[:-1, :-1], nodes[:-1, 1:], nodes[1:, 1:], nodes[1:, :-1])
    return np.stack(around, axis=2).reshape(-1, 4, 2)
