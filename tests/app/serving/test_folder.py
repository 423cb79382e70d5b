"""What is temporary goes: by age, at the end, and after a kill."""

import os
import subprocess
import sys
import tempfile
import time

import pytest

from app.serving.folder import KEPT_FOR, TempFolder
from cmpagl.errors import UsageError


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_a_file_goes_by_age_and_the_folder_at_the_end(own_place):
    folder = TempFolder()
    old, new = folder.uploads / "a" / "old.png", folder.uploads / "new.png"
    old.parent.mkdir()
    for file in (old, new):
        file.write_bytes(b"x")
    past = time.time() - KEPT_FOR - 5
    os.utime(old, (past, past))
    folder.sweep()
    assert new.exists()
    assert not old.exists()
    assert folder.path.stat().st_mode & 0o077 == 0
    folder.remove()
    assert list(own_place.iterdir()) == []


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


def test_no_place_to_write_is_one_sentence(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/proc")
    with pytest.raises(UsageError, match="TMPDIR"):
        TempFolder()
