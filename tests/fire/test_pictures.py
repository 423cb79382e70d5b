"""Files of pictures, whole, damaged and lying: read in bounds, or refused in one sentence."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
import rasterio
from fire_kit import COUNTS, judged, many, refused
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.explorer.uploads import MOST_PIXELS, Uploads
from cmpagl.data.decode import decode, header_size
from cmpagl.data.unpack import unpack

KINDS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "TGA", "PPM", "AVIF", "JPEG2000", "ICO")


def plain(kind):
    """A small picture as a file of a kind."""
    pixels = np.arange(40 * 30 * 3, dtype=np.uint32).reshape(30, 40, 3) % 251
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, kind)
    return file.getvalue()


def raster(kind, bands):
    """The same as a GeoTIFF of other values."""
    shape = (bands, 30, 40)
    values = (np.arange(np.prod(shape)).reshape(shape) % 251).astype(kind)
    with rasterio.MemoryFile() as file:
        profile = {"driver": "GTiff", "width": 40, "height": 30, "count": bands, "dtype": kind}
        with file.open(**profile) as data:
            data.write(values)
        return file.read()


def chunk(name, content):
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def claim(width, height, depth, colour, lines):
    """A PNG that claims a size, with as much in it as a few lines."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(lines))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.fixture(scope="module")
def wholes():
    kinds = ("uint8", "uint16", "int16", "float32")
    found = {kind: plain(kind) for kind in KINDS}
    return found | {f"{k} {bands}": raster(k, bands) for k in kinds for bands in (1, 3, 5)}


changes = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(["bits", "cut", "drop", "twice", "bytes"]),
              st.binary(min_size=1, max_size=12)),
    min_size=0, max_size=4,
)  # fmt: skip
claims = st.builds(
    claim,
    st.sampled_from([0, 1, 40, 9_459, 20_000, 2**31 - 1, 2**32 - 1]),
    st.sampled_from([0, 1, 40, 9_459, 20_000, 2**31 - 1, 2**32 - 1]),
    st.sampled_from([0, 1, 8, 16, 255]),
    st.sampled_from([0, 2, 3, 4, 6, 7]),
    st.integers(0, 5000),
)


def changed(content, ways):
    """A file's bytes after some accidents."""
    for place, how, noise in ways:
        at = int(place * len(content))
        if how == "bits" and at < len(content):
            content = content[:at] + bytes([content[at] ^ noise[0]]) + content[at + 1 :]
        elif how == "cut":
            content = content[:at]
        elif how == "drop":
            content = content[:at] + content[at + noise[0] :]
        elif how == "twice":
            content = content[:at] + content[at : at + 100] + content[at:]
        elif how == "bytes":
            content = content[:at] + noise + content[at + len(noise) :]
    return content


def read(source, name):
    """A picture, or None: as a visitor's is read."""
    picture, sentence = judged(lambda: decode(source, name, max_pixels=MOST_PIXELS))
    if picture is not None:
        assert picture.mode == "RGB"
        assert 0 < picture.width * picture.height <= MOST_PIXELS
    COUNTS[f"picture {'refused' if sentence else 'read'}"] += 1
    return picture


@many
@given(st.data())
def test_pictures(wholes, tmp_path_factory, data):
    """Of every format, after accidents, and such as claim to be large."""
    if data.draw(st.integers(0, 4)):
        content = changed(wholes[data.draw(st.sampled_from(sorted(wholes)))], data.draw(changes))
    else:
        content = data.draw(claims | st.binary(max_size=300))
    suffix = data.draw(st.sampled_from([".png", ".tif", ".jpg", ".gif", "", ".tga", ".heic"]))
    path = tmp_path_factory.getbasetemp() / f"picture{suffix}"
    path.write_bytes(content)
    shown, held = read(path, path.name), read(content, path.name)
    if suffix not in (".tga", ".heic", ""):  # told by its bytes alone
        assert (shown is None) == (held is None)
    if shown is not None:
        width, height = header_size(path, path.name)
        assert {width, height} == set(shown.size)
    token = refused(lambda: Uploads().keep(path.name, str(path.parent)))
    assert str(path.parent) not in token


NAMES = (
    *("../up.png", "/etc/x.png", "a/../../b.png", "C:\\x.png", "a\\..\\..\\b.png", "..", "."),
    *("a//b.png", "x" * 300 + ".png", "a/" * 30 + "b.png", "\0.png", "a.png", "a.png/", "b.zip"),
)
names = st.text(st.characters(max_codepoint=300), max_size=12) | st.sampled_from(NAMES)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@many
@given(
    st.lists(
        st.tuples(
            names, st.binary(max_size=60), st.sampled_from([0, 0o120777, 0o010644, 0o100644])
        ),
        max_size=6,
    ),
    changes,
)
def test_archives(tmp_path_factory, entries, ways):
    """ZIPs of any names, kinds and accidents: what comes out lies in the folder, and is a file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, mode in entries:
            info = zipfile.ZipInfo("x")
            info.filename, info.external_attr = name, mode << 16
            archive.writestr(info, content)
    place = tmp_path_factory.mktemp("zip")
    (place / "a.zip").write_bytes(changed(file.getvalue(), ways))
    found, sentence = judged(
        lambda: unpack(place / "a.zip", place / "out", most_files=10, most_bytes=200)
    )
    there = [path for path in place.rglob("*") if path.name != "a.zip"]
    assert all(path.is_relative_to(place / "out") and not path.is_symlink() for path in there)
    files = [path for path in there if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 200
    assert found is None or found.files == len(files)
    assert found is None or all(len(one.reason) < 300 for one in found.refused)
    COUNTS[f"archive {'refused' if sentence else 'unpacked'}"] += 1
