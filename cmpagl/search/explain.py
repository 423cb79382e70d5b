"""Why a live query's ranking is as it is, and how much of it is the bank's draw.

Shapes: G scenes, n candidates, B bank queries.
"""

from __future__ import annotations

import numpy as np

from cmpagl.config.ranking import RankingConfig, SMRConfig
from cmpagl.errors import QueryError
from cmpagl.rank.arrays import IntArray, ranks
from cmpagl.rank.match import standardised
from cmpagl.rank.smr import Explanation, explain
from cmpagl.rank.spread import RankSpread, rank_spread
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, FINAL, Stage
from cmpagl.search.query import Query, QueryText
from cmpagl.search.ranking import Ranking, SceneExplanation, WordEffect
from cmpagl.search.retriever import Retriever
from cmpagl.search.teaching import Taught
from cmpagl.store.gallery import Gallery

__all__ = [
    "explain_caption",
    "explain_scene",
    "spread_of_ranks",
    "strike_words",
]


def explain_scene(
    retriever: Retriever,
    query: Query,
    scene: int,
    stage: Stage = FINAL,
    *,
    ranking_config: RankingConfig | None = None,
    candidates: IntArray | None = None,
    taught: Taught | None = None,
) -> SceneExplanation:
    """The terms of one scene's score in a stage, from the computation that ranks.

    Arguments are as in `Retriever.ranking`.

    Raises:
        QueryError: as there, or the scene is no candidate.
    """
    retriever.check_scene(scene)
    settings = ranking_config or retriever.ranking_config
    items = retriever.candidates(query) if candidates is None else candidates
    at = np.flatnonzero(items == scene)
    if not len(at):
        raise QueryError(f"Scene {scene} is no candidate of this query; widen the filter.")
    before = retriever.ranking(query, ALIGNED, ranking_config=settings, candidates=items)
    after = retriever.ranking(
        query, stage, ranking_config=settings, candidates=items, taught=taught
    )
    smr: Explanation | None = None
    if query.parts is None and after.has_terms:
        config = after.settings or SMRConfig("none")
        smr = explain(query.scores[items], retriever.bank(query, items), config, int(at[0]))
    logit = standard = None
    if after.matched is not None and scene in after.matched:
        logits = retriever.match_logits(query, after.matched)
        own = after.matched == scene
        logit = float(logits[own][0])
        standard = float(standardised(logits, np.zeros(len(logits), np.int64))[own][0])
    score, final = float(query.scores[scene]), float(after.score_by_item[scene])
    return SceneExplanation(
        item=scene,
        rank_before=int(before.rank_by_item[scene]),
        rank_after=int(after.rank_by_item[scene]),
        score=score,
        final=final,
        smr=smr,
        match_logit=logit,
        match_standardised=standard,
        beta=after.beta,
        steps=_steps(query, after, smr, scene, score, final, after.beta * (standard or 0.0)),
    )


def _steps(
    query: Query,
    after: Ranking,
    smr: Explanation | None,
    scene: int,
    score: float,
    final: float,
    fusion: float,
) -> dict[str, float]:
    """The bars of a waterfall: where the score starts, and what each part does to it."""
    taught = after.added_to(scene)
    if smr is not None and smr.in_top:
        return {**smr.ratio_steps, **taught, **({"fusion": fusion} if after.fusion_on else {})}
    if query.parts is not None:
        weight = query.weight or 0.0
        steps = {
            name: share * float((part.scores[scene] - part.mean) / part.spread)
            for name, part, share in zip(
                ("text", "image"), query.parts, (weight, 1.0 - weight), strict=True
            )
        }
    else:
        steps = {"score": score}
    if smr is not None:
        steps["soft_extreme"] = smr.softened - score
    elif after.reranker_on:
        steps["reranking"] = final - sum(steps.values()) - sum(taught.values())
    steps |= taught
    if after.fusion_on:
        steps["fusion"] = fusion
        steps["below_the_top"] = final - sum(steps.values())
    return {
        name: value for name, value in steps.items() if name != "below_the_top" or abs(value) > 1e-6
    }


def explain_caption(
    gallery: Gallery, query: Query, caption: int, ranking: Ranking
) -> SceneExplanation | None:
    """The terms of the score of a caption that a picture finds; the bank's pictures rerank it.

    Args:
        gallery: of the ranking.
        query: with a picture.
        caption: its number among the gallery's distinct captions.
        ranking: of these captions, by a stage that has terms.

    Returns:
        the terms; None where there are no captions, or the query is no picture alone.
    """
    if query.image_embeds is None or not len(gallery.distinct_captions):
        return None
    items = np.sort(ranking.items)
    bank = gallery.caption_bank(items)
    at = int(np.searchsorted(items, caption))
    scores = gallery.caption_embeds_of(items) @ query.image_embeds
    config = (ranking.settings if ranking.has_terms else None) or SMRConfig("none")
    smr = explain(scores, bank, config, at)
    final = float(ranking.score_by_item[caption])
    fusion = final - smr.final  # what came after SMR
    steps = dict(smr.ratio_steps) or {"score": smr.score}
    if smr.config.softens and not smr.in_top:
        steps["soft_extreme"] = smr.softened - smr.score
    matched = ranking.matched is not None and caption in ranking.matched
    if matched:
        steps["fusion"] = fusion
    elif abs(fusion) > 1e-6:
        steps["below_the_top"] = fusion
    return SceneExplanation(
        item=caption,
        rank_before=int(ranks(scores)[at]),
        rank_after=int(ranking.rank_by_item[caption]),
        score=smr.score,
        final=final,
        smr=smr,
        match_logit=None,  # the ranking keeps what it added, not the score of each pair
        match_standardised=fusion / ranking.beta if matched else None,
        beta=ranking.beta,
        steps=steps,
    )


def spread_of_ranks(
    retriever: Retriever,
    query: Query,
    *,
    ranking_config: RankingConfig | None = None,
    candidates: IntArray | None = None,
    n_resamples: int = 50,
) -> RankSpread:
    """How each candidate's rank after SMR varies when the bank is drawn again.

    Returns:
        arrays ``(n,)`` in the order of ``candidates`` (default `Retriever.candidates`).

    Raises:
        QueryError: a mixed query, which has no bank of its own.
    """
    if query.kind == "mixed":
        raise QueryError(
            "How ranks vary with the bank is not defined for a text and a picture together; ask "
            "with one of them."
        )
    settings = ranking_config or retriever.ranking_config
    items = retriever.candidates(query) if candidates is None else candidates
    config = retriever.settings(query, ALIGNED_SMR, settings)
    assert isinstance(config, SMRConfig)
    scores = retriever.bank_scores(query, items)
    weights = retriever.bank_weights(query, items)
    return rank_spread(query.scores[items], scores, config, n_resamples, weights=weights)


def strike_words(
    retriever: Retriever,
    query: Query,
    *,
    top: int = 10,
) -> tuple[WordEffect, ...]:
    """Strike out each word of a text query in turn, and see what moves in the top after SMR.

    Args:
        retriever: that made the query.
        query: a text of two or more words.
        top: how many scenes are looked at.

    Raises:
        QueryError: no text, or a single word.
    """
    if query.kind != "text" or query.text is None or query.text_embeds is None:
        raise QueryError("Words can only be struck out of a text; ask with a sentence.")
    words = query.text.words
    if len(words) < 2:
        raise QueryError("The query is a single word, so none can be struck out; write a sentence.")
    items = retriever.candidates(query)
    shown = retriever.ranking(query, ALIGNED_SMR, candidates=items).items[:top].tolist()
    texts = query.text.without_each_word
    embeds = query.struck
    if embeds is None:
        embeds = retriever.encode_texts(texts)[0]
    effects = []
    for i, text in enumerate(texts):
        read = QueryText(text, tuple(text.split()))
        without = retriever.text_query(read, embeds[i], None)
        if query.hits is not None and without.hits is not None:  # among what the whole one found
            without.hits.share(query.hits, items)
        ranking = retriever.ranking(without, ALIGNED_SMR, candidates=items)
        now = ranking.items[:top].tolist()
        effects.append(
            WordEffect(
                index=i,
                word=words[i],
                without=text,
                cosine=float(embeds[i] @ query.text_embeds),
                first_rank=int(ranking.ranks_of(shown[:1])[0]),
                entered=tuple(item for item in now if item not in shown),
                left=tuple(item for item in shown if item not in now),
            )
        )
    return tuple(effects)
