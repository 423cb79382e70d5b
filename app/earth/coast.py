"""Coastlines below the map: crude ones of the whole Earth, finer ones where the scenes lie."""

from __future__ import annotations

import json
from functools import lru_cache

import numpy as np

from cmpagl.data.coast import Detail, coast_is_there, shores
from cmpagl.store.gallery import Gallery

__all__ = ["coast_file", "coast_link"]

WIDE = 40.0  # degrees that scenes lie apart, beyond which crude lines do
NEAR = 4.0  # and up to which the finest are drawn


def coast_link(gallery: Gallery) -> str:
    """Where they are; "" where no package carries them."""
    return f"earth/coast?v={gallery.version}" if coast_is_there() else ""


@lru_cache(maxsize=4)
def coast_file(gallery: Gallery) -> bytes:
    """JSON: lines, each of longitudes and latitudes in turn."""
    places = gallery.footprints().reshape(-1, 2)
    places = places[np.isfinite(places).all(axis=1)]
    if not len(places):
        return b"[]"
    low, high = places.min(axis=0), places.max(axis=0)
    span = float((high - low).max())
    if span > WIDE:
        lines = shores("c", (-180.0, -90.0, 180.0, 90.0))
    else:
        detail: Detail = "i" if span <= NEAR else "l"
        margin = 1.0 + 1.5 * span
        west, south = (float(edge) - margin for edge in low)
        east, north = (float(edge) + margin for edge in high)
        box = (west, south, east, north)
        lines = shores("c", box, inside=False) + shores(detail, box)
    return json.dumps([np.round(line, 4).ravel().tolist() for line in lines]).encode()
