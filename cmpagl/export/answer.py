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

__all__ = [
    "COLOURS",
    "LAST",
    "About",
    "Answer",
    "Item",
    "answer_of",
    "asked_as",
    "collection_of",
    "rank_colour",
]

COLOURS = ((1, "#b3261e"), (3, "#d9622b"), (10, "#e8a33d"), (30, "#8fae62"), (100, "#3f8f8b"))
"""Up to which rank, and the colour of its footprint; what comes after is `LAST`."""

LAST = "#7d8794"


def rank_colour(rank: int) -> str:
    """The colour of a footprint, as RRGGBB behind a #."""
    return next((colour for most, colour in COLOURS if rank <= most), LAST)


@dataclass(frozen=True)
class About:
    """What every file says of itself."""

    query: str  # or a collection's name
    stage: str  # or "collection"
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
    score: float | None  # None where nothing was asked, as of a collection
    aligned_rank: int | None
    aligned_score: float | None
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
            "score": _rounded(self.score),
            "aligned_rank": self.aligned_rank,
            "aligned_score": _rounded(self.aligned_score),
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


def asked_as(parts: Iterable[str], unwanted: str = "", good: int = 0, bad: int = 0) -> str:
    """What was asked and taught, as a file says it.

    Args:
        parts: of the query: words, the name of a scene or picture; empty ones are left out.
        unwanted: words that are excluded beside.
        good: how many scenes were marked +.
        bad: how many were marked -.
    """
    said = [" + ".join(filter(None, parts)), unwanted and f"without {unwanted}"]
    marks = [f"{n} marked {sign}" for n, sign in ((good, "+"), (bad, "-")) if n]
    return ", ".join(filter(None, [*said, *marks]))


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
    places = gallery.footprints()
    items = [
        _item(
            gallery,
            number,
            places[number],
            rank=int(shown.rank_by_item[number]),
            score=float(shown.score_by_item[number]),
            aligned_rank=int(aligned.rank_by_item[number]),
            aligned_score=float(aligned.score_by_item[number]),
        )
        for number in map(int, numbers)
    ]
    return Answer(_about(gallery, query, shown.stage.name), tuple(items))


def collection_of(gallery: Gallery, name: str, numbers: Iterable[int]) -> Answer:
    """Scenes that a person put together: their rank is their place, and they have no scores.

    Args:
        gallery: that has them.
        name: of the collection.
        numbers: of its scenes, in their order.
    """
    places = gallery.footprints()
    items = [
        _item(gallery, number, places[number], rank=place)
        for place, number in enumerate(numbers, start=1)
    ]
    return Answer(_about(gallery, name, "collection"), tuple(items))


def _about(gallery: Gallery, query: str, stage: str) -> About:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return About(query, stage, gallery.checkpoint_name, gallery.fingerprint, gallery.name, now)


def _item(
    gallery: Gallery,
    number: int,
    corners: npt.NDArray[np.float64],
    *,
    rank: int,
    score: float | None = None,
    aligned_rank: int | None = None,
    aligned_score: float | None = None,
) -> Item:
    record = gallery.records[number]
    place = place_of(record.picture)
    return Item(
        number=number,
        image_id=record.image_id,
        rank=rank,
        score=score,
        aligned_rank=aligned_rank,
        aligned_score=aligned_score,
        class_name=record.class_name,
        captions=record.captions,
        crs=place.crs if place is not None else None,
        corners=known_corners(corners),
    )


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 6)


def known_corners(corners: npt.NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """(4, 2) corners as pairs; one where all are the same place, none where they are NaN."""
    if not np.isfinite(corners).all():
        return ()
    pairs = tuple((float(x), float(y)) for x, y in corners)
    return pairs[:1] if len(set(pairs)) == 1 else pairs
