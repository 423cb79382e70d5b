"""Small pictures to decode: written in any form, read as an index reads them."""

import struct
import zlib

import numpy as np

from cmpagl.data.picture import read_image

# A picture without any symmetry, so that every wrong turn shows: 6 wide, 4 high.
GREY = np.add.outer(np.arange(4) * 60, np.arange(6) * 10).astype(np.uint8)
COLOUR = np.stack([GREY, 255 - GREY, np.roll(GREY, 1, axis=1)], axis=2)


def read(path):
    return np.array(read_image(path))


def grey(values):
    return np.repeat(np.asarray(values, np.uint8)[:, :, None], 3, axis=2)


def save(tmp_path, name, image, **options):
    path = tmp_path / name
    image.save(path, **options)
    return path


def rgb_16_bit_png(values):
    """A 16-bit RGB PNG by hand: Pillow does not write one."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
