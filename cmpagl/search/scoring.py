"""What a live query's rankings are made of: settings, the bank's scores, reranking, matching.

Shapes: G scenes, n candidates, B bank queries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cmpagl.config.ranking import RankingConfig
from cmpagl.errors import QueryError
from cmpagl.model.fusion import dequantise_tokens
from cmpagl.rank.arrays import FloatArray, IntArray
from cmpagl.rank.bank import Bank
from cmpagl.rank.bank_scores import wrongness
from cmpagl.rank.match import fuse_top
from cmpagl.rank.reranker import Reranker
from cmpagl.rank.stage import LIVE, Stage
from cmpagl.search.encoder import QueryEncoder
from cmpagl.search.query import Query
from cmpagl.store.penalties import Direction
from cmpagl.store.schema import EXTRA

__all__ = ["Scorer", "check_live"]


class Scorer(QueryEncoder):
    """Scores one gallery's scenes for queries, with the checkpoint that made it."""

    chosen: RankingConfig | None = None
    """What this gallery is ranked by, where that is known (`cmpagl.measure.here`)."""

    @property
    def ranking_config(self) -> RankingConfig:
        """The settings to rank by: this gallery's, else those that the checkpoint was tuned to."""
        return self.chosen or self.checkpoint.config.ranking

    # What rankings are made of

    def settings(self, query: Query, stage: Stage, ranking: RankingConfig) -> Any | None:  # noqa: ANN401
        """What the stage's reranker is set to for a query; None where nothing reranks.

        Raises:
            QueryError: the stage is not live, or its reranker cannot read a mixed query's scores.
        """
        check_live(stage)
        if query.kind == "mixed" and stage.reranker and stage.reranker.offset is None:
            raise QueryError(
                f"The ranking {stage.name!r} is not defined for a text and a picture together; ask "
                "with one of them, or rank by SMR."
            )
        return stage.settings(ranking, "i2t" if query.kind in ("image", "scene") else "t2i")

    def bank(self, query: Query, items: IntArray) -> Bank:
        """What the bank's queries of the same kind think of some scenes."""
        direction: Direction = "t2i" if query.kind == "text" else "i2i"
        if query.hits is not None:
            return self.gallery.bank_of(direction, query.hits.vectors(items))
        bank = self.gallery.t2i if direction == "t2i" else self.gallery.i2i
        return bank if len(items) == bank.n_items else bank.take(items)

    def reranked(
        self,
        query: Query,
        items: IntArray,
        stage: Stage,
        settings: Any | None,  # noqa: ANN401 (those of the stage's reranker)
    ) -> FloatArray:
        """A query's row ``(1, n)`` over ``items``, reranked."""
        query.look_at(items)
        scores = query.scores[items][None]
        if stage.reranker is None:
            return scores
        if query.parts is None:
            return stage.reranker.rerank(scores, self.bank(query, items), settings)
        return scores - self._mixed_offset(query, items, stage.reranker, settings)

    def _mixed_offset(
        self,
        query: Query,
        items: IntArray,
        reranker: Reranker[Any],
        settings: Any,  # noqa: ANN401
    ) -> NDArray[np.float32]:
        """What a reranker takes from a mixed query's row, ``(n,)``; 0 where it is no offset."""
        total = np.zeros(len(items), np.float32)
        assert query.parts is not None
        assert reranker.offset is not None
        weight = query.weight or 0.0
        for part, part_weight in zip(query.parts, (weight, 1.0 - weight), strict=True):
            bank = self.bank(replace(part, hits=query.hits), items)
            offset = reranker.offset(bank, settings)
            if offset is not None:
                total += part_weight * offset.weight * offset.values / part.spread
        return total

    def match_logits(self, query: Query, items: IntArray) -> NDArray[np.float32]:
        """The matching head's scores ``(n,)`` of a text query with some scenes, each found once.

        Raises:
            QueryError: the query is no text.
        """
        if query.tokens is None or query.matches is None:
            raise QueryError("Only a text can be matched with scenes; ask with a sentence.")
        tokens = query.tokens.tokens

        def find(scenes: IntArray) -> NDArray[np.float32]:
            # (m, N, F) and (m, N)
            values, scales = map(torch.from_numpy, self.scene_tokens(scenes))
            text = tokens[None].expand(len(scenes), -1, -1)
            mask = torch.ones(text.shape[:2], dtype=torch.long)
            with torch.inference_mode():
                logits, _ = self._fusion()(text, mask, dequantise_tokens(values, scales))
            found: NDArray[np.float32] = logits.numpy()
            return found

        return query.matches.of(items, find)

    def bank_scores(self, query: Query, items: IntArray) -> NDArray[np.float32]:
        """What each of the bank's queries scores on some scenes, ``(B, n)``; no mixed query."""
        bank = self._bank()
        vectors = bank.text_embeds if query.kind == "text" else bank.image_embeds
        scores: NDArray[np.float32] = vectors.numpy() @ self._embeds(query, items).T
        return scores

    def _embeds(self, query: Query, items: IntArray) -> NDArray[np.float32]:
        """The embeddings of some scenes, ``(n, E)``."""
        if query.hits is not None:
            return query.hits.vectors(items)[:, :-EXTRA]
        return self.gallery.image_embeds[items]

    def bank_weights(self, query: Query, items: IntArray) -> FloatArray | None:
        """How far each of `bank_scores` counts in soft extremes, ``(B, n)``; None: all alike."""
        if query.kind == "text":
            return None
        right = self._bank().image_captions.numpy()
        return wrongness(right, self._embeds(query, items))

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


def check_live(stage: Stage) -> None:
    """Refuse a stage that a single query cannot be ranked by.

    Raises:
        QueryError: it asks a benchmark's other queries.
    """
    if not stage.live:
        names = ", ".join(one.name for one in LIVE)
        raise QueryError(
            f"The stage {stage.name!r} asks a benchmark's other queries, which a live query does "
            f"not have; choose one of {names}."
        )
