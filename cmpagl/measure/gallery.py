"""One ranking of a gallery by its own captions, both ways, measured with the library's functions.

Rankings are those of Search: the index's bank of training queries, every distinct caption ranked
once. Scenes without a caption cannot be right or wrong, so they are left out.

Shapes: I scenes with captions, C captions, D distinct captions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cmpagl.errors import DataError
from cmpagl.measure.metrics import Retrieval, retrieval
from cmpagl.measure.occurrence import k_occurrence
from cmpagl.progress import Progress
from cmpagl.rank.arrays import FloatArray, IntArray, top_pairs
from cmpagl.rank.both import both_scores
from cmpagl.rank.stage import Part, Stage

if TYPE_CHECKING:
    from cmpagl.model.embed import TextTokens
    from cmpagl.rank.match import MatchScores
    from cmpagl.search.retriever import Retriever

__all__ = ["MOST_PAIRS", "WITHIN", "BothBenchmark", "GalleryBenchmark", "StageFigures"]

WITHIN = (1, 5, 10)
"""The places that count: a query is right when its own stands at or before one."""

MOST_PAIRS = 2**25
"""Captions times scenes that are compared at once: about 1 GB at work."""

TEXTS_AT_ONCE = 128  # between two reports of progress
SCENES_AT_ONCE = 4


@dataclass(frozen=True, eq=False)
class StageFigures:
    """What is kept of one ranking: all small."""

    stage: Stage
    own: Retrieval  # a scene's own captions are right: the field's way
    equal: Retrieval  # so is any caption that reads like one of them
    first: Mapping[str, IntArray]  # t2i (C,) scenes, i2t (I,) distinct captions: each query's first
    occurrence: Mapping[str, Mapping[int, npt.NDArray[np.float64]]]  # of the items (I,) or (D,)
    off: Mapping[str, tuple[Part, ...]]  # by direction, what of the stage is switched off


class GalleryBenchmark:
    """A gallery as a benchmark of itself. Numbers of scenes count those with captions."""

    def __init__(self, retriever: Retriever) -> None:
        """Look at what there is; nothing is computed yet.

        Raises:
            DataError: the gallery has no captions, or too many to compare in memory.
        """
        gallery = retriever.gallery
        if not gallery.reads_text:
            raise DataError(
                f"The model {gallery.checkpoint_name} reads no text, so captions cannot "
                "measure it; take a model that does."
            )
        if not gallery.n_captions:
            raise DataError(
                "This gallery has no captions, so there is nothing to be right or wrong about: "
                "Errors needs a data set that describes its scenes. Search, Look and Space work "
                "without, and Judge in Search measures by what you say."
            )
        captioned = gallery.records.caption_counts > 0
        self.retriever = retriever
        self._tokens: list[TextTokens] = []
        self._kept: MatchScores | None = None
        self.scenes = np.flatnonzero(captioned)  # (I,) their numbers in the gallery
        n_captions, n_scenes = gallery.n_captions, len(self.scenes)
        if n_captions * n_scenes > MOST_PAIRS:
            raise DataError(
                f"This gallery has {n_captions:,} captions and {n_scenes:,} scenes, more pairs "
                f"than are compared in memory ({MOST_PAIRS:,}); index a part with --limit, or use "
                "python -m cmpagl evaluate."
            )
        place = np.cumsum(captioned) - 1
        self.caption_to_image = place[gallery.caption_to_image]  # (C,)
        self.group = gallery.caption_groups  # (C,)

    @cached_property
    def whole(self) -> bool:
        """Whether every scene has a caption."""
        return len(self.scenes) == len(self.retriever.gallery)

    def measure(self, stage: Stage, tell: Progress) -> StageFigures:
        """Rank all captions and all scenes by one of Search's stages.

        ``tell`` hears of "captions" that are encoded and of scenes whose "matches" are found.
        """
        t2i, i2t = (self.scores(stage, direction, tell) for direction in ("t2i", "i2t"))
        own, group = self.caption_to_image, self.group
        by_caption, by_scene = t2i[group], i2t[:, group]  # (C, I), (I, C)
        return StageFigures(
            stage=stage,
            own=retrieval(by_scene, by_caption, own),
            equal=retrieval(by_scene, by_caption, own, caption_group=group),
            first={"t2i": t2i.argmax(axis=1)[group], "i2t": i2t.argmax(axis=1)},
            occurrence={
                "t2i": {k: k_occurrence(by_caption, k) for k in WITHIN},
                "i2t": {k: k_occurrence(i2t, k) for k in WITHIN},
            },
            off={way: self.off(stage, way) for way in ("t2i", "i2t")},
        )

    def off(self, stage: Stage, direction: str) -> tuple[Part, ...]:
        """Which parts of a stage are switched off here."""
        return stage.off(self.retriever.ranking_config, direction)

    def scores(self, stage: Stage, direction: str, tell: Progress) -> FloatArray:
        """A stage's scores with distinct captions: t2i ``(D, I)``, i2t ``(I, D)``."""
        gallery = self.retriever.gallery
        images = np.asarray(gallery.image_embeds)
        images = images if self.whole else images[self.scenes]
        captions = np.asarray(gallery.caption_embeds)
        tuned = self.retriever.ranking_config
        scores: FloatArray
        if direction == "t2i":
            scores = captions @ images.T  # (D, E) x (E, I) -> (D, I)
            bank = gallery.t2i if self.whole else gallery.t2i.take(self.scenes)
        else:
            scores = images @ captions.T
            assert gallery.i2t is not None  # as there are captions
            bank = gallery.i2t
        if stage.reranker is not None:
            scores = stage.reranker.rerank(scores, bank, stage.settings(tuned, direction))
        beta = stage.beta(tuned, direction)
        if beta == 0:
            return scores
        from cmpagl.rank.match import fuse_top  # with PyTorch, which the page imports late

        top = self.retriever.checkpoint.config.fusion.rerank_top
        matches = self._matches(tell)
        pairs = top_pairs(scores, top)
        texts, scenes = (
            (pairs.rows, pairs.items)
            if direction == "t2i"
            else (
                pairs.items,
                pairs.rows,
            )
        )
        order = np.argsort(scenes, kind="stable")
        ends = np.searchsorted(scenes[order], np.arange(0, len(self.scenes), SCENES_AT_ONCE))
        for number, part in enumerate(np.split(order, ends[1:])):
            tell("matches", number * SCENES_AT_ONCE, len(self.scenes))
            matches.t2i(texts[part], scenes[part])  # found once, and kept
        return fuse_top(scores, getattr(matches, direction), beta, top)

    def _matches(self, tell: Progress) -> MatchScores:
        """Matching texts with scenes; texts are encoded once, and what is found is kept."""
        from cmpagl.model.embed import SplitEmbeddings
        from cmpagl.rank.match import MatchScores

        if self._kept is None:
            gallery = self.retriever.gallery
            texts = gallery.distinct_captions
            while len(self._tokens) < len(texts):
                done = len(self._tokens)
                tell("captions", done, len(texts))
                self._tokens += self.retriever.encode_texts(texts[done : done + TEXTS_AT_ONCE])[1]
            values, scales = self._tokens_of_scenes(tell)
            rows = slice(None) if self.whole else self.scenes
            embeds = SplitEmbeddings(
                image_embeds=np.asarray(gallery.image_embeds)[rows],
                text_embeds=np.asarray(gallery.caption_embeds),
                caption_to_image=self.caption_to_image,
                caption_group=self.group,
                token_values=values,
                token_scales=scales,
                text_tokens=tuple(self._tokens),
            )
            self._kept = MatchScores(self.retriever.checkpoint.fusion(), embeds)
        return self._kept

    def _tokens_of_scenes(
        self, tell: Progress
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]:
        """What fusion reads of the scenes, ``(I, N, F)`` and ``(I, N)``."""
        parts = []
        for start in range(0, len(self.scenes), SCENES_AT_ONCE):
            tell("captions", len(self._tokens), len(self._tokens))  # those are read
            parts.append(self.retriever.scene_tokens(self.scenes[start : start + SCENES_AT_ONCE]))
        values, scales = zip(*parts, strict=True)
        return np.concatenate(values), np.concatenate(scales)


class BothBenchmark(GalleryBenchmark):
    """A gallery as a benchmark of two models at once: their z-scores, added."""

    def __init__(self, first: Retriever, second: Retriever) -> None:
        """Look at what there is; nothing is computed yet.

        Raises:
            DataError: the gallery has no captions that both models read, or too many.
        """
        super().__init__(first)
        self._one, self._other = GalleryBenchmark(first), GalleryBenchmark(second)

    def scores(self, stage: Stage, direction: str, tell: Progress) -> FloatArray:
        """A stage's scores by both, shaped as `GalleryBenchmark.scores`."""
        one, other = (b.scores(stage, direction, tell) for b in (self._one, self._other))
        return both_scores(one, other)

    def off(self, stage: Stage, direction: str) -> tuple[Part, ...]:
        """Which parts of a stage are switched off with both models."""
        other = self._other.off(stage, direction)
        return tuple(part for part in self._one.off(stage, direction) if part in other)
