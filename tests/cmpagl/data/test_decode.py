"""Pictures: every odd one is read right, or refused with a sentence that names it."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cmpagl.data.decode import MAX_PIXELS
from cmpagl.data.formats import HEIC_SUFFIXES, IMAGE_SUFFIXES
from cmpagl.data.picture import content_hash, load_pixels, read_image
from cmpagl.data.resize import THUMBNAIL_BYTES, square_pixels, thumbnail_bytes
from cmpagl.errors import DataError

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


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "ppm"])
def test_rgb_is_read_as_it_is(tmp_path, suffix):
    """A lossless 8-bit RGB picture keeps its very pixels in every format."""
    image = read_image(save(tmp_path, f"a.{suffix}", Image.fromarray(COLOUR)))
    assert image.mode == "RGB"
    np.testing.assert_array_equal(np.array(image), COLOUR)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.tif", {}),
        ("packed.tif", {"compression": "tiff_lzw"}),
        ("a.webp", {"lossless": True}),
    ],
)
def test_orientation_is_applied_once(tmp_path, orientation, name, options):
    """A camera's turn is undone, exactly once, in every format that can record it."""
    stored = {  # what a camera stores, so that the orientation's meaning gives COLOUR back
        1: COLOUR,
        2: COLOUR[:, ::-1],
        3: COLOUR[::-1, ::-1],
        4: COLOUR[::-1],
        5: COLOUR.transpose(1, 0, 2),
        6: np.rot90(COLOUR, 1),
        7: COLOUR[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(COLOUR, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored))
    path = save(tmp_path, name, image, exif=exif.tobytes(), **options)
    np.testing.assert_array_equal(read(path), COLOUR)


def test_jpeg_orientation_is_applied(tmp_path):
    """The usual case, a phone's JPEG: width and height change places."""
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(np.rot90(np.kron(COLOUR, np.ones((8, 8, 1), np.uint8)), 1))
    path = save(tmp_path, "a.jpg", image, exif=exif.tobytes(), quality=95)
    assert read_image(path).size == (48, 32)
    assert np.abs(read(path)[4::8, 4::8].astype(int) - COLOUR).mean() < 10


def ramp(values):
    """What a stretch between the 2nd and the 98th percentile should make of one band."""
    low, high = np.percentile(values, (2, 98))
    return np.rint(np.clip((np.float64(values) - low) / (high - low), 0, 1) * 255)


DEEP = np.random.default_rng(3).normal(1500, 300, (40, 60)).clip(1).astype(np.uint16)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bit_grey_is_stretched(tmp_path, name):
    """Between percentiles, so that neither the type's range nor a hot pixel decides."""
    hot = DEEP.copy()
    hot[7, 7] = 65535
    for values in (DEEP, hot):
        pixels = read(save(tmp_path, name, Image.fromarray(values)))
        expected = grey(ramp(DEEP))
        expected[values == 65535] = 255
        np.testing.assert_allclose(pixels, expected, atol=2)


def test_16_bit_big_endian_grey(tmp_path):
    """Big-endian TIFF (`I;16B`) reads like little-endian."""
    image = Image.frombytes("I;16B", (60, 40), DEEP.astype(">u2").tobytes())
    path = save(tmp_path, "a.tif", image)
    with Image.open(path) as stored:
        assert stored.mode == "I;16B"
    np.testing.assert_array_equal(read(path), grey(ramp(DEEP)))


def test_16_bit_tiff_where_white_is_zero(tmp_path):
    """Inverted 16-bit greys are turned round."""
    path = tmp_path / "a.tif"
    Image.fromarray(DEEP).save(path, tiffinfo={262: 0})
    np.testing.assert_array_equal(read(path), 255 - grey(ramp(DEEP)))


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_32_bits_are_stretched(tmp_path, dtype):
    """Integers and floats alike, below zero too."""
    values = (DEEP.astype(np.int32) - 1500).astype(dtype)
    path = save(tmp_path, "a.tif", Image.fromarray(values))
    np.testing.assert_allclose(read(path), grey(ramp(values)), atol=1)


def test_one_value_is_black_and_two_are_black_and_white(tmp_path):
    """Where percentiles coincide, least and greatest count; where these do, nothing is divided."""
    flat = np.full((9, 9), 7000, np.uint16)
    assert read(save(tmp_path, "a.png", Image.fromarray(flat))).max() == 0
    flat[4, 4] = 9000
    assert np.unique(read(save(tmp_path, "b.png", Image.fromarray(flat)))).tolist() == [0, 255]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_are_no_data(tmp_path, bad):
    """They are white, and nothing else is read by them; a picture of them alone is refused."""
    values = DEEP.astype(np.float32)
    values[3, 5] = bad
    pixels = read(save(tmp_path, "a.tif", Image.fromarray(values)))
    assert pixels[3, 5].tolist() == [255, 255, 255]
    np.testing.assert_allclose(pixels[10:], grey(ramp(DEEP))[10:], atol=1)
    path = save(tmp_path, "hole.tif", Image.fromarray(np.full((4, 4), bad, np.float32)))
    with pytest.raises(DataError, match=r"hole\.tif cannot be read: it holds nothing but nodata"):
        read_image(path)


def test_floats_that_only_pillow_reads(tmp_path):
    """A PFM is stretched by the same rule as a TIFF."""
    values = DEEP.astype(np.float32)
    path = save(tmp_path, "a.pfm", Image.fromarray(values))
    np.testing.assert_allclose(read(path), grey(ramp(DEEP)), atol=1)


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


@pytest.mark.parametrize("bits", [16, 12, 11])
def test_16_bit_colour_png_keeps_its_bits(tmp_path, bits):
    """Pillow would keep the high byte: 12 bits in 16 would be black."""
    values = (np.stack([DEEP, DEEP // 2, DEEP // 3], axis=2) * 2 ** (bits - 12)).astype(np.uint16)
    path = tmp_path / "a.png"
    path.write_bytes(rgb_16_bit_png(values))
    expected = ramp(values)
    np.testing.assert_allclose(read(path), expected, atol=1)
    assert expected.std() > 60


def test_palette_with_and_without_transparency(tmp_path):
    """Palette indices become their colours; a transparent entry becomes white."""
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8))
    image.putpalette([10, 20, 30, 200, 100, 0, 5, 5, 5])
    path = save(tmp_path, "a.png", image)
    np.testing.assert_array_equal(read(path), [[[10, 20, 30], [200, 100, 0], [5, 5, 5]]])
    path = save(tmp_path, "b.png", image, transparency=bytes([255, 255, 0]))
    np.testing.assert_array_equal(read(path), [[[10, 20, 30], [200, 100, 0], [255, 255, 255]]])
    path = save(tmp_path, "c.gif", image, transparency=1)
    np.testing.assert_array_equal(read(path)[0, 1], [255, 255, 255])


def test_alpha_lies_over_white(tmp_path):
    """RGBA and LA: opaque keeps its colour, transparent is white, half is half way."""
    rgba = np.array([[[200, 0, 0, 255], [200, 0, 0, 0], [0, 0, 0, 128]]], np.uint8)
    expected = [[[200, 0, 0], [255, 255, 255], [127, 127, 127]]]
    np.testing.assert_array_equal(read(save(tmp_path, "a.png", Image.fromarray(rgba))), expected)
    la = Image.merge("LA", [Image.fromarray(rgba[:, :, i].copy()) for i in (0, 3)])
    np.testing.assert_array_equal(
        read(save(tmp_path, "b.png", la)), [[[200] * 3, [255] * 3, [127] * 3]]
    )


def test_one_colour_marked_transparent(tmp_path):
    """A tRNS colour in plain RGB and grey counts as transparent too."""
    path = save(tmp_path, "a.png", Image.fromarray(COLOUR), transparency=tuple(COLOUR[0, 0]))
    assert read(path)[0, 0].tolist() == [255, 255, 255]
    assert read(path)[1, 1].tolist() == COLOUR[1, 1].tolist()


def test_cmyk(tmp_path):
    """CMYK turns into RGB with the right sense: no ink is white, full cyan is cyan."""
    cmyk = np.zeros((8, 16, 4), np.uint8)
    cmyk[:, 8:, 0] = 255
    image = Image.fromarray(cmyk, "CMYK")
    pixels = read(save(tmp_path, "a.tif", image))
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[0, 15].tolist() == [0, 255, 255]
    np.testing.assert_allclose(read(save(tmp_path, "a.jpg", image, quality=95)), pixels, atol=6)


def test_one_bit_and_grey(tmp_path):
    """1-bit is black and white, 8-bit grey stays."""
    bits = np.array([[0, 255, 255, 0]], np.uint8)
    path = save(tmp_path, "a.png", Image.fromarray(bits).convert("1"))
    np.testing.assert_array_equal(read(path), grey(bits))
    np.testing.assert_array_equal(read(save(tmp_path, "b.png", Image.fromarray(GREY))), grey(GREY))


def test_the_first_frame_of_an_animation(tmp_path):
    """Of several frames the first is the picture."""
    first, second = Image.new("RGB", (4, 4), "red"), Image.new("RGB", (4, 4), "blue")
    path = save(tmp_path, "a.gif", first, save_all=True, append_images=[second])
    assert read(path)[0, 0].tolist() == [255, 0, 0]


def test_a_camera_jpeg_with_two_pictures(tmp_path):
    """An MPO (a phone's JPEG with a second picture inside) reads as its first."""
    first, second = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (16, 16), "blue")
    path = tmp_path / "a.jpg"
    first.save(path, "MPO", save_all=True, append_images=[second])
    np.testing.assert_allclose(read(path)[0, 0], [255, 0, 0], atol=3)


def damaged(kind):
    buffer = io.BytesIO()
    Image.fromarray(np.kron(COLOUR, np.ones((20, 20, 1), np.uint8))).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"])
def test_truncated_files_are_refused_by_name(tmp_path, kind):
    """Half a file is an error that names it, never half a picture."""
    content = damaged(kind)
    path = tmp_path / "half.img"
    for length in (20, len(content) // 2):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"half\.img cannot be read"):
            read_image(path)


def test_files_that_are_no_picture(tmp_path):
    """Empty, missing, a folder, text, a program (EPS): a sentence each."""
    path = tmp_path / "a.jpg"
    with pytest.raises(DataError, match=r"a\.jpg does not exist"):
        read_image(path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"a\.jpg cannot be read: the file is empty"):
        read_image(path)
    for content in (b"no picture", damaged("EPS")):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"a\.jpg cannot be read: it is broken or no picture"):
            read_image(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_image(tmp_path)


@pytest.mark.parametrize("pixels", [MAX_PIXELS + 1000, 3 * MAX_PIXELS])
def test_decompression_bombs_are_refused_before_decoding(tmp_path, pixels):
    """A small file that claims a huge picture is refused by its header alone."""
    content = bytearray(rgb_16_bit_png(COLOUR))
    struct.pack_into(">II", content, 16, 1000, pixels // 1000 + 1)
    struct.pack_into(">I", content, 29, zlib.crc32(bytes(content[12:29])))
    path = tmp_path / "bomb.png"
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"bomb\.png has more than 89,478,485 pixels"):
        read_image(path)


def test_every_suffix_of_pillow_is_a_picture():
    """But what it names without reading, and what starts another program."""
    Image.init()
    unread = {"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG", "IPTC", "HEIF"}
    known = {s for s, kind in Image.EXTENSION.items() if kind in Image.OPEN and kind not in unread}
    assert known | {".mpo"} == IMAGE_SUFFIXES | (known & {".avif", ".avifs"})


@pytest.mark.parametrize(
    ("suffix", "options", "tolerance"),
    [
        (".jfif", {"format": "JPEG", "quality": 95}, 40),
        (".jpe", {"quality": 95}, 40),
        (".avif", {"quality": 95}, 40),
        (".heic", {"quality": 95}, 40),
        (".tga", {}, 0),
        (".dib", {}, 0),
        (".pcx", {}, 0),
        (".qoi", {}, 0),
        (".sgi", {}, 0),
        (".ico", {"sizes": [(6, 4)]}, 0),
        (".jp2", {"irreversible": False}, 0),
        (".j2k", {"irreversible": False}, 0),
    ],
)
def test_less_common_formats(tmp_path, suffix, options, tolerance):
    """Each is read under its usual suffix."""
    if suffix == ".heic":
        pytest.importorskip("pillow_heif").register_heif_opener(thumbnails=False)
    big = np.kron(COLOUR, np.ones((16, 16, 1), np.uint8)) if tolerance else COLOUR
    path = save(tmp_path, f"a{suffix}", Image.fromarray(big), **options)
    assert path.suffix in IMAGE_SUFFIXES | HEIC_SUFFIXES
    np.testing.assert_allclose(read(path).astype(int), big, atol=tolerance)


def test_what_has_no_magic_counts_only_under_its_suffix(tmp_path):
    """A TGA has no mark of its own: under another name it is no picture."""
    path = save(tmp_path, "a.tga", Image.fromarray(COLOUR))
    (tmp_path / "a.jpg").write_bytes(path.read_bytes())
    with pytest.raises(DataError, match="broken or no picture"):
        read_image(tmp_path / "a.jpg")


def test_only_regular_files_are_opened(tmp_path):
    """A named pipe would wait for ever; it, a device and a folder are refused as what they are."""
    os.mkfifo(tmp_path / "pipe.png")
    for path, kind in ((tmp_path / "pipe.png", "named pipe"), (Path("/dev/null"), "device")):
        with pytest.raises(DataError, match=f"it is a {kind}, not a file"):
            read_image(path)
        with pytest.raises(DataError, match=f"it is a {kind}, not a file"):
            content_hash(path)
    with pytest.raises(DataError, match="it is a folder, not a file"):
        read_image(tmp_path)


def test_the_limit_of_pixels_is_the_callers(tmp_path):
    """A visitor's may be smaller than a command's; no larger picture is decoded."""
    path = save(tmp_path, "a.png", Image.fromarray(COLOUR))
    assert read_image(path, max_pixels=24).size == (6, 4)
    for name in ("a.png", "a.tif"):
        path = save(tmp_path, name, Image.fromarray(COLOUR))
        with pytest.raises(DataError, match=rf"{name} has more than 23 pixels, the limit"):
            read_image(path, max_pixels=23)


BIG = 3000
SCENE = np.add.outer(np.arange(BIG) // 12, np.arange(BIG) // 40).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *[("a.jpg", "RGB"), ("a.jpg", "L"), ("a.png", "RGB"), ("a.png", "P"), ("a.png", "LA")],
        *[("a.tif", "RGB"), ("a.webp", "RGB"), ("a.gif", "P"), ("a.jp2", "RGB"), ("a.tif", "I;16")],
    ],
)
def test_a_large_picture_is_reduced_while_it_is_decoded(tmp_path, name, mode):
    """No side falls below what is asked for, and the picture is what reducing it later gives."""
    image = Image.fromarray(SCENE)
    if mode == "I;16":
        image = Image.fromarray(SCENE.astype(np.uint16) * 30)
    elif mode != "L":
        image = image.convert(mode)
    path = save(tmp_path, name, image, **({"lossless": True} if "webp" in name else {}))
    whole, reduced = read_image(path), read_image(path, side=500)
    assert whole.size == (BIG, BIG)
    assert 500 <= min(reduced.size) <= 1000
    expected = np.array(whole.resize(reduced.size, Image.Resampling.BOX), int)
    assert np.abs(np.array(reduced, int) - expected).mean() < 1.5


def test_an_ordinary_picture_is_never_reduced(tmp_path):
    """Up to 4 million pixels every pixel is the file's own, whatever is needed of it."""
    path = save(tmp_path, "a.png", Image.fromarray(SCENE[:2048, :2048]))
    np.testing.assert_array_equal(np.array(read_image(path, side=64))[:, :, 0], SCENE[:2048, :2048])


MEMORY = """
import sys
from pathlib import Path
from cmpagl.data.picture import FilePicture
FilePicture(Path(sys.argv[1])).read()

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024

Path("/proc/self/clear_refs").write_text("5")
before = peak()
FilePicture(Path(sys.argv[2])).read(side=1024)
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux' /proc")
@pytest.mark.parametrize(("name", "per_pixel"), [("a.png", 5), ("a.jpg", 2), ("a.tif", 4)])
def test_memory_of_a_small_file_that_is_a_large_picture(tmp_path, name, per_pixel):
    """At most about 4 bytes for each of its pixels, far less where the format allows."""
    save(tmp_path, "small.png", Image.fromarray(COLOUR))
    large = save(tmp_path, name, Image.new("RGB", (5000, 5000), (9, 99, 199)), quality=50)
    ran = subprocess.run(
        [sys.executable, "-c", MEMORY, tmp_path / "small.png", large],
        **{"capture_output": True, "text": True, "check": True},
    )
    assert int(ran.stdout) < per_pixel * 25e6


def test_load_pixels_squashes_the_whole_picture(tmp_path):
    """The result is square, holds all four corners, and is the picture itself at its own size."""
    blocks = np.kron(COLOUR[:2, :2], np.ones((20, 40, 1), np.uint8))  # 80 wide, 40 high
    path = save(tmp_path, "a.png", Image.fromarray(blocks))
    pixels = load_pixels(path, 16)
    assert pixels.shape == (16, 16, 3)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(
        pixels[[0, 0, -1, -1], [0, -1, 0, -1]], COLOUR[:2, :2].reshape(4, 3)
    )
    square = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    np.testing.assert_array_equal(
        load_pixels(save(tmp_path, "b.png", Image.fromarray(square)), 16), square
    )


def test_squashing_is_antialiased():
    """A checkerboard reduced eightfold is grey, not one of its two colours."""
    board = Image.fromarray(grey(np.indices((64, 64)).sum(0) % 2 * 255))
    assert np.abs(square_pixels(board, 8).astype(int) - 127).max() <= 2


def test_thumbnails_stay_below_their_limit():
    """Even noise fits in 15 KB; a picture keeps its shape and is not enlarged."""
    noise = np.random.default_rng(0).integers(0, 256, (600, 900, 3), dtype=np.uint8)
    content = thumbnail_bytes(Image.fromarray(noise))
    assert len(content) <= THUMBNAIL_BYTES
    with Image.open(io.BytesIO(content)) as thumbnail:
        assert thumbnail.format == "WEBP"
        assert thumbnail.width / thumbnail.height == pytest.approx(1.5, abs=0.02)
    small = Image.fromarray(COLOUR)
    with Image.open(io.BytesIO(thumbnail_bytes(small))) as thumbnail:
        assert thumbnail.size == (6, 4)
    assert small.size == (6, 4)


def test_content_hash_tells_changed_files_apart(tmp_path):
    """One changed byte is another hash; a copy has the same; a missing file is named."""
    one, two = tmp_path / "1.png", tmp_path / "2.png"
    one.write_bytes(b"a" * 1000)
    two.write_bytes(b"a" * 1000)
    assert content_hash(one) == content_hash(two)
    two.write_bytes(b"a" * 999 + b"b")
    assert content_hash(one) != content_hash(two)
    assert len(content_hash(one)) == 32
    with pytest.raises(DataError, match=r"3\.png does not exist"):
        content_hash(tmp_path / "3.png")
