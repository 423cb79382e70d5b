"""Answers as files that a browser saves."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping

import pyarrow.parquet as pq

from app.earth.service import saved_answer
from app.explorer.explorer import Explorer
from cmpagl.errors import QueryError
from cmpagl.export.geojson import geojson
from cmpagl.export.geoparquet import geoparquet
from cmpagl.export.scene_table import scenes_csv
from cmpagl.export.spreadsheet import BYTE_ORDER_MARK

__all__ = ["saved_file"]

KINDS = {
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8",
}


def saved_file(explorer: Explorer, params: Mapping[str, str], kind: str) -> tuple[bytes, str, str]:
    """A file of the answers to a link's query: its content, its media type, its name.

    Raises:
        QueryError: there is no such kind, nothing is asked, or it cannot be answered.
    """
    if kind not in KINDS:
        raise QueryError(f"There is no file {kind[:40]!r}; there are {', '.join(KINDS)}.")
    answer, gallery = saved_answer(explorer, params)
    if kind == "geojson":
        content = json.dumps(geojson(answer), ensure_ascii=False).encode()
    elif kind == "csv":
        content = (BYTE_ORDER_MARK + scenes_csv(answer)).encode()
    else:
        buffer = io.BytesIO()
        pq.write_table(geoparquet(answer, gallery), buffer, compression="zstd")
        content = buffer.getvalue()
    words = re.sub(r"[^A-Za-z0-9]+", "_", f"{gallery.name}_{answer.about.query}")[:60].strip("_")
    return content, KINDS[kind], f"{words}.{kind}"
