"""Relevance feedback: how far a person's examples and unwanted words lift or lower each scene.

`learn` is Rocchio's formula on centred embeddings: twice how like a scene is to the mean of the
good ones, minus how like it is to the mean of the bad ones. `exclude` takes from a scene what its
z-score for the unwanted words is above `UNWANTED_FROM`: a scene that merely does not show them
neither gains nor loses.

Both are in deviations of the query's scores over the gallery, so they mean the same for words,
pictures and mixed queries. Chosen by ``benchmarks/feedback.py``, where Rocchio's formula did a
little better than the nearest marked scene, and than a logistic classifier with the query as its
prior, linear or in a kernel.

Shapes: G scenes, E embedding width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cmpagl.errors import QueryError
from cmpagl.rank.arrays import FloatArray

__all__ = [
    "MOST_MARKS",
    "WEIGHT",
    "aim",
    "centred",
    "check_marks",
    "exclude",
    "learn",
    "standard",
]

MOST_MARKS = 200
"""Scenes that may be marked at once."""

WEIGHT = 2.0
"""Deviations that a scene just like the bad ones loses; one like the good gains twice as many."""

UNWANTED_FROM = 1.0
"""Deviations from which on a scene counts as showing what is not wanted."""


def standard(scores: FloatArray) -> npt.NDArray[np.float64]:
    """Scores ``(G,)`` in deviations from their mean; 0 where all are equal."""
    spread = float(np.std(scores, dtype=np.float64)) or 1.0
    return (np.asarray(scores, np.float64) - float(np.mean(scores, dtype=np.float64))) / spread


def centred(
    embeds: npt.NDArray[np.float32], mean: npt.NDArray[np.float32] | None = None
) -> npt.NDArray[np.float32]:
    """Embeddings ``(G, E)`` without what all scenes share, of length 1 (or 0).

    ``mean`` is that of all, ``(E,)``; default the rows' own.
    """
    rows = embeds - (embeds.mean(axis=0) if mean is None else mean)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0), np.float32)


def learn(
    rows: npt.NDArray[np.float32], good: Sequence[int], bad: Sequence[int]
) -> npt.NDArray[np.float64]:
    """What marks add to each scene's score, ``(G,)``, in deviations; zeros without marks.

    Args:
        rows: `centred` embeddings ``(G, E)``.
        good: numbers of scenes like which more are wanted.
        bad: numbers of scenes like which fewer are wanted.

    Raises:
        QueryError: a scene is marked both ways, there is none of such a number, or there are more
            than `MOST_MARKS` marks.
    """
    check_marks(good, bad, len(rows))
    return np.asarray(rows @ aim(rows[list(good)], rows[list(bad)]), np.float64)


def aim(good: npt.NDArray[np.float32], bad: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What `centred` rows are multiplied with to learn from marks, ``(E,)``.

    Args:
        good: `centred` rows of the scenes like which more are wanted.
        bad: of those like which fewer are.
    """
    found = np.zeros(good.shape[1])
    if len(good):
        found += 2.0 * WEIGHT * good.mean(axis=0)
    if len(bad):
        found -= WEIGHT * bad.mean(axis=0)
    return found.astype(np.float32)


def exclude(unwanted: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What unwanted words take from each scene, ``(G,)``, at most 0.

    Args:
        unwanted: ``(G,)`` `standard` scores of those words.
    """
    return -np.maximum(0.0, unwanted - UNWANTED_FROM)


def check_marks(good: Sequence[int], bad: Sequence[int], n_scenes: int) -> None:
    """Refuse marks that cannot be.

    Raises:
        QueryError: as `learn`.
    """
    marks = np.array([*good, *bad], np.int64)
    if len(marks) > MOST_MARKS:
        raise QueryError(
            f"There are {len(marks):,} marked scenes; mark at most {MOST_MARKS:,}, or clear some."
        )
    if len(np.unique(marks)) < len(marks):
        raise QueryError("A scene is marked twice; mark each as good or as bad, once.")
    if len(marks) and not 0 <= marks.min() <= marks.max() < n_scenes:
        raise QueryError(f"A mark names no scene; the gallery has 0 to {n_scenes - 1}.")
