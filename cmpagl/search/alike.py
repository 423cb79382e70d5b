"""Results that show nearly the same: folded behind the best of them.

Shapes: G scenes, n results, E embedding width.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cmpagl.rank.arrays import IntArray

__all__ = ["ALIKE", "stacks"]

ALIKE = 0.985
"""Cosine from which on two scenes count as nearly the same.

Of the scenes of RSICD's val split 0.6 % have another that near, of UCM's, where pictures are cut
beside each other, 14 %, and of the drawn gallery, which has pairs that differ in one thing, 6 %.
"""


def stacks(
    embeds: npt.NDArray[np.float32], items: IntArray, least: float = ALIKE
) -> dict[int, int]:
    """Which results stand behind a better one, by number: each to the first of its stack.

    A result belongs to the best one that it is alike to and that stands behind none itself.

    Args:
        embeds: ``(G, E)`` of length 1.
        items: ``(n,)`` results, best first.
        least: cosine.
    """
    rows = embeds[items]
    alike = rows @ rows.T >= least
    behind: dict[int, int] = {}
    heads: list[int] = []  # places
    for place in range(len(items)):
        head = next((one for one in heads if alike[one, place]), None)
        if head is None:
            heads.append(place)
        else:
            behind[int(items[place])] = int(items[head])
    return behind
