"""A machine that gives too little: one sentence, and no library's word beside it."""

import errno
import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from browser import REPOSITORY

from cmpagl import __main__
from cmpagl.__main__ import main
from cmpagl.caches import home_folder, settle_cache
from cmpagl.cli.scarce import told, told_of_scarcity
from cmpagl.errors import GalleryError, UsageError
from cmpagl.files import cache_folder
from cmpagl.store.disk import read_errors

COMMAND = [sys.executable, "-m", "cmpagl", "search"]


@pytest.mark.parametrize(
    ("arguments", "streams", "code"),
    [
        (["--help"], ">&-", 0),
        (["--index", "/no/such", "x"], "<&- >&- 2>&-", 2),
        (["--index", "/no/such", "x"], "2>/dev/full", 2),
    ],
)
def test_a_stream_that_is_closed_or_full_changes_nothing(arguments, streams, code):
    line = ["sh", "-c", f'"$@" {streams}', "sh", *COMMAND, *arguments]
    ran = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, "", "")


def test_what_is_opened_next_takes_no_streams_number(tmp_path):
    """A library's word on the standard output would else be written into that file."""
    program = (
        "from cmpagl.cli.streams import settle_streams; settle_streams(); import os;"
        f"file = os.open({str(tmp_path / 'file')!r}, os.O_CREAT | os.O_WRONLY);"
        "print('a word', flush=True); os.write(2, b'another'); os._exit(file < 3)"
    )
    line = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", program]
    assert subprocess.run(line, timeout=60).returncode == 0
    assert (tmp_path / "file").read_bytes() == b""


def test_a_working_folder_that_is_gone_is_one_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(["diagnose"]) == 2
    assert "The folder that this was started in is gone" in capsys.readouterr().err


def test_what_a_program_writes_it_can_read_and_too_few_files_are_one_sentence(tmp_path):
    """Whatever the mask of rights is; a limit that may be raised is raised."""
    program = (
        "from cmpagl.cli.scarce import allow_files, check_place; from pathlib import Path\n"
        "check_place(); Path('file').touch(); print(oct(Path('file').stat().st_mode), "
        "allow_files(0))"
    )
    line = [sys.executable, "-c", program]
    few = ["sh", "-c", 'ulimit -S -n 12; umask 777; exec "$@"', "sh", *line]
    where = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(REPOSITORY)}}
    ran = subprocess.run(few, capture_output=True, text=True, timeout=60, **where)
    assert ran.stdout.split() == ["0o100600", "16"], ran.stderr
    few[2] = few[2].replace("-S ", "")
    ran = subprocess.run(few, capture_output=True, text=True, timeout=60, **where)
    assert "At most 12 files may be open here at once, but 16 are needed" in ran.stderr


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError(), "There is not enough memory for this: end"),
        (ImportError("libx.so: failed to map segment from shared object"), "(libx.so: failed to"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "not enough memory"),
        (RuntimeError("can't start new thread"), "No further thread"),
        (ImportError("cannot import name 'x' from 'y'"), ""),
        (RuntimeError("shapes do not fit"), ""),
    ],
)
def test_too_little_is_told_apart_from_a_bug(error, sentence):
    said = told_of_scarcity(error)
    assert sentence in said
    assert bool(said) == bool(sentence)


def test_the_commands_tell_it(monkeypatch, capsys):
    def program(args):
        raise MemoryError

    monkeypatch.setattr(__main__, "load_program", lambda name: program)
    assert main(["diagnose"]) == 2
    assert capsys.readouterr().err.startswith("There is not enough memory for this")


@pytest.mark.parametrize(
    ("number", "helps"),
    [(errno.EROFS, "name another"), (errno.ENOSPC, "free some space"), (errno.EMFILE, "ulimit -n")],
)
def test_an_error_of_the_system_says_what_helps(monkeypatch, capsys, number, helps):
    def program(args):
        raise OSError(number, os.strerror(number), "a" * 4000)

    monkeypatch.setattr(__main__, "load_program", lambda name: program)
    assert main(["diagnose"]) == 2
    said = capsys.readouterr().err
    assert helps in said
    assert len(said) < 500


def test_no_temporary_folder_says_what_helps():
    error = FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")
    assert "name one in the variable TMPDIR" in told(error)


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "let this user read it"),
        (OSError("LanceError(IO): Too many open files (os error 24)"), "ulimit -n"),
    ],
)
def test_what_may_not_be_read_is_not_called_damaged(error, helps):
    with pytest.raises(GalleryError, match=rf"cannot be read \(.*{helps}"), read_errors("x"):
        raise error


@pytest.fixture
def nobody(monkeypatch):
    """A user without a name and without a home, as containers have."""

    def unknown(number):
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_no_home_is_one_sentence_where_one_is_needed(nobody):
    with pytest.raises(UsageError, match="variable HOME"):
        home_folder()
    with pytest.raises(UsageError, match="variable HOME"):
        cache_folder()


def test_caches_of_who_has_no_home_lie_among_temporary_files(nobody, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/proc/none")
    settle_cache()
    own = tmp_path / f"cmpagl-cache-{os.getuid()}"
    assert os.environ["NUMBA_CACHE_DIR"] == str(own / "numba")
    assert cache_folder() == own / "cmpagl"
    monkeypatch.setattr("tempfile.tempdir", "/proc/none")  # nowhere at all: no error either
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    settle_cache()
    assert not Path(os.environ["XDG_CACHE_HOME"]).exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGQUIT, 131), (signal.SIGHUP, 129)])
def test_each_signal_has_its_code(number, code):
    program = (
        "import os, time; from cmpagl.cli.ending import Stopped, end_by_signals\n"
        f"end_by_signals()\ntry: os.kill(os.getpid(), {int(number)}); time.sleep(9)\n"
        "except Stopped as stopped: os._exit(stopped.code)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == code
