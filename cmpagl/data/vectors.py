"""Vectors that others have made, with the names of what they are of, read from a file.

Forms: parquet and GeoParquet (Clay's and Major TOM's tables among them), safetensors, npy, npz; and
with a vector a pixel npy and rasters (`cmpagl.data.vector_cells`). What STAC's embedding fields
(``emb:``) say of model and width is read and held against the vectors.

Shapes: n vectors of width E.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmpagl.data.found_text import is_text
from cmpagl.data.vector_cells import cells_of_raster, cells_of_tile
from cmpagl.data.vector_names import NAMES, beside, kept_names, names_in, numbers, plain_names
from cmpagl.data.vector_table import COLUMNS, chosen, table_vectors
from cmpagl.errors import DataError

__all__ = ["Vectors", "read_vectors"]

FloatArray = NDArray[np.float32]

WIDEST = 16_384  # numbers of a vector: as many as of a model's
BURST, TIGHTEST = 1 << 28, 50
"""Bytes that an npz may unpack to whatever its own size, and how many times its size beyond."""
CELL = 32  # pixels a side of a cell, where there is a vector a pixel


@dataclass(frozen=True)
class Vectors:
    """Unit vectors ``(n, E)`` and what each is of."""

    names: tuple[str, ...]
    embeds: FloatArray
    model: str  # what made them, as far as the file says; else ""
    left_out: int = 0  # rows without a finite vector
    corners: NDArray[np.float64] | None = None
    """``(n, 4, 2)``: where on Earth each lies, longitude and latitude; NaN where not known."""
    numbered: bool = False  # the file names nothing: rows by their numbers


def read_vectors(
    path: Path,
    *,
    column: str | None = None,
    names: str | None = None,
    cell: int = CELL,
    of_texts: bool = False,
) -> Vectors:
    """Read a file of vectors.

    Args:
        path: ``.parquet``, ``.geoparquet``, ``.gpq``, ``.safetensors``, ``.npy``, ``.npz``,
            ``.tif``.
        column: of the vectors, or the tensor's name; None: the usual ones, or the only one.
        names: the column that says what each is of; for npy and safetensors a file of them.
        cell: pixels a side that are pooled to one vector, where there is a vector a pixel.
        of_texts: whether the vectors are of texts, which are then their names.

    Raises:
        DataError: it is no such file, or two vectors are of the same thing.
    """
    ending, corners, model = path.suffix.lower(), None, ""
    found: Sequence[str] | None
    try:
        if ending in (".parquet", ".geoparquet", ".gpq"):
            table = table_vectors(path, column, names, of_texts)
            found = None if table.numbered else table.names
            embeds, model, corners = table.embeds, table.model, table.corners
        elif ending == ".safetensors":
            found, embeds, model = _safetensors(path, column, names)
        elif ending == ".npz":
            found, embeds = _arrays(path, column, names)
        elif ending in (".npy", ".tif", ".tiff"):
            found, embeds, corners = _array(path, names, cell)
        else:
            raise DataError(
                f"{path} is of no form in which vectors are read; give parquet, safetensors, npy, "
                "npz or a raster of bands."
            )
    except DataError:
        raise
    except Exception as error:  # each form's library has kinds of its own
        said = str(error) or type(error).__name__
        raise DataError(f"{path} is damaged or no file of vectors ({said}).") from error
    return _checked(path, found, embeds, model, corners)


def _checked(
    path: Path,
    given: Sequence[str] | None,
    embeds: NDArray[Any],
    model: str,
    corners: NDArray[np.float64] | None,
) -> Vectors:
    """Unit vectors with distinct names."""
    names = given if given is not None else numbers(len(embeds) if embeds.ndim else 0)
    if embeds.ndim != 2 or not embeds.shape[1] or len(names) != len(embeds):
        raise DataError(
            f"{path} has {len(names):,} names and vectors of the shape {embeds.shape}; give one "
            "name for each vector."
        )
    if embeds.shape[1] > WIDEST:
        raise DataError(
            f"{path} has vectors of {embeds.shape[1]:,} numbers; {WIDEST:,} is the most."
        )
    if embeds.dtype.kind not in "fiub":
        raise DataError(f"{path} has vectors of {embeds.dtype}, but real numbers are needed.")
    with np.errstate(over="ignore"):  # what float32 cannot hold is left out below
        rows = np.asarray(embeds, np.float32)
    length = np.linalg.norm(rows.astype(np.float64), axis=1)
    sound = np.isfinite(length) & (length > 0)
    if not sound.any():
        raise DataError(f"{path} holds no vector that is finite and not zero.")
    kept = tuple(str(name) for name, ok in zip(names, sound, strict=True) if ok)
    if not all(is_text(name) and name.strip() for name in kept):
        raise DataError(
            f"{path} has a name that is empty or no text of whole characters; name them anew."
        )
    if len(set(kept)) < len(kept):
        twice = Counter(kept).most_common(1)[0][0]
        raise DataError(
            f"{path} has more than one vector of {twice!r}; name another column with --ids."
        )
    unit = (rows[sound] / length[sound, None]).astype(np.float32)
    left_out, lie = int((~sound).sum()), None if corners is None else corners[sound]
    return Vectors(kept, unit, model, left_out, lie, given is None)


def _safetensors(
    path: Path, column: str | None, names: str | None
) -> tuple[Sequence[str] | None, NDArray[Any], str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:  # NumPy has no bfloat16
            shapes = {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118
            there = [key for key, shape in shapes.items() if len(shape) == 2]
            own = chosen(path, "vectors", column, there, COLUMNS)
            embeds = file.get_tensor(own).float().numpy()
            said: dict[str, str] = dict(file.metadata() or {})
            rows = [key for key in NAMES if len(shapes.get(key, ())) == 1]
            ids = file.get_tensor(rows[0]).tolist() if rows else None
    except SafetensorError as error:
        raise DataError(f"{path} is not a safetensors file ({error}).") from error
    found = _named(path, names, said.get("ids"))
    if found is None and ids is not None:
        found = plain_names(ids, path)
    return found, embeds, said.get("emb:model", said.get("model", ""))


def _array(
    path: Path, names: str | None, cell: int
) -> tuple[Sequence[str] | None, NDArray[Any], NDArray[np.float64] | None]:
    if path.suffix.lower() != ".npy":
        cells = cells_of_raster(path, cell)
    else:
        embeds = np.load(path, mmap_mode="r", allow_pickle=False)
        if (more := path.stat().st_size - embeds.offset - embeds.nbytes) > 0:
            raise DataError(
                f"{path} has {more:,} bytes more than its header says; write the array anew."
            )
        if embeds.ndim == 3 and 1 in embeds.shape[:2]:  # a vector each, in a batch of one
            embeds = embeds.reshape(-1, embeds.shape[2])
        if embeds.ndim != 3:
            return _named(path, names, None), np.array(embeds), None
        cells = cells_of_tile(path, embeds, cell)
    return cells.names, cells.embeds, cells.corners


def _arrays(
    path: Path, column: str | None, names: str | None
) -> tuple[Sequence[str] | None, NDArray[Any]]:
    """Several arrays in a file: of vectors, and of what they are of."""
    with zipfile.ZipFile(path) as packed:
        size = sum(one.file_size for one in packed.infolist())
    if size > max(BURST, TIGHTEST * path.stat().st_size):  # numbers of a model hardly pack
        raise DataError(
            f"{path} would unpack to {size / 1e9:.1f} GB, more than {TIGHTEST} times its size, as "
            "no vectors do; write them anew."
        )
    with np.load(path, allow_pickle=False) as file:
        there = [key for key in file.files if file[key].ndim == 2]
        embeds: NDArray[Any] = file[chosen(path, "vectors", column, there, COLUMNS)]
        ids = [key for key in NAMES if key in file.files and file[key].ndim == 1]
        found: Sequence[str] | None = _named(path, names, None)
        if found is None and ids:
            found = plain_names(file[ids[0]].tolist(), path)
    return found, embeds


def _named(path: Path, names: str | None, kept: str | None) -> list[str] | None:
    """Names from a file, from the note in the vectors' file, or from a file beside it; or none."""
    file = Path(names) if names else None if kept is not None else beside(path)
    if file is not None:
        return names_in(file)
    return None if kept is None else kept_names(kept)
