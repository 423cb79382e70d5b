"""Scenes drawn to ask a model about, and what each can be asked: where is the thing of this word?

A case of pointing is a scene, one of `WORDS` and a sentence of the grammar that says it. The thing
must be countable, with every one of it boxed, and its boxes must cover at most `MAX_SHARE` of the
picture: what fills the picture cannot be missed.
"""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cmpagl.data.picture import square_pixels
from cmpagl.model.attention import box_share
from cmpagl.progress import Progress
from cmpagl.scenes.dataset import draw_encoded
from cmpagl.scenes.drawing import group_of
from cmpagl.scenes.laying.layout import SIZE
from cmpagl.scenes.planning.plan import plan_scene
from cmpagl.scenes.planning.truth import SceneSpec, SceneTruth
from cmpagl.scenes.planning.vocabulary import MAX_EXACT
from cmpagl.scenes.telling.captions import Focus, write_caption
from cmpagl.scenes.telling.phrases import NOUNS

__all__ = [
    "MAX_SHARE",
    "SIZE",
    "WORDS",
    "FreshScene",
    "PointingCase",
    "cases_by_scene",
    "draw_fresh",
    "draw_further",
    "pointing_cases",
]

WORDS = (
    *("plane", "ship", "boat", "car", "truck", "bus", "house", "building"),
    *("storage tank", "tennis court", "baseball field", "swimming pool"),
)
"""Kinds of object that are asked for, after their drawings' names in the vocabulary."""

MAX_SHARE = 0.2  # of the picture, inside the boxes of a case
REACH = 75  # times as many plans are looked through as scenes were drawn

# The longest name at a place wins, so that a "rail track" is no "track".
_NAMES = sorted({name for kind in NOUNS.values() for pair in kind for name in pair}, key=len)
_ANY_NAME = re.compile(rf"\b({'|'.join(map(re.escape, reversed(_NAMES)))})\b")


@dataclass(frozen=True)
class FreshScene:
    """A drawn scene as a model meets it: through a picture file, in the size that it reads."""

    index: int  # in its seed
    truth: SceneTruth
    square: NDArray[np.uint8]  # (S, S, 3)


@dataclass(frozen=True)
class PointingCase:
    """Where is the thing of this word?"""

    scene: int  # place among the scenes
    word: str  # one of `WORDS`
    sentence: str  # true of the scene
    span: tuple[int, int]  # of the thing's name in the sentence, in characters
    boxes: NDArray[np.float64]  # (n, 4) left, top, right, bottom of the picture, from 0 to SIZE
    share: float  # of the picture inside the boxes


def cases_by_scene(cases: Sequence[PointingCase]) -> dict[int, list[int]]:
    """Of each scene that is asked about, which cases ask."""
    found: dict[int, list[int]] = {}
    for number, case in enumerate(cases):
        found.setdefault(case.scene, []).append(number)
    return found


def draw_fresh(
    indices: Iterable[int],
    seed: int,
    size: int,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[FreshScene]:
    """Draw scenes of ``seed`` by index, squashed to ``size`` pixels.

    Raises:
        DataError: a scene found no room.
    """
    wanted = list(indices)
    scenes = []
    for index, content, truth in draw_encoded(wanted, seed, workers=workers):
        with Image.open(io.BytesIO(content)) as image:
            scenes.append(FreshScene(index, truth, square_pixels(image.convert("RGB"), size)))
        if progress is not None:
            progress("scenes", len(scenes), len(wanted))
    return scenes


def draw_further(
    scenes: Sequence[FreshScene],
    seed: int,
    size: int,
    *,
    cases_per_word: int,
    words: Sequence[str] = WORDS,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[FreshScene]:
    """Draw more scenes of ``seed`` that hold words with too few cases in ``scenes``.

    Plans behind the last scene are looked through for such words, `REACH` times as many as there
    are scenes, so a rare word may still stay short. Scenes with several of them come first.

    Args:
        scenes: the first scenes of ``seed``.
        seed: of all.
        size: of the squares.
        cases_per_word: how many are wanted of each.
        words: of `WORDS`.
        workers: processes that draw at once.
        progress: told how far each round is.
    """
    further: list[FreshScene] = []
    promises: dict[int, list[str]] | None = None  # words of scenes not drawn yet, by index
    while True:  # a plan promises a case that its drawing may not hold
        found = Counter(case.word for case in pointing_cases([*scenes, *further]))
        short = Counter({word: cases_per_word - found[word] for word in words})
        if max(short.values()) <= 0:
            break
        if promises is None:
            promises = _promises(len(scenes), seed)
        wanted = []
        for least in range(len(words), 0, -1):  # first those that help most words at once
            for index in list(promises):
                helped = [word for word in promises[index] if short[word] > 0]
                if len(helped) >= least:
                    short.subtract(helped)
                    del promises[index]
                    wanted.append(index)
        if not wanted:
            break
        further += draw_fresh(wanted, seed, size, workers=workers, progress=progress)
    return further


def _promises(drawn: int, seed: int) -> dict[int, list[str]]:
    """The askable words of the plans behind ``drawn`` scenes, where there are any.

    Hard pairs are left out: half of one would cost the drawing of both.
    """
    plans = {
        index: _askable(plan_scene(index, seed))
        for index in range(drawn, drawn * (1 + REACH))
        if len(group_of(index)) == 1
    }
    return {index: words for index, words in plans.items() if words}


def pointing_cases(scenes: Sequence[FreshScene]) -> list[PointingCase]:
    """All cases in ``scenes``: at most one for a scene and word."""
    found = []
    for place, scene in enumerate(scenes):
        for word in _askable(scene.truth.spec):
            boxes = np.array(
                [item.box for item in scene.truth.objects if item.kind == word], np.float64
            ).reshape(-1, 4)
            share = box_share(boxes, (SIZE, SIZE))
            said = _sentence(scene.truth.spec, word) if 0 < share <= MAX_SHARE else None
            if said is not None:
                found.append(PointingCase(place, word, *said, boxes=boxes, share=share))
    return found


def _askable(spec: SceneSpec) -> list[str]:
    """The words whose things are counted exactly, so that each one has a box."""
    totals: Counter[str] = Counter()
    for group in spec.objects:
        totals[group.kind] += group.count
    return [word for word in WORDS if 0 < totals[word] <= MAX_EXACT]


def _sentence(spec: SceneSpec, word: str) -> tuple[str, tuple[int, int]] | None:
    """A sentence about ``word`` and where its name stands in it."""
    rng = random.Random(f"{spec.scene_id}/{spec.seed}/pointing/{word}")
    sentence = write_caption(spec, rng, Focus(word, "object"))
    names = {name for pair in NOUNS[word] for name in pair}
    for found in _ANY_NAME.finditer(sentence):
        if found.group() in names:
            return sentence, found.span()
    return None
