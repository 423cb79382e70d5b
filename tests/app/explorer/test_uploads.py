"""Visitors' pictures: whose are forgotten, and how large one may be."""

import struct
import zlib

import pytest
from PIL import Image

from app.explorer import uploads as module
from app.explorer.uploads import MOST_PIXELS, Uploads
from app.serving.visitor import Visitor
from cmpagl.errors import DataError, QueryError


def given(folder, name):
    path = folder / f"{name}.png"
    Image.new("RGB", (8, 8), (len(name) * 20, 0, 0)).save(path)
    return str(path)


def test_who_gives_most_is_forgotten_first(tmp_path, monkeypatch):
    """Not who gave first; another session of the same address keeps its own as well."""
    monkeypatch.setattr(module, "KEPT", 6)
    uploads, folder = Uploads(), str(tmp_path)
    one = uploads.keep(given(tmp_path, "a"), folder, Visitor("1", "a"))
    two = uploads.keep(given(tmp_path, "b"), folder, Visitor("2", "b"))
    many = [
        uploads.keep(given(tmp_path, f"c{n}"), folder, Visitor("2", "flood")) for n in range(12)
    ]
    assert uploads.find(one)
    assert uploads.find(two)
    assert [bool(uploads.find(token)) for token in many] == [False] * 8 + [True] * 4
    assert not (tmp_path / "c0.png").exists()


@pytest.mark.parametrize("path", ["/etc/hostname", "../x.png", "a\0b", "a" * 5000, ""])
def test_what_does_not_lie_there_is_told(tmp_path, path):
    with pytest.raises(QueryError):
        Uploads().keep(path, str(tmp_path))


def test_a_small_file_that_is_a_large_picture_is_refused(tmp_path):
    """By its header, before anything is decoded."""
    side = int(MOST_PIXELS**0.5) + 1
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    path = tmp_path / "large.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match="pixels"):
        Uploads().keep(str(path), str(tmp_path))


def test_what_is_shown_of_a_picture_goes_with_its_file(tmp_path):
    uploads = Uploads()
    tokens = [uploads.keep(given(tmp_path, name), str(tmp_path)) for name in ("a", "b")]
    uploads.find(tokens[0]).path.unlink()
    uploads.forget_gone()
    assert list(uploads._kept) == tokens[1:]
