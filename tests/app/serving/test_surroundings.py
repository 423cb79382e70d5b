"""What the page settles before anything else, each in a process of its own."""

import platform
import subprocess
import sys

import pytest
from browser import REPOSITORY

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
