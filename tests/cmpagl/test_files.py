"""`cmpagl.files`: whoever reads meets the old content or the new, whenever the writer stops."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from cmpagl.errors import DataError, UsageError
from cmpagl.files import (
    atomic_folder,
    atomic_path,
    hold_folder,
    recover_folder,
    remove_left,
    write_json,
    write_text,
)

REPOSITORY = Path(__file__).resolve().parents[2]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_path_is_replaced_only_when_the_block_ends(tmp_path):
    """Until then the old file is there; afterwards the new one and nothing else."""
    path = tmp_path / "deep" / "a.txt"
    write_text(path, "old")
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(path.parent) == ["a.txt"]


def test_path_stays_on_an_error(tmp_path):
    """An error keeps the old file and leaves no temporary one."""
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError), atomic_path(path) as temporary:
        temporary.write_text("half \udc80", "utf-8")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_what_is_no_file_is_written_into(tmp_path):
    """A pipe, such as /dev/stdout, is not replaced by a file; a link stays one."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_text(pipe, "told")
    assert os.read(reading, 10) == b"told"
    os.close(reading)
    (tmp_path / "file").write_text("old")
    link.symlink_to("file")
    write_text(link, "new")
    assert (tmp_path / "file").read_text() == "new"
    assert link.is_symlink()
    assert pipe.is_fifo()
    assert names(tmp_path) == ["file", "link", "pipe"]


def test_json_is_read_back_and_refuses_nan(tmp_path):
    """NaN is no JSON: the old file stays."""
    path = tmp_path / "a.json"
    write_json(path, {"name": "Würzburg", "numbers": [1, 2.5]})
    assert json.loads(path.read_text("utf-8")) == {"name": "Würzburg", "numbers": [1, 2.5]}
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"loss": float("nan")})
    assert json.loads(path.read_text("utf-8"))["name"] == "Würzburg"


def write_folder(path, word):
    with atomic_folder(path) as temporary:
        (temporary / "in").mkdir()
        (temporary / "in" / f"{word}.txt").write_text(word)


def test_folder_is_replaced_as_a_whole(tmp_path):
    """Nothing of the old folder is left in the new one, nor beside it."""
    path = tmp_path / "out"
    write_folder(path, "old")
    write_folder(path, "new")
    assert names(path / "in") == ["new.txt"]
    assert names(tmp_path) == ["out"]


def test_folder_stays_on_an_error(tmp_path):
    """An error inside the block keeps the old folder and leaves no temporary one."""
    path = tmp_path / "out"
    write_folder(path, "old")
    with pytest.raises(UnicodeEncodeError), atomic_folder(path) as temporary:
        (temporary / "half.txt").write_text("half \udc80", "utf-8")
    assert names(path / "in") == ["old.txt"]
    assert names(tmp_path) == ["out"]


def test_folder_comes_back_if_the_new_one_cannot_be_moved(tmp_path, monkeypatch):
    """The second rename fails: the old folder stands where it stood."""
    path = tmp_path / "out"
    write_folder(path, "old")
    replace = os.replace

    def refuse(source, target):
        if str(source).endswith(".tmp"):
            raise OSError("no")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="no"):
        write_folder(path, "new")
    assert names(path / "in") == ["old.txt"]
    assert names(tmp_path) == ["out"]


KILLED = """
import os, sys
from pathlib import Path
from cmpagl.files import atomic_folder

replace, calls = os.replace, []

def die(source, target):
    if len(calls) == int(sys.argv[2]):
        os.kill(os.getpid(), 9)
    calls.append(source)
    replace(source, target)

os.replace = die
with atomic_folder(Path(sys.argv[1])) as temporary:
    (temporary / "in").mkdir()
    (temporary / "in" / "new.txt").write_text("new")
"""


@pytest.mark.parametrize("renames", [0, 1])
@pytest.mark.parametrize("next_step", ["open", "write"])
def test_folder_survives_a_kill_at_each_rename(tmp_path, renames, next_step):
    """Killed before the first rename or between the two: the next reader or writer finds it."""
    path = tmp_path / "out"
    write_folder(path, "old")
    line = [sys.executable, "-c", KILLED, str(path), str(renames)]
    ran = subprocess.run(line, cwd=REPOSITORY, timeout=60)
    assert ran.returncode == -9
    assert path.exists() == (renames == 0)
    if next_step == "open":
        recover_folder(path)
        assert names(path / "in") == ["old.txt"]
    with pytest.raises(RuntimeError, match="stop"), atomic_folder(path):
        raise RuntimeError("stop")
    assert names(path / "in") == ["old.txt"]
    write_folder(path, "newer")
    assert names(path / "in") == ["newer.txt"]
    assert names(tmp_path) == ["out"]


def test_recovery_touches_nothing_else(tmp_path):
    """A folder that is there, or never was, stays as it is."""
    path = tmp_path / "out"
    recover_folder(path)
    assert not path.exists()
    write_folder(path, "old")
    recover_folder(path)
    assert names(path / "in") == ["old.txt"]


@pytest.mark.parametrize("place", [atomic_path, atomic_folder])
def test_a_full_disk_is_told_with_its_path_whoever_met_it(tmp_path, place):
    """What writes tensors raises an error of its own with the number in words."""
    said = "No space left on device (os error 28)"
    for error in (
        RuntimeError(f"I/O error: {said}"),
        OSError(f"LanceError(IO): {said}"),
        OSError(28, "full"),
    ):
        with pytest.raises(OSError, match="No space left") as told, place(tmp_path / "x"):
            raise error
        assert told.value.filename == str(tmp_path / "x")
    with pytest.raises(DataError), place(tmp_path / "x"):
        raise DataError("a sentence (os error 28)")
    assert list(tmp_path.iterdir()) == []


def test_what_killed_writers_left_goes(tmp_path):
    for name in (".a.json.17.tmp", ".hidden.tmp", "a.17.tmp", ".a"):
        (tmp_path / name).write_bytes(b"")
    remove_left(tmp_path)
    assert names(tmp_path) == [".a", ".hidden.tmp", "a.17.tmp"]


def test_two_writers_of_one_folder_do_not_share_what_is_half_done(tmp_path):
    """The second is refused in one sentence, and the first one's folder is whole."""
    path = tmp_path / "out"
    with atomic_folder(path) as temporary:
        (temporary / "new.txt").write_text("new")
        with pytest.raises(UsageError, match="Another process is writing"), atomic_folder(path):
            raise AssertionError
    assert names(path) == ["new.txt"]
    assert names(tmp_path) == ["out"]


def test_two_writers_of_one_file_in_one_process(tmp_path):
    """Each has a temporary file of its own; whoever ends last is read."""
    with atomic_path(tmp_path / "a") as one, atomic_path(tmp_path / "a") as other:
        one.write_text("first")
        other.write_text("second")
    assert (tmp_path / "a").read_text() == "first"
    assert names(tmp_path) == ["a"]


def test_who_takes_a_slow_writer_for_a_dead_one_does_not_stop_it(tmp_path, monkeypatch):
    """A reader puts the old folder back between the two renames: the new one takes its place."""
    path, replace = tmp_path / "out", os.replace
    write_folder(path, "old")

    def slow(source, target):
        monkeypatch.setattr(os, "replace", replace)
        replace(source, target)
        recover_folder(path)
        assert names(path / "in") == ["old.txt"]

    monkeypatch.setattr(os, "replace", slow)
    write_folder(path, "new")
    assert names(path / "in") == ["new.txt"]
    assert names(tmp_path) == ["out"]


def test_who_waits_for_a_folder_holds_the_one_that_is_there(tmp_path):
    """Not the one that it began to wait for, if that was removed meanwhile."""
    folder, held = tmp_path / "held", threading.Event()

    def wait():
        with hold_folder(folder, None):
            held.set()
            (folder / "mine").touch()

    with hold_folder(folder, DataError("held")):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not held.wait(0.05)
        folder.rmdir()
    waiting.join(10)
    assert names(folder) == ["mine"]
    with ExitStack() as looking:
        looking.enter_context(hold_folder(folder, None))
        threading.Timer(0.02, looking.pop_all().close).start()
        with hold_folder(folder, DataError("held")):  # who only looks stops nobody
            pass
    with hold_folder(folder, None), pytest.raises(DataError), hold_folder(folder, DataError("x")):
        raise AssertionError
