"""What a model makes of pictures and queries for maps: made once, and kept for a while.

PyTorch and the towers are loaded when the first map is asked for. All that is kept belongs to one
opened gallery, and is forgotten with it.
"""

from __future__ import annotations

import base64
import io
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from app.explorer.uploads import DECODING, MOST_PIXELS
from cmpagl.data.picture import Picture, load_pixels, read_image

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

    from cmpagl.model.attention import Word
    from cmpagl.model.encoder import BlockAttention
    from cmpagl.model.towers import ImageTower, TextTower
    from cmpagl.search.retriever import Retriever

__all__ = ["EncodedImage", "EncodedQuery", "Encodings", "Shares", "Towers", "encodings_of"]

TRIES = 3
"""How often other places than the strongest are hidden."""

LONGER_SIDE = 768  # pixels of a visitor's own picture as the page shows it


@dataclass(frozen=True, eq=False)
class EncodedImage:
    """What one set of weights made of one picture."""

    blocks: tuple[BlockAttention, ...]  # none where the image encoder has no maps
    grid: int  # image tokens per side
    shares: tuple[float | None, ...]  # of each block, the mean over heads and places

    @property
    def heads(self) -> tuple[int, ...]:
        """How many heads each block has."""
        parts = [next(p for p in (b.local, b.global_) if p is not None) for b in self.blocks]
        return tuple(part.shape[1] for part in parts)


@dataclass(frozen=True, eq=False)
class EncodedQuery:
    """A query's words and what the text tower makes of it."""

    words: tuple[Word, ...]
    embeds: Tensor  # (1 + words, E): of the whole text, then of each word alone


@dataclass(frozen=True, eq=False)
class Shares:
    """What the places of a picture add to its score with a query."""

    places: NDArray[np.float32]  # (grid, grid)
    score: float  # the cosine


class Towers:
    """A model's parts on one set of weights, and what they made of the last things they saw."""

    def __init__(self, image: ImageTower, text: TextTower, tokenizer: Tokenizer) -> None:
        self.image, self.text, self.tokenizer = image, text, tokenizer
        self._one_at_a_time = threading.Lock()  # whatever the visitors
        self._images = lru_cache(maxsize=8)(self._encode_image)
        self._queries = lru_cache(maxsize=64)(self._encode_query)
        self._shares = lru_cache(maxsize=32)(self._find_shares)
        self._hidden = lru_cache(maxsize=128)(self._hide)

    def encode_image(self, picture: Picture, version: str) -> EncodedImage:
        """Encode a picture with all attention weights.

        Args:
            picture: which.
            version: another for another content.

        Raises:
            DataError: the file is missing or no picture.
        """
        return self._images(picture, version)

    def encode_query(self, text: str) -> EncodedQuery:
        """Encode a query and find its words; those that the tower cuts off are left out.

        Raises:
            QueryError: nothing is left of it.
        """
        return self._queries(text)

    def shares(self, picture: Picture, version: str, text: str, word: int = 0) -> Shares:
        """What each place of a picture adds to its score with a query, or a word of it alone.

        Raises:
            DataError: as in `encode_image`.
            QueryError: as in `encode_query`.
        """
        return self._shares(picture, version, text, word)

    def shares_of_words(
        self, picture: Picture, version: str, text: str, most: int
    ) -> tuple[Shares, ...]:
        """The same of the query and then of its first words, in one run of the tower.

        Raises:
            CmpaglError: as in `shares`.
        """
        return self._found_shares(picture, version, text, slice(most + 1))

    def hide(
        self, picture: Picture, version: str, text: str, word: int = 0, *, count: int
    ) -> tuple[float, ...]:
        """Scores once places are hidden: the strongest, then `TRIES` times any others.

        Args:
            picture: which.
            version: another for another content.
            text: the query.
            word: of it alone, from 1; 0 is all of it.
            count: how many places.

        Raises:
            CmpaglError: as in `shares`.
        """
        return self._hidden(picture, version, text, word, count)

    def _square(self, picture: Picture) -> NDArray[np.uint8]:
        with DECODING:
            return load_pixels(picture, self.image.vision.config.preprocessing.size)

    def _find_shares(self, picture: Picture, version: str, text: str, word: int) -> Shares:
        (found,) = self._found_shares(picture, version, text, slice(word, word + 1))
        return found

    def _found_shares(
        self, picture: Picture, version: str, text: str, which: slice
    ) -> tuple[Shares, ...]:
        from cmpagl.model.score_shares import place_shares

        query, square = self.encode_query(text), self._square(picture)
        with self._one_at_a_time:
            maps, scores = place_shares(self.image, square, query.embeds[which])
        return tuple(Shares(*pair) for pair in zip(maps, scores.tolist(), strict=True))

    def _hide(
        self, picture: Picture, version: str, text: str, word: int, count: int
    ) -> tuple[float, ...]:
        from cmpagl.model.score_shares import hidden_scores

        shares = self.shares(picture, version, text, word).places
        query, square = self.encode_query(text).embeds[word], self._square(picture)
        rng = np.random.default_rng(0)  # the same places for everybody
        orders = [np.argsort(-shares, axis=None, kind="stable")]
        orders += [rng.permutation(shares.size) for _ in range(TRIES if count else 1)]
        hidden = []
        for order in orders:
            mask = np.zeros(shares.shape, np.bool_)
            mask.flat[order[:count]] = True
            hidden.append(mask)
        with self._one_at_a_time:
            scores = hidden_scores(self.image, square, query, len(shares), hidden)
        return tuple(scores.tolist())

    def _encode_image(self, picture: Picture, version: str) -> EncodedImage:
        import torch

        from cmpagl.model.attention import mean_shares
        from cmpagl.model.pixels import to_pixel_values

        config = self.image.vision.config
        pixels = to_pixel_values(self._square(picture)[None], config.preprocessing)
        with self._one_at_a_time, torch.inference_mode():
            found = self.image.vision(pixels, need_weights=True)
        blocks = found.attention or ()
        return EncodedImage(blocks, config.out_grid, tuple(mean_shares(blocks)))

    def _encode_query(self, text: str) -> EncodedQuery:
        import torch

        from cmpagl.model.attention import words_of
        from cmpagl.model.embed import embed_texts
        from cmpagl.search.query import read_text

        read = read_text(text, self.tokenizer).text
        words = words_of(self.tokenizer, read, self.text.max_length)
        embeds, _ = embed_texts(self.text, self.tokenizer, [read, *(word.text for word in words)])
        return EncodedQuery(words, torch.from_numpy(embeds))


class Encodings:
    """The towers of one opened gallery, trained and random, and a visitor's pictures as shown."""

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._towers: dict[bool, Towers] = {}
        self.data_url = lru_cache(maxsize=8)(_data_url)

    def loaded(self, retriever: Retriever, *, trained: bool) -> bool:
        """Whether `towers` answers at once."""
        return trained in self._towers or (trained and retriever.towers_loaded)

    def towers(self, retriever: Retriever, *, trained: bool) -> Towers:
        """The towers that answer queries, or towers of the same sizes with random weights.

        Raises:
            CheckpointError: the checkpoint is damaged.
        """
        with self._loading:
            if trained not in self._towers:
                image, text, _, tokenizer = retriever.towers() if trained else _random(retriever)
                self._towers[trained] = Towers(image, text, tokenizer)
            return self._towers[trained]


_OPEN: WeakKeyDictionary[Retriever, Encodings] = WeakKeyDictionary()
_OPENING = threading.Lock()


def encodings_of(retriever: Retriever) -> Encodings:
    """What is kept of a gallery and its model; it goes when they do."""
    with _OPENING:
        return _OPEN.setdefault(retriever, Encodings())


def _random(retriever: Retriever) -> tuple[ImageTower, TextTower, object, Tokenizer]:
    from cmpagl.diagnose.pointing import random_model

    model = random_model(retriever.checkpoint.config)
    return model.image, model.text, model.fusion, retriever.towers()[-1]


def _data_url(path: Path) -> str:
    """A picture as the page shows it, in the link itself."""
    with DECODING:
        image = read_image(path, side=LONGER_SIDE, max_pixels=MOST_PIXELS)
    image.thumbnail((LONGER_SIDE, LONGER_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
