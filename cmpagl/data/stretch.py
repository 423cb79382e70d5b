"""How sensor values beyond 8 bits become greys: between two percentiles of what is not nodata.

Sensors write reflectance times 10,000, 11 or 12 bits in 16, floats: the greatest value says nothing
(one bright roof, one hot pixel), the type less. So the values at the 2nd and the 98th percentile
become black and white, and what lies outside is cut off; a value that is frequent and lies far from
all others, as some write where there is no data without saying so, does not count. *Joint* takes
one pair for all bands and keeps their hues; *band* takes one pair each, which also takes the haze
out of blue.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cmpagl.errors import UsageError

__all__ = [
    "Limits",
    "Reading",
    "chosen_reading",
    "limits_of",
    "parse_bands",
    "parse_stretch",
    "to_8_bits",
]

AT_ONCE = 1 << 16  # values that are stretched at once

Limits = tuple[tuple[float, float], ...]
"""Of each band, the values that become black and white."""


_FREQUENT = 0.01  # of all values
_FAR = 3  # times as far from the middle of the others as these reach


@dataclass(frozen=True)
class Reading:
    """What a person may choose about the reading of sensor pictures."""

    bands: tuple[int, ...] = ()  # which become red, green, blue (or grey), from 1; empty: by name
    stretch: Literal["joint", "band"] = "joint"
    low: float = 2.0  # the percentile that becomes black
    high: float = 98.0  # and the one that becomes white


def chosen_reading(bands: str | None, stretch: str | None) -> Reading:
    """What the flags ``--bands`` and ``--stretch`` say; None is the default.

    Raises:
        UsageError: one cannot be read.
    """
    how, low, high = parse_stretch(stretch or "joint")
    return Reading(parse_bands(bands) if bands else (), how, low, high)


def parse_bands(text: str) -> tuple[int, ...]:
    """Read ``--bands 4,3,2``.

    Raises:
        UsageError: it is not one or three numbers from 1 up.
    """
    if not re.fullmatch(r"[1-9]\d{0,4}(,[1-9]\d{0,4},[1-9]\d{0,4})?", text):
        raise UsageError(
            f"'{text}' is not one band or three, counted from 1: give them as in --bands 4,3,2"
        )
    return tuple(int(number) for number in text.split(","))


def parse_stretch(text: str) -> tuple[Literal["joint", "band"], float, float]:
    """Read ``--stretch band`` or ``--stretch joint:1,99``.

    Raises:
        UsageError: it is neither joint nor band, or the percentiles are no ascending pair.
    """
    found = re.fullmatch(r"(joint|band)(?::([\d.]+),([\d.]+))?", text)
    try:
        low, high = float(found[2] or 2), float(found[3] or 98)  # type: ignore[index]
    except (TypeError, ValueError):
        low, high = 1.0, 0.0
    if found is None or not 0 <= low < high <= 100:
        raise UsageError(
            f"'{text}' is neither joint nor band: give one of them, with other percentiles than "
            "2 and 98 as in --stretch band:1,99"
        )
    return ("band" if found[1] == "band" else "joint"), low, high


def limits_of(bands: Sequence[NDArray[Any]], reading: Reading) -> Limits | None:
    """The limits that a sample of values gives.

    Args:
        bands: of each band its values, flat, without nodata; non-finite ones are left out here.
        reading: joint or by band, and the percentiles.

    Returns:
        a pair for each band; where most values are one, from least to greatest; None where there
        is no value at all.
    """
    sound = [_without_fill(b[np.isfinite(b)] if b.dtype.kind == "f" else b) for b in bands]
    if not any(b.size for b in sound):
        return None
    if reading.stretch == "joint":
        return (_pair(np.concatenate(sound), reading),) * len(sound)
    return tuple(_pair(b, reading) if b.size else (0.0, 0.0) for b in sound)


def _without_fill(values: NDArray[Any]) -> NDArray[Any]:
    """Values but for the least or the greatest, where that is frequent and far from the others."""
    for end in (np.min, np.max):
        fill = end(values) if values.size else 0
        rest = values[values != fill]
        if not 0 < rest.size < (1 - _FREQUENT) * values.size:
            continue
        low, middle, high = (float(v) for v in np.percentile(rest, (1, 50, 99)))
        if high > low and abs(middle - float(fill)) > _FAR * (high - low):
            values = rest
    return values


def _pair(values: NDArray[Any], reading: Reading) -> tuple[float, float]:
    low, high = np.percentile(values, (reading.low, reading.high))
    if not high > low:  # a mask, or a picture of one value
        low, high = values.min(), values.max()
    return float(low), float(high)


def to_8_bits(values: NDArray[Any], limits: tuple[float, float]) -> NDArray[np.uint8]:
    """Greys of one band: ``limits`` become 0 and 255, what is outside or not finite is cut off."""
    low, high = limits
    scale = 255.0 / (high - low) if high > low else 0.0
    greys = np.empty(values.shape, np.uint8)
    flat, found = values.reshape(-1), greys.reshape(-1)
    for start in range(0, flat.size, AT_ONCE):  # as floats, a value takes 8 bytes and more
        part = np.s_[start : start + AT_ONCE]
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = (np.clip(flat[part].astype(np.float64), low, high) - low) * scale
        found[part] = np.rint(np.nan_to_num(scaled, nan=0.0))
    return greys
