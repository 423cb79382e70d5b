"""Making an index: kills and full disks cost nothing, broken pictures are named and left out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_sets import draw_images
from PIL import Image
from tiny import tiny_checkpoint, tiny_dataset

from cmpagl.__main__ import main
from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import content_hash
from cmpagl.errors import DataError, GalleryError
from cmpagl.store import build as indexing
from cmpagl.store.build import STAGES, build_index
from cmpagl.store.gallery import open_gallery

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return tiny_checkpoint(tmp_path_factory.mktemp("model") / "tiny")


class Stop(Exception):
    """Raised by a progress callback."""


def stop_at(stage, done):
    def progress(now, total, what):
        if what == stage and now >= done:
            raise Stop

    return progress


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


KILLED = """
import os, resource, signal, sys
from pathlib import Path
import torch
from transformers import BertConfig, BertModel  # once, not in each child
import cmpagl.store.partial
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import GalleryError
from cmpagl.store.build import build_index

data, model, straight, killed, full = map(Path, sys.argv[1:])
torch.set_num_threads(1)
cmpagl.store.partial.FLUSH_SECONDS = 0.0
began = []


def build(out, stage=None, done=0, limit=None):
    if limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def progress(now, total, what):
        if what == "images" and not began:
            began.append(now)
        if what == stage and now >= done:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        dataset, checkpoint = load_dataset(data), open_checkpoint(model)
        build_index(dataset, checkpoint, out, with_map=False, progress=progress)
    except GalleryError as error:
        print(error, flush=True)


def in_a_child(*args, **options):
    child = os.fork()
    if child == 0:
        build(*args, **options)
        os._exit(0)
    return os.waitpid(child, 0)[1]


assert in_a_child(straight) == 0
for stage, done in (("images", 0), ("images", 32), ("images", 64), ("captions", 60), ("bank", 1)):
    assert in_a_child(killed, stage, done) == signal.SIGKILL, (stage, done)
    assert not killed.exists()
assert in_a_child(full, limit=40_000) == 0
assert not full.exists()
build(full)
assert began == [64], began
began.clear()
build(killed)
assert began == []  # every image was done
"""


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(tmp_path, checkpoint):
    """SIGKILL in each stage, then a disk that fills up: the last run does what is left."""
    data = tiny_dataset(tmp_path / "data", 90)
    folders = [tmp_path / name for name in ("straight", "killed", "full")]
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, *map(str, [data, checkpoint.folder, *folders])],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=1500,
    )
    assert ran.returncode == 0, ran.stderr
    assert "is full; free some space and run the same command again" in ran.stdout
    straight, killed, full = map(contents, folders)
    assert len(straight) == 90 + 6
    assert killed == straight
    assert full == straight
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "full", "killed", "straight"]


KILLED_IN_THE_SWAP = """
import os, sys
from pathlib import Path
from cmpagl.__main__ import main

data, model, out = sys.argv[1:]
replace = os.replace

def die(source, target):
    if Path(target) == Path(out):
        os.kill(os.getpid(), 9)
    replace(source, target)

os.replace = die
main(["index", "--data", data, "--checkpoint", model, "--out", out, "--no-map"])
"""


def test_an_index_whose_replacement_was_killed_is_there(tmp_path, checkpoint, capsys):
    """Killed when the old index has stepped aside and the new one is not yet in its place."""
    out, model = tmp_path / "index", str(checkpoint.folder)
    old = load_dataset(tiny_dataset(tmp_path / "old", 3))
    build_index(old, checkpoint, out, with_map=False)
    data = tiny_dataset(tmp_path / "new", 4)
    for again in (False, True):
        ran = subprocess.run(
            [sys.executable, "-c", KILLED_IN_THE_SWAP, str(data), model, str(out)],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            timeout=300,
        )
        assert ran.returncode == -9, ran.stderr
        assert not out.exists()
        if not again:
            assert main(["search", "--index", str(out), "--checkpoint", model, "red"]) == 0
            assert capsys.readouterr().out.count("scene_") == 3
        assert len(open_gallery(out, checkpoint)) == 3
    build_index(load_dataset(data), checkpoint, out, with_map=False)
    assert len(open_gallery(out, checkpoint)) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index", "new", "old"]


def test_stages_are_reported_in_order_and_in_full(tmp_path, checkpoint):
    heard = []
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 4))
    build_index(dataset, checkpoint, tmp_path / "index", progress=lambda *said: heard.append(said))
    stages = list(dict.fromkeys(what for _, _, what in heard))
    assert stages == [stage for stage in STAGES if not stage.startswith("map_")]  # too few for UMAP
    for stage in stages:
        mine = [(done, total) for done, total, what in heard if what == stage]
        assert mine[0][0] == 0
        assert mine[-1][0] == mine[-1][1]


def test_a_callback_may_stop_and_the_work_is_kept(tmp_path, checkpoint):
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 4))
    with pytest.raises(Stop):
        build_index(dataset, checkpoint, tmp_path / "index", progress=stop_at("captions", 0))
    assert not (tmp_path / "index").exists()
    heard = []
    gallery = build_index(
        dataset, checkpoint, tmp_path / "index", progress=lambda *said: heard.append(said[2])
    )
    assert "images" not in heard
    assert len(gallery) == 4


def test_the_old_index_stays_until_the_new_one_is_whole(tmp_path, checkpoint):
    root = tiny_dataset(tmp_path / "data", 4)
    build_index(load_dataset(root), checkpoint, tmp_path / "index")
    val = load_dataset(root, "val")
    with pytest.raises(Stop):
        build_index(val, checkpoint, tmp_path / "index", progress=stop_at("bank", 0))
    assert len(open_gallery(tmp_path / "index")) == 4
    build_index(val, checkpoint, tmp_path / "index")
    assert len(open_gallery(tmp_path / "index")) == 1
    assert open_gallery(tmp_path / "index").split == "val"


def test_a_picture_that_changed_in_between_starts_anew(tmp_path, checkpoint):
    """Work of other pictures is not mixed with what is there now."""
    root = tiny_dataset(tmp_path / "data", 4)
    dataset = load_dataset(root)
    with pytest.raises(Stop):
        build_index(dataset, checkpoint, tmp_path / "index", progress=stop_at("captions", 0))
    draw_images(root / "images", ("scene_0002.png",))
    gallery = build_index(dataset, checkpoint, tmp_path / "index")
    assert gallery.content_hashes[2] == content_hash(root / "images" / "scene_0002.png")


@pytest.fixture
def broken(tmp_path):
    """Six scenes of which the second and the last are no pictures."""
    root = tiny_dataset(tmp_path / "data", 6)
    (root / "images" / "scene_0001.png").write_bytes(b"no picture")
    (root / "images" / "scene_0005.png").write_bytes(b"")
    return root


def test_a_broken_picture_ends_the_run_by_name(tmp_path, broken, checkpoint):
    with pytest.raises(DataError, match=r"scene_0001\.png cannot be read"):
        build_index(load_dataset(broken), checkpoint, tmp_path / "index")


def test_broken_pictures_are_left_out_and_named(tmp_path, broken, checkpoint):
    """The others keep their captions, embeddings and thumbnails; nothing shifts."""
    out = tmp_path / "index"
    gallery = build_index(load_dataset(broken), checkpoint, out, on_error="skip", with_map=False)
    assert [r.image_id[6:10] for r in gallery.records] == ["0000", "0002", "0003", "0004"]
    assert [s.name for s in gallery.skipped] == ["scene_0001.png", "scene_0005.png"]
    assert "the file is empty" in gallery.skipped[1].reason
    assert len(gallery.captions) == 8
    for i, record in enumerate(gallery.records):
        assert gallery.content_hashes[i] == content_hash(record.path)
        with Image.open(gallery.thumbnail(i)) as small, Image.open(record.path) as picture:
            assert np.abs(np.asarray(small, float) - np.asarray(picture, float)).mean() < 10
    alone = tmp_path / "alone"
    (broken / "images" / "scene_0001.png").unlink()
    (broken / "images" / "scene_0005.png").unlink()
    sound = load_dataset(broken, on_error="skip")
    assert build_index(sound, checkpoint, alone, with_map=False).image_embeds == pytest.approx(
        gallery.image_embeds, abs=1e-6
    )


def test_skipped_once_and_then_refused(tmp_path, broken, checkpoint):
    """A picture that an interrupted run left out still ends a run that was told to raise."""
    dataset = load_dataset(broken)
    progress = stop_at("captions", 0)
    with pytest.raises(Stop):
        build_index(dataset, checkpoint, tmp_path / "i", on_error="skip", progress=progress)
    with pytest.raises(DataError, match=r"scene_0001\.png cannot be read"):
        build_index(dataset, checkpoint, tmp_path / "i")


def test_nothing_readable(tmp_path, checkpoint):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(b"no picture")
    dataset = load_dataset(tmp_path / "photos")
    with pytest.raises(DataError, match="holds no image that can be read"):
        build_index(dataset, checkpoint, tmp_path / "index", on_error="skip")


def test_pictures_of_all_kinds_and_sizes(tmp_path, checkpoint):
    """TIFF, 16 bits, palette, JPEG, one pixel, very wide: each with its own thumbnail."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 255, (300, 500, 3), dtype=np.uint8)
    Image.fromarray(colours).save(folder / "a.tif")
    Image.fromarray(rng.integers(0, 4095, (40, 30), dtype=np.uint16)).save(folder / "b.tif")
    Image.fromarray(colours[:64, :64]).quantize(16).save(folder / "c.png")
    Image.fromarray(colours[:50]).save(folder / "d.jpg", quality=90)
    Image.fromarray(colours[:1, :1]).save(folder / "e.png")
    Image.fromarray(colours[:2]).resize((3000, 10)).save(folder / "f.jpg")
    gallery = build_index(load_dataset(folder), checkpoint, tmp_path / "index")
    sizes = [Image.open(gallery.thumbnail(i)).size for i in range(len(gallery))]
    expected = [(256, 154), (30, 40), (64, 64), (256, 26), (1, 1), (256, 1)]
    for (width, height), (w, h) in zip(sizes, expected, strict=True):
        assert (width, height) == (w, h) or max(
            width, height
        ) == 128  # halved where 15 KB were short
    assert np.isfinite(gallery.image_embeds).all()
    assert np.linalg.norm(gallery.image_embeds, axis=1) == pytest.approx(1, abs=1e-5)


def test_an_index_in_its_own_data_folder_is_no_data(tmp_path, checkpoint):
    """Made again there, it does not index its own thumbnails, in either kind of plain folder."""
    for data in (tmp_path / "flat", tmp_path / "nested" / "images"):
        data.mkdir(parents=True)
        draw_images(data, ("a.png", "b.png"))
    for root in (tmp_path / "flat", tmp_path / "nested"):
        for _ in range(2):
            gallery = build_index(load_dataset(root), checkpoint, root / "index", with_map=False)
            assert [r.image_id for r in gallery.records] == ["a.png", "b.png"]
            assert all(r.path.is_file() for r in gallery.records)


def test_too_small_a_disk_is_refused_at_once(tmp_path, checkpoint, monkeypatch):
    monkeypatch.setattr(indexing, "BESIDE_BYTES", 10**15)
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 2))
    with pytest.raises(GalleryError, match=r"needs .* GB more, but the disk .* GB free"):
        build_index(dataset, checkpoint, tmp_path / "index")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_captions_in_several_batches(tmp_path, checkpoint, monkeypatch):
    """The order of captions, and the pooled text features, survive the batches."""
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 5))
    whole = build_index(dataset, checkpoint, tmp_path / "whole")
    monkeypatch.setattr(indexing, "CAPTION_BATCH", 3)
    parts = build_index(dataset, checkpoint, tmp_path / "parts")
    assert parts.caption_embeds == pytest.approx(whole.caption_embeds, abs=1e-5)
    assert parts.map.raw.captions == pytest.approx(whole.map.raw.captions, abs=1e-3)


def test_the_raw_maps_show_what_the_towers_pool(tmp_path, checkpoint):
    """The text tower's own pooled vectors give the same map as those kept while indexing."""
    import torch

    from cmpagl.model.text import tokenize
    from cmpagl.store.projection import umap_project

    dataset = load_dataset(tiny_dataset(tmp_path / "data", 5))
    gallery = build_index(dataset, checkpoint, tmp_path / "index")
    batch = tokenize(checkpoint.tokenizer(), gallery.distinct_captions, 24)
    with torch.inference_mode():
        _, pooled = checkpoint.text_tower().encoder(batch.input_ids, batch.attention_mask)
    assert gallery.map.raw.captions == pytest.approx(umap_project(pooled.numpy()), abs=1e-3)


def test_captions_are_stored_as_written(tmp_path, checkpoint):
    """Marks, quotes and other scripts survive; the page decides how to show them."""
    root = tiny_dataset(tmp_path / "data", 2)
    path = root / "dataset_fake.json"
    said = json.loads(path.read_text())
    odd = '<b>"two" ships</b> ${1} \u6e2f \U0001f6a2'
    said["images"][0]["sentences"][0]["raw"] = odd
    path.write_text(json.dumps(said))
    gallery = build_index(load_dataset(root), checkpoint, tmp_path / "index")
    assert open_gallery(gallery.folder).captions[0] == odd
