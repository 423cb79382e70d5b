"""Texts whose vectors came from elsewhere: each is looked up as a whole, and no other can be read.

texts.safetensors   text_embeds (n, E)
tokenizer.json      each text as one piece, by its number; 0 for every other
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from cmpagl.config.model import TextConfig
from cmpagl.data.records import normalise_caption
from cmpagl.data.vectors import Vectors
from cmpagl.errors import CheckpointError, QueryError
from cmpagl.model.part_file import finite
from cmpagl.model.text import load_tokenizer
from cmpagl.model.towers import TextFeatures

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "OTHER",
    "KnownTexts",
    "keep_texts",
    "known_texts_config",
    "load_texts",
    "load_words",
    "texts_digest",
]

FILE, WORDS = "texts.safetensors", "tokenizer.json"
OTHER = "<other>"


class KnownTexts(nn.Module):
    """Numbers of texts to their vectors; see `cmpagl.model.towers.TextTower`."""

    templates: tuple[str, ...] = ()
    max_length = 3

    def __init__(self, embeds: Tensor) -> None:
        super().__init__()
        self.embed_dim = embeds.shape[1]
        none = embeds.new_zeros(1, self.embed_dim)
        self.table = nn.Parameter(torch.cat([none, embeds]), requires_grad=False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> TextFeatures:
        """Look texts (B, 1) up.

        Raises:
            QueryError: one is none of them.
        """
        if not bool(input_ids[:, 0].all()):
            raise QueryError("A text is none of those that came with the vectors.")
        tokens = self.table[input_ids]
        return TextFeatures(tokens[:, 0], tokens)


def keep_texts(folder: Path, texts: Vectors) -> int:
    """Write texts with their vectors; of those that are the same but for capitals, the first.

    Returns:
        how many there are.
    """
    number: dict[str, int] = {}
    for row, text in enumerate(texts.names):
        number.setdefault(normalise_caption(text), row)
    rows = np.ascontiguousarray(texts.embeds[list(number.values())])
    save_file({"text_embeds": torch.from_numpy(rows)}, folder / FILE)
    words = {OTHER: 0} | {text: place + 1 for place, text in enumerate(number)}
    (folder / WORDS).write_text(_tokenizer(words).to_str(), encoding="utf-8")
    return len(number)


def _tokenizer(words: dict[str, int]) -> Tokenizer:
    from tokenizers import Tokenizer, models

    return Tokenizer(models.WordLevel(words, unk_token=OTHER))


def known_texts_config(n: int, dim: int) -> TextConfig:
    """The sizes of a tower of ``n`` texts, as far as it has any."""
    return TextConfig(
        vocab_size=n + 1, dim=dim, depth=1, num_heads=1, mlp_dim=dim, max_positions=3, max_length=3
    )


def load_texts(folder: Path, n: int, dim: int) -> KnownTexts:
    """The tower of the ``n`` texts in a folder, with vectors of ``dim`` numbers.

    Raises:
        CheckpointError: they are damaged, or others.
    """
    path = folder / FILE
    try:
        found = finite(load_file(path), path)["text_embeds"].float()
    except CheckpointError:
        raise
    except Exception as error:  # the library has several kinds
        raise CheckpointError(
            f"{path} is damaged or not there; import the vectors again."
        ) from error
    if found.shape != (n, dim):
        raise CheckpointError(
            f"{path} has vectors of the shape {tuple(found.shape)}, but config.json says {n:,} of "
            f"{dim}; import the vectors again."
        )
    return KnownTexts(found).eval()


def load_words(folder: Path, n: int) -> Tokenizer:
    """What numbers the ``n`` texts in a folder.

    Raises:
        CheckpointError: it is damaged, or numbers others.
    """
    path = folder / WORDS
    tokenizer = load_tokenizer(path)
    greatest = max(tokenizer.get_vocab().values(), default=0)
    if greatest > n or tokenizer.token_to_id(OTHER) != 0:
        raise CheckpointError(
            f"{path} numbers its texts up to {greatest:,}, but config.json says {n:,}; import the "
            "vectors again."
        )
    return tokenizer


def texts_digest(folder: Path) -> str:
    """A hash of the texts and their vectors."""
    digest = hashlib.sha256()
    for name in (FILE, WORDS):
        path = folder / name
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()
