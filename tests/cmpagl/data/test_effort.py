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

GIF = saved("GIF", (9, 9))
COLOURS = 13 + (3 << (GIF[10] & 7) + 1)  # where they end
COMMENTED = GIF[:COLOURS] + b"\x21\xfe" + b"\1a" * 4001 + b"\0" + GIF[COLOURS:]
ICON = b"\0\0\1\0\1\0" + bytes(12) + struct.pack("<I", 22)
BITMAP = struct.pack("<Iii", 40, 9448, 18_896) + bytes(28)


def runs(width, height):
    """A BMP in runs, of which one skips 255 rows."""
    head = struct.pack("<IIIIiiHHIIIIII", 0, 0, 1078, 40, width, height, 1, 8, 1, 4, 0, 0, 0, 0)
    return b"BM" + head + bytes(1024) + b"\0\2\0\xff"


DEEP = io.BytesIO()
Image.new("I;16", (800, 810)).save(DEEP, "JPEG2000", tile_size=(20, 20))
DEEP_TILES = DEEP.getvalue()
FEW = b"\xff\x4f\xff\x51" + struct.pack(">2xH8IH", 0, *(99, 99, 0, 0) * 2, 1)
BOXED = DEEP_TILES[:12] + struct.pack(">I4s", 8 + len(FEW), b"free") + FEW + DEEP_TILES[12:]
PSD = struct.pack(">I", 32) + b"8BIM\4\0\3abc\0\0\0\5hello\0" + b"8BIM\4\1\0\0\0\0\0\0"
SETTING = b"8BIM" + bytes(8)
SETTINGS = b"8BPS\0\1" + bytes(24) + struct.pack(">I", 12 * 10_001) + SETTING * 10_001
LAB_TILE = [(256, 4, 1, 99), (257, 4, 1, 99), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 8)]
LAB_TILE += [
    (277, 3, 1, 3),
    (322, 4, 1, 20_000),
    (323, 4, 1, 20_000),
    (324, 4, 1, 8),
    (325, 4, 1, 99),
]
LAB_TILE = directory(*LAB_TILE, values=bytes(99))
BOMBS = {
    "comment.gif": (COMMENTED, "more than 4,000 blocks stand before its picture"),
    "comment.ppm": (b"P6 9 9 #" + b"a" * 9_999, "its header is longer than 10,000 bytes"),
    "space.pbm": (b"P4 9" + b" " * 9_999, "its header is longer than 10,000 bytes"),
    "large.ico": (ICON + saved("PNG", (2000, 2000)), "it holds a picture of more than 1,048,576"),
    "bitmap.ico": (ICON + BITMAP, "it holds a picture of more than 1,048,576"),
    "scans.jpg": (scans(100), "it has more than 100 scans"),
    "segments.jpg": (
        scans(0)[:-2] + b"\xff\xc4\0\x02" * 10_000,
        "it has more than 10,000 segments",
    ),
    "comments.ppm": (b"P3 9 9 255\n" + b"#\n" * 400_000, "it has more than 1,000 comments"),
    "fill.jpg": (b"\xff\xd8" + b"\xff" * 10_001, "it has more than 10,000 segments"),
    "junk.jpg": (b"\xff\xd8\xff" + bytes(10_001), "it has more than 10,000 segments"),
    "chunks.png": (saved("PNG")[:33] + bytes(12) * 100_000, "it has more than 100,000 chunks"),
    "tiles.jp2": (DEEP_TILES, "it is cut into 1,640 tiles"),
    "decoy.jp2": (BOXED, "it is cut into 1,640 tiles"),
    "boxes.jp2": (
        DEEP_TILES[:12] + struct.pack(">I4s", 8, b"free") * 1001,
        "more than 1,000 boxes",
    ),
    "settings.psd": (SETTINGS, "it holds more than 10,000 settings"),
    "labtile.tif": (LAB_TILE, "4 bands of 20,000 x 20,000 pixels have to be unpacked together"),
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


@pytest.mark.parametrize(
    ("name", "content", "most"),
    [
        ("a.qoi", b"qoif" + struct.pack(">IIBB", 1001, 1000, 3, 0), "1,000,000 pixels.* of QOI"),
        ("a.ppm", b"P3 1001 1000 255\n", "1,000,000 pixels.* of PPM"),
        ("b.ppm", b"P6 1001 1000 254\n", "1,000,000 pixels.* of PPM"),
        ("a.bmp", runs(25_000_000, 1), "390,625 pixels.* of BMP"),
        ("a.pgm", b"P5 25000001 1 255\n", "25,000,000 pixels"),
        ("a.gif", GIF[:6] + b"\xff" * 4 + GIF[10:], "25,000,000 pixels"),
    ],
)
def test_what_is_decoded_slowly_may_have_fewer_pixels(name, content, most):
    """A QOI of 10 MB took 7 s, a BMP of 1 kB six gigabytes."""
    with pytest.raises(DataError, match=f"{name} has more than {most}"):
        decode(content, name, max_pixels=25_000_000)


def test_a_side_is_bounded():
    """To resize a picture takes 32 bytes for each pixel of its longer side."""
    with pytest.raises(
        DataError, match=r"a\.pgm cannot be read: a side of it has more than 1,000,000"
    ):
        decode(b"P5 1000001 1 255\n", "a.pgm")


@pytest.mark.parametrize("suffix", ["dds", "icns", "cur", "fits", "xpm", "eps"])
def test_what_holds_no_scene_is_not_opened(suffix):
    """Icons, textures and what Pillow reads in the wrong byte order: one sentence."""
    sentence = rf"^The image a\.{suffix} cannot be read: {suffix.upper()} is not read here, save it"
    with pytest.raises(DataError, match=sentence):
        decode(b"a", f"a.{suffix}")


def test_what_programs_write_is_read():
    """Scans as of a progressive JPEG, also beside what looks like some; tiles, comments, EXIF."""
    looks_so = b"\xff\xe4\x0f\x00" + b"\xff\xda" * 1919  # a segment of 3,840 bytes
    for content in (
        scans(0, looks_so),
        scans(20),
        saved("JPEG2000", (656, 656), tile_size=(16, 16)),
        b"P3 2 1 255\n# a\n1 2 3 # b\n4 5 6\n",
        b"8BPS" + struct.pack(">H6xHIIHHI", 1, 1, 4, 5, 8, 1, 0) + PSD + bytes(6 + 20),
        b"P4 400 250\n" + b"   " * 5000,
        GIF[:COLOURS] + b"\x21\xfe" + (b"\xff" + b"a" * 255) * 3000 + b"\0" + GIF[COLOURS:],
        directory(*PLAIN, values=bytes(256)),
    ):
        assert decode(content, "a.psd").size == Image.open(io.BytesIO(content)).size


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
