"""A query that was taught: marks and unwanted words, as what they add to its ranking.

Shapes: G scenes, n candidates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmpagl.rank.arrays import FloatArray, IntArray

__all__ = ["Taught", "split_unwanted"]

_UNWANTED = re.compile(r'(?<!\S)-(?:"([^"]+)"|([^\W\d_]\S*))')


def split_unwanted(text: str) -> tuple[str, str]:
    """What a text asks for and what it excludes: ``planes -terminal -"red roofs"``.

    A minus counts before a letter or a quotation mark, at the start of a word. A text that asks for
    nothing else is taken as it stands.
    """
    unwanted = " ".join(a or b for a, b in _UNWANTED.findall(text))
    wanted = " ".join(_UNWANTED.sub(" ", text).split())
    return (wanted, unwanted) if wanted and unwanted else (text, "")


@dataclass(frozen=True, eq=False)
class Taught:
    """What is added to the scores of a query, whatever the stage that ranks it."""

    terms: Mapping[str, npt.NDArray[np.float64]]
    """By name, "examples" and "unwanted": ``(G,)`` in deviations of the query's scores."""

    def scaled(self, scores: FloatArray, items: IntArray) -> dict[str, npt.NDArray[np.float64]]:
        """The terms on a stage's scale.

        Args:
            scores: ``(1, n)`` of the stage, whose deviation is the unit.
            items: ``(n,)`` whose scores they are.

        Returns:
            ``(n,)`` by name.
        """
        unit = float(np.std(scores, dtype=np.float64)) or 1.0
        return {name: unit * row[items] for name, row in self.terms.items()}
