"""Rows of a store: made with their digests, and checked against them.

Shapes: n rows, E embedding width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cmpagl.errors import GalleryError
from cmpagl.store.digest import Digests, bytes_digest, digest_column, digest_rows
from cmpagl.store.schema import EXTRA

__all__ = [
    "CAPTION_COLUMNS",
    "SAID_COLUMNS",
    "SCENE_COLUMNS",
    "check_columns",
    "check_places",
    "check_rows",
    "check_vectors",
    "floats",
    "list_array",
    "map_digests",
    "resealed",
    "sealed",
    "vector_rows",
]

SCENE_COLUMNS = (
    *("image_id", "data_set", "class_name", "picture", "content_digest", "captions"),
    *("caption_keys", "width", "height", "vector_digest", "thumbnail_digest"),
)
"""What the digest of a scene's row covers, in order; tokens' digest comes last where they are."""

CAPTION_COLUMNS = ("key", "text", "vector_digest")

SAID_COLUMNS = ("columns", "footprint", "crs")
"""What `columns_digest` covers; an index of an earlier version has none of these."""


def vector_rows(
    embeds: npt.NDArray[np.float32], soft_extremes: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """``[g, -L, 0...]``: embeddings (n, E) and soft extremes (n, 2) as (n, E + EXTRA)."""
    rows = np.zeros((len(embeds), embeds.shape[1] + EXTRA), np.float32)
    rows[:, : embeds.shape[1]] = embeds
    rows[:, embeds.shape[1] : embeds.shape[1] + 2] = -soft_extremes
    return rows


def sealed(columns: dict[str, Any], schema: pa.Schema) -> pa.Table:
    """A table of rows with the digests that are theirs.

    Args:
        columns: everything but digests; ``vector`` and ``map`` as (n, k) arrays, where ``map`` may
            be None, and thumbnails and tokens as bytes.
        schema: of the table.
    """
    arrays: dict[str, pa.Array] = {}
    for field in schema:
        value = columns.get(field.name)
        if field.name in ("vector", "map") and value is not None:
            arrays[field.name] = list_array(value, field.type)
        elif value is not None:
            arrays[field.name] = pa.array(value, field.type)
    key = digest_column(arrays[schema.names[0]])
    n = len(key)
    arrays["vector_digest"] = _numbers(digest_rows(key, digest_column(arrays["vector"])))
    if "map" in arrays:
        arrays["map_digest"] = _numbers(map_digests(key, arrays["map"]))
    if "columns_digest" in schema.names:
        said = [arrays.get(name, pa.nulls(n, schema.field(name).type)) for name in SAID_COLUMNS]
        arrays["columns_digest"] = _numbers(digest_rows(key, *map(digest_column, said)))
    if "thumbnail" in columns:
        found = [bytes_digest(content) for content in columns["thumbnail"]]
        arrays["thumbnail_digest"] = pa.array(found, pa.binary(16))
    if "token_values" in arrays:
        pairs = zip(columns["token_values"], columns["token_scales"], strict=True)
        arrays["tokens_digest"] = pa.array([bytes_digest(a + b) for a, b in pairs], pa.binary(16))
    arrays["digest"] = _numbers(_digests(arrays))
    return pa.table([arrays.get(f.name, pa.nulls(n, f.type)) for f in schema], schema=schema)


def resealed(
    table: pa.Table, key: Digests, vectors: npt.NDArray[np.float32], schema: pa.Schema
) -> pa.Table:
    """Other vectors of rows, with the digests that are then theirs.

    Args:
        table: who the rows are, all that their digests cover.
        key: digests of the rows' first column.
        vectors: (n, E + EXTRA).
        schema: of the whole table.
    """
    column = list_array(vectors, schema.field("vector").type)
    digests = _numbers(digest_rows(key, digest_column(column)))
    columns = {name: table.column(name) for name in table.column_names}
    columns["vector_digest"] = digests
    fields = [schema.field(name) for name in ("vector", "vector_digest", "digest")]
    return pa.table([column, digests, _numbers(_digests(columns))], schema=pa.schema(fields))


def _digests(columns: Mapping[str, pa.Array | pa.ChunkedArray]) -> Digests:
    """Digests of rows of either table, from their columns."""
    names: Sequence[str] = SCENE_COLUMNS if "image_id" in columns else CAPTION_COLUMNS
    found = [digest_column(columns[name]) for name in names]
    if "tokens_digest" in columns:
        found.append(digest_column(columns["tokens_digest"]))
    return digest_rows(*found)


def map_digests(key: Digests, places: pa.Array) -> Digests:
    """Digests of the places on the maps; ``key`` is the digest of the rows' first column."""
    return digest_rows(key, digest_column(places))


def check_rows(table: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows are what was written: all but vectors, maps, thumbnails and tokens themselves."""
    columns = {name: table.column(name) for name in table.column_names}
    said = _plain(table.column("digest"))
    return np.asarray(_digests(columns) == said)


def check_columns(key: Digests, table: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows' further columns and places on Earth are what was written.

    A row without a digest is of an earlier version, and has nothing to check.
    """
    digests = table.column("columns_digest")
    found = digest_rows(key, *(digest_column(table.column(name)) for name in SAID_COLUMNS))
    bare = np.ones(len(table), np.bool_)
    for name in SAID_COLUMNS:
        bare &= table.column(name).is_null().to_numpy()
    unknown = digests.is_null().to_numpy()
    return np.asarray((found == _plain(digests)) & ~unknown | unknown & bare)


def check_vectors(key: Digests, table: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows' vectors are those that were written."""
    said = _plain(table.column("vector_digest"))
    return np.asarray(digest_rows(key, digest_column(table.column("vector"))) == said)


def check_places(key: Digests, table: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows' places on the maps are those that were written; a row without any is sound."""
    column = table.column("map")
    said = _plain(table.column("map_digest"))
    return np.asarray((map_digests(key, column) == said) | column.is_null().to_numpy())


def refuse(sound: npt.NDArray[np.bool_], names: pa.ChunkedArray, path: str, what: str) -> None:
    """Name the first row that is not what was written.

    Raises:
        GalleryError: there is one.
    """
    if not sound.all():
        first = int(np.flatnonzero(~sound)[0])
        raise GalleryError(
            f"{path} is damaged: {what} of {names[first].as_py()!r} is not what was written; make "
            "the index again."
        )


def floats(column: pa.ChunkedArray) -> npt.NDArray[np.float32]:
    """A column of lists of one length as an array (n, k), read-only."""
    width = column.type.list_size
    chunks = [c.flatten().to_numpy(zero_copy_only=False).reshape(-1, width) for c in column.chunks]
    if not chunks:
        return np.zeros((0, width), np.float32)
    rows = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
    rows = rows.view()
    rows.flags.writeable = False
    return rows


def places(column: pa.ChunkedArray) -> npt.NDArray[np.float32]:
    """The places on the maps (n, k); NaN in rows that have none yet."""
    width = column.type.list_size
    known = column.is_valid().to_numpy()
    rows = np.full((len(column), width), np.nan, np.float32)
    if known.any():
        rows[known] = floats(column.drop_null())
    return rows


def _plain(column: pa.ChunkedArray) -> Digests:
    plain = column.fill_null(0) if column.null_count else column
    return np.asarray(plain.to_numpy(), np.uint64)


def list_array(values: npt.NDArray[np.float32], kind: pa.DataType | None = None) -> pa.Array:
    """Rows (n, k) as a column of lists of one length, of a type that may have names of its own."""
    kind = kind or pa.list_(pa.float32(), values.shape[1])
    flat = pa.array(np.ascontiguousarray(values, np.float32).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, type=kind)


def _numbers(values: Digests) -> pa.Array:
    return pa.array(values, pa.uint64())
