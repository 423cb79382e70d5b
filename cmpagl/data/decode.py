"""Decoding one picture: a file or bytes -> upright 8-bit RGB -> square pixels or a thumbnail.

What is not obvious, and holds for every picture in this package:

- EXIF (and TIFF, XMP) orientation is applied; of an animation or a stack the first frame counts.
- Transparent places are laid over white, as a page shows them.
- 16-bit and 32-bit integers are scaled by the smallest of 8, 12 and 16 bits that holds the
  brightest value (sensors store 12 bits in 16); with negative or larger values, linearly from least
  to greatest.
- Floats are taken as 0..1 or 0..255 where all values lie there, else linearly from least to
  greatest; NaN and infinity are refused.
- Pillow keeps only the high byte of 16-bit colour. Where that leaves nothing but near black (12-bit
  values or less), the picture is refused instead of being searched as a black square.
- Colour profiles are ignored, as by every data set and model of this field.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cmpagl.errors import DataError

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "decode",
    "file_digest",
    "square_pixels",
    "thumbnail_bytes",
]

# Only raster formats: for an EPS, for example, Pillow would start Ghostscript.
_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF", "PPM", "JPEG2000")
# fmt: off
IMAGE_SUFFIXES = frozenset([
    ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".ppm", ".pgm", ".pbm",
    ".jp2",
])
# fmt: on
MAX_PIXELS = 89_478_485  # Pillow's own limit against decompression bombs
THUMBNAIL_BYTES = 15 * 1024

# Pillow only warns between one and two times its limit, and then decodes: here it is an error.
warnings.simplefilter("error", Image.DecompressionBombWarning)

_UPRIGHT = {  # EXIF orientation -> what turns the stored picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_EXIF_ORIENTATION = 0x0112
_TIFF_PHOTOMETRIC = 262  # 0: white is zero, which Pillow inverts for 8 bits but not for 16


def decode(source: Path | bytes, name: str, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode a picture as upright 8-bit RGB; the module docstring states the rules.

    Args:
        source: the file, or the picture's own bytes.
        name: what a sentence calls it.
        max_pixels: the most that are decoded, never more than `MAX_PIXELS`.

    Raises:
        DataError: It is missing, empty, not a picture, broken, truncated, larger than
            ``max_pixels``, or holds values without a safe 8-bit reading; the sentence names it.
    """
    max_pixels = min(max_pixels, MAX_PIXELS)
    try:
        if not (len(source) if isinstance(source, bytes) else source.stat().st_size):
            raise DataError(f"The image {name} cannot be read: the file is empty (0 bytes).")
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        with Image.open(file, formats=_FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise Image.DecompressionBombError
            high_byte_only = any(";16" in str(tile) for tile in image.tile)
            image.load()
            rgb = _to_rgb(image)
    except DataError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(
            f"The image {name} has more than {max_pixels:,} pixels, the limit against "
            "decompression bombs: cut it into tiles first."
        ) from error
    except UnidentifiedImageError as error:
        raise DataError(
            f"The image {name} cannot be read: it is broken or no picture in a known format."
        ) from error
    except FileNotFoundError as error:
        raise DataError(f"The image {name} does not exist.") from error
    except Exception as error:  # Pillow's decoders raise a dozen kinds, SyntaxError among them
        reason = getattr(error, "strerror", None) or str(error).rstrip(".") or type(error).__name__
        raise DataError(f"The image {name} cannot be read: {reason}.") from error
    if high_byte_only and image.mode in ("RGB", "RGBA", "CMYK") and _brightest(rgb) <= 15:
        raise DataError(
            f"The image {name} holds 16-bit colour that uses 12 bits or fewer and would be read as "
            "black: convert it to 8 bits first (for example `gdal_translate -ot Byte -scale`)."
        )
    return rgb


def _to_rgb(image: Image.Image) -> Image.Image:
    """Turn a decoded picture upright and into 8-bit RGB; ValueError where that is not safe."""
    turn = _UPRIGHT.get(image.getexif().get(_EXIF_ORIENTATION, 1))
    if image.mode.startswith(("I", "F")):
        scaled = _to_8_bits(np.asarray(image))
        if image.mode.startswith("I;16") and _white_is_zero(image):
            scaled = 255 - scaled
        rgb = Image.fromarray(scaled).convert("RGB")
    elif image.has_transparency_data:
        layer = image.convert("RGBA")
        rgb = Image.new("RGB", layer.size, "white")
        rgb.paste(layer, mask=layer.getchannel("A"))
    else:
        rgb = image.convert("RGB")
    return rgb.transpose(turn) if turn is not None else rgb


def _to_8_bits(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale integer or float values (H, W) to 0..255 by the module's rules."""
    scaled = values.astype(np.float64)
    if not np.isfinite(scaled).all():
        raise ValueError("it holds NaN or infinity, fill these places first")
    least, greatest = float(scaled.min()), float(scaled.max())
    tops = (1.0, 255.0) if values.dtype.kind == "f" else (255.0, 4095.0, 65535.0)
    fitting = [top for top in tops if least >= 0 and greatest <= top]
    if fitting:
        scaled /= fitting[0]
    else:
        scaled = (scaled - least) / max(greatest - least, np.finfo(np.float64).tiny)
    return np.rint(scaled * 255).astype(np.uint8)


def _white_is_zero(image: Image.Image) -> bool:
    return getattr(image, "tag_v2", {}).get(_TIFF_PHOTOMETRIC) == 0


def _brightest(rgb: Image.Image) -> int:
    return max(int(top) for _, top in rgb.getextrema())  # type: ignore[misc]


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


def file_digest(path: Path) -> str:
    """The first 128 bits of the file's BLAKE2b as hex: another value, another picture.

    Raises:
        DataError: The file cannot be read.
    """
    try:
        with open(path, "rb") as handle:
            return hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise DataError(f"The image {path} cannot be read: {error.strerror or error}.") from error
