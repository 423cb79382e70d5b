"""Pointing accuracy: does a map peak inside a box of the thing that its word names?

=====================  ============================================================================
``fusion``             the word's attention to the image tokens, mean over layers and heads
``fusion 1`` ...       the same of one layer
``sentence``           mean over all word pieces of the sentence instead of the word's own: what the
                       map shows without regard to the word
``block 1`` ...        the class token's attention in a block of the image tower, mean over heads
=====================  ============================================================================

"The word" is the thing's whole name, such as "tennis court". The peak is the middle of the token
with the highest value (`cmpagl.model.attention.peak_in_boxes`). Beside every number stand chance
(the mean share of the picture inside the boxes), the picture's centre as a guess, and the same
model with random weights, which is asked about every other scene: half the time, and sure enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from cmpagl.config.model import ModelConfig
from cmpagl.diagnose.results import ALL, WordResult, clustered_share
from cmpagl.diagnose.scenes import SIZE, WORDS, FreshScene, PointingCase, pointing_cases
from cmpagl.measure.bootstrap import Interval
from cmpagl.model.attention import (
    AttentionMap,
    Word,
    class_map,
    peak_in_boxes,
    word_attention,
    words_of,
)
from cmpagl.model.encoder import BlockAttention
from cmpagl.model.fusion import dequantise_tokens, quantise_tokens
from cmpagl.model.pixels import to_pixel_values
from cmpagl.model.text import tokenize
from cmpagl.model.towers import CMPAGL
from cmpagl.progress import Progress

__all__ = ["measure_pointing", "peak_hits", "random_model"]

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
) -> tuple[WordResult, ...]:
    """Measure the pointing accuracy of all maps, by word and over all cases.

    Args:
        model: in evaluation mode.
        tokenizer: of its text tower.
        scenes: squares in the size that the model reads; a case each for a word that they show.
        progress: told how far it is ("maps", then "random maps").

    Returns:
        A result for each of `WORDS` that was met, then one over all cases; empty without any.
    """
    cases = pointing_cases(scenes)
    if not cases:
        return ()
    hits = peak_hits(model, tokenizer, scenes, cases, "maps", progress)
    blank = random_model(model.config)
    places = {scene: place for place, scene in enumerate(dict.fromkeys(c.scene for c in cases))}
    asked = np.array([places[case.scene] % RANDOM_EVERY == 0 for case in cases])
    chosen = [case for case, row in zip(cases, asked, strict=True) if row]
    found = peak_hits(blank, tokenizer, scenes, chosen, "random maps", progress)
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


def peak_hits(
    model: CMPAGL,
    tokenizer: Tokenizer,
    scenes: Sequence[FreshScene],
    cases: Sequence[PointingCase],
    what: str = "maps",
    progress: Progress | None = None,
) -> dict[str, NDArray[np.bool_]]:
    """By map, whether it peaks inside a box, for each case ``(len(cases),)``.

    A sentence longer than the text tower reads may lose the word; the case is then a miss.
    """
    hits: dict[str, NDArray[np.bool_]] = {}
    by_scene: dict[int, list[int]] = {}
    for number, case in enumerate(cases):
        by_scene.setdefault(case.scene, []).append(number)
    asked = list(by_scene)
    for start in range(0, len(asked), _AT_ONCE):
        chosen = asked[start : start + _AT_ONCE]
        pairs = [(number, image) for image, s in enumerate(chosen) for number in by_scene[s]]
        squares = np.stack([scenes[scene].square for scene in chosen])
        sentences = [cases[number].sentence for number, _ in pairs]
        images = torch.tensor([image for _, image in pairs])
        blocks, layers = _weights(model, tokenizer, squares, sentences, images)
        for pair, (number, image) in enumerate(pairs):
            case = cases[number]
            words = words_of(tokenizer, case.sentence, model.config.text.max_length)
            for name, one in _maps(blocks, image, layers, pair, words, case.span):
                row = hits.setdefault(name, np.zeros(len(cases), np.bool_))
                row[number] = peak_in_boxes(one.values, case.boxes, (SIZE, SIZE))
        if progress is not None:
            progress(what, start + len(chosen), len(asked))
    return hits


def _weights(
    model: CMPAGL,
    tokenizer: Tokenizer,
    squares: NDArray[np.uint8],
    sentences: list[str],
    images: Tensor,
) -> tuple[tuple[BlockAttention, ...], tuple[Tensor, ...]]:
    """The blocks' weights for each square, and fusion's for each sentence with its square."""
    with torch.inference_mode():
        pixels = to_pixel_values(squares, model.config.vision.preprocessing)
        seen = model.image.vision(pixels, need_weights=True)
        text = tokenize(tokenizer, sentences, model.config.text.max_length)
        text_tokens = model.text(text.input_ids, text.attention_mask).text_tokens
        # as an index stores them, and as a search reads them
        stored = dequantise_tokens(*quantise_tokens(model.fusion.project_image(seen.tokens)))
        _, layers = model.fusion(text_tokens, text.attention_mask, stored[images])
    return seen.attention or (), layers


def _maps(
    blocks: Sequence[BlockAttention],
    image: int,
    layers: Sequence[Tensor],
    pair: int,
    words: Sequence[Word],
    span: tuple[int, int],
) -> Iterator[tuple[str, AttentionMap]]:
    """The maps of one case by name; those of the word are missing where the text was cut."""
    start, end = span
    named = [word for word in words if word.start < end and start < word.end]
    every = (None, *range(len(layers))) if len(layers) > 1 else (None,)
    if named:
        pieces = tuple(piece for word in named for piece in word.pieces)
        word = Word(" ".join(word.text for word in named), start, end, pieces)
        for layer in every:
            (found,) = word_attention([word], layers, layer=layer, pair=pair)
            yield "fusion" if layer is None else f"fusion {layer + 1}", found.map
    pieces = tuple(piece for word in words for piece in word.pieces)
    if pieces:
        sentence = Word("", 0, words[-1].end, pieces)
        yield "sentence", word_attention([sentence], layers, pair=pair)[0].map
    for block in range(len(blocks)):
        seen = class_map(blocks, block, image=image)
        if seen is not None:
            yield f"block {block + 1}", seen
