"""The ground below a picture: where, how wide, where north is, and whether that is usual."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from app.words.large import LARGE
from app.words.numbers import decimal
from cmpagl.data.chips import WindowPicture
from cmpagl.data.georeference import ground_size, middles, on_the_ground
from cmpagl.store.gallery import Gallery

__all__ = ["Ground", "ground_of", "unusual_ground"]

LEARNED = {"ucm": (75.0, 80.0), "rsicd": (110.0, 1800.0)}
"""Metres from side to side of the scenes in data sets that models here are trained on, about.

UCM-Captions has 256 pixels of 0.3 m. RSICD says nothing of its pixels; its kinds of scenes are
those of AID, which has 0.5 to 8 m, and it has 224 of them.
"""

FAR = 3.0  # times as wide or narrow as what was learned


@dataclass(frozen=True)
class Ground:
    """Below one picture."""

    place: str = ""  # of its middle, latitude and longitude; "" where it is not known
    across: float | None = None  # metres from its left to its right side
    north: float | None = None  # degrees from up, clockwise
    cut: bool = False  # it is a piece of a raster, with something around it


def ground_of(gallery: Gallery, number: int) -> Ground:
    """What a scene's footprint says."""
    cut = isinstance(gallery.records[number].picture, WindowPicture)
    if not _knows_places(gallery):
        return Ground(cut=cut)
    corners = gallery.footprints()[number]
    if not np.isfinite(corners).all():
        return Ground(cut=cut)
    longitude, latitude = middles(corners).tolist()
    place = LARGE.place.format(latitude=f"{latitude:.6f}", longitude=f"{longitude:.6f}")
    across = float(ground_size(corners)[0])
    if not across:  # a photograph: a point
        return Ground(place, cut=cut)
    sides = on_the_ground(corners)
    up = (sides[0] + sides[1] - sides[2] - sides[3]) / 2
    return Ground(place, across, -math.degrees(math.atan2(up[0], up[1])), cut)


def unusual_ground(gallery: Gallery, learned_from: object) -> str:
    """A sentence where scenes are far wider or narrower than what a model learned from, else "".

    Args:
        gallery: whose places may be known.
        learned_from: the data sets that its checkpoint names, as its provenance has them.
    """
    names = learned_from if isinstance(learned_from, list) else []
    known = [LEARNED[word] for name in names if (word := str(name).split()[0]) in LEARNED]
    if not known or gallery.far or not _knows_places(gallery):
        return ""
    footprints = gallery.footprints()
    footprints = footprints[np.isfinite(footprints).all(axis=(1, 2))][:2000]
    across = float(np.median(ground_size(footprints)[0]))
    least, most = min(low for low, _ in known), max(high for _, high in known)
    if not across or least / FAR <= across <= most * FAR:
        return ""
    said = {"across": _said(across), "least": _said(least), "most": _said(most)}
    return LARGE.unusual.format(**said)


def _knows_places(gallery: Gallery) -> bool:
    """Whether any place is known, without reading where."""
    return any(field.name == "longitude" for field in gallery.fields)


def _said(metres: float) -> str:
    kilometres = metres >= 1000
    amount = decimal(metres / 1000, 1) if kilometres else decimal(metres, 0)
    return (LARGE.kilometres if kilometres else LARGE.metres).format(n=amount)
