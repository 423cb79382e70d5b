"""Pointing accuracy: does a map peak inside a box of the thing that its word names?

The maps are those of a score (`cmpagl.diagnose.score_maps`), or the class token's attention in each
block of the image tower, mean over heads: ``block 1`` and so on, which know of no word.

"The word" is the thing's whole name, such as "tennis court". The peak is the middle of the token
with the highest value (`cmpagl.model.attention.peak_in_boxes`). Beside every number stand chance
(the mean share of the picture inside the boxes), the picture's centre as a guess, and the same
model with random weights, which is asked about every other scene: half the time, and sure enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cmpagl.config.model import ModelConfig
from cmpagl.diagnose.results import ALL, WordResult, clustered_share
from cmpagl.diagnose.scenes import (
    SIZE,
    WORDS,
    FreshScene,
    PointingCase,
    cases_by_scene,
    pointing_cases,
)
from cmpagl.measure.bootstrap import Interval
from cmpagl.model.attention import class_map, peak_in_boxes
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.towers import CMPAGL
from cmpagl.progress import Progress

__all__ = ["Hits", "class_hits", "measure_pointing", "random_model"]

Hits = Callable[
    [
        CMPAGL,
        Tokenizer,
        Sequence[FreshScene],
        Sequence[PointingCase],
        str,
        Progress | None,
    ],
    dict[str, NDArray[np.bool_]],
]
"""By map, whether it peaks inside a box, for each case; told what it tells of its progress."""

RANDOM_EVERY = 2  # of the scenes with cases, one is shown to the model with random weights
_AT_ONCE = 16  # scenes in one pass: the weights of all blocks are kept


def random_model(config: ModelConfig, seed: int = 0) -> CMPAGL:
    """The same sizes with weights as before any training."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CMPAGL(config).eval()


def measure_pointing(
    model: CMPAGL,
    tokenizer: Tokenizer,
    scenes: Sequence[FreshScene],
    progress: Progress | None = None,
    *,
    find: Hits,
    what: tuple[str, str] = ("maps", "random maps"),
) -> tuple[WordResult, ...]:
    """Measure the pointing accuracy of some maps, by word and over all cases.

    Args:
        model: in evaluation mode.
        tokenizer: of its text tower.
        scenes: squares in the size that the model reads; a case each for a word that they show.
        progress: told how far it is, in the words of ``what``.
        find: asks the maps: `class_hits`, or that of `cmpagl.diagnose.score_maps`.
        what: that the progress is of: this model's maps, and those of random weights.

    Returns:
        A result for each of `WORDS` that was met, then one over all cases; empty without any.
    """
    cases = pointing_cases(scenes)
    if not cases:
        return ()
    hits = find(model, tokenizer, scenes, cases, what[0], progress)
    blank = random_model(model.config)
    places = {scene: place for place, scene in enumerate(dict.fromkeys(c.scene for c in cases))}
    asked = np.array([places[case.scene] % RANDOM_EVERY == 0 for case in cases])
    chosen = [case for case, row in zip(cases, asked, strict=True) if row]
    found = find(blank, tokenizer, scenes, chosen, what[1], progress)
    missed = np.zeros(len(chosen), np.bool_)  # a map that none has: every word was cut off
    blank_hits = {name: found.get(name, missed) for name in hits}
    words = np.array([case.word for case in cases])
    shares = np.array([case.share for case in cases])
    centre = np.ones((1, 1), np.float32)  # a map of one patch peaks in the middle
    centres = np.array([peak_in_boxes(centre, case.boxes, (SIZE, SIZE)) for case in cases])
    specs = [scenes[case.scene].truth.spec for case in cases]
    clusters = np.array([spec.pair_id or spec.scene_id for spec in specs])  # twins look alike

    def result(word: str, rows: NDArray[np.bool_]) -> WordResult:
        def intervals(
            by_map: dict[str, NDArray[np.bool_]], of: NDArray[np.bool_]
        ) -> dict[str, Interval]:
            """Of the cases ``of``, in the order of which the maps' values are."""
            chosen, groups = rows[of], clusters[of]
            return {
                name: clustered_share(values[chosen], groups[chosen])
                for name, values in by_map.items()
                if chosen.any()
            }

        return WordResult(
            word=word,
            n_cases=int(rows.sum()),
            chance=100 * float(shares[rows].mean()),
            centre=100 * float(centres[rows].mean()),
            maps=intervals(hits, np.ones(len(cases), np.bool_)),
            random=intervals(blank_hits, asked),
        )

    met = [result(word, words == word) for word in WORDS if (words == word).any()]
    return (*met, result(ALL, np.ones(len(cases), np.bool_)))


def class_hits(
    model: CMPAGL,
    _: Tokenizer,
    scenes: Sequence[FreshScene],
    cases: Sequence[PointingCase],
    what: str = "maps",
    progress: Progress | None = None,
) -> dict[str, NDArray[np.bool_]]:
    """By block, whether the class token's map peaks inside a box, for each case."""
    hits: dict[str, NDArray[np.bool_]] = {}
    by_scene = cases_by_scene(cases)
    asked = list(by_scene)
    for start in range(0, len(asked), _AT_ONCE):
        chosen = asked[start : start + _AT_ONCE]
        squares = np.stack([scenes[scene].square for scene in chosen])
        with torch.inference_mode():
            pixels = to_pixel_values(squares, model.config.vision.preprocessing)
            blocks = model.image.vision(pixels, need_weights=True).attention or ()
        for image, scene in enumerate(chosen):
            for block in range(len(blocks)):
                seen = class_map(blocks, block, image=image)
                if seen is None:
                    continue
                row = hits.setdefault(f"block {block + 1}", np.zeros(len(cases), np.bool_))
                for number in by_scene[scene]:
                    row[number] = peak_in_boxes(seen.values, cases[number].boxes, (SIZE, SIZE))
        if progress is not None:
            progress(what, start + len(chosen), len(asked))
    return hits
