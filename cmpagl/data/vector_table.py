"""Vectors in a parquet table: a column of lists, or a column for each of their numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cmpagl.data.vector_names import NAMES, TEXTS, numbers
from cmpagl.data.wkb import corners_of_all, geometry_column
from cmpagl.errors import DataError

__all__ = ["COLUMNS", "TableVectors", "chosen", "table_vectors"]

COLUMNS = ("embedding", "embeddings", "vector", "vectors", "emb", "embeds", "features", "feature")
"""What a column or tensor of vectors is usually called."""
_FEWEST = 4  # columns of numbers that are taken for a vector unasked


@dataclass(frozen=True)
class TableVectors:
    """What a table holds: a row is zero where it has no vector."""

    names: Sequence[str]
    embeds: NDArray[Any]
    model: str
    corners: NDArray[np.float64] | None
    numbered: bool  # whether the names are made up


def table_vectors(
    path: Path, column: str | None, names: str | None, of_texts: bool
) -> TableVectors:
    """Read a table; see `cmpagl.data.vectors.read_vectors`.

    Raises:
        DataError: it is none, or does not say which column is which.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except pa.ArrowException as error:
        raise DataError(f"{path} is no parquet table ({error}).") from error
    schema = file.schema_arrow
    vectors = _vector_columns(path, column, schema)
    there = [f.name for f in schema if _is_name(f.type) and f.name not in vectors]
    usual = [name for name in (*(TEXTS if of_texts else ()), *NAMES) if name in there]
    if there or names is not None:
        names = chosen(path, "names", names, there, usual or there[:1])
    said, place = _stac(schema.metadata or {}), geometry_column(schema)
    extra = [name for name in ("emb:model", "emb:dimensions") if name in schema.names]
    wanted = [*vectors, *extra, *(one for one in (names, place) if one is not None)]
    table = file.read(columns=list(dict.fromkeys(wanted)))
    for name in extra:
        plain = not pa.types.is_nested(schema.field(name).type)
        values = table.column(name)
        told = (values.unique() if plain else values[:1]).to_pylist()
        if len(told) > 1:  # vectors of two models cannot be compared
            raise DataError(
                f"{path} has rows of {len(told):,} kinds in {name!r} ({told[0]}, {told[1]}); write "
                "a file for each."
            )
        if told:
            said[name] = told[0]
    if len(vectors) > 1:
        parts = [table.column(name).to_numpy().astype(np.float32) for name in vectors]
        embeds: NDArray[Any] = np.stack(parts, axis=1)
    else:
        embeds = _from_lists(path, table.column(vectors[0]).combine_chunks())
    width = said.get("emb:dimensions")
    if isinstance(width, float) and width.is_integer():
        width = int(width)
    if width is not None and str(width) != str(embeds.shape[1]):
        raise DataError(
            f"{path} says that its vectors have {str(width)[:40]} numbers, but they have "
            f"{embeds.shape[1]}."
        )
    corners = None if place is None else corners_of_all(table.column(place).to_pylist())
    model = str(said.get("emb:model", ""))
    if names is None:  # Clay's tables of WorldCover have vectors and places alone
        return TableVectors(numbers(len(table)), embeds, model, corners, True)
    found = table.column(names).to_pylist()
    if nameless := sum(name is None for name in found):
        raise DataError(
            f"{path} has {nameless:,} rows without a name in the column {names!r}; name another "
            "one with --ids."
        )
    return TableVectors([str(n) for n in found], embeds, model, corners, False)


def _from_lists(path: Path, values: Any) -> NDArray[Any]:  # noqa: ANN401 - pyarrow has no types
    """Lists of one width as rows; a row without one is zero."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    widths = [w for w in pc.unique(pc.list_value_length(values)).to_pylist() if w is not None]
    if len(widths) != 1 or not widths[0]:
        told = ", ".join(str(width) for width in sorted(widths)[:4]) or "none"
        raise DataError(
            f"{path} has vectors of several widths, or none ({told} numbers); give each row one of "
            "the same."
        )
    there = np.asarray(values.is_valid())
    flat = values.flatten().to_numpy(zero_copy_only=False)
    embeds = np.zeros((len(values), widths[0]), flat.dtype)
    embeds[there] = flat.reshape(-1, widths[0])
    return embeds


def _vector_columns(path: Path, asked: str | None, schema: Any) -> list[str]:  # noqa: ANN401
    """The column of lists, or those of their numbers, in order."""
    lists = [f.name for f in schema if _is_vector(f.type)]
    groups = _numbered(schema)
    if asked is not None and asked not in lists and asked in groups:
        return groups[asked]
    usual = [name for name in COLUMNS if name in lists]
    wide = {start: names for start, names in groups.items() if len(names) >= _FEWEST}
    if asked is None and not usual and len(wide) == 1:
        return next(iter(wide.values()))
    one = chosen(path, "vectors", asked, [*lists, *wide], usual or ())
    return [one] if one in lists else wide[one]


def _numbered(schema: Any) -> dict[str, list[str]]:  # noqa: ANN401
    """Columns of numbers that are counted without a gap, by what stands before their numbers."""
    import pyarrow as pa

    found: dict[str, dict[int, str]] = {}
    for one in schema:
        match = re.fullmatch(r"(.*?)[ _.-]?(\d{1,5})", one.name)
        if match and pa.types.is_floating(one.type):
            found.setdefault(match[1], {})[int(match[2])] = one.name
    return {
        start: [names[n] for n in sorted(names)]
        for start, names in found.items()
        if max(names) - min(names) == len(names) - 1 and min(names) <= 1
    }


def _is_name(kind: Any) -> bool:  # noqa: ANN401 (pyarrow's types are untyped)
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(
        one(kind) for one in (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer)
    )


def _is_vector(kind: Any) -> bool:  # noqa: ANN401
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


def chosen(
    path: Path, what: str, asked: str | None, there: Sequence[str], usual: Sequence[str]
) -> str:
    """The column asked for, else the first usual one, else the only one.

    Raises:
        DataError: there is no such column, or none that is usual among several.
    """
    if asked is not None and asked in there:
        return asked
    found = [name for name in usual if name in there]
    if asked is None and (found or len(there) == 1):
        return (found or list(there))[0]
    listed = ", ".join(there) or "none"
    raise DataError(f"{path}: which column has the {what}? Those that could be: {listed}.")
