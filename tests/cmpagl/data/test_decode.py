"""Pictures: every odd one is read right, or refused with a sentence that names it."""

from __future__ import annotations

import io
import os
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from decoded import COLOUR, read, rgb_16_bit_png, save
from PIL import Image

from cmpagl.data.decode import MAX_PIXELS
from cmpagl.data.formats import HEIC_SUFFIXES, IMAGE_SUFFIXES
from cmpagl.data.picture import FilePicture, read_image
from cmpagl.errors import DataError


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


def test_orientation_of_a_16_bit_png(tmp_path):
    """GDAL, which reads it, says nothing of its EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6
    ramp = Image.fromarray(np.add.outer(np.arange(20) * 0, np.arange(30) * 999).astype(np.uint16))
    pixels = read(save(tmp_path, "a.png", ramp, exif=exif.tobytes()))
    assert pixels.shape == (30, 20, 3)
    assert pixels[0].max() < pixels[-1].min()


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
        with pytest.raises(DataError, match=r"half\.img cannot be read") as told:
            read_image(path)
        assert not re.search("unpack|subscript|index", str(told.value))


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
    """But what it names without reading, what starts another program, and what holds no scene."""
    Image.init()
    unread = {"EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG", "IPTC", "HEIF", "FITS", "FLI", "PCD"}
    unread |= {"BLP", "CUR", "DCX", "DDS", "FTEX", "GBR", "ICNS", "IM", "MSP", "PIXAR"}
    unread |= {"XBM", "XPM"}
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
        (".sgi", {"bpc": 2}, 0),
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
            FilePicture(path).digest()
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


def test_digests_tell_changed_files_apart(tmp_path):
    """One changed byte is another digest; a copy has the same; a missing file is named."""
    one, two = tmp_path / "1.png", tmp_path / "2.png"
    one.write_bytes(b"a" * 1000)
    two.write_bytes(b"a" * 1000)
    assert FilePicture(one).digest() == FilePicture(two).digest()
    two.write_bytes(b"a" * 999 + b"b")
    assert FilePicture(one).digest() != FilePicture(two).digest()
    assert len(FilePicture(one).digest()) == 32
    with pytest.raises(DataError, match=r"3\.png does not exist"):
        FilePicture(tmp_path / "3.png").digest()
