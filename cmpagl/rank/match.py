"""The matching head's score of a pair, found once, and added to the best of a ranking.

``match`` is standardised within the query's best (``rerank_top``); the rest stays below them in its
own order.

Shapes: I images, C captions, D distinct captions, Q queries, G gallery items, N pairs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from cmpagl.errors import DataError
from cmpagl.growing import FLUSH_SECONDS, GrowingArray, map_array, stored_rows
from cmpagl.model.embed import SplitEmbeddings, TextTokens
from cmpagl.model.fusion import FusionEncoder, dequantise_tokens
from cmpagl.rank.arrays import FloatArray, IntArray, top_pairs

__all__ = ["Match", "MatchScores", "fuse_top", "match_texts", "standardised"]


_KEPT = np.dtype([("caption", np.int32), ("image", np.int32), ("score", np.float32)])
_TEXTS_AT_ONCE = 64  # texts matched with one image in one pass

Match = Callable[[IntArray, IntArray], NDArray[np.float32]]
"""(query numbers (N,), item numbers (N,)) -> match scores (N,), higher is a better match."""


class MatchScores:
    """The matching head's scores of (caption, image) pairs, each computed once.

    Both directions and all stages ask for nearly the same pairs. An image's keys and values are
    computed once for all the captions that are asked of it together.
    """

    def __init__(
        self,
        fusion: FusionEncoder,
        embeds: SplitEmbeddings,
        *,
        keep: Path | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Match the texts and images of ``embeds``, which has tokens, on the encoder's device.

        Args:
            fusion: the encoder.
            embeds: of a split.
            keep: file to keep the scores in, and to find them again; None keeps nothing.
            tick: called after each image; may raise to stop.

        Raises:
            DataError: the split was encoded without its tokens.
        """
        if embeds.token_values is None or embeds.token_scales is None:
            raise DataError("The split was encoded without its tokens, which fusion reads.")
        self._fusion = fusion.eval()
        self._texts = embeds.text_tokens
        self._values, self._scales = embeds.token_values, embeds.token_scales
        self._lengths = np.array([len(text.tokens) for text in self._texts])
        shape = (len(embeds.text_embeds), len(embeds.image_embeds))
        self._scores = np.full(shape, np.nan, np.float32)  # NaN: not computed yet
        self._keep, self._tick = keep, tick
        if keep is not None and stored_rows(keep):
            known = map_array(keep)
            self._scores[known["caption"], known["image"]] = known["score"]

    @property
    def n_computed(self) -> int:
        """How many pairs have been matched so far."""
        return int(np.count_nonzero(~np.isnan(self._scores)))

    def t2i(self, captions: IntArray, images: IntArray) -> NDArray[np.float32]:
        """The scores of pairs (distinct caption, image), both ``(N,)``; a `Match`."""
        unknown = np.isnan(self._scores[captions, images])
        pairs = np.unique(np.column_stack([images[unknown], captions[unknown]]), axis=0)
        starts = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))
        if len(pairs):
            with self._kept() as kept:
                for group in np.split(pairs, starts[1:]):
                    self._compute(int(group[0, 0]), group[:, 1])
                    kept(group)
                    self._tick()
        return np.asarray(self._scores[captions, images])

    @contextmanager
    def _kept(self) -> Iterator[Callable[[IntArray], None]]:
        """Gives what keeps the scores of pairs (image, caption), every few seconds and at last."""
        if self._keep is None:
            yield lambda pairs: None
            return
        file = GrowingArray(self._keep, (), _KEPT, stored_rows(self._keep))
        flushed = time.monotonic()

        def append(pairs: IntArray) -> None:
            nonlocal flushed
            images, captions = pairs.T
            scores = self._scores[captions, images]
            file.append(np.rec.fromarrays([captions, images, scores], dtype=_KEPT))
            if time.monotonic() - flushed >= FLUSH_SECONDS:
                file.flush()
                flushed = time.monotonic()

        try:
            yield append
        finally:
            file.flush()
            file.close()

    def i2t(self, images: IntArray, captions: IntArray) -> NDArray[np.float32]:
        """The same with the image as the query; a `Match`."""
        return self.t2i(captions, images)

    def _compute(self, image: int, captions: IntArray) -> None:
        captions = captions[np.argsort(self._lengths[captions], kind="stable")]
        for start in range(0, len(captions), _TEXTS_AT_ONCE):
            chosen = captions[start : start + _TEXTS_AT_ONCE]
            self._scores[chosen, image] = match_texts(
                self._fusion,
                [self._texts[i] for i in chosen],
                self._values[image],
                self._scales[image],
            )


def match_texts(
    fusion: FusionEncoder,
    texts: Sequence[TextTokens],
    token_values: NDArray[np.int8],
    token_scales: NDArray[np.float16],
) -> NDArray[np.float32]:
    """The matching head's scores ``(n,)`` of n texts with one image, in one pass.

    Args:
        fusion: in evaluation mode.
        texts: what fusion reads of each.
        token_values: ``(N, F)`` of the image, as an index stores them.
        token_scales: ``(N,)``.
    """
    device = next(fusion.parameters()).device
    values = torch.from_numpy(np.array(token_values))  # a copy: the stored ones are read-only
    scales = torch.from_numpy(np.array(token_scales))
    with torch.inference_mode():
        fusion_tokens = dequantise_tokens(values, scales)[None].to(device)  # (1, N, F)
        tokens = [text.tokens for text in texts]
        padded = torch.nn.utils.rnn.pad_sequence(tokens, batch_first=True).to(device)
        lengths = torch.tensor([len(one) for one in tokens])
        mask = (torch.arange(padded.shape[1]) < lengths[:, None]).long().to(device)
        logits, _ = fusion(padded, mask, fusion_tokens)
    found: NDArray[np.float32] = logits.float().cpu().numpy()
    return found


def standardised(values: FloatArray, rows: IntArray) -> NDArray[np.float64]:
    """``(value - mean) / deviation`` over the values ``(N,)`` of a row, and 0 where all are equal.

    Args:
        values: ``(N,)``.
        rows: ``(N,)`` ascending.
    """
    first = _starts(rows)
    counts = np.diff(first, append=len(rows))
    wide = values.astype(np.float64)
    centred = wide - np.repeat(np.add.reduceat(wide, first) / counts, counts)
    deviation = np.sqrt(np.add.reduceat(centred**2, first) / counts)
    deviation[deviation == 0] = 1.0
    return np.asarray(centred / np.repeat(deviation, counts))


def _starts(rows: IntArray) -> IntArray:
    """Where each row's pairs begin among ascending ``rows (N,)``."""
    return np.flatnonzero(np.diff(rows, prepend=-1))


def fuse_top(scores: FloatArray, match: Match, beta: float, top: int) -> FloatArray:
    """Add the standardised match score to each query's best; the rest stays below, as it was.

    Args:
        scores: ``(Q, G)``, higher is better.
        match: gives the match score of (query, item) pairs.
        beta: its weight; 0 returns ``scores``.
        top: how many of a query's best are matched, with all that tie with the last.

    Returns:
        ``(Q, G)`` float64: in the top ``score + beta * (match - mean) / deviation`` (over the
        query's top); below it the scores, moved down by what the lowest of the top lost.
    """
    if beta == 0:
        return scores
    best = top_pairs(scores, top)
    values = standardised(match(best.rows, best.items), best.rows)
    fused = scores[best.rows, best.items] + beta * values
    result = scores.astype(np.float64)
    drop = np.maximum(best.threshold - np.minimum.reduceat(fused, _starts(best.rows)), 0.0)
    result -= drop[:, None]
    result[best.rows, best.items] = fused
    return result
