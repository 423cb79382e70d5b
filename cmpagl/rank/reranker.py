"""What a reranker is: one entry says all that the others ask of it.

The page asks what may be set by hand, tuning what to try, stages where its settings stand and which
bank it was published with. A further reranker takes its formula, an entry, and the entry's place
among `cmpagl.rank.baselines.PUBLISHED`.

Shapes: Q queries, G gallery items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

import numpy.typing as npt

from cmpagl.config.ranking import Reranked
from cmpagl.errors import DataError
from cmpagl.rank.arrays import FloatArray, as_scores
from cmpagl.rank.bank import Bank

__all__ = ["BankOf", "ByHand", "Offset", "Reranker", "matched"]

S = TypeVar("S")  # an entry's settings: a frozen dataclass


class BankOf(Enum):
    """Which other queries a bank holds."""

    TRAINING = "bank_only"  # training queries: what a live search has
    SPLIT = "transductive"  # the benchmark's other queries


@dataclass(frozen=True)
class ByHand:
    """The values that a person may give a setting: a slider's ends and its step."""

    least: float
    most: float
    step: float


class Offset(NamedTuple):
    """What is taken from an item's score whatever the query: ``weight * values``."""

    weight: float
    values: FloatArray  # (G,)


@dataclass(frozen=True, eq=False)
class Reranker(Generic[S]):
    """A way to order each query's candidates anew by what other queries think of them."""

    name: str
    """Of its stages, in links, tables and files."""

    settings: S
    """As published, or where a search on validation data starts."""

    function: Callable[[FloatArray, Bank, S], FloatArray]
    """Scores ``(Q, G)`` in the bank's precision, the bank, the settings -> new scores ``(Q, G)``;
    each row from itself and the bank alone."""

    published_with: BankOf
    """A split's measurement has the published bank, and that of training queries to compare."""

    live: bool = True
    """Whether a single query can be ranked by it; if not, only measurements of a split compare with
    it."""

    tuned: Callable[[Reranked], S] | None = None
    """Its settings among a checkpoint's tuned ones; None: always as published."""

    acts: Callable[[S], bool] = lambda settings: True
    """Whether these settings change any order; others are told as switched off."""

    offset: Callable[[Bank, S], Offset | None] | None = None
    """For a reranker that may only shift whole columns, by how much; None as a value: not at all.
    It alone can rerank a text and a picture together."""

    has_terms: bool = False
    """Whether `cmpagl.rank.smr.explain` tells its scores' terms."""

    by_hand: Mapping[str, ByHand] = field(default_factory=dict)
    """Settings that a person may change, in the order in which they are shown."""

    tried: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """The values of each setting that a search on validation data starts from."""

    def rerank(self, scores: npt.ArrayLike, bank: Bank, settings: S | None = None) -> FloatArray:
        """New scores that order each query's candidates; higher is better.

        Args:
            scores: ``(Q, G)``, a query a row; raw cosines where an offset is taken from them.
            bank: what other queries think of the same G items; its precision is computed in.
            settings: other ones than the entry's own.

        Returns:
            ``(Q, G)`` in the bank's precision. Values compare within a row, not between rows.

        Raises:
            DataError: the scores are not a finite matrix, or the bank is of another gallery.
        """
        return self.function(
            matched(scores, bank), bank, self.settings if settings is None else settings
        )


def matched(scores: npt.ArrayLike, bank: Bank) -> FloatArray:
    """The checked scores ``(Q, G)`` in the bank's precision.

    Raises:
        DataError: they are not a finite matrix, or the bank is of another gallery.
    """
    matrix = as_scores(scores, "The score matrix").astype(bank.dtype, copy=False)
    if matrix.shape[1] != bank.n_items:
        raise DataError(
            f"The scores are of {matrix.shape[1]} gallery items and the bank of {bank.n_items}; "
            "build the bank with the same gallery."
        )
    return matrix
