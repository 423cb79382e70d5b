"""What a model finds among drawn scenes: recall over all and by class, and hard pairs told apart.

Three stages of `cmpagl.rank.stage` are measured: ``aligned``, ``aligned_smr`` (with the bank of
training queries, as a live search has it) and ``smr`` (with the match score, where it is tuned).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cmpagl.data.dataset import normalise_caption
from cmpagl.diagnose.results import ALL, ClassResult, PairResult, RecallResult, clustered_share
from cmpagl.diagnose.scenes import FreshScene
from cmpagl.measure.bootstrap import bootstrap
from cmpagl.measure.metrics import RECALL_AT, Retrieval, RetrievalMetrics, retrieval
from cmpagl.measure.split_stages import StageScores, rank_split, split_scores
from cmpagl.model.bank_vectors import BankVectors
from cmpagl.model.embed import SplitEmbeddings, embed_images, embed_texts
from cmpagl.model.towers import CMPAGL
from cmpagl.progress import Progress
from cmpagl.rank.arrays import FloatArray, IntArray
from cmpagl.rank.match import MatchScores
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, FINAL
from cmpagl.scenes.checking.caption_truth import check_caption
from cmpagl.scenes.planning.hard_pairs import DIFFERENCES
from cmpagl.scenes.planning.truth import SceneTruth

__all__ = [
    "RANKINGS",
    "PairCases",
    "SceneRecall",
    "encode_scenes",
    "measure_scenes",
    "pair_cases",
    "ranked",
]

RANKINGS = (ALIGNED, ALIGNED_SMR, FINAL)
MATCH = "match"  # the matching head alone, for hard pairs


@dataclass(frozen=True)
class PairCases:
    """Captions that name what a hard pair differs in; all ``(N,)``."""

    captions: IntArray  # number of the caption, scene after scene
    own: IntArray  # its scene
    twin: IntArray  # the scene that it is false of
    differs: NDArray[np.str_]
    pair: NDArray[np.str_]


@dataclass(frozen=True)
class SceneRecall:
    """The three tables of `measure_scenes`."""

    recall: dict[str, RecallResult]
    classes: tuple[ClassResult, ...]
    pairs: tuple[PairResult, ...]


def encode_scenes(
    model: CMPAGL,
    tokenizer: Tokenizer,
    scenes: Sequence[FreshScene],
    progress: Progress | None = None,
) -> SplitEmbeddings:
    """Encode scenes as an index would, and each of their distinct captions once."""
    batches = []
    done = 0
    for batch in embed_images(model.image, model.fusion, (scene.square for scene in scenes)):
        batches.append(batch)
        done += len(batch.image_embeds)
        if progress is not None:
            progress("images", done, len(scenes))
    captions = [normalise_caption(text) for scene in scenes for text in scene.truth.captions]
    distinct = list(dict.fromkeys(captions))
    place = {text: number for number, text in enumerate(distinct)}
    text_embeds, text_tokens = embed_texts(model.text, tokenizer, distinct, keep_tokens=True)
    if progress is not None:
        progress("captions", len(distinct), len(distinct))
    counts = [len(scene.truth.captions) for scene in scenes]
    return SplitEmbeddings(
        image_embeds=np.concatenate([batch.image_embeds for batch in batches]),
        text_embeds=text_embeds,
        caption_to_image=np.repeat(np.arange(len(scenes)), counts),
        caption_group=np.array([place[text] for text in captions]),
        token_values=np.concatenate([batch.token_values for batch in batches]),
        token_scales=np.concatenate([batch.token_scales for batch in batches]),
        text_tokens=tuple(text_tokens),
    )


def ranked(
    model: CMPAGL, bank: BankVectors, embeds: SplitEmbeddings, match: MatchScores
) -> Iterator[StageScores]:
    """The `RANKINGS` of a split, one after the other."""
    config = model.config
    scores, top = split_scores(embeds, bank), config.fusion.rerank_top
    return rank_split(scores, config.ranking, RANKINGS, match=match, top=top)


def pair_cases(truths: Sequence[SceneTruth]) -> PairCases:
    """Every caption that is false of its scene's twin, where both twins are among ``truths``."""
    twins: dict[str, list[int]] = {}
    for scene, truth in enumerate(truths):
        if truth.spec.pair_id is not None:
            twins.setdefault(truth.spec.pair_id, []).append(scene)
    first = np.cumsum([0, *(len(truth.captions) for truth in truths)])
    cases = []
    for pair, members in twins.items():
        for own, twin in zip(members, reversed(members), strict=True):
            for number, caption in enumerate(truths[own].captions):
                if own != twin and check_caption(caption, truths[twin]).false_claims:
                    differs = str(truths[own].spec.pair_differs)
                    cases.append((first[own] + number, own, twin, differs, pair))
    captions, owns, others, differ, pairs = zip(*cases, strict=True) if cases else [()] * 5
    return PairCases(
        np.array(captions, np.int64),
        np.array(owns, np.int64),
        np.array(others, np.int64),
        np.array(differ, np.str_),
        np.array(pairs, np.str_),
    )


def measure_scenes(
    model: CMPAGL, bank: BankVectors, embeds: SplitEmbeddings, truths: Sequence[SceneTruth]
) -> SceneRecall:
    """Recall and hard pairs of encoded scenes.

    Args:
        model: in evaluation mode; its config holds the tuned ranking.
        bank: of its checkpoint.
        embeds: of the scenes and all of their captions, with tokens.
        truths: of the scenes, in order.
    """
    match = MatchScores(model.fusion, embeds)
    cases = pair_cases(truths)
    group = embeds.caption_group[cases.captions]
    told_apart = {}
    recall: dict[str, RecallResult] = {}
    classes: dict[str, dict[str, RetrievalMetrics]] = {}
    class_of = np.array([truth.spec.class_name for truth in truths])
    for ranking in ranked(model, bank, embeds, match):
        stage = ranking.stage.name
        found = retrieval(ranking.i2t, ranking.t2i, embeds.caption_to_image)
        recall[stage] = RecallResult(found.metrics(), bootstrap(found))
        for name in np.unique(class_of):
            classes.setdefault(str(name), {})[stage] = _of_class(found, class_of == name)
        own, twin = (ranking.t2i[cases.captions, scenes] for scenes in (cases.own, cases.twin))
        told_apart[stage] = _preferred(own, twin)
    told_apart[MATCH] = _preferred(match.t2i(group, cases.own), match.t2i(group, cases.twin))
    n_captions = np.bincount(embeds.caption_to_image, minlength=len(truths))
    return SceneRecall(
        recall,
        tuple(
            ClassResult(
                name, int((class_of == name).sum()), int(n_captions[class_of == name].sum()), by
            )
            for name, by in classes.items()
        ),
        _pair_results(cases, told_apart),
    )


def _of_class(found: Retrieval, chosen: NDArray[np.bool_]) -> RetrievalMetrics:
    """The metrics of the queries whose scene is ``chosen`` (I,), over the whole gallery."""
    of_caption = chosen[found.caption_to_image]
    recalls = {
        f"{way}_r{k}": 100 * float(counts.hits(k)[queries].mean())
        for way, counts, queries in (("i2t", found.i2t, chosen), ("t2i", found.t2i, of_caption))
        for k in RECALL_AT
    }
    return RetrievalMetrics(**recalls, mR=float(np.mean(list(recalls.values()))))


def _preferred(own: FloatArray, twin: FloatArray) -> NDArray[np.float64]:
    """1 where the own scene scores higher, half where both score the same."""
    return np.asarray((own > twin) + 0.5 * (own == twin))


def _pair_results(
    cases: PairCases, told_apart: dict[str, NDArray[np.float64]]
) -> tuple[PairResult, ...]:
    results = []
    for differs in (*DIFFERENCES, ALL):
        rows = np.flatnonzero((cases.differs == differs) | (differs == ALL))
        if len(rows):
            stages = {
                name: clustered_share(values[rows], cases.pair[rows])
                for name, values in told_apart.items()
            }
            n_pairs = len(np.unique(cases.pair[rows]))
            results.append(PairResult(differs, n_pairs, len(rows), stages))
    return tuple(results)
