"""Where a photograph was taken, as its EXIF says: drones and phones write it there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cmpagl.data.formats import open_header

__all__ = ["gps_of"]

_GPS = 0x8825
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4
_SUFFIXES = frozenset(
    [".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp", ".avif", ".heic", ".heif", ".hif"]
)


def gps_of(path: Path) -> tuple[float, float] | None:
    """Longitude and latitude in degrees; None where the file says none, or none that can be.

    The header is read, no pixel. Exactly 0, 0 is what cameras write that found no satellite.
    """
    if path.suffix.lower() not in _SUFFIXES:
        return None
    try:
        with open(path, "rb") as file:
            head = file.read(32)
        with open_header(path, head, str(path)) as image:
            said = image.getexif().get_ifd(_GPS)
        latitude = _degrees(said.get(_LATITUDE), said.get(_LATITUDE_REF), "S")
        longitude = _degrees(said.get(_LONGITUDE), said.get(_LONGITUDE_REF), "W")
    except Exception:  # a dozen kinds; whether it is a picture is for reading it to say
        return None
    if latitude is None or longitude is None or (latitude, longitude) == (0.0, 0.0):
        return None
    return (longitude, latitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _degrees(parts: Sequence[Any] | None, side: Any, negative: str) -> float | None:  # noqa: ANN401
    """Degrees, minutes and seconds as one number."""
    if parts is None or len(parts) != 3:
        return None
    values = [float(part) for part in parts]
    degrees = values[0] + values[1] / 60 + values[2] / 3600
    if not math.isfinite(degrees):
        return None
    letter = side.decode("ascii", "replace") if isinstance(side, bytes) else str(side or "")
    return -degrees if letter.strip("\0 ").upper().startswith(negative) else degrees
