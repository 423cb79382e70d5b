"""How much everybody likes an item, when no query may like more than another: Sinkhorn's balance.

The soft extreme of a column counts every bank query alike, so a query that is close to everything
speaks for many. Sinkhorn normalisation gives each query and each item one vote: over bank queries q
and items g it finds ``h`` and ``v`` with

    h_g = (1 / t) log mean_q exp(t * (A[q, g] - v_q)),
    v_q = (1 / t) log mean_g exp(t * (A[q, g] - h_g)),

and ``A - h`` orders an unseen query's items. After Pan et al., "Hubness Reduction with Dual Bank
Sinkhorn Normalization for Cross-Modal Retrieval" (ACM MM 2025, arXiv 2508.02538): their DBSN lets
the items of training (the target bank) vote with the gallery, so that a small gallery is not taken
for the whole world; without them it is their SN. Written from the paper's formulas.

Shapes: B bank queries, G gallery items, T items of the target bank.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.errors import ConfigError, DataError
from cmpagl.rank.arrays import FloatArray, as_scores, soft_maximum

__all__ = ["sinkhorn_hubness"]


def sinkhorn_hubness(
    bank_scores: npt.ArrayLike,
    target_scores: npt.ArrayLike | None = None,
    *,
    occurring: npt.NDArray[np.integer[Any]] | None = None,
    t: float = 50.0,
    steps: int = 10,
) -> FloatArray:
    """The ``h`` of each gallery item ``(G,)``, in the scores' unit; take it from a query's scores.

    Args:
        bank_scores: ``(B, G)``, what bank queries think of the gallery.
        target_scores: ``(B, T)``, what they think of the target bank; None: the gallery alone.
        occurring: ``(G,)``, how many items each one stands for (captions that read alike), from 1;
            None: one each.
        t: sharpness, per unit of score, above 0.
        steps: how often ``v`` and ``h`` are made from each other, at least 1.

    Raises:
        DataError: scores that are not finite, or of two banks.
        ConfigError: ``t`` or ``steps`` is out of range.
    """
    if not 0 < t <= 1e4:
        raise ConfigError(f"Sinkhorn's t is {t:g}, but must lie above 0 and be at most 10000.")
    if steps < 1:
        raise ConfigError(f"Sinkhorn's steps are {steps}, but there must be at least 1.")
    gallery = as_scores(bank_scores, "The bank's score matrix")
    votes = gallery
    if target_scores is not None:
        targets = as_scores(target_scores, "The target bank's score matrix")
        if len(targets) != len(gallery):
            raise DataError(
                f"The bank has {len(gallery)} queries and the target bank was scored by "
                f"{len(targets)}; score both with the same bank queries."
            )
        votes = np.concatenate([gallery, targets], axis=1)
    by_item = np.ascontiguousarray(votes.T)  # (G + T, B)
    hubness = np.zeros(len(by_item), by_item.dtype)
    times = np.ones_like(hubness)
    if occurring is not None:
        times[: len(occurring)] = occurring
    alike = np.log(times / times.mean()) / t  # (G + T,), what an item's number adds to its votes
    for _ in range(steps):
        of_query = soft_maximum((by_item - (hubness - alike)[:, None]).T, t)  # (B,)
        hubness = soft_maximum(by_item - of_query, t)
    return hubness[: gallery.shape[1]]
