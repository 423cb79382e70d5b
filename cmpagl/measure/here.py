"""What reranking does on one gallery, by its own captions; what does not help is off there.

A checkpoint's ranking was tuned on its validation data, and another gallery may gain nothing by it.
So each direction is measured on the gallery's captions: the mean of recall at 1, 5 and 10 with SMR
over without, with an interval over its scenes. Where that is not above 0, SMR is off by default.
The settings were not chosen here, so nothing has to be held out; where `tune_here` chose them, the
gains are those of its folds. The result is kept beside the index, for this version of it alone.

Where captions are too few, `cmpagl.judge.here` measures the same by what a person judged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.config.json_types import fits
from cmpagl.config.ranking import RankingConfig, SMRConfig, flat
from cmpagl.config.strict import from_dict
from cmpagl.errors import CmpaglError, DataError
from cmpagl.files import write_json
from cmpagl.measure.bootstrap import Interval, intervals
from cmpagl.measure.gallery import WITHIN, GalleryBenchmark
from cmpagl.measure.metrics import RankCounts
from cmpagl.progress import Progress
from cmpagl.rank.arrays import IntArray
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR
from cmpagl.search.retriever import Retriever

__all__ = [
    "FEWEST",
    "FEWEST_JUDGED",
    "Here",
    "captions_tell",
    "gain_over_scenes",
    "measure_here",
    "read_here",
    "tune_here",
    "write_here",
]

FEWEST = 100
"""Scenes with captions from which on a gallery can tell what helps; with fewer, nothing is off."""

FEWEST_JUDGED = 20
"""Judged queries from which on they can tell, where captions cannot."""

_FILE = "ranking-here.json"
_RESAMPLES = 1000
_SEED = 0


@dataclass(frozen=True)
class Here:
    """What SMR is worth on one gallery."""

    gains: Mapping[str, Interval]
    """Points of mean recall at 1, 5 and 10: by direction, or "mR" of both where it was tuned."""
    n_scenes: int  # with captions; all of them where a person judged
    ranking: RankingConfig  # to rank by here
    tuned: bool = False  # its settings were searched here; gains are held out then
    judged: int = 0  # queries whose judgments told; 0: captions did
    judgments: str = ""  # a digest of those judgments

    def off(self, direction: str) -> bool:
        """Whether SMR is switched off in a direction, "t2i" or "i2t": it does not help here."""
        return "reranker" in ALIGNED_SMR.off(self.ranking, direction)


@dataclass(frozen=True)
class _Kept:
    """The file's types; the ranking has more to hold."""

    gains: Mapping[str, Interval]
    n_scenes: int
    tuned: bool
    judged: int
    judgments: str


def measure_here(retriever: Retriever) -> Here | None:
    """Measure the checkpoint's SMR on the gallery.

    Returns:
        None where the captions are too few or too many to tell, or SMR is off everywhere anyway.
    """
    tuned = retriever.checkpoint.config.ranking
    if all("reranker" in ALIGNED_SMR.off(tuned, direction) for direction in ("t2i", "i2t")):
        return None
    benchmark = captions_tell(retriever)
    if benchmark is None:
        return None
    before, after = (benchmark.measure(stage, _quiet).own for stage in (ALIGNED, ALIGNED_SMR))
    own = before.caption_to_image
    gains = {
        "t2i": _gain(before.t2i, after.t2i, own),
        "i2t": _gain(before.i2t, after.i2t, np.arange(len(benchmark.scenes))),
    }
    ranking = tuned
    for direction, gain in gains.items():
        if gain.value <= 0:
            ranking = _without(ranking, direction)
    return Here(gains, len(benchmark.scenes), ranking)


def captions_tell(retriever: Retriever) -> GalleryBenchmark | None:
    """The gallery's captions as a benchmark; None where they are too few or too many to tell."""
    if retriever.gallery.engine is not None:  # not all scenes are compared there
        return None
    try:
        benchmark = GalleryBenchmark(retriever)
    except DataError:
        return None
    return benchmark if len(benchmark.scenes) >= FEWEST else None


def tune_here(retriever: Retriever, progress: Progress | None = None) -> Here:
    """Search SMR's settings on the gallery's captions, in folds; minutes for a thousand scenes.

    Args:
        retriever: of the gallery.
        progress: told how many of the searches' steps are done; may raise to stop.

    Raises:
        DataError: the gallery has too few captions to tune on, or too many.
    """
    from cmpagl.measure.tune import tune_ranking
    from cmpagl.model.embed import SplitEmbeddings

    benchmark = GalleryBenchmark(retriever)
    n_scenes = len(benchmark.scenes)
    if n_scenes < FEWEST:
        raise DataError(
            f"This gallery has {n_scenes:,} scenes with captions, too few to tune a ranking on; "
            f"it takes {FEWEST:,} or more, or {FEWEST_JUDGED:,} judged queries."
        )
    gallery = retriever.gallery
    embeds = SplitEmbeddings(
        image_embeds=np.asarray(gallery.image_embeds)[benchmark.scenes],
        text_embeds=np.asarray(gallery.caption_embeds),
        caption_to_image=benchmark.caption_to_image,
        caption_group=benchmark.group,
    )
    found, report = tune_ranking(
        {gallery.name: embeds}, retriever.checkpoint.bank(), progress=progress
    )
    held_out: Any = report["held_out_gain_mR"]
    gain = Interval(**held_out[gallery.name][ALIGNED_SMR.name])
    ranking = replace(retriever.checkpoint.config.ranking, bank_only=found.bank_only)
    return Here({"mR": gain}, n_scenes, ranking, tuned=True)


def read_here(retriever: Retriever) -> Here | None:
    """What was kept beside the index, where it is of this version, model and ranking."""
    try:
        content = json.loads((retriever.gallery.notes / _FILE).read_text("utf-8"))
        if content["key"] != _key(retriever) or not fits(content, _Kept):
            return None
        return Here(
            {name: Interval(**gain) for name, gain in content["gains"].items()},
            content["n_scenes"],
            from_dict(RankingConfig, content["ranking"], "ranking"),
            content["tuned"],
            content.get("judged", 0),
            content.get("judgments", ""),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, CmpaglError):
        return None  # it can be measured again


def write_here(retriever: Retriever, here: Here) -> None:
    """Keep it beside the index, where one may write there."""
    content: dict[str, Any] = {
        "key": _key(retriever),
        "gains": {name: gain.to_json() for name, gain in here.gains.items()},
        "n_scenes": here.n_scenes,
        "ranking": asdict(here.ranking),
        "tuned": here.tuned,
        "judged": here.judged,
        "judgments": here.judgments,
    }
    try:
        write_json(retriever.gallery.notes / _FILE, content)
    except OSError:
        return  # a gallery that is only read is measured each time


def _key(retriever: Retriever) -> str:
    gallery = retriever.gallery
    ranking = json.dumps(flat(retriever.checkpoint.config.ranking), sort_keys=True)
    said = f"{gallery.version}\n{gallery.fingerprint}\n{ranking}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _without(ranking: RankingConfig, direction: str) -> RankingConfig:
    """The same ranking with SMR off in one direction; its other settings stay, to switch it on."""
    one = ranking.bank_only.of(direction)
    off: SMRConfig = replace(one.smr, form="none")
    changed = {direction: replace(one, smr=off)}
    return replace(ranking, bank_only=replace(ranking.bank_only, **changed))


def _gain(before: RankCounts, after: RankCounts, scene: IntArray) -> Interval:
    """What a direction's mean recall gains, in points, with an interval over scenes.

    Args:
        before: of the queries (Q,).
        after: of the same queries.
        scene: ``(Q,)`` whose queries they are, so that all of a scene are drawn together.
    """
    change = 100 * np.mean([after.hits(k) - before.hits(k) for k in WITHIN], axis=0)
    return gain_over_scenes(change, scene)


def gain_over_scenes(change: npt.NDArray[np.float64], scene: IntArray) -> Interval:
    """The mean of what each query gains, with an interval over scenes.

    Args:
        change: ``(Q,)`` in points.
        scene: ``(Q,)`` whose queries they are.
    """
    n_scenes = int(scene.max()) + 1
    total = np.bincount(scene, change, n_scenes)
    count = np.bincount(scene, minlength=n_scenes)
    drawn = np.random.default_rng(_SEED).multinomial(
        n_scenes, np.full(n_scenes, 1 / n_scenes), size=_RESAMPLES
    )
    resampled = (drawn @ total) / (drawn @ count)
    return intervals([change.mean()], resampled[:, None], n_scenes)[0]


def _quiet(what: str, done: int, total: int) -> None:
    """Nobody listens."""
