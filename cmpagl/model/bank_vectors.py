"""The vectors of a query bank, and their bytes as a checkpoint keeps them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from torch import Tensor

from cmpagl.config.ranking import LEAST, RIGHT, WRONG
from cmpagl.model.weights import half_bytes

__all__ = ["BankVectors", "bank_bytes", "bank_mark"]


@dataclass(frozen=True)
class BankVectors:
    """The query bank: what other queries look like, as embeddings; no text, no pictures."""

    text_embeds: Tensor  # (Bt, E) float32, of distinct training captions
    image_embeds: Tensor  # (Bi, E) float32, of training images
    image_captions: Tensor  # (Bi, E) float32, the mean of each image's captions, a unit vector


def bank_bytes(bank: BankVectors) -> bytes:
    """A bank as safetensors, float16."""
    return half_bytes(vars(bank))


def bank_mark(sha256: str) -> str:
    """Changes with a bank's file and with how its scores are weighed (`wrongness`)."""
    return hashlib.sha256(f"{sha256} {WRONG} {RIGHT} {LEAST}".encode()).hexdigest()[:32]
