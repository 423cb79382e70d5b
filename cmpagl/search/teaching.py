"""A query that was taught: marks and unwanted words, as what they add to its ranking.

Shapes: G scenes, n candidates, E embedding width, W = E + EXTRA vector width.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cmpagl.feedback.examples import aim, centred, exclude
from cmpagl.rank.arrays import FloatArray, IntArray
from cmpagl.store.schema import EXTRA

if TYPE_CHECKING:
    from cmpagl.search.hits import Hits
    from cmpagl.search.query import Query

__all__ = ["Among", "Everywhere", "Taught", "split_unwanted"]

_UNWANTED = re.compile(r'(?<!\S)-(?:"([^"]+)"|([^\W\d_]\S*))')


def split_unwanted(text: str) -> tuple[str, str]:
    """What a text asks for and what it excludes: ``planes -terminal -"red roofs"``.

    A minus counts before a letter or a quotation mark, at the start of a word. A text that asks for
    nothing else is taken as it stands.
    """
    unwanted = " ".join(a or b for a, b in _UNWANTED.findall(text))
    wanted = " ".join(_UNWANTED.sub(" ", text).split())
    return (wanted, unwanted) if wanted and unwanted else (text, "")


class Taught(ABC):
    """What is added to the scores of a query, whatever the stage that ranks it."""

    aim: FloatArray | None = None
    """``(E,)`` what a product leads to scenes like the good ones by, where scenes are searched."""

    @abstractmethod
    def of(self, items: IntArray) -> Mapping[str, npt.NDArray[np.float64]]:
        """What some scenes are given, ``(n,)`` in deviations of the query's scores.

        By name, "examples" and "unwanted".
        """

    def scaled(
        self, scores: FloatArray, items: IntArray, unit: float | None = None
    ) -> dict[str, npt.NDArray[np.float64]]:
        """The same on a stage's scale.

        Args:
            scores: ``(1, n)`` of the stage.
            items: ``(n,)`` whose scores they are.
            unit: the deviation of the stage's scores over all scenes; default that of ``scores``.

        Returns:
            ``(n,)`` by name.
        """
        one = unit or float(np.std(scores, dtype=np.float64)) or 1.0
        return {name: one * row for name, row in self.of(items).items()}


class Everywhere(Taught):
    """Where every scene is compared."""

    def __init__(self, terms: Mapping[str, npt.NDArray[np.float64]]) -> None:
        """Hold each scene's terms, ``(G,)`` by name."""
        self.terms = terms

    def of(self, items: IntArray) -> Mapping[str, npt.NDArray[np.float64]]:
        """See `Taught.of`."""
        return {name: row[items] for name, row in self.terms.items()}


class Among(Taught):
    """Where scenes are searched: of those that were found, by their vectors."""

    def __init__(
        self, hits: Hits, marks: tuple[FloatArray, FloatArray] | None, unwanted: Query | None
    ) -> None:
        """Learn from marks.

        Args:
            hits: of the query.
            marks: vectors ``(k, W)`` of the good scenes and of the bad ones; None: none is marked.
            unwanted: the words of which nothing should show.
        """
        self._hits, self._unwanted, self._marked = hits, unwanted, None
        if marks is None:
            return
        sample = hits.engine.sample[:, :-EXTRA]
        self._mean = sample.mean(axis=0)
        self._marked = aim(*(centred(rows[:, :-EXTRA], self._mean) for rows in marks))
        # A centred row is divided by its length; a product knows the usual one.
        self.aim = self._marked / np.linalg.norm(sample - self._mean, axis=1).mean()

    def of(self, items: IntArray) -> Mapping[str, npt.NDArray[np.float64]]:
        """See `Taught.of`; ``items`` were found."""
        terms = {}
        if self._marked is not None:
            rows = centred(self._hits.vectors(items)[:, :-EXTRA], self._mean)
            terms["examples"] = np.asarray(rows @ self._marked, np.float64)
        words = self._unwanted
        if words is not None:
            assert words.hits is not None
            words.hits.share(self._hits, items)
            scores = np.asarray(words.scores[items], np.float64)
            terms["unwanted"] = exclude((scores - words.mean) / words.spread)
        return terms
