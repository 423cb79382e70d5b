"""The engine on Ray: the same index by other processes, killed in the middle and gone on with."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from fake_sets import draw_images
from tiny import tiny_checkpoint, tiny_dataset

from cmpagl.data.dataset import load_dataset
from cmpagl.errors import UsageError
from cmpagl.store.build import grow_index
from cmpagl.store.gallery import open_gallery
from cmpagl.store.ray_worker import Contents

REPOSITORY = Path(__file__).resolve().parents[3]

DRIVERS = """
import os, signal, sys
from pathlib import Path
from transformers import BertModel  # once, not in each child
from cmpagl.data.dataset import load_dataset
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.store import ray_step, work
from cmpagl.store.build import grow_index

folder, sessions = Path(sys.argv[1]), sys.argv[2]
work.FLUSH_SECONDS = (0.0, 0.0)
ray_step.ROWS = 8
ray_step.LOCAL = {"num_cpus": 3, "object_store_memory": 80_000_000, "_temp_dir": sessions}


def run(killed):
    answers = []

    def tell(what, done, total):
        if what == "images" and 0 < done < total:
            answers.append(done)
            if killed and len(answers) == 3:  # two are committed, one is about to be
                os.kill(os.getpid(), signal.SIGKILL)

    data, model = load_dataset(folder / "data"), open_checkpoint(folder / "tiny")
    growth = grow_index(
        data, model, folder / "ray", with_map=False, engine="ray", progress=tell
    )
    print(growth.new, growth.moved, len(answers), flush=True)


for killed in (True, False):
    pid = os.fork()
    if pid == 0:
        run(killed)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    assert os.WTERMSIG(status) == (signal.SIGKILL if killed else 0), status
"""


@pytest.mark.skipif(os.name != "posix", reason="forks")
@pytest.mark.long
def test_killed_in_the_middle_and_gone_on_with(tmp_path):
    """Two processes embed what is new of a data set; the run is killed, and the next goes on.

    The index is then that of the plain engine, row by row, and no process is left.
    """
    checkpoint = tiny_checkpoint(tmp_path / "tiny")
    data = tiny_dataset(tmp_path / "data", 8)
    grow_index(load_dataset(data), checkpoint, tmp_path / "plain", with_map=False)
    shutil.copytree(tmp_path / "plain", tmp_path / "ray")
    shutil.rmtree(data)
    tiny_dataset(data, 44)
    draw_images(data / "images", ("scene_0001.png",))  # changed
    one, other = (data / "images" / f"scene_000{n}.png" for n in (2, 3))  # exchanged
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second), other.write_bytes(first)
    sessions = Path("/tmp") / f"ray-{tmp_path.parent.name}"[-24:]  # a socket's path is short
    try:
        ran = subprocess.run(
            [sys.executable, "-c", DRIVERS, str(tmp_path), str(sessions)],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "RAY_AUTH_MODE": "disabled"},
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        until = time.monotonic() + 30
        while (left := processes(sessions)) and time.monotonic() < until:
            time.sleep(0.2)
        assert not left
    finally:
        shutil.rmtree(sessions, ignore_errors=True)
    new, moved, answers = map(int, ran.stdout.split())
    assert (new, moved, answers) == (28, 0, 5)  # of 44, 16 were committed before the kill
    growth = grow_index(load_dataset(data), checkpoint, tmp_path / "plain", with_map=False)
    made, plain = open_gallery(tmp_path / "ray", checkpoint), growth.gallery
    rows = [made.records.find(record.image_id) for record in plain.records]
    assert sorted(rows) == list(range(44))
    assert [made.records[row] for row in rows] == list(plain.records)
    assert [made.content_hashes[row] for row in rows] == list(plain.content_hashes)
    np.testing.assert_allclose(made.image_vectors[rows], plain.image_vectors, atol=1e-5)
    assert [made.thumbnail(row) for row in rows] == [plain.thumbnail(n) for n in range(44)]
    assert sorted(made.distinct_captions) == sorted(plain.distinct_captions)


def processes(sessions):
    """Those of a cluster that are still there."""
    said = {path: path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [path for path, line in said.items() if str(sessions).encode() in line]


def test_without_ray_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    checkpoint, data = tiny_checkpoint(tmp_path / "tiny"), tiny_dataset(tmp_path / "data", 2)
    with pytest.raises(UsageError, match=r"pip install 'cmpagl\[scale\]'"):
        grow_index(load_dataset(data), checkpoint, tmp_path / "index", engine="ray")


def test_what_is_known_is_found_in_one_array():
    """Every digest that was packed, whatever its bytes, and no other."""
    rng = np.random.default_rng(0)
    some = {rng.bytes(16) for _ in range(50)} | {bytes(16), b"\xff" * 16}
    packed = Contents.of(some)
    assert all(one in packed for one in some)
    assert not any(rng.bytes(16) in packed for _ in range(50))
    assert bytes(16) not in Contents.of([])
