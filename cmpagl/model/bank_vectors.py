"""The vectors of a query bank, and their bytes as a checkpoint keeps them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from cmpagl.config.ranking import LEAST, RIGHT, WRONG
from cmpagl.errors import CheckpointError
from cmpagl.model.weights import half_bytes

__all__ = ["BankVectors", "bank_bytes", "bank_mark", "fitting"]

_ROUNDED = 0.02  # by which float16 may change a length of 1, and more


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


def fitting(bank: BankVectors, width: int, folder: Path) -> BankVectors:
    """A bank of a folder: unit vectors as wide as its model's.

    Raises:
        CheckpointError: they are not, or there are none.
    """
    for name, rows in vars(bank).items():
        if rows.ndim != 2 or rows.shape[1] != width:
            raise CheckpointError(
                f"{folder / 'bank.safetensors'} has {name} of the shape {tuple(rows.shape)}, but "
                f"this model's vectors have {width} numbers; restore the file."
            )
        lengths = rows.norm(dim=1)
        if not len(rows) or bool(((lengths - 1).abs() > _ROUNDED).any()):
            raise CheckpointError(
                f"{folder / 'bank.safetensors'} has {len(rows):,} vectors as {name}, not all of "
                "the length 1, or none; restore the file, or make the bank again."
            )
    if len(bank.image_embeds) != len(bank.image_captions):
        raise CheckpointError(
            f"{folder / 'bank.safetensors'} has captions of {len(bank.image_captions):,} images, "
            f"but {len(bank.image_embeds):,} images; restore the file."
        )
    return bank
