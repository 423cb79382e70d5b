"""A collection as a file: footprints, a table with embeddings, the pictures themselves.

A script names the scenes; nothing of what it says is kept.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from app.explorer.explorer import Explorer
from app.explorer.uploads import DECODING
from app.words.keeping import KEEPING
from app.words.numbers import whole
from app.words.page import PAGE
from cmpagl.errors import QueryError
from cmpagl.export.answer import Answer, collection_of
from cmpagl.export.chips import write_chips
from cmpagl.export.geojson import geojson
from cmpagl.export.geoparquet import geoparquet
from cmpagl.store.gallery import Gallery

__all__ = ["KINDS", "MOST", "kept_file"]

KINDS = {
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}
MOST = {"geojson": 10_000, "parquet": 10_000, "zip": 300}
"""Scenes in a file; reading a picture takes long."""

MOST_NAME = 200  # characters of a collection's own


def kept_file(explorer: Explorer, kind: str, asked: object) -> tuple[bytes, str]:
    """Its content and its media type.

    Args:
        explorer: of the page.
        kind: one of `KINDS`.
        asked: ``name`` of the collection and ``versions`` of its scenes, in their order; untrusted.

    Raises:
        QueryError: there is no such kind, or nothing or too much is asked for, or the disk is full.
    """
    said = asked if isinstance(asked, Mapping) else {}
    name, versions = said.get("name"), said.get("versions")
    if kind not in KINDS or not isinstance(name, str) or not isinstance(versions, list):
        raise QueryError(PAGE.bad_event)
    if len(versions) > MOST[kind]:
        raise QueryError(KEEPING.too_many.format(n=whole(len(versions)), most=whole(MOST[kind])))
    gallery = explorer.opened().gallery
    found = (gallery.find_content(str(version)) for version in versions if version)
    numbers = list(dict.fromkeys(number for number in found if number is not None))
    if not numbers:
        raise QueryError(KEEPING.none_here)
    whole_name = name[:MOST_NAME].encode("utf-8", "replace").decode()
    answer = collection_of(gallery, whole_name, numbers)
    return _content(answer, gallery, kind), KINDS[kind]


def _content(answer: Answer, gallery: Gallery, kind: str) -> bytes:
    if kind == "geojson":
        return json.dumps(geojson(answer), ensure_ascii=False).encode()
    if kind == "parquet":
        buffer = io.BytesIO()
        pq.write_table(geoparquet(answer, gallery), buffer, compression="zstd")
        return buffer.getvalue()
    try:
        with tempfile.TemporaryDirectory() as folder, DECODING:
            path = Path(folder) / "pictures.zip"
            write_chips(answer, gallery, path)
            return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise QueryError(KEEPING.not_packed.format(reason=reason)) from error
