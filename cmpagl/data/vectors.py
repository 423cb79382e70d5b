"""Vectors that others have made, with the names of what they are of, read from a file.

Forms: parquet and GeoParquet (Clay's and Major TOM's tables among them), safetensors, npy; and with
a vector a pixel npy and rasters (`cmpagl.data.vector_cells`). What STAC's embedding fields
(``emb:``) say of model and width is read and held against the vectors.

Shapes: n vectors of width E.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmpagl.data.vector_cells import cells_of_raster, cells_of_tile
from cmpagl.data.wkb import corners_of_all, geometry_column
from cmpagl.errors import DataError

__all__ = ["Vectors", "read_vectors"]

FloatArray = NDArray[np.float32]

NAMES = (
    *(
        "id",
        "image_id",
        "unique_id",
        "chip_id",
        "chips_id",
        "tile_id",
        "item_id",
        "name",
        "filename",
        "path",
    ),
    *("source_url", "grid_cell", "text", "caption"),
)
"""Columns that say what a vector is of, the first that is there."""
TEXTS = ("text", "caption", "sentence", "query")
"""Columns of texts, where the vectors are theirs."""
COLUMNS = ("embedding", "embeddings", "vector", "vectors", "emb")
"""What a column or tensor of vectors is usually called."""
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
        path: ``.parquet``, ``.geoparquet``, ``.gpq``, ``.safetensors``, ``.npy``, ``.tif``.
        column: of the vectors, or the tensor's name; None: the usual ones, or the only one.
        names: the column that says what each is of; for npy and safetensors a file of them.
        cell: pixels a side that are pooled to one vector, where there is a vector a pixel.
        of_texts: whether the vectors are of texts, which are then their names.

    Raises:
        DataError: it is no such file, or two vectors are of the same thing.
    """
    ending, corners = path.suffix.lower(), None
    try:
        if ending in (".parquet", ".geoparquet", ".gpq"):
            found, embeds, model, corners = _parquet(path, column, names, of_texts)
        elif ending == ".safetensors":
            found, embeds, model = _safetensors(path, column, names)
        elif ending in (".npy", ".tif", ".tiff"):
            found, embeds, model, corners = _array(path, names, cell)
        else:
            raise DataError(
                f"{path} is of no form in which vectors are read; give parquet, safetensors, npy "
                "or a raster of bands."
            )
    except (OSError, ValueError, KeyError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} is damaged or no file of vectors ({error}).") from error
    return _checked(path, found, embeds, model, corners)


def _checked(
    path: Path,
    names: Sequence[str],
    embeds: NDArray[Any],
    model: str,
    corners: NDArray[np.float64] | None,
) -> Vectors:
    """Unit vectors with distinct names."""
    if embeds.ndim != 2 or not embeds.shape[1] or len(names) != len(embeds):
        raise DataError(
            f"{path} has {len(names):,} names and vectors of the shape {embeds.shape}; give one "
            "name for each vector."
        )
    rows = np.asarray(embeds, np.float32)
    length = np.linalg.norm(rows.astype(np.float64), axis=1)
    sound = np.isfinite(length) & (length > 0)
    if not sound.any():
        raise DataError(f"{path} holds no vector that is finite and not zero.")
    kept = tuple(str(name) for name, ok in zip(names, sound, strict=True) if ok)
    if len(set(kept)) < len(kept):
        twice = next(name for name in kept if kept.count(name) > 1)
        raise DataError(
            f"{path} has more than one vector of {twice!r}; name another column with --ids."
        )
    unit = (rows[sound] / length[sound, None]).astype(np.float32)
    return Vectors(
        kept, unit, model, int((~sound).sum()), None if corners is None else corners[sound]
    )


def _parquet(
    path: Path, column: str | None, names: str | None, of_texts: bool
) -> tuple[Sequence[str], NDArray[Any], str, NDArray[np.float64] | None]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except pa.ArrowException as error:
        raise DataError(f"{path} is no parquet table ({error}).") from error
    schema = file.schema_arrow
    lists = [f.name for f in schema if _is_vector(f.type)]
    column = _chosen(path, "vectors", column, lists, COLUMNS)
    there = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_integer(f.type)
             or pa.types.is_large_string(f.type)]  # fmt: skip
    usual = [name for name in (*(TEXTS if of_texts else ()), *NAMES) if name in there]
    if there or names is not None:
        names = _chosen(path, "names", names, there, usual or there[:1])
    said, place = _stac(schema.metadata or {}), geometry_column(schema)
    extra = [name for name in ("emb:model", "emb:dimensions") if name in schema.names]
    wanted = [column, *extra, *(one for one in (names, place) if one is not None)]
    table = file.read(columns=list(dict.fromkeys(wanted)))
    for name in extra:
        if len(table):
            said[name] = table.column(name)[0].as_py()
    values = table.column(column).combine_chunks()
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    flat = values.flatten().to_numpy(zero_copy_only=False)
    if values.null_count or len(table) == 0 or len(flat) % len(table):
        raise DataError(f"{path} has rows without a vector, or vectors of several widths.")
    embeds = flat.reshape(len(table), -1)
    width = said.get("emb:dimensions")
    if width is not None and int(width) != embeds.shape[1]:
        raise DataError(
            f"{path} says that its vectors have {width} numbers, but they have {embeds.shape[1]}."
        )
    corners = None if place is None else corners_of_all(table.column(place).to_pylist())
    if names is None:  # Clay's tables of WorldCover have vectors and places alone
        found = _numbers(len(table))
    else:
        found = [str(n) for n in table.column(names).to_pylist()]
    return found, embeds, str(said.get("emb:model", "")), corners


def _is_vector(kind: Any) -> bool:  # noqa: ANN401 (pyarrow's types are untyped)
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):  # tensors of one shape, as Clay's first tables have
        kind = kind.storage_type
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    if not any(one(kind) for one in lists):
        return False
    value = kind.value_type
    return bool(pa.types.is_floating(value) or pa.types.is_integer(value))


def _stac(metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    """What a table's own notes say: STAC's fields, flat or under ``emb``."""
    said: dict[str, Any] = {}
    for key, value in metadata.items():
        name = key.decode(errors="replace")
        if name.startswith("emb:"):
            said[name] = value.decode(errors="replace")
        elif name == "emb":
            try:
                inner = json.loads(value)
            except ValueError:
                continue
            said |= {f"emb:{k}": v for k, v in inner.items()} if isinstance(inner, dict) else {}
    model = said.get("emb:model")
    if isinstance(model, dict):  # described by its name
        said["emb:model"] = next(iter(model), "")
    return said


def _chosen(
    path: Path, what: str, asked: str | None, there: Sequence[str], usual: Sequence[str]
) -> str:
    """The column asked for, else the first usual one, else the only one."""
    if asked is not None and asked in there:
        return asked
    found = [name for name in usual if name in there]
    if asked is None and (found or len(there) == 1):
        return (found or list(there))[0]
    listed = ", ".join(there) or "none"
    raise DataError(f"{path}: which column has the {what}? Those that could be: {listed}.")


def _safetensors(
    path: Path, column: str | None, names: str | None
) -> tuple[Sequence[str], NDArray[Any], str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            there = [key for key in file.keys() if len(file.get_slice(key).get_shape()) == 2]  # noqa: SIM118
            embeds = file.get_tensor(_chosen(path, "vectors", column, there, COLUMNS))
            said: dict[str, str] = dict(file.metadata() or {})
    except SafetensorError as error:
        raise DataError(f"{path} is not a safetensors file ({error}).") from error
    found = _named(path, names, len(embeds), said.get("ids"))
    return found, embeds, said.get("emb:model", said.get("model", ""))


def _array(
    path: Path, names: str | None, cell: int
) -> tuple[Sequence[str], NDArray[Any], str, NDArray[np.float64] | None]:
    if path.suffix.lower() != ".npy":
        cells = cells_of_raster(path, cell)
    else:
        embeds = np.load(path, mmap_mode="r", allow_pickle=False)
        if embeds.ndim != 3:
            return _named(path, names, len(embeds), None), np.array(embeds), "", None
        cells = cells_of_tile(path, embeds, cell)
    return cells.names, cells.embeds, "", cells.corners


def _named(path: Path, names: str | None, n: int, kept: str | None) -> Sequence[str]:
    """Names from a file, from the note in the vectors' file, from a file beside it, or numbers."""
    beside = (path.with_suffix(end) for end in (".ids.txt", ".txt", ".json"))
    file = Path(names) if names else next((one for one in beside if one.is_file()), None)
    if file is None and kept is None:
        return _numbers(n)
    text = kept if file is None else file.read_text(encoding="utf-8")
    assert text is not None
    is_json = file is None or file.suffix == ".json"
    found = json.loads(text) if is_json else text.splitlines()
    if not isinstance(found, list):
        raise DataError(f"{file or path} holds no list of names.")
    return [str(name) for name in found]


def _numbers(n: int) -> list[str]:
    """Names for what has none: rows by their numbers."""
    width = len(str(max(0, n - 1)))
    return [f"{number:0{width}d}" for number in range(n)]
