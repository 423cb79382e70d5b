"""Small files that would take long, or much memory, to read: told by their structure, before.

None of this bounds pixels, which `cmpagl.data.bounds` does. Each limit is far above what programs
write: ten scans of a JPEG, some thousand bytes of EXIF, tiles of 256 pixels and more.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import SEEK_END, BytesIO
from pathlib import Path
from struct import error as StructError
from struct import unpack
from typing import IO

from PIL import TiffImagePlugin

from cmpagl.errors import DataError

__all__ = [
    "content_of",
    "require_few_blocks",
    "require_few_chunks",
    "require_few_comments",
    "require_few_resources",
    "require_few_scans",
    "require_few_segments",
    "require_short_header",
    "require_small_icon",
    "require_sound_tags",
]

SCANS = 100  # of a JPEG: each goes over the whole picture
SEGMENTS = 10_000  # of a JPEG: to go from each to the next takes time
CHUNKS = 100_000  # of a PNG; usual are pieces of 8 kB and more
COMMENTS = 1000  # of a PNM in plain text, where Pillow copies all that is left at each
HEADER = 10_000  # bytes before a PNM's pixels, which Pillow reads one by one
BLOCKS = 4000  # before a GIF's picture: Pillow copies a comment anew for each
RESOURCES = 10_000  # of a PSD
ICON = 1024 * 1024  # pixels of a picture in an icon, which Pillow decodes when it opens one
ITEMS = 1_000_000  # bytes of GDAL's own metadata, where it looks through all of them for each
TAGS = 8_000_000  # bytes of a directory of EXIF or TIFF; its values may all be the same bytes

_AFTER_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # a marker that is neither data nor restart
MANY_SEGMENTS = f"it has more than {SEGMENTS:,} segments: save it again as JPEG"
_ALONE = (0x01, *range(0xD0, 0xD9))  # markers without a segment


@contextmanager
def content_of(source: Path | bytes) -> Iterator[bytes | mmap.mmap]:
    """A file's bytes, without reading it."""
    if isinstance(source, bytes):
        yield source
        return
    with open(source, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
        yield held


def require_few_scans(source: Path | bytes) -> None:
    """Bound how often a JPEG goes over its picture.

    Raises:
        DataError: it does so too often; a clause without its name.
    """
    with content_of(source) as content:
        at, scans, segments = 2, 0, 0
        while 0 <= at < len(content) - 3:
            if content[at] != 0xFF:
                at = content.find(b"\xff", at)  # a step each would take seconds
                continue
            segments += 1
            if segments > SEGMENTS:
                raise DataError(MANY_SEGMENTS)
            if content[at + 1] in (0xFF, *_ALONE):
                at += 1 if content[at + 1] == 0xFF else 2
                continue
            if content[at + 1] == 0xD9:
                return
            scans += content[at + 1] == 0xDA
            if scans > SCANS:
                raise DataError(f"it has more than {SCANS} scans: save it again as JPEG")
            start = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
            if content[at + 1] == 0xDA:
                found = _AFTER_SCAN.search(content, start)
                at = found.start() if found else len(content)
            else:
                at = max(start, at + 2)


def require_few_segments(source: Path | bytes) -> None:
    """Bound what stands before a JPEG's first scan, bytes that only fill included.

    Raises:
        DataError: it is too much; a clause without its name.
    """
    with content_of(source) as content:
        at = 2
        for _ in range(SEGMENTS):
            kind = content[at : at + 2]
            if len(kind) < 2 or kind in (b"\xff\xd9", b"\xff\xda"):
                return
            alone = kind[0] != 0xFF or kind[1] in (0, 0xFF, *_ALONE)
            at += 1 if alone else 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    raise DataError(MANY_SEGMENTS)


def require_few_chunks(source: Path | bytes) -> None:
    """Bound the chunks of a PNG.

    Raises:
        DataError: there are too many; a clause without its name.
    """
    with content_of(source) as content:
        at = 8
        for _ in range(CHUNKS):
            if at >= len(content):
                return
            at += 12 + int.from_bytes(content[at : at + 4], "big")
    raise DataError(f"it has more than {CHUNKS:,} chunks: save it again as PNG")


def require_few_comments(source: Path | bytes) -> None:
    """Bound the comments of a PNM in plain text.

    Raises:
        DataError: there are too many; a clause without its name.
    """
    with content_of(source) as content:
        for number, _ in enumerate(re.finditer(b"#", content)):
            if number >= COMMENTS:
                raise DataError(f"it has more than {COMMENTS:,} comments: save it without them")


def require_short_header(source: Path | bytes) -> None:
    """Bound what stands before the pixels of a PNM.

    Raises:
        DataError: it is too long; a clause without its name.
    """
    with content_of(source) as content:
        head, more = content[:HEADER], len(content) > HEADER
    words = re.sub(rb"#[^\r\n]*", b"", head).split(maxsplit=4)
    if more and len(words) < (3 if head[:2] in (b"P1", b"P4") else 4):
        raise DataError(f"its header is longer than {HEADER:,} bytes: save it without comments")


def require_few_blocks(source: Path | bytes) -> None:
    """Bound what a GIF says before its first picture.

    Raises:
        DataError: it is too much; a clause without its name.
    """
    with content_of(source) as content:
        flags = content[10] if len(content) > 10 else 0
        at = 13 + (3 << (flags & 7) + 1 if flags & 128 else 0)
        blocks = 0
        while content[at : at + 1] == b"!":  # an extension: its kind, and blocks until an empty one
            at += 2
            while at < len(content):
                blocks += 1
                if blocks > BLOCKS:
                    raise DataError(
                        f"more than {BLOCKS:,} blocks stand before its picture: save it without "
                        "comments"
                    )
                size = content[at]
                at += 1 + size
                if not size:
                    break


def require_small_icon(source: Path | bytes) -> None:
    """Bound the pictures in an ICO, which its own list of their sizes need not.

    Raises:
        DataError: one is too large; a clause without its name.
    """
    with content_of(source) as content:
        for entry in range(6, 6 + 16 * int.from_bytes(content[4:6], "little"), 16):
            at = int.from_bytes(content[entry + 12 : entry + 16], "little")
            head = content[at : at + 24].ljust(24, b"\0")
            size = unpack(">II", head[16:]) if head[:4] == b"\x89PNG" else unpack("<ii", head[4:12])
            if abs(size[0] * size[1]) > 2 * ICON:  # a bitmap is twice as high, with its mask
                raise DataError(f"it holds a picture of more than {ICON:,} pixels: save that alone")


def require_few_resources(source: Path | bytes) -> None:
    """Bound the settings that a PSD holds before its picture.

    Raises:
        DataError: there are too many; a clause without its name.
    """
    with content_of(source) as content:
        at = 30 + int.from_bytes(content[26:30], "big")
        end = at + 4 + int.from_bytes(content[at : at + 4], "big")
        at += 4
        for _ in range(RESOURCES):
            if at >= min(end, len(content)):
                return
            at += (
                6 + (content[at + 6 : at + 7] or b"\0")[0] // 2 * 2 + 2
            )  # a name of an even length
            size = int.from_bytes(content[at : at + 4], "big")
            at += 4 + size + size % 2
    raise DataError(f"it holds more than {RESOURCES:,} settings: save it as PNG or TIFF")


def require_sound_tags(source: Path | bytes) -> None:
    """Bound what a TIFF's tags hold: GDAL reads them all when it opens one.

    Raises:
        DataError: it is more than there is in the file, or too much; a clause without its name.
    """
    with BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as file:
        try:
            entries = list(_entries(file))
        except StructError:  # cut off: whether it is a picture is for GDAL to say
            return
        there = file.seek(0, SEEK_END)
    if sum(size for _, size in entries) > there + 1_000_000:
        raise DataError("its tags claim more bytes than the file has")
    if any(tag == _METADATA and size > ITEMS for tag, size in entries):
        raise DataError(f"its metadata is longer than {ITEMS:,} bytes: save it without")


_METADATA = 42112


_SIZES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value, by its kind; of every other kind 1."""


def _entries(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Tag and bytes of each entry in a TIFF's first directory; the values are not read."""
    head = file.read(16)
    order = "<" if head.startswith(b"II") else ">"
    big = unpack(order + "H", head[2:4])[0] == 43
    (start,) = unpack(order + ("8xQ" if big else "4xI8x"), head)
    file.seek(start)
    (number,) = unpack(order + ("Q" if big else "H"), file.read(8 if big else 2))
    form = order + ("HHQ8x" if big else "HHI4x")
    for _ in range(min(number, 65_535)):
        tag, kind, count = unpack(form, file.read(20 if big else 12))
        yield tag, count * _SIZES.get(kind, 1)


class _Some:
    """A file of which `TAGS` bytes are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._left = file, TAGS
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int) -> bytes:
        self._left -= size
        if self._left < 0:  # Pillow takes it for the directory's end
            raise OSError(f"A directory of EXIF or TIFF is read up to {TAGS:,} bytes.")
        return self._file.read(size)


def _load_some(self: TiffImagePlugin.ImageFileDirectory_v2, file: IO[bytes]) -> None:
    """As Pillow loads a directory, which it does with every value as often as one names it."""
    _load_all(self, _Some(file))  # type: ignore[arg-type]


_load_all = TiffImagePlugin.ImageFileDirectory_v2.load
TiffImagePlugin.ImageFileDirectory_v2.load = _load_some  # type: ignore[method-assign, assignment]
