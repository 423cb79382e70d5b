"""What the page settles before anything else, each in a process of its own."""

import os
import platform
import subprocess
import sys

import pytest
from browser import REPOSITORY

from app.serving.surroundings import without_proxies

THREADS = """
import ctypes, threading
from app.serving.surroundings import settle_surroundings
settle_surroundings()
libc, together = ctypes.CDLL(None), threading.Barrier(12)
def work():
    together.wait()
    for _ in range(50):
        libc.malloc(3000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another library hands out memory")
def test_threads_share_what_they_free():
    """Twelve at once have two arenas, not one each."""
    line = [sys.executable, "-c", THREADS]
    told = subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert told.stderr == ""
    assert 1 <= told.stdout.count("<heap ") <= 2


def test_proxies_are_hidden_while_gradio_makes_its_clients(monkeypatch):
    """Hidden alone: what fetches a model goes by them."""
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "::ffff:0:0/96")
    before = dict(os.environ)
    with without_proxies():
        assert not [name for name in os.environ if name.lower().endswith("_proxy")]
    assert dict(os.environ) == before
