"""The search for a ranking's settings, from coarse to fine, over all data sets at once.

`choose_smr` and `choose_beta` pick for one part of the images: all but one fold, or all. Every
setting is counted once for all parts.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cmpagl.config.ranking import SMRConfig
from cmpagl.config.strict import from_dict
from cmpagl.errors import ConfigError
from cmpagl.files import write_text
from cmpagl.measure.metrics import RECALL_AT, RankCounts
from cmpagl.measure.trial import Top, Trial, mean_recall
from cmpagl.rank.arrays import FloatArray
from cmpagl.rank.match import Match
from cmpagl.rank.smr import SMR, RatioTerms, rerank

__all__ = ["ALL", "FOLDS", "MARGIN", "MOST_TRIED", "PARTS", "Search", "choose_beta", "choose_smr"]

MARGIN = 0.05
"""Points of mean recall by which reranking, or a match score, must beat doing without."""
REORDER_MARGIN = 1.0
"""Points by which a form that reorders the top must beat one that does not.

The best of its hundreds of settings is ahead by chance: on 1,304 images what ``combined`` led by
over ``soft`` where it was chosen shrank by 0.2 to 0.9 points, held out, in each of four searches.
"""

WEIGHTS = tuple(
    weights
    for weights in itertools.product(*(SMR.tried[name] for name in ("lf", "lb", "le")))
    if any(weights)
)
BETAS = (0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0)  # times the top's own deviation
FOLDS = 5
PARTS = tuple(range(FOLDS + 1))  # what a value is counted on: all images but one fold's, all images
ALL = FOLDS
MOST_TRIED = len(SMR.tried["t"]) * len(SMR.tried["alpha"]) + (1 + 2 * len(PARTS)) * (
    len(WEIGHTS) * len(SMR.tried["top_k"]) * len(SMR.tried["xi"])
)
"""About how many settings are tried for all parts, where no two of them choose alike."""
Objective = npt.NDArray[np.float64]  # (FOLDS + 1,), one value a part
Recalls = npt.NDArray[np.float64]  # (data sets, FOLDS + 1)


class Search:
    """One direction with one bank, over all data sets; every setting is tried once.

    Args:
        trials: of each data set.
        folds: of each data set's images.
        keep: where to keep what each setting is worth, a JSON line for each, and to find it again;
            None keeps nothing.
        tick: called after each new setting; may raise to stop.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        folds: Sequence[npt.NDArray[np.int64]],
        *,
        keep: Path | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.trials = trials
        self._keep, self._tick = keep, tick
        self.fold = [fold[trial.image] for trial, fold in zip(trials, folds, strict=True)]
        self._images = [len(fold) for fold in folds]
        self._recall: dict[SMRConfig, Recalls] = dict(_read(keep)) if keep is not None else {}
        self._worths: dict[SMRConfig, tuple[Objective, npt.NDArray[np.bool_]]] = {}
        self._base: tuple[SMRConfig, list[FloatArray]] | None = None
        self._tops: dict[int, list[tuple[Top, RatioTerms]]] = {}

    def objective(self, counts: Iterable[RankCounts]) -> Objective:
        """The mean recall over the queries of all data sets, weighed by images, on each part.

        A small set's recall is the noisiest, and where scores are high it moves by whole points:
        unweighed, it alone would choose.
        """
        return self._weighed(self._recalls(counts))

    def value(self, config: SMRConfig) -> Objective:
        """The objective of a setting; settings that differ in what their form ignores are one."""
        return self._worth(config)[0]

    def costs(self, config: SMRConfig, part: int) -> bool:
        """Whether any data set has less on a part than without reranking.

        One ranking serves all galleries: what a large data set gains pays for no other's loss. One
        image less at one of the three ranks, which tells nothing, is none.
        """
        return bool(self._worth(config)[1][part])

    def best(self, configs: Iterable[SMRConfig], part: int) -> SMRConfig:
        """The one with the highest objective on a part, of those without costs if there are any."""
        return max(
            configs, key=lambda config: (not self.costs(config, part), self.value(config)[part])
        )

    @property
    def balances(self) -> bool:
        """Whether the bank is the benchmark's own queries, whose votes can be balanced."""
        return all(trial.bank.includes_query for trial in self.trials)

    def _worth(self, config: SMRConfig) -> tuple[Objective, npt.NDArray[np.bool_]]:
        """A setting's objective, and whether it costs, on each part."""
        if config not in self._worths:
            recalls = self._recall_of(_canonical(config))
            lost = (self._plain - recalls) * np.array(self._images)[:, None]
            costs = (lost > 100 / len(RECALL_AT)).any(axis=0)
            self._worths[config] = self._weighed(recalls), costs
        return self._worths[config]

    def _recall_of(self, config: SMRConfig) -> Recalls:
        if config not in self._recall:
            self._recall[config] = recalls = self._recalls(self._counts(config))
            if self._keep is not None:
                line = json.dumps({"setting": asdict(config), "recalls": recalls.tolist()})
                with open(self._keep, "a", encoding="utf-8") as handle:
                    handle.write(line + "\n")
            self._tick()
        return self._recall[config]

    @cached_property
    def _plain(self) -> Recalls:
        return self._recalls(trial.counts(trial.scores) for trial in self.trials)

    def _recalls(self, counts: Iterable[RankCounts]) -> Recalls:
        """Mean recall of each data set on each part, (data sets, parts)."""
        values = []
        for found, fold in zip(counts, self.fold, strict=True):
            recall = mean_recall(found)
            values.append([*(recall[fold != k].mean() for k in range(FOLDS)), recall.mean()])
        return np.array(values)

    def _weighed(self, recalls: Recalls) -> Objective:
        return np.asarray(np.average(recalls, axis=0, weights=self._images))

    def _counts(self, config: SMRConfig) -> list[RankCounts]:
        if not config.reorders:
            return [
                trial.counts(b) for trial, b in zip(self.trials, self._bases(config), strict=True)
            ]
        return [
            trial.reordered(top, terms.reweighted(config))
            for trial, (top, terms) in zip(self.trials, self._top(config), strict=True)
        ]

    def _bases(self, config: SMRConfig) -> list[FloatArray]:
        """What the top is taken of, per data set; the last one is kept."""
        soft = _canonical(replace(config, form="soft" if config.softens else "none"))
        if self._base is None or self._base[0] != soft:
            self._base = soft, [trial.softened(soft) for trial in self.trials]
            self._tops = {}
        return self._base[1]

    def _top(self, config: SMRConfig) -> list[tuple[Top, RatioTerms]]:
        bases = self._bases(config)
        if config.top_k not in self._tops:
            found = []
            for trial, base in zip(self.trials, bases, strict=True):
                top = trial.top(base, config.top_k)
                found.append((top, trial.ratio_terms(base, top)))
            self._tops[config.top_k] = found
        return self._tops[config.top_k]


def _read(path: Path) -> Iterator[tuple[SMRConfig, Recalls]]:
    """The settings of a file that `Search` keeps, up to a line that a kill or a disk has damaged.

    What stands from there on is cut off, and is searched anew.
    """
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    for number, line in enumerate(lines):
        try:
            said = json.loads(line) if line.endswith("\n") else {}
            found = from_dict(SMRConfig, said["setting"]), np.array(said["recalls"], np.float64)
        except (ValueError, TypeError, KeyError, RecursionError, ConfigError):
            write_text(path, "".join(lines[:number]))
            return
        yield found


def _canonical(config: SMRConfig) -> SMRConfig:
    """The setting with the defaults in place of what its form does not read."""
    plain = SMRConfig()
    if not config.softens:
        config = replace(config, t=plain.t, alpha=plain.alpha, steps=plain.steps)
    if not config.reorders:
        names = ("top_k", "xi", "lf", "lb", "le")
        config = replace(config, **{name: getattr(plain, name) for name in names})
    return config


def _choose_soft(search: Search, part: int) -> SMRConfig:
    chosen = search.best(
        (
            SMRConfig("soft", t=t, alpha=alpha, steps=int(steps))
            for t in SMR.tried["t"]
            for alpha in SMR.tried["alpha"]
            for steps in SMR.tried["steps"][: None if search.balances else 1]
        ),
        part,
    )
    for step in (1.25, 1.12):
        near = itertools.product((1 / step, 1.0, step), (1 - step, 0.0, step - 1))
        candidates = [
            replace(chosen, t=_round(chosen.t * up), alpha=_round(max(chosen.alpha + more, 0.0)))
            for up, more in near
        ]
        chosen = search.best([chosen, *candidates], part)
    return chosen


def _choose_ratio(search: Search, bases: Sequence[SMRConfig], part: int) -> SMRConfig:
    """The ratio form on each of ``bases``, whose form, t and alpha stay."""
    top_ks = map(int, SMR.tried["top_k"])
    grid = itertools.product(bases, top_ks, SMR.tried["xi"], WEIGHTS)
    chosen = search.best(
        (replace(b, top_k=k, xi=xi, lf=lf, lb=lb, le=le) for b, k, xi, (lf, lb, le) in grid), part
    )
    for step in (1.5, 1.2):
        for name in ("lb", "le", "lf", "xi", "top_k"):
            value = getattr(chosen, name)
            if name == "top_k":
                values: list[float] = [max(2, round(value / step)), round(value * step)]
            elif value == 0:
                values = [0.25, step - 1]
            else:
                values = [0.0, _round(value / step), _round(value * step)]
            near = [replace(chosen, **{name: v}) for v in values]  # type: ignore[arg-type]
            chosen = search.best([chosen, *near], part)
    return chosen


def choose_smr(search: Search, part: int) -> SMRConfig:
    """The best setting of each form, then the simplest that no other beats by its margin.

    None that costs any data set recall is chosen.
    """
    soft = _choose_soft(search, part)
    found = [SMRConfig("none"), soft, _choose_ratio(search, [SMRConfig("ratio")], part)]
    softer = replace(soft, form="combined", alpha=_round(soft.alpha / 2))
    found.append(_choose_ratio(search, [replace(soft, form="combined"), softer], part))
    chosen = found[0]
    for config in found[1:]:
        gain = search.value(config)[part] - search.value(chosen)[part]
        margin = REORDER_MARGIN if config.reorders else MARGIN
        if gain > margin and not search.costs(config, part):
            chosen = config
    return _canonical(chosen)


def choose_beta(
    search: Search, matches: Sequence[Match], config: SMRConfig, top: int, part: int
) -> float:
    """The weight of the match score on top of ``config``; 0 where none beats it by the margin."""
    prepared, spread = [], []
    for trial, match in zip(search.trials, matches, strict=True):
        base = rerank(trial.scores, trial.bank, config)
        best = trial.top(base, top)
        values = base[best.rows, best.items].astype(np.float64)
        counts = np.bincount(best.rows)
        mean = np.bincount(best.rows, values) / counts
        spread.append(np.sqrt(np.mean((values - mean[best.rows]) ** 2)))
        prepared.append((trial, best, values, trial.matched(best, match)))
    unit = float(np.mean(spread))

    def value(beta: float) -> float:
        counts = (trial.reordered(best, v + beta * m) for trial, best, v, m in prepared)
        return float(search.objective(counts)[part])

    tried = {beta: value(beta) for beta in (_round(share * unit) for share in BETAS)}
    for step in (1.15, 1.07):
        beta = max(tried, key=lambda one: tried[one])
        for near in (_round(beta / step), _round(beta * step)):
            tried[near] = value(near)
    beta = max(tried, key=lambda one: tried[one])
    return beta if tried[beta] > value(0.0) + MARGIN else 0.0


def _round(value: float) -> float:
    """Two significant digits: finer ones would only say something about this split."""
    return float(f"{value:.2g}")
