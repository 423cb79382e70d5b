"""What the checkpoint's query bank says of new rows: soft extremes, and its own best scores.

Shapes: n rows, E embedding width, B bank queries.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
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

    def size(self, direction: Direction) -> int:
        """How many queries ask in a direction."""
        return len(self._texts if direction == "t2i" else self._images)

    def of_images(self, embeds: FloatArray) -> FloatArray:
        """Soft extremes (n, 2) at the tuned t: for text queries, and for picture queries."""
        found = [self.bank(way, embeds).soft_extreme(self.ts[way]) for way in ("t2i", "i2i")]
        return np.stack(found, axis=1)

    def of_captions(self, embeds: FloatArray) -> FloatArray:
        """Soft extremes (n, 2) at the tuned t: none for text queries, and for picture queries."""
        found = self.bank("i2t", embeds).soft_extreme(self.ts["i2t"])
        return np.stack([np.zeros_like(found), found], axis=1)

    def best(
        self, images: Iterable[FloatArray], captions: Iterable[FloatArray] = ()
    ) -> tuple[dict[str, FloatArray], float | None]:
        """Each bank query's highest score over images or captions, and how far these are apart.

        Args:
            images: (b, E) at a time.
            captions: (b, E) at a time; none of a model that reads no text.

        Returns:
            (B,) by direction, and the distance of the two modalities' means; None without captions.
        """
        found: dict[str, FloatArray] = {}
        means = []
        for parts, ways in ((images, ("t2i", "i2i")), (captions, ("i2t",))):
            total, n = np.zeros(0), 0
            for part in parts:
                total, n = (total if n else 0) + part.sum(axis=0, dtype=np.float64), n + len(part)
                for way in ways:
                    best = self.bank(way, part).best_scores()  # type: ignore[arg-type]
                    found[way] = np.maximum(found.get(way, best), best)
            if n:
                means.append(total / n)
        gap = float(np.linalg.norm(means[0] - means[1])) if len(means) == 2 else None
        return found, gap


def pack(best: Mapping[str, FloatArray]) -> dict[str, str]:
    """Best scores as text, for a description."""
    return {
        way: base64.b64encode(np.sort(v).astype("<f4").tobytes()).decode()
        for way, v in best.items()
    }


def unpack(said: str) -> FloatArray:
    """One direction's best scores of `pack`, ascending."""
    return np.frombuffer(base64.b64decode(said), "<f4")
