"""A picture that Pillow has decoded as 8-bit RGB, strip by strip, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from PIL import Image

from cmpagl.data.stretch import Reading, limits_of, to_8_bits
from cmpagl.errors import DataError

__all__ = ["to_rgb"]

_STRIP_PIXELS = 1 << 18
_AS_COLOURS = ("P", "PA", "CMYK", "LAB", "YCbCr")
"""Pillow's modes whose bands are red, green and blue to whoever chooses some."""


def to_rgb(image: Image.Image, reading: Reading, factor: int) -> Image.Image:
    """A decoded picture as 8-bit RGB, reduced by ``factor``; strip by strip, to save memory."""
    _require_bands(image, reading)
    if image.mode.startswith(("I", "F")):
        as_rgb = _stretched(image, reading)
    else:
        as_rgb = partial(_chosen, bands=reading.bands) if reading.bands else _over_white
    if image.mode == "RGB" and not image.has_transparency_data and not reading.bands:
        return image.reduce(factor) if factor > 1 else image
    rgb = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    for box in _strips(image, factor):
        strip = as_rgb(image.crop(box))
        rgb.paste(strip.reduce(factor) if factor > 1 else strip, (0, box[1] // factor))
    return rgb


def _strips(image: Image.Image, factor: int = 1) -> Iterator[tuple[int, int, int, int]]:
    """Boxes of all of a picture from top to bottom, their heights but the last times ``factor``."""
    rows = factor * max(1, _STRIP_PIXELS // (image.width * factor))
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)


def _stretched(image: Image.Image, reading: Reading) -> Callable[[Image.Image], Image.Image]:
    """How parts of a picture beyond 8 bits become RGB, by the values of all of it."""
    step = max(1, (image.width * image.height) >> 21)
    parts = [np.asarray(image.crop(box)).ravel()[::step] for box in _strips(image)]
    limits = limits_of([np.concatenate(parts)], reading)
    if limits is None:
        raise DataError("it holds no finite value")
    return lambda part: Image.fromarray(to_8_bits(np.asarray(part), limits[0])).convert("RGB")


def _require_bands(image: Image.Image, reading: Reading) -> None:
    count = 3 if image.mode in _AS_COLOURS else len(image.getbands())
    if max(reading.bands, default=0) > count:
        holds = f"it holds {count} band{'s' * (count > 1)}"
        raise DataError(f"{holds}, so there is no band {max(reading.bands)} to read")


def _chosen(image: Image.Image, bands: tuple[int, ...]) -> Image.Image:
    """Those bands as red, green and blue, or as grey; what is transparent stays so."""
    plain = "L" if image.mode in ("1", "L", "LA") else "RGB"
    image = image.convert(f"{plain}A" if image.has_transparency_data else plain)
    greys = [image.getchannel(number - 1) for number in bands]
    chosen = Image.merge("RGB", greys if len(greys) == 3 else greys * 3)
    if image.mode.endswith("A") and len(image.mode) not in bands:
        chosen.putalpha(image.getchannel("A"))
    return _over_white(chosen)


def _over_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    rgb = Image.new("RGB", layer.size, "white")
    rgb.paste(layer, mask=layer.getchannel("A"))
    return rgb
