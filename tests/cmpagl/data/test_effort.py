"""Small files that would take minutes or gigabytes: refused at once, in a sentence, or read."""

import io
import struct
import time
import tracemalloc

import pytest
from PIL import Image

from cmpagl.data import effort
from cmpagl.data.decode import decode, header_size
from cmpagl.data.gps import gps_of
from cmpagl.errors import DataError

RATIONAL, FAR = 5, 16


def saved(kind, size=(64, 64), **options):
    """A plain picture as a file."""
    file = io.BytesIO()
    Image.new("RGB", size, (9, 90, 200)).save(file, kind, **options)
    return file.getvalue()


def scans(number, marks=b""):
    """A progressive JPEG that goes over its picture again and again."""
    content = saved("JPEG", progressive=True)
    last = content.rfind(b"\xff\xda")
    return content[:2] + marks + content[2:-2] + content[last:-2] * number + content[-2:]


def directory(*entries, values=b""):
    """A TIFF's head and its only directory."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + bytes(4) + values


PLAIN = [(256, 3, 1, 16), (257, 3, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
PLAIN += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 3, 1, 16), (279, 4, 1, 256)]
SHARED = [(40_000 + n, RATIONAL, 1_000_000, FAR) for n in range(300)]  # 2.4 GB of 8 MB
LAB = [(tag, kind, n, 8 if tag == 262 else value) for tag, kind, n, value in PLAIN]
ITEMS = b"<GDALMetadata>" + b'<Item name="a">1</Item>' * 50_000 + b"</GDALMetadata>\0"

BOMBS = {
    "scans.jpg": (scans(100), "it has more than 100 scans"),
    "segments.jpg": (
        scans(0)[:-2] + b"\xff\xc4\0\x02" * 10_000,
        "it has more than 10,000 segments",
    ),
    "comments.ppm": (b"P3 9 9 255\n" + b"#\n" * 400_000, "it has more than 1,000 comments"),
    "tiles.jp2": (saved("JPEG2000", (800, 810), tile_size=(20, 20)), "it is cut into 1,640 tiles"),
    "open.jp2": (saved("JPEG2000", (520, 520), tile_size=(4, 4)), "it is cut into 16,900 tiles"),
    "tags.tif": (directory(*PLAIN, *SHARED, values=bytes(8_000_000)), "its tags claim more bytes"),
    "lab.tif": (directory(*LAB, *SHARED, values=bytes(8_000_000)), "it"),
    "items.tif": (
        directory(*PLAIN, (42112, 2, len(ITEMS), 14 + 12 * 10), values=ITEMS),
        "its metadata is longer",
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_takes_long_is_refused_before(tmp_path, name):
    """A file and bytes alike."""
    content, sentence = BOMBS[name]
    (tmp_path / name).write_bytes(content)
    began = time.process_time()
    for source in (content, tmp_path / name):
        with pytest.raises(DataError, match=f"^The image {name} cannot be read: {sentence}"):
            decode(source, name)
    assert time.process_time() - began < 2


def test_what_programs_write_is_read():
    """Scans as of a progressive JPEG, also beside what looks like some; tiles, comments, EXIF."""
    looks_so = b"\xff\xe4\x0f\x00" + b"\xff\xda" * 1919  # a segment of 3,840 bytes
    for content in (
        scans(0, looks_so),
        scans(20),
        saved("JPEG2000", (640, 640), tile_size=(16, 16)),
        b"P3 2 1 255\n# a\n1 2 3 # b\n4 5 6\n",
        directory(*PLAIN, values=bytes(256)),
    ):
        assert decode(content, "a").size == Image.open(io.BytesIO(content)).size


@pytest.mark.filterwarnings("ignore:A directory of EXIF")
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "JPEG", "HEIF"])
def test_exif_that_names_the_same_bytes_over_and_over(tmp_path, kind):
    """Takes no more memory than `TAGS`, however often it does; what stands before is read."""
    each = 60_000 if kind == "JPEG" else 9_000_000  # a segment's bytes
    shared = [(1000 + n, RATIONAL, each // 8 - 1000, FAR) for n in range(300)]
    exif = directory((0x112, 3, 1, 6), *shared, values=bytes(each - 3700))
    content = saved(kind, (64, 32), exif=b"Exif\0\0" + exif)
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    name = "a.heic" if kind == "HEIF" else "a"
    tracemalloc.start()
    try:
        picture = decode(content, name)
        assert set(header_size(content, name)) == {32, 64}
        assert gps_of(path) is None
        assert tracemalloc.get_traced_memory()[1] < 8 * effort.TAGS
    finally:
        tracemalloc.stop()
    assert picture.size == (32, 64)
