"""What a model makes of pictures and queries for maps: encoded once, and kept for a while.

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

from app.explorer.uploads import DECODING, MOST_PIXELS
from cmpagl.data.picture import Picture, load_pixels, read_image

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

    from cmpagl.model.attention import Word
    from cmpagl.model.encoder import BlockAttention
    from cmpagl.model.fusion import FusionEncoder
    from cmpagl.model.towers import ImageTower, TextTower
    from cmpagl.search.retriever import Retriever

__all__ = ["EncodedImage", "EncodedQuery", "Encodings", "Towers", "encodings_of"]

LONGER_SIDE = 768  # pixels of a visitor's own picture as the page shows it


@dataclass(frozen=True, eq=False)
class EncodedImage:
    """What one set of weights made of one picture."""

    blocks: tuple[BlockAttention, ...]  # none where the image encoder has no maps
    grid: int  # image tokens per side
    fusion_tokens: Tensor  # (1, N, F), rounded as an index stores them
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
    tokens: Tensor  # (1, L, D)
    text: str  # as the model reads it


class Towers:
    """A model's parts on one set of weights, and what they made of the last things they saw."""

    def __init__(
        self, image: ImageTower, text: TextTower, fusion: FusionEncoder, tokenizer: Tokenizer
    ) -> None:
        self.image, self.text, self.fusion, self.tokenizer = image, text, fusion, tokenizer
        self._one_at_a_time = threading.Lock()  # whatever the visitors
        self._images = lru_cache(maxsize=8)(self._encode_image)
        self._queries = lru_cache(maxsize=64)(self._encode_query)

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

    def _encode_image(self, picture: Picture, version: str) -> EncodedImage:
        import torch

        from cmpagl.model.attention import mean_shares
        from cmpagl.model.fusion import dequantise_tokens, quantise_tokens
        from cmpagl.model.pixels import to_pixel_values

        config = self.image.vision.config
        wanted = config.preprocessing
        with DECODING:
            square = load_pixels(picture, wanted.size)
        pixels = to_pixel_values(square[None], wanted)
        with self._one_at_a_time, torch.inference_mode():
            found = self.image.vision(pixels, need_weights=True)
            stored = quantise_tokens(self.fusion.project_image(found.tokens))
            tokens = dequantise_tokens(*stored)
        blocks = found.attention or ()
        return EncodedImage(blocks, config.out_grid, tokens, tuple(mean_shares(blocks)))

    def _encode_query(self, text: str) -> EncodedQuery:
        from cmpagl.model.attention import words_of
        from cmpagl.model.embed import embed_texts
        from cmpagl.search.query import read_text

        read = read_text(text, self.tokenizer).text
        _, kept = embed_texts(self.text, self.tokenizer, [read], keep_tokens=True)
        words = words_of(self.tokenizer, read, self.text.max_length)
        return EncodedQuery(words, kept[0].tokens[None], read)


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
                parts = retriever.towers() if trained else _random(retriever)
                self._towers[trained] = Towers(*parts)
            return self._towers[trained]


_OPEN: WeakKeyDictionary[Retriever, Encodings] = WeakKeyDictionary()
_OPENING = threading.Lock()


def encodings_of(retriever: Retriever) -> Encodings:
    """What is kept of a gallery and its model; it goes when they do."""
    with _OPENING:
        return _OPEN.setdefault(retriever, Encodings())


def _random(retriever: Retriever) -> tuple[ImageTower, TextTower, FusionEncoder, Tokenizer]:
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
