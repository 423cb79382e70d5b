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

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cmpagl.config.ranking import RankingConfig, SMRConfig
from cmpagl.data.georeference import middles
from cmpagl.errors import QueryError
from cmpagl.feedback.examples import centred, check_marks, exclude, learn, standard
from cmpagl.rank.arrays import FloatArray, IntArray
from cmpagl.rank.match import match_texts
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR, FINAL, Stage
from cmpagl.search.hits import Product
from cmpagl.search.narrowing import best_by, filter_sql
from cmpagl.search.query import Query
from cmpagl.search.ranking import Ranking, make_ranking
from cmpagl.search.scoring import Scorer, check_live
from cmpagl.search.teaching import Among, Everywhere, Taught
from cmpagl.store.schema import EXTRA
from cmpagl.store.where import Box, Filter

__all__ = ["Retriever"]


class Retriever(Scorer):
    """Answers queries against one gallery with the checkpoint that made it."""

    def candidates(
        self,
        query: Query,
        *,
        class_name: str | None = None,
        data_set: str | None = None,
        least: float | None = None,
        where: Filter = (),
        box: Box | None = None,
        stages: Sequence[Stage] = (ALIGNED, ALIGNED_SMR),
        ranking_config: RankingConfig | None = None,
        taught: Taught | None = None,
        most: int | None = None,
    ) -> IntArray:
        """The scenes that a query may be answered with, by number, ascending.

        All that the filters leave where the gallery is searched exactly; else the best some
        thousand of these by each of the stages, which stand in for all.

        Args:
            query: a scene that asks is left out.
            class_name: only scenes of this class.
            data_set: only scenes of this one of `Gallery.data_sets`.
            least: only scenes with at least this aligned score.
            where: only scenes of which these conditions hold (`Gallery.read_where`, or `Condition`s
                that a form made of `Gallery.columns`).
            box: only scenes the middle of whose footprint lies in it.
            stages: that will be ranked by.
            ranking_config: other settings than the tuned ones.
            taught: of `teach` and this query: where scenes are searched, also for those like the
                good ones.
            most: where all are compared, at most so many by each of the stages, the best.

        Raises:
            QueryError: none is left, or a condition names a column that is not there.
        """
        if query.hits is not None:
            asked = filter_sql(self.gallery, class_name, data_set, where, box)
            settings = ranking_config or self.ranking_config
            products = [self.product(query, stage, settings) for stage in dict.fromkeys(stages)]
            if taught is not None and taught.aim is not None:
                products += [self._turned(query, product, taught.aim) for product in products]
            found = query.hits.find(products, asked)
            kept = np.ones(len(found), np.bool_) if query.scene is None else found != query.scene
            if least is not None:
                kept &= query.scores[found] >= least
            if not kept.any():
                raise QueryError("No scene is left with this filter; widen it, or take it off.")
            left: IntArray = found[kept]
            return left
        allowed = np.ones(len(self.gallery), np.bool_)
        if query.scene is not None:
            allowed[query.scene] = False
        if class_name is not None:
            allowed &= self.gallery.records.where("class_name", class_name)
        if data_set is not None:
            allowed &= self.gallery.records.where("data_set", data_set, self.gallery.name)
        if where:
            kept = np.zeros_like(allowed)
            kept[self.gallery.matching(where)] = True
            allowed &= kept
        if box is not None:
            places = middles(self.gallery.footprints())  # NaN lies in none
            allowed &= np.all((places >= box[:2]) & (places <= box[2:]), axis=1)
        if least is not None:
            allowed &= query.scores >= least
        found = np.flatnonzero(allowed)
        if not len(found):
            raise QueryError("No scene is left with this filter; widen it, or take it off.")
        if most is None or len(found) <= most:
            return found
        settings = ranking_config or self.ranking_config
        products = [self.product(query, stage, settings) for stage in dict.fromkeys(stages)]
        return best_by(products, self.gallery.image_vectors, found, most)

    def product(self, query: Query, stage: Stage, ranking: RankingConfig) -> Product:
        """What scenes' vectors are multiplied with to give a stage's scores.

        As far as it is a product: a stage that orders otherwise is searched by the plain score.
        """
        settings = self.settings(query, stage, ranking)
        alpha, strength = 0.0, 1.0
        if isinstance(settings, SMRConfig) and settings.softens:
            alpha = settings.alpha
            tuned = self.settings(query, stage, self.ranking_config)
            strength = alpha / tuned.alpha if tuned is not None and tuned.alpha else 1.0
        width = self.checkpoint.config.embed_dim
        product = np.zeros(width + EXTRA, np.float32)
        parts = [(query, 1.0)]
        if query.parts is not None:
            text, image = query.parts
            weight = query.weight or 0.0
            parts = [(text, weight / text.spread), (image, (1.0 - weight) / image.spread)]
        for part, share in parts:
            embeds = part.text_embeds if part.kind == "text" else part.image_embeds
            assert embeds is not None
            product[:width] += share * embeds
            product[width + (part.kind != "text")] += share * alpha
        return Product(product, strength)

    def _turned(self, query: Query, product: Product, aim: NDArray[np.float32]) -> Product:
        """A product towards scenes like the good ones."""
        vector = product.vector.copy()
        vector[: len(aim)] += (self._unit(query, product) or 1.0) * aim
        return Product(vector, product.strength)

    def _unit(self, query: Query, product: Product) -> float | None:
        """The deviation of a stage's scores over all scenes; None where all are compared."""
        return None if query.hits is None else query.hits.engine.moments(product.vector)[1]

    def ranking(
        self,
        query: Query,
        stage: Stage = FINAL,
        *,
        ranking_config: RankingConfig | None = None,
        candidates: IntArray | None = None,
        taught: Taught | None = None,
    ) -> Ranking:
        """Rank the gallery's scenes for a query.

        Args:
            query: of this retriever.
            stage: one of `LIVE`.
            ranking_config: other settings than the tuned ones.
            candidates: of `candidates`; default all but the scene that asks. A filter narrows the
                gallery before it is ranked.
            taught: of `teach` and this query; added after reranking, before fusion.

        Raises:
            QueryError: the stage is not live, or cannot rank a mixed query.
            ConfigError: the index lacks a statistic that the settings need.
        """
        tuned = ranking_config or self.ranking_config
        items = self.candidates(query) if candidates is None else candidates
        settings = self.settings(query, stage, tuned)
        scores = self.reranked(query, items, stage, settings)
        added = {}
        if taught is not None:
            unit = self._unit(query, self.product(query, stage, tuned))
            added = taught.scaled(scores, items, unit)
        if added:
            scores = scores + sum(added.values())
        beta = stage.beta(tuned, "t2i") if query.kind == "text" else 0.0
        fused, columns = self._fused(
            scores, beta, lambda columns: self.match_logits(query, items[columns])
        )
        return make_ranking(
            stage,
            fused[0],
            items,
            len(self.gallery),
            settings=settings,
            beta=beta,
            matched=None if columns is None else items[columns],
            added=added,
        )

    def teach(
        self,
        query: Query,
        good: Sequence[int] = (),
        bad: Sequence[int] = (),
        unwanted: Query | None = None,
    ) -> Taught | None:
        """What marked scenes and unwanted words add to a query's rankings; None where nothing.

        Args:
            query: of this retriever.
            good: numbers of scenes like which more are wanted.
            bad: numbers of scenes like which none are wanted.
            unwanted: the words of which nothing should show, as a query of their own.

        Raises:
            QueryError: as `cmpagl.feedback.examples.learn`.
        """
        if not len(good) and not len(bad) and unwanted is None:
            return None
        if query.hits is not None:
            check_marks(good, bad, len(self.gallery))
            marks = None
            if len(good) or len(bad):
                vectors = query.hits.engine.vectors
                marks = vectors(_ascending(good)), vectors(_ascending(bad))
            return Among(query.hits, marks, unwanted)
        terms = {}
        if len(good) or len(bad):
            terms["examples"] = learn(self._centred, good, bad)
        if unwanted is not None:
            terms["unwanted"] = exclude(standard(unwanted.scores))
        return Everywhere(terms)

    @cached_property
    def _centred(self) -> NDArray[np.float32]:
        """What marks are compared in, ``(G, E)``."""
        return centred(self.gallery.image_embeds)

    def caption_candidates(
        self,
        query: Query,
        stages: Sequence[Stage],
        *,
        ranking_config: RankingConfig | None = None,
        most: int | None = None,
    ) -> IntArray:
        """The captions that may be answers, by number: all, or where they are searched the best.

        Args:
            query: with a picture.
            stages: that will be ranked by.
            ranking_config: other settings than the tuned ones.
            most: where all are compared, at most so many by each of the stages, the best.
        """
        engine, items = self.gallery.caption_engine, np.arange(len(self.gallery.distinct_captions))
        if engine is None and (most is None or len(items) <= most):
            return items
        tuned = ranking_config or self.ranking_config
        products = [self.product(query, one, tuned) for one in dict.fromkeys(stages)]
        if engine is None:
            return best_by(products, self.gallery.caption_vectors, items, most or len(items))
        found = [engine.search(p.vector, strength=p.strength) for p in products]
        return np.unique(np.concatenate(found))

    def captions_for_image(
        self,
        query: Query,
        stage: Stage = FINAL,
        *,
        ranking_config: RankingConfig | None = None,
        candidates: IntArray | None = None,
    ) -> Ranking:
        """Rank the gallery's distinct captions for a picture or a scene; items are their numbers.

        Args:
            query: with a picture.
            stage: one of `LIVE`.
            ranking_config: other settings than the tuned ones.
            candidates: of `caption_candidates`; default those of the stage.

        Raises:
            QueryError: the gallery has no captions, the query no picture, or the stage is not live.
        """
        embeds = query.image_embeds
        if embeds is None or query.kind == "mixed":
            raise QueryError("Captions are looked up for a picture; give one.")
        if not self.gallery.reads_text:
            raise QueryError(
                f"The model {self.checkpoint.name} reads no text, so it cannot look for captions; "
                "look for scenes, or take another model."
            )
        if not len(self.gallery.distinct_captions):
            raise QueryError("This gallery has no captions; open one of a data set that has them.")
        check_live(stage)
        tuned = ranking_config or self.ranking_config
        settings = stage.settings(tuned, "i2t")
        items = candidates
        if items is None:
            items = self.caption_candidates(query, (stage,), ranking_config=tuned)
        bank = self.gallery.caption_bank(items)
        scores: FloatArray = (self.gallery.caption_embeds_of(items) @ embeds)[None]
        if stage.reranker is not None:
            scores = stage.reranker.rerank(scores, bank, settings)
        beta = stage.beta(tuned, "i2t")

        def logits(captions: IntArray) -> NDArray[np.float32]:
            texts = self.gallery.distinct_captions
            tokens = self.encode_texts([texts[i] for i in items[captions]])[1]
            return match_texts(self._fusion(), tokens, *self.tokens_of(query))

        fused, matched = self._fused(scores, beta, logits)
        return make_ranking(
            stage,
            fused[0],
            items,
            len(self.gallery.distinct_captions),
            settings=settings,
            beta=beta,
            matched=None if matched is None else items[matched],
        )


def _ascending(numbers: Sequence[int]) -> IntArray:
    return np.sort(np.array(numbers, np.int64))
