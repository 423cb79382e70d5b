"""What the checkpoint's query bank says of new rows: soft extremes, and its own best scores.

Shapes: n rows, E embedding width, B bank queries.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cmpagl.config.ranking import RankingConfig
from cmpagl.rank.bank import Bank

if TYPE_CHECKING:
    from cmpagl.model.checkpoint import Checkpoint
    from cmpagl.store.description import Description

__all__ = [
    "DIRECTIONS",
    "BankQueries",
    "Best",
    "Direction",
    "Kind",
    "pack",
    "tuned_ts",
    "unpack",
    "unpacked",
]

FloatArray = npt.NDArray[np.float32]
Sums = npt.NDArray[np.float64]

Direction = Literal["t2i", "i2t", "i2i"]
DIRECTIONS: tuple[Direction, ...] = ("t2i", "i2t", "i2i")

Kind = Literal["images", "captions"]
_WAYS: dict[Kind, tuple[Direction, ...]] = {"images": ("t2i", "i2i"), "captions": ("i2t",)}
"""Which directions ask for which rows."""


def tuned_ts(ranking: RankingConfig) -> dict[str, float]:
    """The t of each direction; a picture that asks for pictures uses image->text settings."""
    tuned = ranking.bank_only
    return {"t2i": tuned.t2i.smr.t, "i2t": tuned.i2t.smr.t, "i2i": tuned.i2t.smr.t}


@dataclass(frozen=True)
class Best:
    """What the bank's queries find among all rows, and what rows add up to."""

    scores: Mapping[Direction, FloatArray]  # (B,), in the bank's order
    sums: Mapping[Kind, Sums]  # of the embeddings, (E,)

    def gap(self, images: int, captions: int) -> float | None:
        """How far the means of so many images and captions are apart (Liang et al., NeurIPS 2022).

        From 0 to 2; None without either.
        """
        if not images or not captions or len(self.sums) < 2:
            return None
        apart = self.sums["images"] / images - self.sums["captions"] / captions
        return float(np.linalg.norm(apart))


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

    def best(self, parts: Mapping[Kind, Iterable[FloatArray]], before: Best | None = None) -> Best:
        """Each bank query's highest score over images and over captions.

        Args:
            parts: embeddings (b, E) at a time; captions' only where the model reads text.
            before: of other rows, which count as well.
        """
        scores, sums = ({}, {}) if before is None else (dict(before.scores), dict(before.sums))
        for kind, embeds in parts.items():
            for part in embeds:
                sums[kind] = sums.get(kind, np.float64(0)) + part.sum(axis=0, dtype=np.float64)
                for way in _WAYS[kind]:
                    best = self.bank(way, part).best_scores()
                    scores[way] = np.maximum(scores.get(way, best), best)
        return Best(scores, sums)


def pack(values: Mapping[Direction, FloatArray] | Mapping[Kind, Sums]) -> dict[str, str]:
    """Best scores or sums as text, for a description."""
    return {
        name: base64.b64encode(v.astype(v.dtype.newbyteorder("<")).tobytes()).decode()
        for name, v in values.items()
    }


def unpacked(description: Description) -> Best | None:
    """What a description keeps; None of an earlier version's, which sorted the scores."""
    if not description.sums:
        return None
    scores = {w: _values(description.best[w], "<f4") for w in DIRECTIONS if w in description.best}
    sums = {
        kind: _values(description.sums[kind], "<f8") for kind in _WAYS if kind in description.sums
    }
    return Best(scores, sums)


def unpack(said: str) -> FloatArray:
    """One direction's best scores of `pack`, ascending."""
    return np.sort(_values(said, "<f4"))


def _values(said: str, kind: str) -> npt.NDArray[Any]:
    return np.frombuffer(base64.b64decode(said), kind)
