"""A store in an object store: made, grown, killed, searched, by two writers at once."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from app.explorer.explorer import Explorer, Source
from app.search.service import answer
from cmpagl.__main__ import main
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import GalleryError, UsageError
from cmpagl.search.retriever import Retriever
from cmpagl.store.adding import add_model
from cmpagl.store.beside import models_in
from cmpagl.store.build import grow_index
from cmpagl.store.gallery import open_gallery
from cmpagl.store.location import ObjectFolder, located

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bucket():
    """An object store in a process of its own, so that Lance's threads and its do not wait."""
    line = [sys.executable, str(TESTS / "loopback_s3.py"), "scenes"]
    with (
        subprocess.Popen(
            line,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        for said in iter(server.stdout.readline, "\n"):
            patch.setenv(*said.strip().split("=", 1))
        yield "s3://scenes"
        server.stdin.close()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return tiny_checkpoint(tmp_path_factory.mktemp("model") / "tiny")


def test_made_grown_and_searched_as_in_a_folder(tmp_path, bucket, checkpoint, monkeypatch):
    """The same rows, vectors, filters and answers; by command, library and page."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    few = tiny_dataset(tmp_path / "few", 12)
    out = located(f"{bucket}/one/index/")
    assert out == ObjectFolder("s3://scenes/one/index")
    with pytest.raises(GalleryError, match="is no index"):
        open_gallery(out)
    options = ["--no-map", "--out", str(out), "--checkpoint", str(checkpoint.folder)]
    assert main(["index", "--data", str(few), *options]) == 0
    many = tiny_dataset(tmp_path / "many", 20)
    before = open_gallery(out, checkpoint)
    assert (len(before), before.newer, before.root) == (12, False, few)
    growth = grow_index(load_dataset(many), checkpoint, out, with_map=False, mode="candidates")
    assert (growth.new, len(growth.gallery)) == (8, 20)
    assert before.newer
    build_index(load_dataset(few), checkpoint, tmp_path / "index", with_map=False)
    local = build_index(load_dataset(many), checkpoint, tmp_path / "index", with_map=False)
    assert list(growth.gallery.records) == list(local.records)
    np.testing.assert_allclose(growth.gallery.image_vectors, local.image_vectors, atol=1e-5)
    assert growth.gallery.thumbnail(19) == local.thumbnail(19)
    for mode in ("exact", "candidates"):
        orders = []
        for folder in (out, tmp_path / "index"):
            retriever = Retriever(open_gallery(folder, checkpoint, mode=mode), checkpoint)
            orders.append(retriever.ranking(retriever.query_text("a red ship on the water")).items)
        np.testing.assert_array_equal(*orders)
    explorer = Explorer(Source(checkpoint.folder, out))
    explorer.start()
    assert explorer.wait().phase == "ready"
    assert len(answer(explorer, {"q": "a red ship"}).columns["after"].cards) > 5
    assert (tmp_path / "cache" / "cmpagl" / "beside").is_dir()  # of what is kept, on this machine
    pruned = grow_index(load_dataset(few), checkpoint, out, with_map=False, prune=True)
    assert (pruned.new, len(pruned.gallery), len(pruned.vanished)) == (0, 12, 8)


def test_a_further_model_lies_beside_the_first(tmp_path, bucket, checkpoint):
    other = tiny_checkpoint(tmp_path / "other", seed=1)
    out = located(f"{bucket}/two")
    grow_index(load_dataset(tiny_dataset(tmp_path / "few", 6)), checkpoint, out, with_map=False)
    assert add_model(out, other, with_map=False).new == 6
    assert [held.name for held in models_in(out)] == ["tiny", "other"]
    assert open_gallery(out, other).image_embeds.shape == (6, 16)


def test_two_writers_and_a_stopped_run(tmp_path, bucket, checkpoint):
    """Nothing is locked there: the second commit is refused, and the next run goes on."""
    out = located(f"{bucket}/three")
    few, many = (load_dataset(tiny_dataset(tmp_path / name, n)) for name, n in (("a", 6), ("b", 9)))
    grow_index(few, checkpoint, out, with_map=False)
    inner = []

    def meanwhile(what, done, total):
        if what == "captions" and not inner:
            inner.append(True)
            grow_index(many, checkpoint, out, with_map=False)

    with pytest.raises(GalleryError, match="Another run has changed the index s3://scenes/three"):
        grow_index(many, checkpoint, out, with_map=False, progress=meanwhile)
    growth = grow_index(many, checkpoint, out, with_map=False)
    assert sorted(r.image_id for r in growth.gallery.records) == [r.image_id for r in many.records]

    def stop(what, done, total):
        if what == "captions":
            raise KeyboardInterrupt

    changed = load_dataset(tiny_dataset(tmp_path / "c", 12))
    with pytest.raises(KeyboardInterrupt):
        grow_index(changed, checkpoint, out, with_map=False, progress=stop)
    assert len(open_gallery(out, checkpoint)) == 9  # everybody still sees the last whole one
    assert grow_index(changed, checkpoint, out, with_map=False).new == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ftp://host/x", "is not a place for an index"),
        ("s3://bucket", "names no folder in a bucket"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(text, said):
    with pytest.raises(UsageError, match=said):
        located(text)


def test_a_store_that_is_not_reached_is_said(bucket, checkpoint):
    with pytest.raises(GalleryError, match=r"s3://nowhere/x.* cannot be reached"):
        open_gallery("s3://nowhere/x", checkpoint)
