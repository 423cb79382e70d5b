"""What the checkpoint's query bank says of new rows: soft extremes, and its own best scores.

Shapes: n rows, E embedding width, B bank queries.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from cmpagl.config.ranking import RankingConfig
from cmpagl.rank.bank import Bank

if TYPE_CHECKING:
    from cmpagl.model.checkpoint import Checkpoint

__all__ = ["DIRECTIONS", "BankQueries", "Direction", "pack", "tuned_ts", "unpack"]

FloatArray = npt.NDArray[np.float32]

Direction = Literal["t2i", "i2t", "i2i"]
DIRECTIONS: tuple[Direction, ...] = ("t2i", "i2t", "i2i")


def tuned_ts(ranking: RankingConfig) -> dict[str, float]:
    """The t of each direction; a picture that asks for pictures uses image->text settings."""
    tuned = ranking.bank_only
    return {"t2i": tuned.t2i.smr.t, "i2t": tuned.i2t.smr.t, "i2i": tuned.i2t.smr.t}


class BankQueries:
    """The bank queries of one checkpoint, held against whatever rows are given."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Read the bank's vectors."""
        vectors = checkpoint.bank()
        self._texts = vectors.text_embeds.numpy()
        self._images = vectors.image_embeds.numpy()
        self._right = vectors.image_captions.numpy()
        self.ts = tuned_ts(checkpoint.config.ranking)

    def bank(
        self,
        direction: Direction,
        items: FloatArray,
        soft_extremes: Mapping[float, FloatArray] | None = None,
    ) -> Bank:
        """What the queries of a direction think of ``items`` (n, E)."""
        queries, right = (self._texts, None) if direction == "t2i" else (self._images, self._right)
        return Bank.from_embeddings(queries, items, right_embeds=right, soft_extremes=soft_extremes)

    def of_images(self, embeds: FloatArray) -> FloatArray:
        """Soft extremes (n, 2) at the tuned t: for text queries, and for picture queries."""
        found = [self.bank(way, embeds).soft_extreme(self.ts[way]) for way in ("t2i", "i2i")]
        return np.stack(found, axis=1)

    def of_captions(self, embeds: FloatArray) -> FloatArray:
        """Soft extremes (n, 2) at the tuned t: none for text queries, and for picture queries."""
        found = self.bank("i2t", embeds).soft_extreme(self.ts["i2t"])
        return np.stack([np.zeros_like(found), found], axis=1)

    def best(self, images: FloatArray, captions: FloatArray) -> dict[str, FloatArray]:
        """Each bank query's highest score over images (n, E) or captions (d, E): (B,)."""
        items = {"t2i": images, "i2t": captions, "i2i": images}
        return {
            way: self.bank(way, items[way]).best_scores() for way in DIRECTIONS if len(items[way])
        }


def pack(best: Mapping[str, FloatArray]) -> dict[str, str]:
    """Best scores as text, for a description."""
    return {
        way: base64.b64encode(np.sort(v).astype("<f4").tobytes()).decode()
        for way, v in best.items()
    }


def unpack(said: str) -> FloatArray:
    """One direction's best scores of `pack`, ascending."""
    return np.frombuffer(base64.b64decode(said), "<f4")
