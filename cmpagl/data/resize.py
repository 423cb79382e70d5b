"""What is made of a decoded picture: the square that a model reads, and a thumbnail."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["THUMBNAIL_BYTES", "square_pixels", "thumbnail_bytes"]


THUMBNAIL_BYTES = 15 * 1024


def square_pixels(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Squash a whole RGB picture to a square, bicubic and antialiased.

    Returns:
        (size, size, 3) uint8; the very pixels where the picture already has that size.
    """
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    return np.array(image, dtype=np.uint8)


def thumbnail_bytes(image: Image.Image, size: int = 256) -> bytes:
    """Encode an RGB picture as a WebP of at most 15 KB, its longer side at most ``size`` pixels.

    Quality falls step by step until it fits, and then the size is halved, so that noise fits too.
    """
    while True:
        scale = min(1.0, size / max(image.size))
        shape = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        small = image.resize(shape, Image.Resampling.BICUBIC, reducing_gap=3.0)
        for quality in (80, 65, 45, 25, 10):
            buffer = io.BytesIO()
            small.save(buffer, "WEBP", quality=quality, method=2)
            if buffer.tell() <= THUMBNAIL_BYTES:
                return buffer.getvalue()
        size //= 2
