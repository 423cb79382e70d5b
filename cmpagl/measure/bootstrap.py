"""How sure a recall is, and a change of it: percentile intervals over resampled images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from cmpagl.errors import DataError
from cmpagl.measure.metrics import (
    METRIC_NAMES,
    RECALL_AT,
    Float64Array,
    Retrieval,
    RetrievalMetrics,
    TieRule,
)

__all__ = [
    "ONE_IMAGE",
    "Interval",
    "bootstrap",
    "intervals",
    "paired_bootstrap",
    "pooled_bootstrap",
]

ONE_IMAGE = "One image is too few for an interval."


_RESAMPLES_AT_ONCE = 2**23  # drawn counts held at once by the bootstrap


@dataclass(frozen=True)
class Interval:
    """A bootstrap interval: the value itself, and where 95 % of the resampled ones lie.

    One item alone is drawn as itself each time, which tells nothing: there are no limits then.
    """

    value: float
    low: float | None
    high: float | None

    @property
    def limits(self) -> tuple[float, float] | None:
        """Low and high, where there were enough items for them."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    def between(self, form: str) -> str:
        """The limits in brackets, each in the number format ``form``."""
        if self.limits is None:
            return "(no interval)"
        low, high = self.limits
        return f"({low:{form}} to {high:{form}})"

    def to_json(self) -> dict[str, float | None]:
        """The three numbers by name."""
        return asdict(self)


def intervals(values: npt.ArrayLike, resampled: Float64Array, n_items: int) -> list[Interval]:
    """Of each figure.

    Args:
        values: ``(M,)``.
        resampled: ``(n_resamples, M)``.
        n_items: how many items were drawn from; a single one gives no limits.
    """
    figures = np.asarray(values, dtype=np.float64).tolist()
    if n_items < 2:
        return [Interval(figure, None, None) for figure in figures]
    low, high = np.percentile(resampled, [2.5, 97.5], axis=0).tolist()
    return [Interval(*one) for one in zip(figures, low, high, strict=True)]


def bootstrap(
    ranking: Retrieval, *, ties: TieRule = "expected", n_resamples: int = 2000, seed: int = 0
) -> dict[str, Interval]:
    """95 % percentile intervals of each metric over resampled images, ranks fixed.

    An image that is drawn brings its captions. The gallery stays as it is, so this is how much the
    figures depend on the queries, not on the gallery.
    """
    values = _resampled(ranking, ties, n_resamples, seed)
    return _intervals(_vector(ranking.metrics(ties)), values, len(ranking.i2t.above))


def paired_bootstrap(
    before: Retrieval,
    after: Retrieval,
    *,
    ties: TieRule = "expected",
    n_resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Interval]:
    """95 % intervals of ``after - before``, both on the same resampled images.

    Raises:
        DataError: the rankings are not of the same images and captions.
    """
    pairs = [(before, after)]
    return pooled_bootstrap(pairs, ties=ties, n_resamples=n_resamples, seed=seed)


def pooled_bootstrap(
    pairs: Sequence[tuple[Retrieval, Retrieval]],
    *,
    ties: TieRule = "expected",
    n_resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Interval]:
    """The same over several data sets, each resampled by itself and weighed by its images.

    Args:
        pairs: of each data set the ranking before and after.
        ties: see `Retrieval.metrics`.
        n_resamples: how often images are drawn.
        seed: of the first data set; each following one has the next.

    Raises:
        DataError: two rankings of a pair are not of the same images and captions.
    """
    values, changes, weights = [], [], []
    for number, (before, after) in enumerate(pairs):
        if not np.array_equal(before.caption_to_image, after.caption_to_image):
            raise DataError(
                "The two rankings are of different captions; compare one data set's own."
            )
        change = _resampled(after, ties, n_resamples, seed + number)
        changes.append(change - _resampled(before, ties, n_resamples, seed + number))
        values.append(_vector(after.metrics(ties)) - _vector(before.metrics(ties)))
        weights.append(len(before.i2t.above))
    return _intervals(
        np.average(values, axis=0, weights=weights),
        np.average(changes, axis=0, weights=weights),
        max(weights),
    )


def _resampled(ranking: Retrieval, ties: TieRule, n_resamples: int, seed: int) -> Float64Array:
    """The seven metrics ``(n_resamples, 7)`` of images drawn with replacement."""
    own = ranking.caption_to_image
    n_images = len(ranking.i2t.above)
    i2t = np.stack([ranking.i2t.hits(k, ties) for k in RECALL_AT], axis=1)  # (I, 3)
    t2i = np.stack(
        [np.bincount(own, ranking.t2i.hits(k, ties), n_images) for k in RECALL_AT], axis=1
    )  # (I, 3): hits of each image's captions
    captions_of = np.bincount(own, minlength=n_images).astype(np.float64)
    rng = np.random.default_rng(seed)
    blocks = []
    at_once = max(1, _RESAMPLES_AT_ONCE // n_images)
    for start in range(0, n_resamples, at_once):
        n_drawn = min(at_once, n_resamples - start)
        times = rng.multinomial(n_images, np.full(n_images, 1 / n_images), size=n_drawn)
        drawn = times.astype(np.float64)  # how often each image was drawn
        recalls = np.concatenate(
            [drawn @ i2t / n_images, drawn @ t2i / (drawn @ captions_of)[:, None]], axis=1
        )
        blocks.append(100.0 * np.column_stack([recalls, recalls.mean(axis=1)]))
    return np.concatenate(blocks)


def _intervals(values: Float64Array, resampled: Float64Array, n_images: int) -> dict[str, Interval]:
    found = intervals(values, resampled, n_images)
    return dict(zip(METRIC_NAMES, found, strict=True))


def _vector(metrics: RetrievalMetrics) -> Float64Array:
    return np.array([getattr(metrics, name) for name in METRIC_NAMES])
