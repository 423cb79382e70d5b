"""Pointing of the maps of a score (`cmpagl.model.score_shares`): do they peak on what a word names?

=================  ================================================================================
``score``          of the word alone as the query: what Look shows for a word
``sentence``       of the whole sentence
=================  ================================================================================

Cases and chance are those of `cmpagl.diagnose.pointing`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cmpagl.diagnose.scenes import SIZE, FreshScene, PointingCase, cases_by_scene
from cmpagl.model.attention import peak_in_boxes
from cmpagl.model.embed import embed_texts
from cmpagl.model.score_shares import place_shares
from cmpagl.model.towers import CMPAGL
from cmpagl.progress import Progress

__all__ = ["score_hits"]


def score_hits(
    model: CMPAGL,
    tokenizer: Tokenizer,
    scenes: Sequence[FreshScene],
    cases: Sequence[PointingCase],
    what: str = "score maps",
    progress: Progress | None = None,
) -> dict[str, NDArray[np.bool_]]:
    """By map, whether it peaks inside a box, for each case ``(len(cases),)``."""
    hits = {name: np.zeros(len(cases), np.bool_) for name in ("score", "sentence")}
    by_scene = cases_by_scene(cases)
    for done, (scene, numbers) in enumerate(by_scene.items(), start=1):
        texts = [text for number in numbers for text in _texts(cases[number])]
        embeds, _ = embed_texts(model.text, tokenizer, texts)
        maps, _ = place_shares(model.image, scenes[scene].square, torch.from_numpy(embeds))
        for i, number in enumerate(numbers):
            for name, values in zip(hits, maps[2 * i : 2 * i + 2], strict=True):
                hits[name][number] = peak_in_boxes(values, cases[number].boxes, (SIZE, SIZE))
        if progress is not None:
            progress(what, done, len(by_scene))
    return hits


def _texts(case: PointingCase) -> tuple[str, str]:
    """The word alone, and the sentence."""
    start, end = case.span
    return case.sentence[start:end], case.sentence
