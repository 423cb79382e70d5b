"""An index on a disk that nothing can be written to: searched, and what writes says so at once."""

import os
import shutil
import subprocess
import sys

import pytest
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from cmpagl.data.dataset import load_dataset

PROGRAM = """
import os, subprocess, sys
from pathlib import Path
place, copy = map(Path, sys.argv[1:3])
for options in (["--bind", copy, place], ["-o", "remount,ro,bind", place]):
    if subprocess.run(["mount", *options], capture_output=True).returncode:
        sys.exit(77)
from cmpagl.__main__ import main
from cmpagl.collections.collections import Collections
from cmpagl.errors import CmpaglError
line = ["--index", str(place / "index"), "--checkpoint", str(place / "tiny"), "a red ship"]
print("search", main(["search", *line]))
index = ["--data", str(place / "data"), "--checkpoint", str(place / "tiny"), "--no-map", "--out"]
print("index", main(["index", *index, str(place / "index")]))
print("new", main(["index", *index, str(place / "new")]))
try:
    Collections(place / "index").note("pond", "seen")
except CmpaglError as error:
    print("note", error, file=sys.stderr)
print("read", len(Collections(place / "index").read().to_json()["tags"]))
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="no program that mounts for itself")
def test_a_read_only_disk(tmp_path, repository):
    """Skipped where this user may not mount a folder for a process of its own."""
    copy = tmp_path / "copy"
    checkpoint = tiny_checkpoint(copy / "tiny")
    dataset = load_dataset(tiny_dataset(copy / "data", 4))
    build_index(dataset, checkpoint, copy / "index", with_map=False)
    (tmp_path / "place").mkdir()
    line = ["unshare", "-m", sys.executable, "-c", PROGRAM, tmp_path / "place", copy]
    done = subprocess.run(
        line,
        cwd=repository,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    if done.returncode == 77 or "unshare" in done.stderr.split(":")[0]:
        pytest.skip("this user may not mount")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    said = done.stdout.split("\n")
    assert {"search 0", "index 2", "new 2", "read 0"} <= set(said), done.stdout
    lines = done.stderr.splitlines()
    sentences = [s for s in lines if "Read-only file system" in s or s.startswith("note ")]
    assert len(sentences) == 3, done.stderr
    assert all(len(sentence) < 500 and ".rs" not in sentence for sentence in sentences)
