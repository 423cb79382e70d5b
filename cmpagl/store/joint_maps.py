"""Places on the maps in two tables of rows with vectors, whosever they are: fitted, added, written.

The maps of the joint space are of the vectors themselves; those of what the towers say before their
heads stand beside them in a row's places (`cmpagl.store.schema.MAP_VIEWS`).

Shapes: n images, d captions, E embedding width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cmpagl.progress import Progress
from cmpagl.store.digest import digest_column
from cmpagl.store.lance_table import Table
from cmpagl.store.projection import centre_by_modality, place_by_neighbours, umap_project
from cmpagl.store.rows import floats, map_digests, places
from cmpagl.store.schema import EXTRA, MAP_VIEWS, map_field

__all__ = ["embeds_in_parts", "embeds_of", "fit_joint", "fit_map", "place_new", "write_places"]

FloatArray = npt.NDArray[np.float32]

PART = 16_384  # embeddings read at once


def embeds_of(table: Table) -> FloatArray:
    """All embeddings of a table, (rows, E)."""
    return floats(table.data.to_table(columns=["vector"]).column("vector"))[:, :-EXTRA]


def embeds_in_parts(table: Table) -> Iterator[FloatArray]:
    """The same, (b, E) at a time, in order."""
    for batch in table.data.to_batches(columns=["vector"], batch_size=PART):
        yield floats(pa.chunked_array([batch.column("vector")]))[:, :-EXTRA]


def fit_map(points: FloatArray, name: str, tell: Progress) -> FloatArray:
    """Fit a map (k, 2) to points, telling how far it is under a name."""
    return umap_project(points, progress=lambda done, total: tell(name, done, total))


def fit_joint(images: FloatArray, captions: FloatArray, tell: Progress) -> FloatArray:
    """Both maps of the joint space, (n + d, 4); the centred one NaN without captions."""
    aligned = fit_map(np.concatenate([images, captions]), "map_aligned", tell)
    centred = np.full_like(aligned, np.nan)
    if len(captions):
        points = np.concatenate(centre_by_modality(images, captions))
        centred = fit_map(points, "map_centred", tell)
    return np.concatenate([aligned, centred], axis=1)


def write_places(tables: Sequence[Table], found: FloatArray, n_images: int) -> None:
    """Write places (n + d, 6) into the tables of scenes and of captions."""
    kind = map_field()[0].type
    for table, rows in zip(tables, (found[:n_images], found[n_images:]), strict=False):
        if not len(rows):
            continue
        name = table.data.schema.names[0]
        key = digest_column(table.data.to_table(columns=[name]).column(name))
        flat = pa.array(np.ascontiguousarray(rows, np.float32).ravel())
        column = pa.FixedSizeListArray.from_arrays(flat, type=kind)
        digests = pa.array(map_digests(key, column), pa.uint64())
        table.set_columns(pa.table([column, digests], schema=pa.schema(map_field())))


def place_new(tables: Sequence[Table]) -> bool:
    """Put rows without a place where their neighbours are; whether there were any.

    Args:
        tables: of scenes, and of captions where these have vectors.
    """
    found = [places(t.data.to_table(columns=["map"]).column("map")) for t in tables]
    known = [np.isfinite(rows[:, 0]) for rows in found]
    if all(rows.all() for rows in known):
        return False
    vectors = [embeds_of(table) for table in tables]
    n = len(found[0])
    everything, there = np.concatenate(found), np.concatenate(known)
    joint = np.concatenate(vectors)
    centred = joint
    if len(found) > 1 and len(found[1]):
        centred = np.concatenate(centre_by_modality(vectors[0], vectors[1]))
    for view, points in zip(MAP_VIEWS[:2], (joint, centred), strict=True):
        at = 2 * MAP_VIEWS.index(view)
        fitted = there & np.isfinite(everything[:, at])
        if fitted.any():
            everything[~there, at : at + 2] = place_by_neighbours(
                points[~there], points[fitted], everything[fitted, at : at + 2]
            )
    for rows in (slice(0, n), slice(n, None)):  # each kind has a raw map of its own
        own, new = there[rows], ~there[rows]
        if own.any() and new.any():
            here = everything[rows]
            here[new, 4:] = place_by_neighbours(joint[rows][new], joint[rows][own], here[own, 4:])
        elif new.any():
            everything[rows][new, 4:] = 0.0
    write_places(tables, everything, n)
    return True
