"""Two rankings of one gallery against each other: the table, the ledger, and who went where.

Shapes: Q queries (C captions t2i, I scenes i2t), K classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cmpagl.measure.bootstrap import Interval, bootstrap, paired_bootstrap
from cmpagl.measure.gallery import WITHIN, GalleryBenchmark, StageFigures
from cmpagl.measure.metrics import RankCounts
from cmpagl.measure.occurrence import hubness_skewness
from cmpagl.rank.arrays import IntArray

__all__ = ["CELLS", "DIRECTIONS", "ClassRow", "Fits", "Hub", "Hubs", "Pair", "TableRow", "compare"]

DIRECTIONS = ("t2i", "i2t")


CELLS = ("fixed", "broken", "right", "wrong")
"""What the second ranking did with a query: made it right, made it wrong, left it as it was."""

METRICS = (*(f"{d}_r{k}" for d in DIRECTIONS for k in WITHIN), "mR")
HUBS = 10  # of each ranking

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


@dataclass(frozen=True)
class ClassRow:
    """Queries of one class."""

    name: str
    n: int
    before: float  # recall in percent
    after: float
    fixed: int
    broken: int


@dataclass(frozen=True)
class Hub:
    """An item that many queries find."""

    item: int  # a scene (t2i) or a distinct caption (i2t)
    before: float  # among how many queries' first k it is
    after: float


@dataclass(frozen=True)
class Hubs:
    """How unevenly items are found."""

    k: int
    mean: float  # of all items
    skewness: tuple[float, float]  # before, after
    never: tuple[int, int]  # items that no query finds
    items: tuple[Hub, ...]  # the most found of either ranking, most found before first
    n_items: int


@dataclass(frozen=True, eq=False)
class Fits:
    """How well the first hit's captions say what the query says; all ``(Q,)``."""

    cosine: npt.NDArray[np.float32]  # text cosine with the nearest of them
    caption: IntArray  # that one, a distinct caption; i2t: the hit itself
    against: IntArray  # what it was compared with: the query, or the nearest of its own captions
    identical: npt.NDArray[np.bool_]  # word for word


class Pair:
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

    # Classes

    def by_class(self, direction: str, within: int) -> tuple[ClassRow, ...]:
        """Recall by the class of the query's scene, ties at their expected place."""
        kind = self.class_of[self.scene_of(direction)]
        known = kind >= 0
        size = len(self.classes)
        n = np.bincount(kind[known], minlength=size)
        recall = [
            np.bincount(kind[known], self.counts(stage, direction).hits(within)[known], size)
            for stage in (self.before, self.after)
        ]
        outcome = self.outcome(direction, within)
        fixed, broken = (np.bincount(kind[known & (outcome == c)], minlength=size) for c in (0, 1))
        return tuple(
            ClassRow(
                name,
                int(n[i]),
                100.0 * float(recall[0][i] / n[i]),
                100.0 * float(recall[1][i] / n[i]),
                int(fixed[i]),
                int(broken[i]),
            )
            for i, name in enumerate(self.classes)
        )

    def confusion(self, direction: str) -> tuple[IntArray, IntArray]:
        """Class of the query's scene x class of the first hit, ``(K, K)``, before and after."""
        kind, size = self.class_of[self.scene_of(direction)], len(self.classes)
        tables = []
        for stage in (self.before, self.after):
            first = self.first_class(stage, direction)
            known = (kind >= 0) & (first >= 0)
            flat = kind[known] * size + first[known]
            tables.append(np.bincount(flat, minlength=size * size).reshape(size, size))
        return tables[0], tables[1]

    def confused(self, direction: str) -> tuple[tuple[str, str, int, int], ...]:
        """Class of the query's scene, class of the first hit, how often before and after.

        Only where they differ and it happened; the most frequent after come first.
        """
        before, after = self.confusion(direction)
        rows, columns = np.nonzero((before + after) * ~np.eye(len(self.classes), dtype=np.bool_))
        found = [
            (self.classes[i], self.classes[j], int(before[i, j]), int(after[i, j]))
            for i, j in zip(rows, columns, strict=True)
        ]
        return tuple(sorted(found, key=lambda row: (-row[3], -row[2], row[:2])))

    # Hubs

    def hubs(self, direction: str, within: int) -> Hubs:
        """How often items are among the first ``within``, before and after."""
        before = self.before.occurrence[direction][within]
        after = self.after.occurrence[direction][within]
        most = (np.argsort(-found, kind="stable")[:HUBS] for found in (before, after))
        top = {int(i) for items in most for i in items}
        items = sorted(top, key=lambda i: (-before[i], -after[i], i))
        return Hubs(
            k=within,
            mean=float(before.mean()),
            skewness=(hubness_skewness(before), hubness_skewness(after)),
            never=(int((before == 0).sum()), int((after == 0).sum())),
            items=tuple(Hub(i, float(before[i]), float(after[i])) for i in items),
            n_items=len(before),
        )

    # Errors that may be none

    @lru_cache(maxsize=2)  # noqa: B019 (a pair is itself kept in a small cache)
    def fits(self, direction: str) -> Fits:
        """Whether the first hit after says the same as the query, by their captions."""
        benchmark = self.benchmark
        embeds = np.asarray(benchmark.retriever.gallery.caption_embeds)
        first, group = self.after.first[direction], benchmark.group
        # Pairs (query, one of its texts, one of its hit's texts); one of the two sides is single.
        scenes = first if direction == "t2i" else np.arange(len(first))
        sizes = np.array([len(captions) for captions in self._captions_of])[scenes]
        many = group[np.concatenate([self._captions_of[i] for i in scenes])]
        single = np.repeat(group if direction == "t2i" else first, sizes)
        cosine = np.einsum("ne,ne->n", embeds[single], embeds[many])
        starts = np.cumsum(sizes) - sizes
        best = np.maximum.reduceat(cosine, starts)
        row = np.repeat(np.arange(len(sizes)), sizes)
        nearest = np.full(len(sizes), len(many))
        reached = np.flatnonzero(cosine == best[row])
        np.minimum.at(nearest, row[reached], reached)
        identical = np.logical_or.reduceat(single == many, starts)
        theirs, ours = many[nearest], single[starts]
        by_text = direction == "t2i"
        return Fits(best, theirs if by_text else ours, ours if by_text else theirs, identical)

    @cached_property
    def own_cosine(self) -> float:
        """The median text cosine of two captions of one scene; NaN where no scene has two."""
        embeds = np.asarray(self.benchmark.retriever.gallery.caption_embeds)
        pairs = [
            (self.benchmark.group[a], self.benchmark.group[b])
            for captions in self._captions_of
            for a, b in pairwise(captions)
        ]
        if not pairs:
            return float("nan")
        one, other = np.array(pairs).T
        return float(np.median(np.einsum("ne,ne->n", embeds[one], embeds[other])))

    def review(self, direction: str, least: float) -> IntArray:
        """Queries whose first hit after is wrong but says the same, the most alike first."""
        found = self.fits(direction)
        wrong = self.ranks(direction)[1] > 1
        if direction == "t2i":
            wrong &= self.after.first[direction] != self.benchmark.caption_to_image
        numbers = np.flatnonzero(wrong & ((found.cosine >= least) | found.identical))
        likeness = found.cosine[numbers] + found.identical[numbers]
        return numbers[np.argsort(-likeness, kind="stable")]

    def recall_if_right(self, direction: str, numbers: IntArray) -> tuple[float, float]:
        """R@1 after, in percent: as it is, and as it were if these queries' first hits were right.

        Args:
            direction: of the queries.
            numbers: of queries.
        """
        hits = self.counts(self.after, direction).hits(1)
        judged = hits.copy()
        judged[numbers] = 1.0  # not one more: of a tie, a part was counted as right before
        return 100.0 * float(hits.mean()), 100.0 * float(judged.mean())


@lru_cache(maxsize=32)
def compare(benchmark: GalleryBenchmark, before: StageFigures, after: StageFigures) -> Pair:
    """The pair, made once."""
    return Pair(benchmark, before, after)
