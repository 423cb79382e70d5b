"""Live queries against an index, ranked.

`Retriever` turns a query into its row of aligned scores once (`query_*`), then ranks and reranks
that row as often as asked, with the functions that also rank a whole benchmark: a live query is the
call with one row. Everything here may be called from several threads, and nothing that one caller
does is seen by another.

A picture as query has no match score. Its reranking uses the image->text settings, with what the
bank's images score on the gallery's scenes. A mixed query adds the z-scores of its two rows and
softens each with its own extremes, on the same scale and with the same weights; it has no top to
reorder.

Shapes: G scenes, n candidates, B bank queries.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from cmpagl.config.ranking import RankingConfig, SMRConfig
from cmpagl.errors import QueryError
from cmpagl.model.fusion import dequantise_tokens
from cmpagl.rank.arrays import FloatArray, IntArray
from cmpagl.rank.bank import Bank, wrongness
from cmpagl.rank.baselines import BASELINES, Baseline
from cmpagl.rank.match import fuse_top, match_texts
from cmpagl.rank.smr import rerank
from cmpagl.search.encoder import QueryEncoder, spread_of
from cmpagl.search.query import Query
from cmpagl.search.ranking import Ranking, make_ranking

__all__ = ["STAGES", "Retriever"]

STAGES = ("aligned", "aligned_smr", "fused", "smr", *BASELINES)
"""What `Retriever.ranking` can rank by; baselines with the bank of training queries."""


class Retriever(QueryEncoder):
    """Answers queries against one gallery with the checkpoint that made it."""

    @property
    def ranking_config(self) -> RankingConfig:
        """The tuned settings."""
        return self.checkpoint.config.ranking

    def candidates(
        self,
        query: Query,
        *,
        class_name: str | None = None,
        data_set: str | None = None,
        least: float | None = None,
    ) -> IntArray:
        """The scenes that a query may be answered with, by number.

        Args:
            query: a scene that asks is left out.
            class_name: only scenes of this class.
            data_set: only scenes of this one of `Gallery.data_sets`.
            least: only scenes with at least this aligned score.

        Raises:
            QueryError: none is left.
        """
        allowed = np.ones(len(self.gallery), np.bool_)
        if query.scene is not None:
            allowed[query.scene] = False
        if class_name is not None:
            allowed &= np.array([r.class_name == class_name for r in self.gallery.records])
        if data_set is not None:
            own = self.gallery.name
            allowed &= np.array([(r.data_set or own) == data_set for r in self.gallery.records])
        if least is not None:
            allowed &= query.scores >= least
        found = np.flatnonzero(allowed)
        if not len(found):
            raise QueryError("No scene is left with this filter; widen it, or take it off.")
        return found

    def ranking(
        self,
        query: Query,
        stage: str = "smr",
        *,
        ranking_config: RankingConfig | None = None,
        candidates: IntArray | None = None,
    ) -> Ranking:
        """Rank the gallery's scenes for a query.

        Args:
            query: of this retriever.
            stage: one of `STAGES`.
            ranking_config: other settings than the tuned ones.
            candidates: of `candidates`; default all but the scene that asks. A filter narrows the
                gallery before it is ranked.

        Raises:
            QueryError: the stage is unknown, or a baseline is asked of a mixed query.
            ConfigError: the index lacks a statistic that the settings need.
        """
        if stage not in STAGES:
            raise QueryError(f"The stage {stage!r} is unknown; choose one of {', '.join(STAGES)}.")
        settings = ranking_config or self.ranking_config
        items = self.candidates(query) if candidates is None else candidates
        config = self.reranker(query, stage, settings)
        scores = self.reranked(query, items, config)
        beta = 0.0
        if query.kind == "text" and stage in ("fused", "smr"):
            fusing = settings.fused if stage == "fused" else settings.bank_only
            beta = fusing.t2i.beta
        fused, columns = self._fused(
            scores, beta, lambda columns: self.match_logits(query, items[columns])
        )
        return make_ranking(
            stage,
            fused[0],
            items,
            len(self.gallery),
            config=config,
            beta=beta,
            matched=None if columns is None else items[columns],
        )

    def captions_for_image(
        self, query: Query, stage: str = "smr", *, ranking_config: RankingConfig | None = None
    ) -> Ranking:
        """Rank the gallery's distinct captions for a picture or a scene; items are their numbers.

        Raises:
            QueryError: the gallery has no captions, the query no picture, or the stage is unknown.
        """
        embeds, values, scales = query.image_embeds, query.token_values, query.token_scales
        if embeds is None or values is None or scales is None:
            raise QueryError("Captions are looked up for a picture; give one.")
        if stage not in STAGES:
            raise QueryError(f"The stage {stage!r} is unknown; choose one of {', '.join(STAGES)}.")
        bank = self.gallery.i2t
        if bank is None:
            raise QueryError("This gallery has no captions; open one of a data set that has them.")
        settings = ranking_config or self.ranking_config
        config: SMRConfig | Baseline | None = BASELINES.get(stage)
        if stage in ("aligned_smr", "smr"):
            config = settings.bank_only.i2t.smr
        scores: FloatArray = (self.gallery.caption_embeds @ embeds)[None]
        if config is not None:
            scores = rerank(scores, bank, config)
        beta = {"fused": settings.fused.i2t.beta, "smr": settings.bank_only.i2t.beta}.get(
            stage, 0.0
        )

        def logits(captions: IntArray) -> NDArray[np.float32]:
            texts = self.gallery.distinct_captions
            tokens = self.encode_texts([texts[i] for i in captions])[1]
            return match_texts(self._fusion(), tokens, values, scales)

        fused, matched = self._fused(scores, beta, logits)
        items = np.arange(scores.shape[1])
        return make_ranking(
            stage, fused[0], items, len(items), config=config, beta=beta, matched=matched
        )

    # What rankings are made of

    def reranker(
        self, query: Query, stage: str, settings: RankingConfig
    ) -> SMRConfig | Baseline | None:
        """What reranks a query in a stage; None where nothing does.

        Raises:
            QueryError: a baseline is asked of a mixed query, whose scores it cannot read.
        """
        if stage in ("aligned", "fused"):
            return None
        if stage in BASELINES:
            if query.kind == "mixed":
                raise QueryError(
                    f"The ranking {stage!r} is not defined for a text and a picture together; ask "
                    "with one of them, or rank by SMR."
                )
            return BASELINES[stage]
        way = "i2t" if query.kind in ("image", "scene") else "t2i"
        return settings.bank_only.of(way).smr

    def bank(self, query: Query, items: IntArray) -> Bank:
        """What the bank's queries of the same kind think of some scenes."""
        bank = self.gallery.t2i if query.kind == "text" else self.gallery.i2i
        return bank if len(items) == bank.n_items else bank.take(items)

    def reranked(
        self, query: Query, items: IntArray, config: SMRConfig | Baseline | None
    ) -> FloatArray:
        """A query's row ``(1, n)`` over ``items``, reranked."""
        scores = query.scores[items][None]
        if config is None:
            return scores
        if query.parts is None:
            return rerank(scores, self.bank(query, items), config)
        return scores - self.mixed_extremes(query, items, config)

    def mixed_extremes(
        self, query: Query, items: IntArray, config: SMRConfig | Baseline
    ) -> NDArray[np.float32]:
        """What the soft form takes from a mixed query's row, ``(n,)``; 0 for another form."""
        total = np.zeros(len(items), np.float32)
        if query.parts is None or not isinstance(config, SMRConfig) or not config.softens:
            return total
        weight = query.weight or 0.0
        for part, part_weight in zip(query.parts, (weight, 1.0 - weight), strict=True):
            extreme = self.bank(part, items).soft_extreme(config.t)
            total += part_weight * config.alpha * extreme / spread_of(part)
        return total

    def match_logits(self, query: Query, items: IntArray) -> NDArray[np.float32]:
        """The matching head's scores ``(n,)`` of a text query with some scenes, each found once."""
        if query.tokens is None:
            raise QueryError("Only a text can be matched with scenes; ask with a sentence.")
        unknown = items[np.isnan(query.matches[items])]
        if len(unknown):
            values = torch.from_numpy(self.gallery.token_values[unknown])  # (n, N, F)
            scales = torch.from_numpy(self.gallery.token_scales[unknown])
            text = query.tokens.tokens[None].expand(len(unknown), -1, -1)
            mask = torch.ones(text.shape[:2], dtype=torch.long)
            with torch.inference_mode():
                logits, _ = self._fusion()(text, mask, dequantise_tokens(values, scales))
            query.matches[unknown] = logits.numpy()
        return np.asarray(query.matches[items])

    def bank_scores(self, query: Query, items: IntArray) -> NDArray[np.float32]:
        """What each of the bank's queries scores on some scenes, ``(B, n)``; no mixed query."""
        bank = self._bank()
        vectors = bank.text_embeds if query.kind == "text" else bank.image_embeds
        scores: NDArray[np.float32] = vectors.numpy() @ self.gallery.image_embeds[items].T
        return scores

    def bank_weights(self, query: Query, items: IntArray) -> FloatArray | None:
        """How far each of `bank_scores` counts in soft extremes, ``(B, n)``; None: all alike."""
        if query.kind == "text":
            return None
        right = self._bank().image_captions.numpy()
        return wrongness(right, self.gallery.image_embeds[items])

    def _fused(
        self,
        scores: FloatArray,
        beta: float,
        logits: Callable[[IntArray], NDArray[np.float32]],
    ) -> tuple[FloatArray, IntArray | None]:
        """A row ``(1, n)`` with the match scores of its top added, and which columns that is."""
        if beta == 0:
            return scores, None
        top: list[IntArray] = []

        def match(_: IntArray, columns: IntArray) -> NDArray[np.float32]:
            top.append(columns)
            return logits(columns)

        return fuse_top(scores, match, beta, self.checkpoint.config.fusion.rerank_top), top[0]
