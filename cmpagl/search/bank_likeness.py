"""How like the training captions a text is: of what it is unlike, the model has learned nothing.

Shapes: B captions of the bank, E embedding width.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["NEAREST", "likeness_of_bank", "share_as_unlike"]

NEAREST = 5
"""Training captions beside which a sentence is held to tell how unlike all of them it is."""


def likeness_of_bank(texts: NDArray[np.float32]) -> NDArray[np.float32]:
    """How like the others each caption of the bank ``(B, E)`` is, ascending, ``(B,)``."""
    found = np.zeros(len(texts), np.float32)
    for start in range(0, len(texts) if len(texts) > NEAREST else 0, 512):
        rows = texts[start : start + 512] @ texts.T
        rows[np.arange(len(rows)), start + np.arange(len(rows))] = -np.inf
        found[start : start + 512] = np.partition(rows, -NEAREST)[:, -NEAREST:].mean(axis=1)
    return np.sort(found)


def share_as_unlike(
    text_embeds: NDArray[np.float32], texts: NDArray[np.float32], likeness: NDArray[np.float32]
) -> float | None:
    """The share of the bank's captions that are as unlike the others as a text is, 0 to 1.

    How like: the mean cosine to the `NEAREST` of them. None for a bank that is too small to tell.

    Args:
        text_embeds: ``(E,)``.
        texts: the bank's ``(B, E)``.
        likeness: of `likeness_of_bank`.
    """
    if len(likeness) <= NEAREST:
        return None
    mean = np.sort(texts @ text_embeds)[-NEAREST:].mean()
    return float(np.searchsorted(likeness, mean, side="right")) / len(likeness)
