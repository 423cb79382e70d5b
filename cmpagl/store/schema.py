"""What lies in a store: two Lance tables and what describes the whole, named in one place.

    scenes.lance      a row a picture
    captions.lance    a row a caption that differs word for word

A vector is the embedding and, behind it, `EXTRA` numbers: minus the soft extreme for text queries,
minus the one for picture queries (`cmpagl.rank.smr`), zeros. So ``A - alpha * L`` is the inner
product of a row with ``[q, alpha, 0, ...]`` or ``[q, 0, alpha, ...]``, and any engine that finds
the largest inner products serves the reranked order, alpha as free as the query.

Shapes: E embedding width, N tokens of F channels.
"""

from __future__ import annotations

import pyarrow as pa

from cmpagl.config.model import ModelConfig

__all__ = [
    "EXTRA",
    "FORMAT",
    "MAP_VIEWS",
    "captions_schema",
    "column_fields",
    "map_field",
    "scenes_schema",
    "vector_field",
]

FORMAT = 2  # 1 was a folder of arrays

EXTRA = 8
"""Numbers behind an embedding: at 0 and 1 the soft extremes, negative; the rest keeps rows even."""

MAP_VIEWS = ("aligned", "centred", "raw")
"""The maps whose places, x and y, a row keeps in this order; NaN where there is no such map."""


def map_field() -> list[pa.Field]:
    """The columns of the maps."""
    places = pa.list_(pa.float32(), 2 * len(MAP_VIEWS))
    return [pa.field("map", places), pa.field("map_digest", pa.uint64())]


def column_fields() -> list[pa.Field]:
    """What is known of a scene further: its own table's columns, and where on Earth it lies.

    ``columns`` is what `cmpagl.store.columns` makes the columns proper of, ``c0`` and so on, which
    stand at the end of a table that has any.
    """
    return [
        pa.field("columns", pa.string()),  # JSON
        pa.field("footprint", pa.list_(pa.float64(), 8)),  # corners: longitude, latitude, ...
        pa.field("crs", pa.string()),  # of the raster
        pa.field("columns_digest", pa.uint64()),
    ]


def vector_field(dim: int) -> list[pa.Field]:
    """The columns of a vector of an embedding ``dim`` wide.

    Float32: with float16, one place in 120 of the embedded gallery's first 60 would change.
    """
    vector = pa.list_(pa.float32(), dim + EXTRA)
    return [pa.field("vector", vector), pa.field("vector_digest", pa.uint64())]


def scenes_schema(config: ModelConfig, *, tokens: bool) -> pa.Schema:
    """The columns of scenes.lance, with what fusion reads of a scene where asked for."""
    fields = [
        pa.field("image_id", pa.string(), nullable=False),
        pa.field("data_set", pa.string()),
        pa.field("class_name", pa.string()),
        pa.field("picture", pa.string(), nullable=False),  # JSON: how to open it, below the root
        pa.field("content_digest", pa.binary(16), nullable=False),  # of the file when indexed
        pa.field("captions", pa.list_(pa.string())),  # as written
        pa.field("caption_keys", pa.list_(pa.uint64())),  # of captions.lance
        pa.field("width", pa.int32()),  # of the picture, pixels
        pa.field("height", pa.int32()),
        *vector_field(config.embed_dim),
        *map_field(),
        pa.field("thumbnail", pa.large_binary()),
        pa.field("thumbnail_digest", pa.binary(16)),
        pa.field("digest", pa.uint64()),
        *column_fields(),
    ]
    if tokens:
        values = config.vision.out_grid**2 * config.fusion.dim
        scales = 2 * config.vision.out_grid**2
        fields += [
            pa.field("token_values", pa.binary(values)),  # int8
            pa.field("token_scales", pa.binary(scales)),  # float16
            pa.field("tokens_digest", pa.binary(16)),
        ]
    return pa.schema(fields)


def captions_schema(config: ModelConfig) -> pa.Schema:
    """The columns of captions.lance."""
    return pa.schema(
        [
            pa.field("key", pa.uint64(), nullable=False),
            pa.field("text", pa.string(), nullable=False),  # in the one form of `normalise_caption`
            *vector_field(config.embed_dim),
            *map_field(),
            pa.field("digest", pa.uint64()),
        ]
    )
