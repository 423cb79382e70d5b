"""Killed at any moment, out of disk, or two at once: nothing is lost, nothing half-written."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from cmpagl.data.dataset import load_dataset
from cmpagl.errors import GalleryError
from cmpagl.store.build import grow_index
from cmpagl.store.gallery import open_gallery

REPOSITORY = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("KILLS", "3"))

CHILDREN = """
import json, os, random, resource, signal, sys, time
from pathlib import Path
# Once, not in each child:
import lance, pandas, torch
from transformers import BertConfig, BertModel
import cmpagl.data.raster
import cmpagl.store.work
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import GalleryError
from cmpagl.store.build import grow_index
from cmpagl.store.gallery import open_gallery

torch.set_num_threads(1)
cmpagl.store.work.FLUSH_SECONDS = (0.0, 0.0)
cmpagl.store.work.IMAGE_BATCH = 4
folder, kills = Path(sys.argv[1]), int(sys.argv[2])
model, out = folder / "tiny", folder / "index"


def run(data, limit=None, **options):
    if limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        grow_index(load_dataset(data), open_checkpoint(model), out, with_map=False, **options)
    except GalleryError as error:
        print(error, flush=True)
        os._exit(3)


def child(work, *args, **options):
    pid = os.fork()
    if pid == 0:
        work(*args, **options)
        os._exit(0)
    return pid


def look(allowed):
    gallery = open_gallery(out, open_checkpoint(model))
    names = [record.image_id for record in gallery.records]
    assert sorted(names) in allowed, names
    gallery.image_vectors, gallery.caption_vectors, gallery.distinct_captions
    for number in range(len(gallery)):
        gallery.thumbnail(number)


def whole(allowed):
    # In a child of its own: what has read a table is not to be forked.
    pid = child(look, allowed)
    assert os.waitpid(pid, 0)[1] == 0


few, many = (sorted(r.image_id for r in load_dataset(folder / n).records) for n in ("few", "many"))
rng = random.Random(kills)
for data, options, before, after in (
    ("few", {}, None, few), ("many", {}, few, many), ("few", {"prune": True}, many, few)
):
    for n in range(kills):  # at random, and spread over what a run takes
        pid = child(run, folder / data, **options)
        time.sleep(0.3 * (n + rng.random()) / kills)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        if before is not None:
            whole([before, after])
    assert os.waitpid(child(run, folder / data, **options), 0)[1] == 0
    whole([after])
print("full", flush=True)
status = os.waitpid(child(run, folder / "many", limit=9_000), 0)[1]
assert os.WEXITSTATUS(status) == 3, status
whole([few])
assert os.waitpid(child(run, folder / "many"), 0)[1] == 0
whole([many])
"""


@pytest.fixture
def folder(tmp_path):
    """A model, a data set of 12 scenes, and one of 20 that has these too."""
    tiny_checkpoint(tmp_path / "tiny")
    tiny_dataset(tmp_path / "few", 12)
    tiny_dataset(tmp_path / "many", 20)
    return tmp_path


@pytest.mark.skipif(os.name != "posix", reason="forks")
@pytest.mark.long
def test_kill_9_at_random_moments_and_a_full_disk(folder):
    """Kills while an index is made, while it grows and while it is pruned; then no room.

    Three of each in the suite, ten of each by ``make fire``.
    After each, the index opens with the scenes of before or of after, every row, vector and
    thumbnail as written; the last run does what is left.
    """
    ran = subprocess.run(
        [sys.executable, "-c", CHILDREN, str(folder), str(KILLS)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=1500,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "is full; free some space and run the same command again" in ran.stdout
    checkpoint_folder = folder / "tiny"
    assert checkpoint_folder.is_dir()
    names = sorted(path.name for path in (folder / "index").iterdir())
    assert names == ["captions.lance", "scenes.lance"]


WRITER = """
import sys
from pathlib import Path
from cmpagl.data.dataset import load_dataset
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.store.build import grow_index

folder = Path(sys.argv[1])

waited = []

def wait(what, done, total):
    if what == "captions" and not waited:
        waited.append(True)
        print("writing", flush=True)
        sys.stdin.readline()

data = load_dataset(folder / "many")
grow_index(data, open_checkpoint(folder / "tiny"), folder / "index", with_map=False, progress=wait)
"""


def test_two_writers_cannot_damage_each_other(folder):
    """The second is refused in one sentence while the first writes; readers are not."""
    from cmpagl.model.checkpoint import open_checkpoint

    checkpoint, out = open_checkpoint(folder / "tiny"), folder / "index"
    few = load_dataset(folder / "few")
    build_index(few, checkpoint, out, with_map=False)
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout.readline() == "writing\n"
        with pytest.raises(GalleryError, match="Another run is making the index"):
            build_index(few, checkpoint, out, with_map=False)
        reader = open_gallery(out, checkpoint)
        assert len(reader) == 12
        assert not reader.newer
        first.stdin.write("\n")
        first.stdin.flush()
    assert first.returncode == 0
    assert reader.newer
    assert len(reader.thumbnail(11)) > 100  # what it reads is still there
    growth = grow_index(few, checkpoint, out, with_map=False)
    assert (len(growth.gallery), len(growth.vanished)) == (20, 8)


def test_writers_without_a_lock_are_safe_too(folder, monkeypatch):
    """On a file system without locks, Lance refuses or orders commits: rows are whole."""
    import fcntl

    from cmpagl.model.checkpoint import open_checkpoint

    def none(*_):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", none)
    checkpoint, out = open_checkpoint(folder / "tiny"), folder / "index"
    build_index(load_dataset(folder / "few"), checkpoint, out, with_map=False)
    many = load_dataset(folder / "many")
    inner = []

    def meanwhile(what, done, total):
        if what == "captions" and not inner:
            inner.append(True)
            build_index(many, checkpoint, out, with_map=False)

    with pytest.raises(GalleryError, match="Another run has changed the index"):
        build_index(many, checkpoint, out, with_map=False, progress=meanwhile)
    gallery = build_index(many, checkpoint, out, with_map=False)
    assert sorted(r.image_id for r in gallery.records) == [r.image_id for r in many.records]
    assert json.loads(json.dumps(gallery.distinct_captions)) == gallery.distinct_captions
