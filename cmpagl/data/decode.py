"""Decoding one picture: a file or bytes -> upright 8-bit RGB -> square pixels or a thumbnail.

What is not obvious, and holds for every picture in this package:

- TIFF, JPEG 2000 and 16-bit PNG are read through GDAL (`cmpagl.data.raster`), the rest by Pillow.
- EXIF (and TIFF, XMP) orientation is applied; of an animation or a stack the first frame counts.
- Transparent places are laid over white, as a page shows them.
- Beyond 8 bits, values are stretched between two percentiles (`cmpagl.data.stretch`).
- Colour profiles are ignored, as by every data set and model of this field.
- Where the caller needs little of a large picture, it is reduced while it is decoded: beyond the
  result, decoding takes about 4 bytes a pixel of the file, of a TIFF or JPEG far less. What cannot
  be decoded in parts takes more (`cmpagl.data.bounds`), and may have so many pixels the fewer.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
from pathlib import Path

from PIL import Image

from cmpagl.data.bounds import (
    BYTES,
    TooLargeError,
    bytes_taken,
    keeps_high_bytes,
    require_size,
)
from cmpagl.data.effort import (
    require_few_comments,
    require_few_scans,
)
from cmpagl.data.formats import open_header
from cmpagl.data.jpeg2000 import TILE_PIXELS, TILES, is_of_many_tiles, require_few_tiles
from cmpagl.data.rgb import to_rgb
from cmpagl.data.stretch import Reading
from cmpagl.errors import DataError

__all__ = ["MAX_PIXELS", "check_file", "decode", "file_digest", "header_size"]

MAX_PIXELS = 89_478_485  # against decompression bombs; Pillow's own limit
_REDUCE_ABOVE = 1 << 22  # pixels; below, a picture is decoded whole whatever is needed of it

_UPRIGHT = {  # EXIF orientation -> what turns the stored picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112
_PHOTOMETRIC = 262
_NOT_GDALS = (8, 9)  # photometric: Lab colours, which GDAL takes for red, green and blue


_WITHOUT_A_WORD = (struct.error, LookupError, TypeError, AttributeError, EOFError, ArithmeticError)
"""Errors of decoders that speak of the decoder: their picture is not what it begins as."""


def decode(
    source: Path | bytes,
    name: str,
    *,
    reading: Reading | None = None,
    side: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Image.Image:
    """Decode a picture as upright 8-bit RGB; the module docstring states the rules.

    Args:
        source: the file, or the picture's own bytes.
        name: what a sentence calls it.
        reading: which bands, and how they are stretched.
        side: pixels that its shorter side must keep; a large picture may come reduced to that.
        max_pixels: the most that a picture may have, whatever is kept of it.

    Raises:
        DataError: It is missing, no regular file, empty, not a picture, broken, truncated, larger
            than ``max_pixels``, or holds values that are not grey values; the sentence names it.
    """
    try:
        head = _first_bytes(source, name)
        if _is_raster(head, source):
            return _decode_raster(
                *(source, reading or Reading(), side, max_pixels),
                turned=_png_turned(source, head, name),
                together=head.startswith(b"\x89PNG") and head[28] == 1,  # interlaced
            )
        return _decode_pillow(source, head, name, reading or Reading(), side, max_pixels)
    except DataError as error:
        if str(error).startswith("The image "):
            raise
        raise DataError(f"The image {name} cannot be read: {error}.") from error
    except TooLargeError as error:
        raise DataError(f"The image {name} {error}.") from error
    except FileNotFoundError as error:
        raise DataError(f"The image {name} does not exist.") from error
    except Exception as error:  # decoders raise a dozen kinds, SyntaxError among them
        cause = error.__cause__ or error  # GDAL says there what happened
        reason = getattr(cause, "strerror", None) or str(cause).rstrip(".")
        if isinstance(cause, _WITHOUT_A_WORD) or not reason:
            reason = "it is broken or cut short"
        raise DataError(f"The image {name} cannot be read: {reason}.") from error


def header_size(source: Path | bytes, name: str) -> tuple[int, int]:
    """Width and height as stored, from the header alone.

    Raises:
        DataError: it is no picture; the sentence names it.
    """
    from cmpagl.data.raster import opened

    try:
        head = _first_bytes(source, name)
        if _is_raster(head, source):
            with opened(source) as data:
                return data.width, data.height
        with open_header(source, head, name) as image:
            return image.size
    except DataError as error:
        if str(error).startswith("The image "):
            raise
        raise DataError(f"The image {name} cannot be read: {error}.") from error
    except Exception as error:
        raise DataError(f"The image {name} cannot be read: {error}.") from error


def check_file(path: Path, name: str) -> os.stat_result:
    """Make sure that opening a path neither waits for ever nor reads what is no file.

    Raises:
        DataError: nothing is there, or it is a folder, a named pipe, a device or a socket.
    """
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise DataError(f"The image {name} does not exist.") from error
    except (OSError, ValueError) as error:  # a name that is too long, or has a null byte
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"The image {name} cannot be read: {reason}.") from error
    if not stat.S_ISREG(found.st_mode):
        kinds = {stat.S_IFDIR: "folder", stat.S_IFIFO: "named pipe", stat.S_IFSOCK: "socket"}
        kind = kinds.get(stat.S_IFMT(found.st_mode), "device")
        raise DataError(f"The image {name} cannot be read: it is a {kind}, not a file.")
    return found


def _first_bytes(source: Path | bytes, name: str) -> bytes:
    if isinstance(source, bytes):
        head, empty = source[:32], not source
    else:
        empty = not check_file(source, name).st_size
        with open(source, "rb") as file:
            head = file.read(32)
    if empty:
        raise DataError(f"The image {name} cannot be read: the file is empty (0 bytes).")
    return head.ljust(32, b"\0")


def _is_raster(head: bytes, source: Path | bytes) -> bool:
    """Whether GDAL reads it: TIFF, JPEG 2000, and PNG of 16 bits, of which Pillow keeps 8.

    A TIFF in Lab colours is Pillow's, and a JPEG 2000 of many tiles, of 8 bits.
    """
    from cmpagl.data.raster import driver_of, tiff_tags

    driver = driver_of(head)
    if driver == "WEBP":  # read by Pillow first
        return False
    if driver == "PNG":
        return head[12:16] == b"IHDR" and head[24] == 16
    if driver == "JP2OpenJPEG" and is_of_many_tiles(source):
        return False
    return driver is not None and tiff_tags(source).get(_PHOTOMETRIC) not in _NOT_GDALS


def _png_turned(source: Path | bytes, head: bytes, name: str) -> int:
    """The orientation in a PNG's EXIF, of which GDAL says nothing; 0 where there is none."""
    if not head.startswith(b"\x89PNG"):
        return 0
    try:
        with open_header(source, head, name) as image:
            return image.getexif().get(_ORIENTATION, 0) if "exif" in image.info else 0
    except DataError:  # GDAL may still read it
        return 0


def _factor(size: tuple[int, int], side: int | None) -> int:
    """By how much a picture of this size may be reduced each way."""
    if side is None or size[0] * size[1] <= _REDUCE_ABOVE:
        return 1
    return max(1, min(size) // side)


def _decode_raster(
    source: Path | bytes,
    reading: Reading,
    side: int | None,
    max_pixels: int,
    *,
    turned: int = 0,
    together: bool = False,
) -> Image.Image:
    """Through GDAL; ``turned`` is the orientation where it is known already.

    ``together`` says that its rows are unpacked together, although GDAL reads them one by one.
    """
    from cmpagl.data.raster import opened, require_block, require_whole, tiff_tags
    from cmpagl.data.raster_bands import choose_bands, raster_limits
    from cmpagl.data.raster_window import read_window

    tags = {_ORIENTATION: turned} if turned else tiff_tags(source)
    with opened(source) as data:
        size = (data.width, data.height)
        require_size(size, max_pixels)
        require_whole(data, 16 * max_pixels)
        if data.driver == "JP2OpenJPEG":
            require_few_tiles(source, min(TILES, max_pixels // TILE_PIXELS))
        # Beside what is unpacked at once, GDAL copies its bands.
        (require_whole if together else require_block)(data, BYTES * max_pixels // 2)
        bands = choose_bands(data, reading)
        limits = raster_limits(data, bands, reading)
        image = read_window(data, bands, limits, shrink=_factor(size, side), tags=tags)
    turn = _UPRIGHT.get(tags.get(_ORIENTATION, 1))
    return image.transpose(turn) if turn is not None else image


def _decode_pillow(
    source: Path | bytes,
    head: bytes,
    name: str,
    reading: Reading,
    side: int | None,
    max_pixels: int,
) -> Image.Image:
    from cmpagl.data.raster import opened, require_block

    with open_header(source, head, name) as image:
        taken = bytes_taken(image, head)
        form = (image.format or "") if taken > BYTES else ""
        require_size(image.size, BYTES * max_pixels // taken, form)
        if image.format == "TIFF":
            with opened(source) as data:
                require_block(data, BYTES * max_pixels // 2)
        if image.format in ("JPEG", "MPO"):
            require_few_scans(source)
        if head[:2] in (b"P1", b"P2", b"P3"):
            require_few_comments(source)
        factor = _factor(image.size, side)
        large = image.width * image.height > _REDUCE_ABOVE
        alone = (image.format, image.mode) == ("WEBP", "RGB") and getattr(image, "n_frames", 1) == 1
        if large and alone:  # Pillow takes 16 bytes a pixel
            turned = image.getexif().get(_ORIENTATION, 1)
            return _decode_raster(source, reading, side, max_pixels, turned=turned)
        if factor > 1 and image.format in ("JPEG", "MPO"):
            full = min(image.size)
            image.draft(image.mode, (image.width // factor, image.height // factor))
            factor = max(1, factor * min(image.size) // full)
        high_byte_only = any(keeps_high_bytes(tile) for tile in image.tile)
        image.load()
        if image.width * image.height > max_pixels:  # an icon's own picture is what it is
            raise TooLargeError(max_pixels)
        if image.format in ("TGA", "PSD") and _is_all_clear(image):  # no mask, though called so
            image.putalpha(255)
        turn = _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
        rgb = to_rgb(image, reading, factor)
        if high_byte_only and image.mode in ("L", "RGB", "RGBA") and _brightest(rgb) <= 16:
            raise DataError(
                "it holds 16-bit colour of which 12 bits or fewer are used, and would be black: "
                "save it as TIFF or PNG"
            )
    return rgb.transpose(turn) if turn is not None else rgb


def _is_all_clear(image: Image.Image) -> bool:
    return image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0)


def _brightest(rgb: Image.Image) -> int:
    return max(int(top) for _, top in rgb.getextrema())  # type: ignore[misc]


def file_digest(path: Path) -> str:
    """The first 128 bits of the file's BLAKE2b as hex: another value, another picture.

    Raises:
        DataError: The file cannot be read.
    """
    check_file(path, str(path))
    try:
        with open(path, "rb") as handle:
            return hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise DataError(f"The image {path} cannot be read: {error.strerror or error}.") from error
