"""Two rankings of one gallery against each other: the table, and the ledger of every query.

Shapes: Q queries (C captions t2i, I scenes i2t).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cmpagl.measure.bootstrap import Interval, bootstrap, paired_bootstrap
from cmpagl.measure.gallery import WITHIN, GalleryBenchmark, StageFigures
from cmpagl.measure.metrics import RankCounts
from cmpagl.rank.arrays import IntArray

__all__ = ["CELLS", "DIRECTIONS", "Ledger", "TableRow"]

DIRECTIONS = ("t2i", "i2t")


CELLS = ("fixed", "broken", "right", "wrong")
"""What the second ranking did with a query: made it right, made it wrong, left it as it was."""

METRICS = (*(f"{d}_r{k}" for d in DIRECTIONS for k in WITHIN), "mR")
Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TableRow:
    """One metric of both rankings, in percent; intervals are 95 % over resampled scenes."""

    name: str  # as in `RetrievalMetrics`
    before: Interval
    after: Interval
    gain: Interval
    equal_before: float  # equal captions counted as right
    equal_after: float


class Ledger:
    """Two stages of one gallery; the ledgers of both directions."""

    def __init__(
        self, benchmark: GalleryBenchmark, before: StageFigures, after: StageFigures
    ) -> None:
        """Compare ``before`` with ``after``, both of ``benchmark``."""
        self.benchmark, self.before, self.after = benchmark, before, after
        gallery = benchmark.retriever.gallery
        names = [gallery.records[int(i)].class_name for i in benchmark.scenes]
        self.classes = tuple(sorted({name for name in names if name is not None}))
        number = {name: i for i, name in enumerate(self.classes)}
        self.class_of = np.array([-1 if n is None else number[n] for n in names])  # (I,)
        order = np.argsort(benchmark.caption_to_image, kind="stable")
        self._captions_of = np.split(  # by scene, numbers of captions
            order,
            np.searchsorted(benchmark.caption_to_image[order], np.arange(1, len(benchmark.scenes))),
        )

    # The table

    @cached_property
    def table(self) -> tuple[TableRow, ...]:
        """Every metric of both rankings."""
        before, after = bootstrap(self.before.own), bootstrap(self.after.own)
        gain = paired_bootstrap(self.before.own, self.after.own)
        equal = [stage.equal.metrics().to_json() for stage in (self.before, self.after)]
        return tuple(
            TableRow(name, before[name], after[name], gain[name], equal[0][name], equal[1][name])
            for name in METRICS
        )

    # The ledger

    def counts(self, stage: StageFigures, direction: str) -> RankCounts:
        """Where the best right answer of each query stands."""
        found: RankCounts = getattr(stage.own, direction)
        return found

    def ranks(self, direction: str) -> tuple[Float64Array, Float64Array]:
        """Each query's rank before and after ``(Q,)``; a tie counts as its mean place."""
        return (
            self.counts(self.before, direction).ranks(),
            self.counts(self.after, direction).ranks(),
        )

    def outcome(self, direction: str, within: int) -> IntArray:
        """``(Q,)`` the number in `CELLS` of what happened to each query."""
        before, after = (ranks <= within for ranks in self.ranks(direction))
        return np.select([~before & after, before & ~after, before & after], [0, 1, 2], 3)

    def flow(self, direction: str, within: int) -> dict[str, int]:
        """How many queries each of `CELLS` holds."""
        held = np.bincount(self.outcome(direction, within), minlength=len(CELLS))
        return dict(zip(CELLS, held.tolist(), strict=True))

    def scene_of(self, direction: str) -> IntArray:
        """``(Q,)`` the scene that each query is, or is of."""
        if direction == "t2i":
            return self.benchmark.caption_to_image
        return np.arange(len(self.benchmark.scenes))

    def first_class(self, stage: StageFigures, direction: str) -> IntArray:
        """``(Q,)`` the class of each query's first hit; -1 where it has none."""
        first = stage.first[direction]
        return self.class_of[first if direction == "t2i" else self.owner[first]]

    def cases(
        self, direction: str, within: int, cell: str, of: str = "", hit: str = ""
    ) -> IntArray:
        """Numbers of the queries in a cell, those first whose right answer moved furthest."""
        chosen = self.outcome(direction, within) == CELLS.index(cell)
        if of:
            chosen &= self.class_of[self.scene_of(direction)] == self._class_number(of)
        if hit:
            chosen &= self.first_class(self.after, direction) == self._class_number(hit)
        before, after = self.ranks(direction)
        numbers = np.flatnonzero(chosen)
        moved = np.abs(before - after)[numbers]
        return numbers[np.lexsort((numbers, after[numbers], -moved))]

    def first_right(self, direction: str, number: int) -> tuple[bool, bool]:
        """Whether a query's first hit is its own scene, or one of its own captions: before, after.

        A caption of another scene that reads alike is right as well; another scene is not.
        """
        before, after = (int(one.first[direction][number]) for one in (self.before, self.after))
        if direction == "t2i":
            own = int(self.scene_of(direction)[number])
            return before == own, after == own
        captions = self.benchmark.group[self._captions_of[number]]
        return bool((captions == before).any()), bool((captions == after).any())

    def _class_number(self, name: str) -> int:
        return self.classes.index(name) if name in self.classes else -2

    @cached_property
    def owner(self) -> IntArray:
        """``(D,)`` the first scene that each distinct caption belongs to."""
        distinct, first = np.unique(self.benchmark.group, return_index=True)
        assert len(distinct) == distinct[-1] + 1
        return self.benchmark.caption_to_image[first]
