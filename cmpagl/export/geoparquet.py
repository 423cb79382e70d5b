"""GeoParquet 1.1 with embeddings, told of in the fields of STAC's extension for embeddings."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from cmpagl.data.chips import WindowPicture
from cmpagl.export.answer import Answer, Item
from cmpagl.export.geojson import geometry
from cmpagl.files import atomic_path
from cmpagl.store.gallery import Gallery

__all__ = ["geoparquet", "stac_fields", "wkb", "write_geoparquet"]

CRS84: dict[str, Any] = {
    "type": "GeographicCRS",
    "name": "WGS 84 (CRS84)",
    "datum": {
        "type": "GeodeticReferenceFrame",
        "name": "World Geodetic System 1984",
        "ellipsoid": {
            "name": "WGS 84",
            "semi_major_axis": 6378137,
            "inverse_flattening": 298.257223563,
        },
    },
    "coordinate_system": {
        "subtype": "ellipsoidal",
        "axis": [
            {
                "name": "Geodetic longitude",
                "abbreviation": "Lon",
                "direction": "east",
                "unit": "degree",
            },
            {
                "name": "Geodetic latitude",
                "abbreviation": "Lat",
                "direction": "north",
                "unit": "degree",
            },
        ],
    },
    "id": {"authority": "OGC", "code": "CRS84"},
}
"""Longitude, latitude on WGS 84, as PROJJSON."""


def wkb(item: Item) -> bytes | None:
    """A scene's footprint as well-known binary, little-endian."""
    shape = geometry(item)
    if shape is None:
        return None
    if shape["type"] == "Point":
        return struct.pack("<BI2d", 1, 1, *shape["coordinates"])
    (ring,) = shape["coordinates"]
    flat = [value for pair in ring for value in pair]
    return struct.pack(f"<BIII{len(flat)}d", 1, 3, 1, len(ring), *flat)


def geoparquet(answer: Answer, gallery: Gallery) -> pa.Table:
    """A row a scene: what a GeoJSON has, its geometry and its embedding (float32, of length 1)."""
    rows = [item.properties() for item in answer.items]
    numbers = np.array([item.number for item in answer.items], np.int64)
    embeds: npt.NDArray[np.float32] = np.ascontiguousarray(
        gallery.image_embeds[numbers], np.float32
    )
    columns: dict[str, pa.Array] = {
        name: pa.array([row[name] for row in rows], kind) for name, kind in KINDS.items()
    }
    columns["geometry"] = pa.array([wkb(item) for item in answer.items], pa.binary())
    width = gallery.image_embeds.shape[1]
    columns["embedding"] = pa.FixedSizeListArray.from_arrays(pa.array(embeds.ravel()), width)
    said = {
        "geo": json.dumps(_geo(answer.items)),
        "stac": json.dumps(stac_fields(answer, gallery), ensure_ascii=False),
        "cmpagl": json.dumps(answer.facts(), ensure_ascii=False),
    }
    return pa.table(columns).replace_schema_metadata(said)


KINDS = {
    "rank": pa.int64(),
    "score": pa.float64(),
    "aligned_rank": pa.int64(),
    "aligned_score": pa.float64(),
    "id": pa.string(),
    "title": pa.string(),
    "class": pa.string(),
    "caption": pa.string(),
    "crs": pa.string(),
}


def write_geoparquet(answer: Answer, gallery: Gallery, out: Path) -> None:
    """Write it."""
    with atomic_path(out) as path, open(path, "wb") as file:  # by its name, a pipe would be removed
        pq.write_table(geoparquet(answer, gallery), file, compression="zstd")


def _geo(items: Sequence[Item]) -> dict[str, Any]:
    corners = np.array([pair for item in items for pair in item.corners]).reshape(-1, 2)
    kinds = {"Point" if len(item.corners) == 1 else "Polygon" for item in items if item.corners}
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": sorted(kinds), "crs": CRS84}
    if len(corners):
        column["bbox"] = [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()]
        column["orientation"] = "counterclockwise"
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def stac_fields(answer: Answer, gallery: Gallery) -> dict[str, Any]:
    """What STAC's extension for embeddings asks of a collection, as far as it is known."""
    pictures = [gallery.records[item.number].picture for item in answer.items]
    chips = [picture for picture in pictures if isinstance(picture, WindowPicture)]
    sizes = {(chip.window[3], chip.window[2]) for chip in chips}
    regular = len(chips) == len(pictures) and len(sizes) == 1
    layout: dict[str, Any] = {"layout_type": "regular_grid" if regular else "variable_grid"}
    if regular:
        layout["chip_size"] = list(sizes.pop())
    # Of one raster they differ a little from place to place, as maps are stretched.
    resolutions = {float(f"{chip.place.resolution:.3g}") for chip in chips if chip.place}
    found: dict[str, Any] = {
        "emb:type": "chip",
        "emb:dimensions": int(gallery.image_embeds.shape[1]),
        "emb:chip_layout": layout,
        "emb:fit_for_use": ["retrieval", "similarity_search"],
        "emb:model": {"name": answer.about.checkpoint, "sha256": answer.about.fingerprint},
        "emb:source-data": answer.about.gallery,
        "data_type": "float32",
        "processing:datetime": answer.about.date,
    }
    if len(resolutions) == 1:
        found["gsd"] = resolutions.pop()
    return found
