"""Nothing in a folder is passed over without a word, and nothing outside it is opened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_sets import NAMES, draw_images, karpathy_images, write_karpathy

from cmpagl.data.dataset import load_dataset
from cmpagl.data.scan import scan_folder
from cmpagl.errors import DataError


def told(folder, **options):
    return "\n".join(load_dataset(folder, **options).accounts[0][1].lines())


def test_an_account_counts_what_is_passed_over(tmp_path):
    """Other suffixes, none at all, files that may hold captions, hidden and system folders."""
    names = ("a.png", ".hidden/b.png", "@eaDir/a.png/t.jpg", "sub/#recycle/c.png")
    draw_images(tmp_path, (*names, "$RECYCLE.BIN/S-1/d.png", "b.jfif"))
    for name in ("x.pdf", "y.pdf", "noend", "captions.txt", "README.md", "LICENSE", "sub/n.json"):
        (tmp_path / name).write_text("x")
    dataset = load_dataset(tmp_path)
    assert [r.image_id for r in dataset.records] == ["a.png", "b.jfif"]
    assert dataset.accounts[0][1].lines() == [
        "read as a plain folder",
        "other files: 2 without a suffix, 1 .md, 2 .pdf",
        "files that may hold captions and were not read: 2 (captions.txt, sub/n.json)",
        "hidden folders and those of file servers, left out: 4 ($RECYCLE.BIN, .hidden, @eaDir and "
        "1 more)",
    ]


def test_an_account_of_a_described_folder_knows_what_was_read(tmp_path):
    """The description itself is no file that was not read."""
    write_karpathy(tmp_path)
    assert told(tmp_path) == "read as Karpathy's form (dataset_fake.json)"


def test_links_to_folders_are_not_followed(tmp_path):
    """Neither out of the folder nor in a circle, and each is named."""
    draw_images(tmp_path / "set", ("a.png",))
    draw_images(tmp_path / "elsewhere", ("pond/b.png",))
    (tmp_path / "set" / "pond").symlink_to(tmp_path / "elsewhere" / "pond")
    (tmp_path / "set" / "again").symlink_to(tmp_path / "set")
    (tmp_path / "set" / "gone.png").symlink_to(tmp_path / "nothing.png")
    text = told(tmp_path / "set")
    assert "links to folders, not followed: 2 (again, pond)" in text
    assert "links to nothing: 1 (gone.png)" in text
    assert len(load_dataset(tmp_path / "set")) == 1


def test_a_link_out_of_the_folder_is_refused_by_name(tmp_path):
    """As `../` is: in a plain folder, in a description, and where its folder is one."""
    draw_images(tmp_path, ("secret.png",))
    draw_images(tmp_path / "set", ("a.png",))
    (tmp_path / "set" / "b.png").symlink_to("a.png")
    assert len(load_dataset(tmp_path / "set")) == 2
    (tmp_path / "set" / "c.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataError, match=r"c\.png.*is a link that leads out of the data folder"):
        load_dataset(tmp_path / "set")
    assert len(load_dataset(tmp_path / "set", on_error="skip")) == 2
    for where, link in (("file", "images/airport_1.png"), ("folder", "images")):
        root = write_karpathy(tmp_path / where)
        os.rename(root / link, tmp_path / f"moved {where}")
        (root / link).symlink_to(tmp_path / f"moved {where}")
        with pytest.raises(DataError, match=r"airport_1\.png.*is a link that leads out"):
            load_dataset(root)


def test_the_folder_itself_may_be_a_link(tmp_path):
    """What is inside it is what counts."""
    write_karpathy(tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    assert len(load_dataset(tmp_path / "link")) == 4


@pytest.mark.parametrize("name", ["a.png", "dataset_x.json", "metadata.jsonl", "list.csv"])
def test_a_named_pipe_is_never_opened(tmp_path, name):
    """Called like a picture or a description, it would wait for ever."""
    draw_images(tmp_path, ("b.png",))
    os.mkfifo(tmp_path / name)
    assert f"not opened, as they are no regular files: 1 ({name})" in told(tmp_path)
    assert [r.image_id for r in load_dataset(tmp_path).records] == ["b.png"]
    with pytest.raises(DataError, match="neither a folder nor a regular file"):
        load_dataset(tmp_path / name)


def test_a_named_pipe_in_a_description_is_a_fault(tmp_path):
    """Its entry is refused by name."""
    write_karpathy(tmp_path, karpathy_images())
    (tmp_path / "images" / NAMES[0]).unlink()
    os.mkfifo(tmp_path / "images" / NAMES[0])
    with pytest.raises(DataError, match=r"airport_1\.png' is no regular file"):
        load_dataset(tmp_path)


def test_a_name_that_is_not_utf8(tmp_path):
    """One sentence before the work, or that one skipped; the sentence can be printed."""
    draw_images(tmp_path, ("a.png",))
    try:
        os.link(tmp_path / "a.png", os.fsencode(tmp_path) + b"/caf\xe9.png")
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    with pytest.raises(DataError, match="has a name that is not UTF-8") as raised:
        load_dataset(tmp_path)
    dataset = load_dataset(tmp_path, on_error="skip")
    assert [r.image_id for r in dataset.records] == ["a.png"]
    assert "not UTF-8, not read: 1" in told(tmp_path, on_error="skip")
    for text in (str(raised.value), told(tmp_path, on_error="skip"), dataset.skipped[0].name):
        assert text.encode()


AS_NOBODY = """
import os, sys
from pathlib import Path
from cmpagl.data.dataset import load_dataset
from cmpagl.data.find import known_layouts
known_layouts()  # imported before another user may not read them
if os.getuid() == 0:
    os.setuid(65534)
print("\\n".join(load_dataset(Path(sys.argv[1])).accounts[0][1].lines()))
"""


def test_a_folder_that_cannot_be_read_is_named(tmp_path):
    """Its pictures are not counted, and that is said."""
    draw_images(tmp_path, ("a.png", "locked/b.png"))
    outer = tmp_path
    while outer != outer.parent and outer.name != "tmp":
        outer.chmod(0o755)
        outer = outer.parent
    (tmp_path / "locked").chmod(0)
    line = [sys.executable, "-c", AS_NOBODY, str(tmp_path)]
    try:
        ran = subprocess.run(line, capture_output=True, text=True)
    finally:
        (tmp_path / "locked").chmod(0o755)
    assert "folders that cannot be read: 1 (locked)" in ran.stdout, ran.stderr


def test_thumbnails_of_an_index_are_no_pictures(tmp_path):
    """An index that was put into the folder of its pictures."""
    draw_images(tmp_path, ("a.png", "index/thumbnails/000001.webp"))
    (tmp_path / "index" / "index.json").write_text("{}")
    assert scan_folder(tmp_path).pictures() == frozenset({"a.png"})


def test_heic_without_its_package_is_counted_with_the_way_out(tmp_path, monkeypatch):
    """Not silently passed over, and not an error either."""
    draw_images(tmp_path, ("a.png",))
    (tmp_path / "b.heic").write_bytes(b"x")
    monkeypatch.setattr("cmpagl.data.scan.reads_heic", lambda: False)
    assert "other files: 1 .heic" in told(tmp_path)
    assert "pip install 'cmpagl[heic]'" in told(tmp_path)
    assert len(load_dataset(tmp_path)) == 1
    assert Path(tmp_path / "b.heic").exists()
