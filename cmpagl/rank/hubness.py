"""Two newer ways to take an item's hubness off, which measurements compare SMR with.

Both shift whole columns, as SMR's soft form does, and differ in what they call liked by all. They
are not offered to live queries: neither gains on photographs and drawn scenes alike, and an index
would hold one more number an item for it. Written from the papers' formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cmpagl.errors import ConfigError
from cmpagl.rank.arrays import FloatArray
from cmpagl.rank.bank import Bank
from cmpagl.rank.reranker import BankOf, Reranker

__all__ = ["DBSN", "MEASURED", "NNN", "DBSNConfig", "NNNConfig"]


@dataclass(frozen=True)
class NNNConfig:
    """Nearest neighbour normalisation (Chowdhury et al., EMNLP 2024, arXiv 2410.24114).

    The score less ``weight`` times the mean of the item's k highest scores with training queries.
    """

    neighbours: int = 128
    weight: float = 0.75

    def __post_init__(self) -> None:
        if not isinstance(self.neighbours, int) or self.neighbours < 1:
            raise ConfigError(
                f"NNNConfig.neighbours is {self.neighbours!r}, but must be a whole number of at "
                "least 1."
            )
        if not 0 <= self.weight <= 100:
            raise ConfigError(
                f"NNNConfig.weight is {self.weight!r}, but must be a number from 0 to 100."
            )


@dataclass(frozen=True)
class DBSNConfig:
    """Dual-bank Sinkhorn normalisation (Pan et al., ACM MM 2025, arXiv 2508.02538).

    With the benchmark's other queries it is their Sinkhorn normalisation (SN), with training
    queries and training items DBSN; ``t`` is 1 over their temperature. See `cmpagl.rank.sinkhorn`.
    """

    t: float = 100.0
    steps: int = 10

    def __post_init__(self) -> None:
        if not 0 < self.t <= 1e4:
            raise ConfigError(f"DBSNConfig.t is {self.t!r}, but must be above 0, at most 10000.")
        if not isinstance(self.steps, int) or self.steps < 1:
            raise ConfigError(
                f"DBSNConfig.steps is {self.steps!r}, but must be a whole number of at least 1."
            )


def _nnn(scores: FloatArray, bank: Bank, config: NNNConfig) -> FloatArray:
    return scores - scores.dtype.type(config.weight) * bank.top_mean(config.neighbours)


def _dbsn(scores: FloatArray, bank: Bank, config: DBSNConfig) -> FloatArray:
    return scores - bank.balanced_extreme(config.t, config.steps)


NNN = Reranker(
    name="nnn",
    settings=NNNConfig(),
    function=_nnn,
    published_with=BankOf.TRAINING,
    live=False,
)
DBSN = Reranker(
    name="dbsn",
    settings=DBSNConfig(),
    function=_dbsn,
    published_with=BankOf.SPLIT,
    live=False,
)

MEASURED: tuple[Reranker[Any], ...] = (NNN, DBSN)
"""In the order in which lists name them, after the published ones that a live query can have."""
