"""An answer to be written down: its scenes in order, where they lie, and what it was asked with."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from cmpagl.data.chips import place_of
from cmpagl.data.georeference import middles
from cmpagl.search.ranking import Ranking
from cmpagl.store.gallery import Gallery

__all__ = ["COLOURS", "LAST", "About", "Answer", "Item", "answer_of", "rank_colour"]

COLOURS = ((1, "#b3261e"), (3, "#d9622b"), (10, "#e8a33d"), (30, "#8fae62"), (100, "#3f8f8b"))
"""Up to which rank, and the colour of its footprint; what comes after is `LAST`."""

LAST = "#7d8794"


def rank_colour(rank: int) -> str:
    """The colour of a footprint, as RRGGBB behind a #."""
    return next((colour for most, colour in COLOURS if rank <= most), LAST)


@dataclass(frozen=True)
class About:
    """What every file says of itself."""

    query: str
    stage: str
    checkpoint: str
    fingerprint: str  # of its weights
    gallery: str
    date: str  # UTC, as ISO 8601 writes it


@dataclass(frozen=True)
class Item:
    """One scene of an answer."""

    number: int  # of the gallery
    image_id: str
    rank: int
    score: float
    aligned_rank: int
    aligned_score: float
    class_name: str | None
    captions: tuple[str, ...]
    crs: str | None  # of its raster
    corners: tuple[tuple[float, float], ...]  # longitude, latitude; one for a point, none: unknown

    @property
    def title(self) -> str:
        """Its name without folder and ending."""
        return PurePosixPath(self.image_id).stem

    @property
    def centre(self) -> tuple[float, float] | None:
        """The middle of its footprint."""
        if not self.corners:
            return None
        longitude, latitude = middles(self.corners).tolist()
        return longitude, latitude

    def properties(self) -> dict[str, Any]:
        """Everything of it but its geometry, under the names that files have."""
        return {
            "rank": self.rank,
            "score": round(self.score, 6),
            "aligned_rank": self.aligned_rank,
            "aligned_score": round(self.aligned_score, 6),
            "id": self.image_id,
            "title": self.title,
            "class": self.class_name,
            "caption": self.captions[0] if self.captions else None,
            "crs": self.crs,
        }


@dataclass(frozen=True)
class Answer:
    """All of it."""

    about: About
    items: tuple[Item, ...]

    def facts(self) -> dict[str, str]:
        """What the file says of itself, as plain texts."""
        return asdict(self.about)


def answer_of(
    gallery: Gallery, query: str, shown: Ranking, aligned: Ranking, numbers: Iterable[int]
) -> Answer:
    """An answer as it stands now.

    Args:
        gallery: that was searched.
        query: in words, or the name of the picture.
        shown: the ranking that orders it.
        aligned: the same candidates by aligned similarity.
        numbers: of its scenes, the best first.
    """
    wanted = [int(number) for number in numbers]
    places = gallery.footprints()
    items = [_item(gallery, number, shown, aligned, places[number]) for number in wanted]
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    about = About(
        query, shown.stage.name, gallery.checkpoint_name, gallery.fingerprint, gallery.name, now
    )
    return Answer(about, tuple(items))


def _item(
    gallery: Gallery,
    number: int,
    shown: Ranking,
    aligned: Ranking,
    corners: npt.NDArray[np.float64],
) -> Item:
    record = gallery.records[number]
    place = place_of(record.picture)
    return Item(
        number=number,
        image_id=record.image_id,
        rank=int(shown.rank_by_item[number]),
        score=float(shown.score_by_item[number]),
        aligned_rank=int(aligned.rank_by_item[number]),
        aligned_score=float(aligned.score_by_item[number]),
        class_name=record.class_name,
        captions=record.captions,
        crs=place.crs if place is not None else None,
        corners=known_corners(corners),
    )


def known_corners(corners: npt.NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """(4, 2) corners as pairs; one where all are the same place, none where they are NaN."""
    if not np.isfinite(corners).all():
        return ()
    pairs = tuple((float(x), float(y)) for x, y in corners)
    return pairs[:1] if len(set(pairs)) == 1 else pairs
