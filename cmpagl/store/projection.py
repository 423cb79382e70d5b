"""Maps of embedding spaces: UMAP in two dimensions, and places for what came later.

A map is computed once, for the index. A live query is placed at the average of its nearest
neighbours, which is approximate but takes a millisecond; UMAP's own transform takes seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.caches import settle_cache

__all__ = [
    "centre_by_modality",
    "place_by_neighbours",
    "umap_project",
]

FloatMatrix = npt.NDArray[np.floating[Any]]

_SEED = 0  # of the draw and of UMAP
_NEIGHBOURS = 15  # UMAP's own number: how local a map is
_EPOCHS = 500  # UMAP's own number for up to 10,000 points
_FEW = 16  # with fewer points a graph of neighbours says nothing
_BLOCK_VALUES = 2**22  # similarities held at once: 16 MiB
# Numba ends the whole process when two threads enter its parallel functions at once.
_ONE_AT_A_TIME = threading.Lock()


def umap_project(
    embeds: FloatMatrix,
    *,
    fit_limit: int = 10_000,
    progress: Callable[[int, int], None] | None = None,
) -> npt.NDArray[np.float32]:
    """Project embeddings to a map by UMAP (McInnes et al. 2018) with the cosine metric.

    The same input gives the same bytes on one machine. Fewer than 16 points are laid along their
    first two principal axes instead.

    Args:
        embeds: (n, D), finite; n may be 0.
        fit_limit: UMAP sees at most this many points, drawn at random; the others are placed by
            their neighbours among them.
        progress: called with (done, total) epochs; may raise to stop. UMAP says nothing while it
            looks for neighbours, which takes up to half of the time.

    Returns:
        (n, 2).
    """
    n = len(embeds)
    if n < _FEW:
        return _principal_axes(embeds)
    points = np.ascontiguousarray(embeds, dtype=np.float32)
    if n <= fit_limit:
        return _fit_umap(points, progress)
    drawn = np.random.default_rng(_SEED).permutation(n)
    fitted, others = np.sort(drawn[:fit_limit]), np.sort(drawn[fit_limit:])
    xy = np.empty((n, 2), np.float32)
    xy[fitted] = _fit_umap(points[fitted], progress)
    xy[others] = place_by_neighbours(points[others], points[fitted], xy[fitted])
    return xy


def _fit_umap(
    points: npt.NDArray[np.float32], progress: Callable[[int, int], None] | None
) -> npt.NDArray[np.float32]:
    if progress is not None:
        progress(0, _EPOCHS)
    with _ONE_AT_A_TIME:
        reducer = _umap().UMAP(
            n_neighbors=min(_NEIGHBOURS, len(points) - 1),
            metric="cosine",
            n_epochs=_EPOCHS,
            random_state=_SEED,
            n_jobs=1,
            tqdm_kwds=_report_epochs(progress),
        )
        xy = np.asarray(reducer.fit_transform(points), dtype=np.float32)
    # A point without any neighbour has no place of its own (UMAP gives NaN).
    lost = ~np.isfinite(xy).all(axis=1)
    if lost.all():
        return _principal_axes(points)
    if lost.any():
        xy[lost] = place_by_neighbours(points[lost], points[~lost], xy[~lost])
    return xy


@lru_cache(maxsize=1)
def _umap() -> Any:  # noqa: ANN401 - no types there
    """The library, told to keep on disk what it compiles, which takes each process 8 s else.

    Beside its sources, as what it is built on does, or where Numba finds room. Where none is, each
    process compiles anew.
    """
    settle_cache()
    import umap
    from umap import distances, layouts, umap_, utils

    for module in (distances, layouts, umap_, utils):
        for function in vars(module).values():
            if hasattr(function, "enable_caching"):
                with suppress(RuntimeError):
                    function.enable_caching()
    return umap


class _EpochFile:
    """What UMAP's progress bar writes to: hears "done/total" and passes it on."""

    def __init__(self, progress: Callable[[int, int], None]) -> None:
        self.progress = progress

    def write(self, text: str) -> None:
        done, _, total = text.strip().partition("/")
        if done.isdigit() and total.isdigit():
            self.progress(int(done), int(total))

    def flush(self) -> None:
        """Nothing is held back."""


def _report_epochs(progress: Callable[[int, int], None] | None) -> dict[str, Any]:
    """Settings of UMAP's progress bar, the only way in which it says how far it is."""
    if progress is None:
        return {"disable": True}
    file = _EpochFile(progress)
    return {"disable": False, "file": file, "bar_format": "{n_fmt}/{total_fmt}", "mininterval": 0.2}


def _principal_axes(embeds: FloatMatrix) -> npt.NDArray[np.float32]:
    """Directions of rows (n, D) along their two widest axes, each with a fixed sign: (n, 2)."""
    directions = _unit_rows(embeds).astype(np.float64)
    xy = np.zeros((len(embeds), 2))
    if len(embeds) > 1:
        u, s, _ = np.linalg.svd(directions - directions.mean(axis=0), full_matrices=False)
        axes = (u * s)[:, :2]
        peak = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)
        xy[:, : axes.shape[1]] = axes * np.where(peak < 0, -1.0, 1.0)
    return xy.astype(np.float32)


def place_by_neighbours(
    query_embeds: FloatMatrix,
    embeds: FloatMatrix,
    xy: npt.NDArray[np.float32],
    k: int = _NEIGHBOURS,
) -> npt.NDArray[np.float32]:
    """Where queries would lie on a map: near those that they resemble. Approximate.

    The average of the places of the ``k`` nearest by cosine, each weighted by 1 / its cosine
    distance, so that a copy of a point on the map lands on it.

    Args:
        query_embeds: (Q, D).
        embeds: (n, D) of the points on the map, n at least 1.
        xy: (n, 2), their places.
        k: how many neighbours count; all n if there are fewer.

    Returns:
        (Q, 2).
    """
    queries, points = _unit_rows(query_embeds), _unit_rows(embeds)
    k = min(k, len(points))
    result = np.empty((len(queries), 2), np.float32)
    block = max(1, _BLOCK_VALUES // len(points))
    for start in range(0, len(queries), block):
        sims = queries[start : start + block] @ points.T  # (block, n)
        nearest = np.argpartition(sims, len(points) - k, axis=1)[:, len(points) - k :]
        distance = 1.0 - np.take_along_axis(sims, nearest, axis=1).astype(np.float64)
        weight = 1.0 / np.maximum(distance, 1e-6)
        weight /= weight.sum(axis=1, keepdims=True)
        result[start : start + block] = np.einsum("qk,qkd->qd", weight, xy[nearest])
    return result


def centre_by_modality(
    image_embeds: npt.NDArray[np.float32], caption_embeds: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Take each modality's mean out of it: (n, D), (d, D), each with at least one row."""
    return image_embeds - image_embeds.mean(axis=0), caption_embeds - caption_embeds.mean(axis=0)


def _unit_rows(embeds: FloatMatrix) -> npt.NDArray[np.float32]:
    """(n, D) with rows of length 1; a zero row stays zero."""
    rows = np.asarray(embeds, dtype=np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-12), dtype=np.float32)
