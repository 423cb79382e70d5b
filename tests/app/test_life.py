"""How the page starts where something is in the way, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from browser import REPOSITORY
from tiny import tiny_checkpoint

LINE = [sys.executable, REPOSITORY / "app.py"]
NOWHERE, SOCKS = "http://127.0.0.1:9", "socks5://127.0.0.1:9"
RANGES = "10.0.0.0/8,::ffff:0:0/96"
OTHERS = {"GRADIO_NUM_PORTS": "x", "GRADIO_ALLOWED_PATHS": "/", "NO_PROXY": RANGES}
HOMELESS = {"HOME": "/proc/none", "XDG_CACHE_HOME": "/proc/none"}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "tiny"
    tiny_checkpoint(folder)
    return folder


def start(checkpoint, tmp, *arguments, **variables):
    environment = {**os.environ, "TMPDIR": str(tmp), **variables}
    kept = {name: value for name, value in environment.items() if value}
    # The folder of the model is no index: the page listens and says so.
    line = [*LINE, "--index", checkpoint, "--checkpoint", checkpoint, *arguments]
    return subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=kept
    )


@pytest.fixture
def behind_a_script():
    """What is started meanwhile ignores SIGINT, as what a shell's script starts by `&`."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def ends(app, number):
    """Exit code, seconds and what was printed after a signal."""
    began = time.monotonic()
    app.send_signal(number)
    said = app.communicate(timeout=30)[0]
    return app.returncode, time.monotonic() - began, said


@pytest.mark.parametrize(
    ("number", "code", "variables", "stays"),
    [
        (signal.SIGINT, 130, {"HOME": "", "http_proxy": NOWHERE, "all_proxy": SOCKS}, []),
        (signal.SIGTERM, 0, {**HOMELESS, "PYTHONIOENCODING": "ascii"}, ["cmpagl-c"]),
        (signal.SIGHUP, 0, {"GRADIO_DEFAULT_CONCURRENCY_LIMIT": "x", **OTHERS}, []),
    ],
)
def test_a_signal_ends_it_soon_and_nothing_is_left(
    behind_a_script, checkpoint, tmp_path, number, code, variables, stays
):
    """Whatever surrounds it: a script that started it by `&`, no home, a proxy, no folder for a
    cache (which then stays among temporary ones), another's settings of Gradio."""
    app = start(checkpoint, tmp_path, GRADIO_SHARE="true", **variables)
    assert re.search(r"is at http://127\.0\.0\.1:\d+/", app.stdout.readline())
    assert begun(tmp_path) == [*stays, "cmpagl-e"]
    (next(tmp_path.glob("cmpagl-e*")) / "uploads" / "x.png").write_bytes(b"x")
    returned, seconds, said = ends(app, number)
    assert (returned, said) == (code, "")
    assert seconds < 3 + 5 * (os.getloadavg()[0] > 2 * (os.cpu_count() or 1))  # a busy machine
    assert begun(tmp_path) == stays


def begun(folder):
    """How the names in a folder begin."""
    return sorted(path.name[:8] for path in folder.iterdir())


def test_it_ends_as_well_while_it_starts(checkpoint, tmp_path):
    """Also while it imports what it is made of, before it can tidy up."""
    app = start(checkpoint, tmp_path)
    time.sleep(0.3)
    returned, _, said = ends(app, signal.SIGINT)
    assert returned in (130, 1, -signal.SIGINT)  # but 130: Python itself was not up yet
    assert "Traceback" not in said or (returned != 130 and "app.py" not in said)


@pytest.mark.parametrize(
    ("arguments", "variables", "sentence"),
    [
        (("--port", "0"), {}, "'0' is not a port"),
        (("--port", "65536"), {}, "'65536' is not a port"),
        ((), {"GRADIO_SERVER_PORT": "many"}, "GRADIO_SERVER_PORT: 'many' is not a port"),
        ((), {"GRADIO_ROOT_PATH": "a"}, "environment variable GRADIO_ROOT_PATH: 'a' is not a path"),
        (("--host", "a..b"), {}, "is no address of this machine"),
        (("--host", "192.0.2.1"), {}, "--host: '192.0.2.1'"),
        (("--root-path", "https://a.b/c"), {}, "is not a path such as /scenes"),
        (("--allow-host", "https://a.b"), {}, "is not a host's name"),
        (("--auth", "/no/such/file"), {}, "'/no/such/file' cannot be read"),
    ],
)
def test_a_fault_of_the_start_is_one_sentence(checkpoint, tmp_path, arguments, variables, sentence):
    app = start(checkpoint, tmp_path, *arguments, **variables)
    said = app.communicate(timeout=120)[0]
    assert app.returncode == 2, said
    assert sentence in said
    assert said.count("\n") == 1
    assert len(said) < 500
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_stands_for_many_is_one_sentence():
    """It can be listened at, but nobody can ask there."""
    from app.serving.listen import take_port
    from cmpagl.errors import UsageError

    with pytest.raises(UsageError, match=r"'127.255.255.255', --port: \d+: .*; give another"):
        take_port("127.255.255.255", None)


def test_two_that_start_at_one_moment_listen_at_different_ports():
    """The first one's port is taken before a single request can be answered there."""
    from app.serving.listen import take_port

    with take_port("127.0.0.1", None) as one, take_port("127.0.0.1", None) as other:
        assert one.getsockname()[1] != other.getsockname()[1]


def test_a_taken_port_is_one_sentence():
    from app.serving.listen import Listener
    from cmpagl.errors import UsageError

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError) as refused:
            Listener(lambda app: app).start_server(None, "127.0.0.1", port)
    said = f"--port: {port} is taken by another program; give another, or none."
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("content", "mode", "sentence"),
    [
        ("ada:secret\n", 0o644, "others than its owner may read"),
        ("ada\n", 0o600, "line 1"),
        ("# none\n\n", 0o600, "has no line NAME:PASSWORD"),
        ("ada:x\nada:y\n", 0o600, "line 2"),
    ],
)
def test_a_file_of_accounts_that_is_none_is_told(tmp_path, content, mode, sentence):
    from app.serving.accounts import read_accounts
    from cmpagl.errors import UsageError

    file = Path(tmp_path / "accounts")
    file.write_text(content)
    file.chmod(mode)
    with pytest.raises(UsageError, match=sentence):
        read_accounts(file)
