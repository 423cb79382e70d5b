"""Collections on disk: kept, read by two at once, killed, brought to a new version, refused."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from cmpagl.collections import collections
from cmpagl.collections.collections import (
    COLOURS,
    MIGRATIONS,
    Collections,
)
from cmpagl.collections.kept import Kept, KeptScene
from cmpagl.errors import GalleryError

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def kept(tmp_path):
    return Collections(tmp_path / "index")


def test_nothing_is_kept_and_no_file_made_by_looking(kept):
    assert kept.read() == Kept()
    assert not kept.path.exists()


def test_what_is_kept_is_read_again(kept):
    """Tags with colours in turns, scenes in order and once, notes, searches, the latest asked."""
    for n in range(COLOURS + 1):
        kept.tag(f"tag {n}", "0a1b2c3d", "a.png")
    kept.tag("tag 0", "ffee0011", "b.png")
    kept.tag("tag 0", "0a1b2c3d", "a.png")
    kept.note("tag 0", "for the report")
    kept.save_search("planes", {"q": "planes"}, ("0a1b2c3d",))
    kept.save_search("planes", {"q": "planes"}, ("0a1b2c3d", "ffee0011"))
    for q in ("a", "b", "b"):
        kept.asked({"q": q})
    found = Collections(kept.path.with_name("index")).read()
    first = found.tags[0]
    assert first.scenes == (KeptScene("0a1b2c3d", "a.png"), KeptScene("ffee0011", "b.png"))
    assert (first.note, first.colour, found.tags[-1].colour) == ("for the report", 0, 0)
    assert found.searches[0].seen == ("0a1b2c3d", "ffee0011")
    assert found.history == ({"q": "b"}, {"q": "a"})


def test_several_who_make_the_file_at_one_moment(tmp_path):
    """Each one's tag is there, and read at once; nobody meets a file that is half made."""
    failed = []

    def work(folder, together, n):
        own = Collections(folder)
        together.wait(10)
        try:
            own.read() if n % 3 == 0 else own.tag(f"{n}", "0a1b2c3d", "a.png")
            assert n % 3 == 0 or f"{n}" in {tag.name for tag in own.read().tags}
        except Exception as error:
            failed.append(error)

    for again in range(6):
        folder, together = tmp_path / f"index-{again}", threading.Barrier(8)
        works = [threading.Thread(target=work, args=(folder, together, n)) for n in range(8)]
        for one in works:
            one.start()
        for one in works:
            one.join(30)
        assert not failed
        assert len(Collections(folder).read().tags) == 5


def test_what_is_taken_away_is_gone(kept):
    kept.tag("one", "0a1b2c3d", "a.png")
    kept.tag("two", "0a1b2c3d", "a.png")
    kept.save_search("s", {"q": "a"}, ())
    kept.untag("one", "0a1b2c3d")
    kept.drop_tag("two")
    kept.drop_search("s")
    found = kept.read()
    assert [(tag.name, tag.scenes) for tag in found.tags] == [("one", ())]
    assert found.searches == ()
    kept.tag("three", "0a1b2c3d", "a.png")
    kept.drop_tag("one")
    kept.tag("four", "0a1b2c3d", "a.png")
    assert [tag.colour for tag in kept.read().tags] == [1, 0]  # what is free is used again


def test_history_does_not_grow_for_ever(kept, monkeypatch):
    """What is asked again is there once, as the last."""
    monkeypatch.setattr(collections, "MOST_HISTORY", 4)
    for query in ("a", "b", "a", "c", "d", "e", "c"):
        kept.asked({"q": query})
    assert [params["q"] for params in kept.read().history] == ["c", "e", "d", "a"]


def test_taken_away_and_brought_back(kept, tmp_path):
    """Into another file, beside what is there."""
    kept.tag("one", "0a1b2c3d", "a.png")
    kept.note("one", "note")
    kept.save_search("s", {"q": "a"}, ("0a1b2c3d",))
    kept.judge("a", {"a.png": 1}, ["a.png"], ["b.png"])
    other = Collections(tmp_path / "other")
    other.tag("mine", "ffee0011", "b.png")
    other.bring(kept.read().to_json())
    found = other.read()
    assert [tag.name for tag in found.tags] == ["mine", "one"]
    assert found.tags[1].note == "note"
    assert (found.searches, found.judged) == (kept.read().searches, kept.read().judged)


@pytest.mark.parametrize("content", [None, [], {}, {"tags": 3}, {"tags": [{}], "searches": []}])
def test_a_file_of_something_else_is_refused(kept, content):
    with pytest.raises(GalleryError, match="holds no collections"):
        kept.bring(content)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["tags"][0].update(name=None),
        lambda content: content["tags"][0]["scenes"][0].update(version=5),
        lambda content: content["searches"][0]["params"].update(q=["a"]),
        lambda content: content["judged"][0]["grades"].update(a=True),
        lambda content: content["judged"][0]["grades"].update(a=1.9),
    ],
)
def test_values_of_another_type_are_not_brought(kept, tmp_path, change):
    """No collection is called 'None', and nobody gave the grade True."""
    kept.tag("one", "0a1b2c3d", "a.png")
    kept.save_search("s", {"q": "a"}, ("0a1b2c3d",))
    kept.judge("a", {"a": 1}, [], [])
    content = json.loads(json.dumps(kept.read().to_json()))
    change(content)
    other = Collections(tmp_path / "other")
    with pytest.raises(GalleryError, match="holds no collections"):
        other.bring(content)
    assert other.read() == Kept()


@pytest.mark.parametrize(
    "content", ["null", '{"x": 1}', '{"grades": {"a": true}, "before": [], "after": []}', "{"]
)
def test_a_value_that_nobody_kept_is_told_of(kept, content):
    kept.judge("a", {"a.png": 1}, [], [])
    with sqlite3.connect(kept.path) as base:
        base.execute("UPDATE judged SET content = ?", (content,))
    for read in (kept.read, kept.judged):
        with pytest.raises(GalleryError, match=r"sqlite is damaged \(.*\); restore it"):
            read()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_not_opened(kept, make):
    """A folder has no tables, and a named pipe would be waited for."""
    make(kept.path)
    for use in (kept.read, kept.judged, lambda: kept.tag("one", "0a1b2c3d", "a.png")):
        with pytest.raises(GalleryError, match="is no regular file"):
            use()


def test_two_at_once_lose_nothing(kept):
    """Threads with connections of their own, as two windows have."""

    def work(name):
        for n in range(20):
            Collections(kept.path.with_name("index")).tag(name, f"{n:08x}", f"{n}.png")

    threads = [threading.Thread(target=work, args=(f"tag {n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(tag.scenes) for tag in kept.read().tags) == [20, 20]


def test_a_killed_process_leaves_all_that_it_said_it_kept(kept):
    program = (
        "import itertools, sys; from pathlib import Path\n"
        "from cmpagl.collections.collections import Collections\n"
        "kept = Collections(Path(sys.argv[1]))\n"
        "for n in itertools.count():\n"
        "    kept.tag('one', f'{n:08x}', f'{n}.png'); print(n, flush=True)\n"
    )
    line = [sys.executable, "-c", program, str(kept.path.with_name("index"))]
    with subprocess.Popen(line, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as running:
        for _ in range(25):
            last = int(running.stdout.readline())
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    (tag,) = kept.read().tags
    assert len(tag.scenes) >= last + 1
    assert [int(scene.version, 16) for scene in tag.scenes] == list(range(len(tag.scenes)))


def test_a_later_version_and_a_file_that_is_none_are_refused(kept):
    kept.tag("one", "0a1b2c3d", "a.png")
    with sqlite3.connect(kept.path) as base:
        base.execute("PRAGMA user_version = 99")
    with pytest.raises(GalleryError, match="later version"):
        kept.read()
    other = Collections(kept.path.with_name("other"))
    other.path.write_bytes(b"no database, but something longer than its head" * 20)
    with pytest.raises(GalleryError, match="no file of collections"):
        other.read()


@pytest.mark.parametrize("name", ["", "  ", "x" * 3000])
def test_a_tag_needs_a_name(kept, name):
    with pytest.raises(GalleryError, match="needs a name"):
        kept.tag(name, "0a1b2c3d", "a.png")


def test_a_file_of_the_first_version_is_brought_up_and_keeps_all(kept):
    """As it was made before judgments were kept."""
    with sqlite3.connect(kept.path) as base:
        base.executescript(MIGRATIONS[0])
        base.execute("INSERT INTO tag (name, colour) VALUES ('old', 3)")
        base.execute("PRAGMA user_version = 1")
    assert kept.read().judged == ()
    kept.judge("ships", {"a.png": 1}, ["b.png"], ["a.png"])
    found = kept.read()
    assert found.judged[0].after == ["a.png"]
    assert (found.tags[0].name, found.tags[0].colour) == ("old", 3)


def test_where_nothing_can_be_written_it_is_said(tmp_path):
    """A folder in the file's place; root may write anywhere, so permissions would prove nothing."""
    (tmp_path / "index.collections.sqlite").mkdir()
    with pytest.raises(GalleryError, match="cannot be written"):
        Collections(tmp_path / "index").tag("one", "0a1b2c3d", "a.png")


@contextmanager
def by_somebody_else():
    """As a user who may read what is here and write nothing; root may write everywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_it_is_read_where_it_cannot_be_written():
    """An index in a folder of somebody else: all is shown, a change is refused in a sentence."""
    folder = Path(tempfile.mkdtemp())
    kept = Collections(folder / "index")
    kept.tag("ponds", "0a1b2c3d", "a.png")
    kept.asked({"q": "a pond"})
    before = kept.read()
    kept.path.chmod(0o444)
    folder.chmod(0o555)
    try:
        with by_somebody_else():
            there = Collections(folder / "index")
            assert there.read() == before
            with pytest.raises(GalleryError, match="cannot be written"):
                there.tag("ships", "0a1b2c3d", "a.png")
            assert there.read() == before
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
