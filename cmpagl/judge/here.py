"""What reranking does on one gallery by a person's judgments, where its captions cannot tell.

A judged query asks with words, so only that direction is measured: how often a right scene is among
the first 1, 5 and 10, their mean, with SMR over without. What nobody judged counts as not relevant,
so a setting is worth what it does to scenes that somebody looked at. As in `cmpagl.measure.here`,
what does not help is off, and gains of a search for settings are those of its folds.

Shapes: Q judged queries, G scenes, P pairs of a query and a scene that is right for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cmpagl.config.ranking import SMRConfig
from cmpagl.data.dataset import normalise_caption
from cmpagl.errors import DataError
from cmpagl.judge.judgments import JudgedQuery
from cmpagl.measure.bootstrap import Interval
from cmpagl.measure.cross_validation import cross_validate, draw_folds
from cmpagl.measure.gallery import MOST_PAIRS
from cmpagl.measure.here import FEWEST_JUDGED, Here, gain_over_scenes
from cmpagl.measure.settings_search import ALL, MOST_TRIED, Search
from cmpagl.measure.trial import Trial, mean_recall
from cmpagl.progress import Progress
from cmpagl.rank.smr import rerank
from cmpagl.rank.stage import ALIGNED_SMR
from cmpagl.search.retriever import Retriever

__all__ = ["digest_of", "measure_judged", "tune_judged", "usable"]

_SEED = 0


def usable(retriever: Retriever, queries: Sequence[JudgedQuery]) -> list[JudgedQuery]:
    """The queries with a right scene that is in the gallery; none where it cannot be measured."""
    gallery = retriever.gallery
    if gallery.engine is not None or not retriever.checkpoint.has_bank or not gallery.reads_text:
        return []
    found = [query for query in queries if _right(retriever, query)]
    return found[-max(1, MOST_PAIRS // max(1, len(gallery))) :]  # the latest, in memory at once


def measure_judged(retriever: Retriever, queries: Sequence[JudgedQuery]) -> Here | None:
    """Measure the checkpoint's SMR by judged queries.

    Returns:
        None where fewer than `FEWEST_JUDGED` can be used, or SMR is off for words anyway.
    """
    tuned = retriever.checkpoint.config.ranking
    judged = usable(retriever, queries)
    if len(judged) < FEWEST_JUDGED or "reranker" in ALIGNED_SMR.off(tuned, "t2i"):
        return None
    trial = _trial(retriever, judged)
    config = tuned.bank_only.t2i.smr
    after = trial.counts(rerank(trial.scores, trial.bank, config))
    gain = gain_over_scenes(
        mean_recall(after) - mean_recall(trial.counts(trial.scores)), trial.image
    )
    chosen = config if gain.value > 0 else replace(config, form="none")
    return _here(retriever, judged, gain, chosen, tuned=False, digest=digest_of(queries))


def tune_judged(
    retriever: Retriever, queries: Sequence[JudgedQuery], progress: Progress | None = None
) -> Here:
    """Search SMR's settings for words on judged queries, in folds of queries.

    Args:
        retriever: of the gallery.
        queries: with what was judged.
        progress: told how far it is; may raise to stop.

    Raises:
        DataError: too few queries can be used.
    """
    judged = usable(retriever, queries)
    if len(judged) < FEWEST_JUDGED:
        raise DataError(
            f"There are {len(judged):,} judged queries with a right scene, too few to tune a "
            f"ranking on; judge {FEWEST_JUDGED:,} or more."
        )
    trial = _trial(retriever, judged)
    folds = draw_folds(len(judged), np.random.default_rng(_SEED))

    tried = 0

    def tick() -> None:
        nonlocal tried
        tried += 1
        if progress is not None:
            progress("settings", min(tried, MOST_TRIED), MOST_TRIED)

    found = cross_validate(Search([trial], [folds], tick=tick), None, 0, with_smr=True)
    change = mean_recall(found.reranked[0]) - mean_recall(trial.counts(trial.scores))
    gain = gain_over_scenes(change, trial.image)
    return _here(retriever, judged, gain, found.smr[ALL], tuned=True, digest=digest_of(queries))


def digest_of(queries: Sequence[JudgedQuery]) -> str:
    """Tells whether other judgments were made since."""
    said = repr([(query.text, sorted(query.grades.items())) for query in queries])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _here(
    retriever: Retriever,
    judged: Sequence[JudgedQuery],
    gain: Interval,
    config: SMRConfig,
    *,
    tuned: bool,
    digest: str,
) -> Here:
    ranking = retriever.checkpoint.config.ranking
    t2i = replace(ranking.bank_only.t2i, smr=config)
    return Here(
        {"t2i": gain},
        len(retriever.gallery),
        replace(ranking, bank_only=replace(ranking.bank_only, t2i=t2i)),
        tuned=tuned,
        judged=len(judged),
        judgments=digest,
    )


def _trial(retriever: Retriever, judged: Sequence[JudgedQuery]) -> Trial:
    """The judged queries over all scenes."""
    gallery = retriever.gallery
    texts = retriever.encode_texts([normalise_caption(query.text) for query in judged])[0]
    right = [_right(retriever, query) for query in judged]
    numbers: npt.NDArray[np.int64] = np.arange(len(judged))
    return Trial(
        scores=np.asarray(texts) @ np.asarray(gallery.image_embeds).T,  # (Q, E) x (E, G)
        bank=gallery.t2i,
        weights=np.ones(len(gallery)),
        queries=np.repeat(numbers, [len(scenes) for scenes in right]),
        items=np.concatenate([np.sort(scenes) for scenes in right]),
        image=numbers,
        match_rows=numbers,
    )


def _right(retriever: Retriever, query: JudgedQuery) -> list[int]:
    """Numbers of the scenes that were judged right and are here."""
    found = (retriever.gallery.records.find(name) for name, g in query.grades.items() if g > 0)
    return [number for number in found if number is not None]
