"""What visitors hand in: pictures, and what only calls itself one."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path

from PIL import Image

GOOD = ("trip/plane_1.png", "trip/deep/ship_2.png", "trip/ship_3.jpg")


def picture_bytes(colour: tuple[int, int, int], kind: str = "PNG") -> bytes:
    """A small picture with something on it."""
    image = Image.new("RGB", (96, 80), colour)
    image.paste((240, 240, 240), (20, 30, 60, 50))
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def vast_png(side: int = 30_000) -> bytes:
    """A PNG of side x side grey pixels, of which only the first rows are there."""

    def part(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side + 1) * 4))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", rows) + part(b"IEND", b"")


def write_zip(path: Path, *, bomb: bool = False, more: int = 0) -> Path:
    """A ZIP with a folder of three pictures and more, and beside them all that may not come out."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for number, name in enumerate(GOOD):
            kind = "JPEG" if name.endswith("jpg") else "PNG"
            out.writestr(name, picture_bytes((90, 60 + 40 * number, 70), kind))
        for number in range(more):
            out.writestr(f"trip/car_{number}.png", picture_bytes((9 * number, 90, 60)))
        out.writestr("trip/notes.jpg", "only words")
        out.writestr("trip/vast.png", vast_png())
        out.writestr("../../climbs.png", picture_bytes((200, 40, 40)))
        link = zipfile.ZipInfo("trip/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        out.writestr(link, "/etc/passwd")
        out.writestr("__MACOSX/trip/._plane_1.png", b"\0")
        if bomb:
            with out.open("trip/bomb.png", "w", force_zip64=True) as file:
                for _ in range(400):
                    file.write(bytes(1_000_000))
    return path
