"""A live query, and the checks that a visitor's words go through before a model sees them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cmpagl.data.dataset import normalise_caption
from cmpagl.data.found_text import is_visible
from cmpagl.errors import QueryError
from cmpagl.rank.arrays import IntArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from cmpagl.model.embed import TextTokens
    from cmpagl.search.hits import Hits

__all__ = ["MAX_CHARACTERS", "MatchCache", "Query", "QueryText", "read_text"]

MAX_CHARACTERS = 2000  # of a text query; the tower reads far fewer, the rest only costs time


@dataclass(frozen=True)
class QueryText:
    """A text as the model reads it, and what is wrong with it, for the page to say."""

    text: str  # in the form of training captions: lower case, no closing full stop
    words: tuple[str, ...]
    unknown_words: tuple[str, ...] = ()  # the tokenizer has nothing for them
    foreign_script: bool = False  # most letters are not Latin; the model reads English

    @property
    def understood(self) -> bool:
        """Whether there is at least one word with a letter or digit that the tokenizer knows."""
        known = (word for word in self.words if word not in self.unknown_words)
        return any(character.isalnum() for word in known for character in word)

    @property
    def without_each_word(self) -> tuple[str, ...]:
        """The text without each of its words in turn."""
        words = self.words
        return tuple(" ".join(words[:i] + words[i + 1 :]) for i in range(len(words)))

    def as_one_of(self, known: frozenset[str]) -> QueryText:
        """Itself as a whole, where a model knows some texts alone, and no words.

        Raises:
            QueryError: it is none of them.
        """
        if self.text not in known:
            raise QueryError(
                f"{self.text[:80]!r} is none of the {len(known):,} texts that came with these "
                "vectors, and no text tower did; ask with one of those, or with a scene."
            )
        return replace(self, words=(self.text,), unknown_words=())


class MatchCache:
    """The match logits of one text query that were found so far, so that each is found once.

    Several threads may ask: at worst two of them match the same scene, with the same result.
    """

    def __init__(self) -> None:
        """Nothing is found yet."""
        self._logits: dict[int, float] = {}  # by scene

    def of(
        self, scenes: IntArray, find: Callable[[IntArray], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """The logits ``(n,)`` of some scenes; ``find`` gives those ``(m,)`` that are not known."""
        unknown = [scene for scene in scenes.tolist() if scene not in self._logits]
        if unknown:
            logits = find(np.array(unknown, np.int64))
            self._logits.update(zip(unknown, logits.tolist(), strict=True))
        return np.array([self._logits[scene] for scene in scenes.tolist()], np.float32)

    @property
    def known(self) -> IntArray:
        """The scenes whose logits were found, ascending."""
        return np.array(sorted(self._logits), np.int64)


@dataclass(frozen=True, eq=False)
class Query:
    """One query against one gallery, with its aligned scores.

    Shapes: G scenes, E embedding width, N image tokens of F channels.
    """

    kind: Literal["text", "image", "mixed", "scene"]
    # (G,) cosines; of a mixed query, the weighted z-scores; -inf where nobody looked (`hits`).
    scores: NDArray[np.float32]
    text: QueryText | None = None
    text_embeds: NDArray[np.float32] | None = None  # (E,)
    image_embeds: NDArray[np.float32] | None = None  # (E,)
    tokens: TextTokens | None = None  # of the text; fusion reads them
    struck: NDArray[np.float32] | None = None  # (words, E) of the text without each, where asked
    token_values: NDArray[np.int8] | None = None  # (N, F) of the image, as an index stores them
    token_scales: NDArray[np.float16] | None = None  # (N,)
    weight: float | None = None  # of the text in a mixed query
    parts: tuple[Query, Query] | None = None  # text and image of a mixed query
    scene: int | None = None  # the gallery's own scene that asks, which is no answer to itself
    matches: MatchCache | None = field(default=None, repr=False)  # of a text alone
    # Where not all scores are computed: what was looked at, and the mean and deviation of all.
    hits: Hits | None = field(default=None, repr=False)
    moments: tuple[float, float] | None = None

    @property
    def mean(self) -> float:
        """The mean of its scores over the gallery."""
        return float(self.scores.mean()) if self.moments is None else self.moments[0]

    @property
    def spread(self) -> float:
        """The deviation of its scores over the gallery; 1 where all are equal."""
        return (float(self.scores.std()) or 1.0) if self.moments is None else self.moments[1]

    def look_at(self, items: IntArray) -> None:
        """Let the scores of some scenes be known, where not all are computed."""
        if self.hits is not None:
            self.hits.vectors(items)

    @property
    def cut(self) -> bool:
        """Whether the text was longer than the tower reads."""
        return self.tokens is not None and self.tokens.cut


def read_text(text: object, tokenizer: Tokenizer) -> QueryText:
    """Check a text query and bring it into the form of training captions.

    Raises:
        QueryError: it is not text, empty, or longer than `MAX_CHARACTERS`.
    """
    if not isinstance(text, str):
        raise QueryError(f"The query is of type {type(text).__name__}; give a sentence.")
    if len(text) > MAX_CHARACTERS:
        raise QueryError(
            f"The query has {len(text):,} characters; shorten it to {MAX_CHARACTERS:,} or fewer."
        )
    # Lone surrogates cannot be encoded, and control characters are no part of a sentence.
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)
    plain = normalise_caption(plain)
    if not is_visible(plain):
        raise QueryError("The query is empty; write what the scene should show, in English.")
    words = tuple(plain.split())
    unknown = {word for word in words if "[UNK]" in tokenizer.encode(word).tokens}
    letters = [c for c in plain if c.isalpha()]
    foreign = sum("LATIN" not in unicodedata.name(c, "") for c in letters)
    return QueryText(
        plain,
        words,
        tuple(dict.fromkeys(word for word in words if word in unknown)),
        foreign_script=2 * foreign > len(letters),
    )
