"""What comes out of a ZIP that a stranger made, and what does not."""

import contextlib
import struct
import zipfile

import pytest
from given import GOOD, write_zip

from cmpagl.data.unpack import safe_name, unpack
from cmpagl.errors import DataError


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../x.png",
            "a/../../x.png",
            "/etc/x.png",
            "C:\\x.png",
            "c:x.png",
            "..\\x.png",
            "\\\\h\\x",
        ),
        *("", "/", ".", "a\0b.png", "a\nb.png", "d/" * 21 + "x.png", "x" * 201),
    ],
)
def test_a_name_stays_in_its_folder(name):
    with pytest.raises(DataError):
        safe_name(name)


def test_plain_names_are_kept():
    assert safe_name("a\\b/./Größe 1.png").as_posix() == "a/b/Größe 1.png"


def unpacked(path, out, **limits):
    return unpack(path, out, **{"most_files": 100, "most_bytes": 10**7, **limits})


def test_pictures_come_out_and_the_rest_is_named(tmp_path):
    """A climbing path and a link are refused by name; systems' own files are not worth a word."""
    found = unpacked(write_zip(tmp_path / "a.zip"), tmp_path / "out")
    there = {p.relative_to(tmp_path / "out").as_posix() for p in tmp_path.rglob("out/**/*.*")}
    assert there == {*GOOD, "trip/notes.jpg", "trip/vast.png"}
    assert [one.name for one in found.refused] == ["../../climbs.png", "trip/link.png"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "out"]
    assert found.size == sum(p.stat().st_size for p in tmp_path.rglob("out/**/*.*"))


def test_a_bomb_ends_where_the_limit_is(tmp_path):
    """400 MB in 0.4: no more than the limit is ever written."""
    path = write_zip(tmp_path / "a.zip", bomb=True)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(DataError, match="more than"):
        unpacked(path, tmp_path / "out")
    assert sum(p.stat().st_size for p in (tmp_path / "out").rglob("*.*")) < 10**7


def test_a_lie_about_the_size_is_no_way_around(tmp_path):
    """What comes out is counted, not what the archive says of itself."""
    path = write_zip(tmp_path / "a.zip", bomb=True)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as opened:
        true = opened.getinfo("trip/bomb.png").file_size
    at = content.rfind(true.to_bytes(4, "little"))
    content[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        unpacked(path, tmp_path / "out")
    assert sum(p.stat().st_size for p in (tmp_path / "out").rglob("*.*")) < 10**7


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_without_bounds_is_refused(tmp_path, way):
    """Python unpacks a part of these at once, however much it becomes: 1 kB took 2.4 GB."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", way) as archive:
        archive.writestr("a.png", bytes(1000))
        archive.writestr("b.png", b"x", compress_type=zipfile.ZIP_STORED)
    found = unpacked(tmp_path / "a.zip", tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["b.png"]
    assert "compressed in another way" in found.refused[0].reason


@pytest.mark.parametrize("n", [1_401, 60_000])
def test_a_list_of_too_many_files_is_not_read(tmp_path, n):
    """It becomes a thousand times as much in memory, and is known to be too long before."""
    entry = b"PK\1\2" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    end = (44, 45, 45, 0, 0, n, n, n * len(entry), 0)
    tail = b"PK\6\6" + struct.pack("<QHHIIQQQQ", *end)
    tail += b"PK\6\7" + struct.pack("<IQI", 0, n * len(entry), 1)
    tail += b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, *[0xFFFF] * 2, *[2**32 - 1] * 2, 0)
    (tmp_path / "a.zip").write_bytes(entry * n + tail)
    with pytest.raises(DataError, match="holds too many files; at most 100 pictures fit"):
        unpacked(tmp_path / "a.zip", tmp_path / "out")


def test_names_that_contradict_each_other(tmp_path):
    """A file where a folder is, a folder where a file is, no name: each is refused by itself."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("a", "a/b.png", "c/d.png", "c", "x", "e.png"):
            info = zipfile.ZipInfo(name)
            info.filename = "" if name == "x" else name
            archive.writestr(info, name)
    found = unpacked(tmp_path / "a.zip", tmp_path / "out")
    there = {p.relative_to(tmp_path / "out").as_posix() for p in tmp_path.rglob("out/**/*")}
    assert there == {"a", "c", "c/d.png", "e.png"}
    assert [one.name for one in found.refused] == ["a/b.png", "c", ""]


def test_what_is_no_zip_is_said(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\3\4 and no more")
    with pytest.raises(DataError, match="no ZIP"):
        unpacked(tmp_path / "a.zip", tmp_path / "out")
