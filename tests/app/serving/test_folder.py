"""What is temporary goes: by age, at the end, and after a kill."""

import fcntl
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from app.query.encode import _encode
from app.serving.bodies import Ledger
from app.serving.folder import KEPT_FOR, MOST, SWEEP, TempFolder, _remove_if_left
from app.words.about import ABOUT
from cmpagl.errors import UsageError


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_a_file_goes_by_age_and_the_folder_at_the_end(own_place):
    folder = TempFolder()
    began = time.monotonic()
    old, new = folder.uploads / "a" / "old.png", folder.uploads / "new.png"
    old.parent.mkdir()
    old.write_bytes(b"x")
    folder.sweep()
    assert old.exists()
    new.write_bytes(b"x")
    folder.sweep(began + KEPT_FOR + 5)
    assert new.exists()
    assert not old.exists()
    assert folder.path.stat().st_mode & 0o077 == 0
    folder.remove()
    assert list(own_place.iterdir()) == []


@pytest.mark.parametrize("jump", [86_400, -86_400])
def test_a_clock_that_is_set_makes_no_file_older_or_younger(own_place, monkeypatch, jump):
    """An upload that is in use stays, and one that nobody uses goes all the same."""
    folder = TempFolder()
    began, clock = time.monotonic(), time.time
    known, new = folder.uploads / "known.png", folder.uploads / "new.png"
    known.write_bytes(b"x")
    folder.sweep()
    new.write_bytes(b"x")
    monkeypatch.setattr(time, "time", lambda: clock() + jump)
    folder.sweep()
    assert known.exists()
    assert new.exists()
    folder.sweep(began + KEPT_FOR + 5)
    assert list(folder.uploads.iterdir()) == []
    folder.remove()


def test_files_beyond_the_room_for_all_go_oldest_first(own_place, monkeypatch):
    monkeypatch.setattr("app.serving.folder.MOST", 250)
    folder = TempFolder()
    monkeypatch.setattr(folder, "_swept", time.monotonic() - 100)
    for n in range(5):
        file = folder.uploads / f"{n}.png"
        file.write_bytes(bytes(100))
        os.utime(file, (time.time() - 60 + n, time.time() - 60 + n))
    folder.sweep()
    assert sorted(path.name for path in folder.uploads.iterdir()) == ["3.png", "4.png"]
    assert (folder.path / "lock").exists()
    folder.remove()


def test_what_is_promised_is_what_is_done(repository):
    """README and About name the time after which a picture is gone, and README the room for all."""
    minutes = f"at most {(KEPT_FOR + SWEEP) / 60:.0f} minutes"
    assert minutes in ABOUT.left
    readme = (repository / "README.md").read_text("utf-8")
    assert minutes in readme
    all_of_them = f"at most {MOST / 1e9:.0f} GB together"
    assert f"{all_of_them}, those of one address {Ledger.EACH / 1e6:.0f} MB" in readme
    questions = f"last {_encode.cache_info().maxsize} questions"
    assert questions in readme
    assert questions in ABOUT.left


def test_what_a_killed_process_left_goes_at_the_next_start(own_place):
    """And what a living one holds stays."""
    program = (
        "import sys, time; from app.serving.folder import TempFolder; f = TempFolder();"
        "(f.uploads / 'x.png').write_bytes(b'x'); print(f.path, flush=True); time.sleep(60)"
    )
    line = [sys.executable, "-c", program]
    killed, living = (subprocess.Popen(line, stdout=subprocess.PIPE, text=True) for _ in range(2))
    try:
        left, held = (p.stdout.readline().strip() for p in (killed, living))
        killed.kill()
        killed.wait()
        assert os.path.exists(left)
        own = TempFolder()
        assert not os.path.exists(left)
        assert os.path.exists(held)
        own.remove()
    finally:
        killed.kill(), living.kill()
        killed.wait(), living.wait()


def test_a_folder_that_another_start_takes_for_left_behind_is_nobodys(own_place, monkeypatch):
    """Between its making and its lock, another process may remove it: then another is made."""
    made, mkdtemp = [], tempfile.mkdtemp

    def seen_at_once(**how):
        made.append(Path(mkdtemp(**how)))
        if len(made) < 3:
            (made[-1] / "lock").touch()
            _remove_if_left(made[-1])
        return str(made[-1])

    monkeypatch.setattr(tempfile, "mkdtemp", seen_at_once)
    folder = TempFolder()
    assert [path.exists() for path in made] == [False, False, True]
    _remove_if_left(folder.path)
    assert folder.uploads.is_dir()
    folder.remove()


def test_a_lock_that_was_removed_holds_nothing(own_place, monkeypatch):
    """Of three that meet, one waits for a lock that the second removes, and the third makes it and
    the folder its own: it stays."""
    folder, flock = TempFolder(), fcntl.flock

    def late(lock, how):
        (folder.path / "lock").unlink()
        (folder.path / "lock").touch()
        flock(lock, how & ~fcntl.LOCK_NB)

    os.close(folder._lock)
    monkeypatch.setattr(fcntl, "flock", late)
    _remove_if_left(folder.path)
    assert folder.uploads.is_dir()
    folder.remove()


def test_no_place_to_write_is_one_sentence(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/proc")
    with pytest.raises(UsageError, match="TMPDIR"):
        TempFolder()


def cache_chosen(place):
    """Where a process without a home keeps its caches."""
    program = (
        "from app.serving.surroundings import settle_surroundings as settle; settle();"
        "import os; print(os.environ['XDG_CACHE_HOME'], os.environ['NUMBA_CACHE_DIR'])"
    )
    nowhere = {"HOME": "/proc/none", "XDG_CACHE_HOME": "/proc/none", "TMPDIR": str(place)}
    left = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    line = [sys.executable, "-c", program]
    said = subprocess.run(line, env=left | nowhere, capture_output=True, text=True, check=True)
    cache, numba = map(Path, said.stdout.split())
    assert numba.is_relative_to(cache)
    assert cache.stat().st_mode & 0o077 == 0
    return cache


def test_a_cache_that_another_may_have_made_is_not_used(own_place):
    """Its name can be guessed, and compiled code in it would be run."""
    usual = cache_chosen(own_place)
    assert cache_chosen(own_place) == usual
    usual.chmod(0o777)
    assert cache_chosen(own_place) == usual  # ours, and closed again
    usual.rmdir()
    elsewhere = own_place / "elsewhere"
    elsewhere.mkdir()
    usual.symlink_to(elsewhere)
    assert cache_chosen(own_place) not in (usual, elsewhere)
    usual.unlink()
    usual.write_text("a file")
    assert cache_chosen(own_place) != usual


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_folders_of_another_user_are_left_alone(own_place):
    """A cache of theirs is not used, their temporary folder is not removed."""
    cache, temporary = own_place / f"cmpagl-cache-{os.getuid()}", own_place / "cmpagl-explorer-x"
    for folder in (cache, temporary):
        folder.mkdir()
        os.utime(folder, (1, 1))
        os.chown(folder, 65534, 65534)
    assert cache_chosen(own_place) != cache
    TempFolder().remove()
    assert temporary.is_dir()
