"""How many tiles a JPEG 2000 is cut into, by its header: what makes it slow to read, or large."""

from __future__ import annotations

import mmap
from pathlib import Path
from struct import unpack

from cmpagl.data.effort import content_of
from cmpagl.errors import DataError

__all__ = ["TILES", "TILE_PIXELS", "is_of_many_tiles", "require_few_tiles"]

BOXES = 1000  # before the picture
MANY_TILES = 400  # of a JPEG 2000 that Pillow reads sooner
TILES = 1600  # of one that GDAL reads whole: it looks through all of them for each
TILE_PIXELS = 40_000  # as many as are allowed for each of these
MOST_TILES = 16_384  # of any: each takes 10 kB


def _tiles(source: Path | bytes) -> tuple[int, int, int, bytes]:
    """Of a JPEG 2000: how many tiles, their width and height, the bits of each band less one."""
    with content_of(source) as content:
        at = _code_stream(content)
        sizes = content[at + 8 : at + 42]
        bands = int.from_bytes(sizes[32:], "big")
        bits = content[at + 42 : at + 42 + 3 * bands : 3]
    if len(sizes) < 34:  # whether it is a picture is for GDAL to say
        return 0, 0, 0, b""
    right, bottom, _, _, wide, high, left, top = unpack(">8I", sizes[:32])
    number = -(-(right - left) // max(1, wide)) * -(-(bottom - top) // max(1, high))
    return number, wide, high, bits


def _code_stream(content: bytes | mmap.mmap) -> int:
    """Where the code stream of a JPEG 2000 begins: at once, or in a box after others."""
    at = 0
    if content[:2] == b"\xff\x4f":
        return at
    for _ in range(BOXES):
        size, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        start = at + 8
        if size == 1:
            size, start = int.from_bytes(content[start : start + 8], "big"), start + 8
        if kind == b"jp2c":
            return start
        at += max(size, 8)
        if at >= len(content):
            return at
    raise DataError(f"more than {BOXES:,} boxes stand before its picture: save it without metadata")


def is_of_many_tiles(source: Path | bytes) -> bool:
    """Whether a JPEG 2000 is of 8 bits, grey or coloured, in so many tiles that GDAL is slow."""
    number, *_, bits = _tiles(source)
    return number > MANY_TILES and bits in (b"\7", b"\7\7\7")


def require_few_tiles(source: Path | bytes, most: int = MOST_TILES) -> None:
    """Bound the tiles of a JPEG 2000: each takes memory as soon as it is opened.

    Raises:
        DataError: there are too many; a clause without its name.
    """
    number, wide, high, _ = _tiles(source)
    if number > most:
        raise DataError(
            f"it is cut into {number:,} tiles of {wide} x {high} pixels, more than {most:,}: "
            "save it with larger tiles"
        )
