"""The rows of a parquet table that tells of pictures without holding them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cmpagl.data.field_names import IMAGE, first_of
from cmpagl.data.found_text import BrokenFileError

__all__ = ["image_column", "text_rows"]


def image_column(schema: Any) -> str | None:  # noqa: ANN401 - pyarrow has no types
    """The column that holds pictures: bytes and a path as the hub writes them, else bytes.

    Of several that hold bytes, one that is called as images are; geometries are none.
    """
    import pyarrow

    def is_bytes(kind: Any) -> bool:  # noqa: ANN401
        return bool(pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind))

    structs, plain = [], []
    for column in schema:
        kind = column.type
        if pyarrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            structs.append(str(column.name))
        elif is_bytes(kind) and column.name not in ("geometry", "geom", "wkb"):
            plain.append(str(column.name))
    for names in (structs, plain):
        if names:
            return names[first_of(names, (*IMAGE, "jpg", "png", "bytes", "content")) or 0]
    return None


def text_rows(path: Path) -> list[dict[str, Any]] | None:
    """All rows, without columns of bytes; None where the table holds pictures.

    Raises:
        BrokenFileError: it is no whole table.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(path)
        schema = table.schema_arrow
        if image_column(schema) is not None:
            return None
        kept = [f.name for f in schema if not pyarrow.types.is_binary(f.type)]
        rows: list[dict[str, Any]] = table.read(columns=kept).to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise BrokenFileError(f"{path} is no whole parquet table ({reason}).") from error
    return rows
