"""Two rankings of one gallery against each other: who went where, by class and in hubs.

Shapes: Q queries (C captions t2i, I scenes i2t), K classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cmpagl.measure.gallery import GalleryBenchmark, StageFigures
from cmpagl.measure.ledger import Ledger
from cmpagl.measure.occurrence import hubness_skewness
from cmpagl.rank.arrays import IntArray

__all__ = ["ClassRow", "Fits", "Hub", "Hubs", "Pair", "compare"]

HUBS = 10  # of each ranking


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


class Pair(Ledger):
    """A ledger, and who went where: by class, in hubs, to results that fit as well."""

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
