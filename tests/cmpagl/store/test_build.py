"""Making an index: what stops keeps its work, broken pictures are named and left out."""

import json
from io import BytesIO

import numpy as np
import pytest
from fake_sets import draw_images
from PIL import Image
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import FilePicture
from cmpagl.errors import DataError, GalleryError
from cmpagl.store import build as indexing
from cmpagl.store import captions_step
from cmpagl.store.build import STAGES, grow_index
from cmpagl.store.gallery import open_gallery


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return tiny_checkpoint(tmp_path_factory.mktemp("model") / "tiny")


class Stop(Exception):
    """Raised by a progress callback."""


def stop_at(stage, done):
    def progress(what, now, total):
        if what == stage and now >= done:
            raise Stop

    return progress


def test_stages_are_reported_in_order_and_in_full(tmp_path, checkpoint):
    heard = []
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 4))
    build_index(dataset, checkpoint, tmp_path / "index", progress=lambda *said: heard.append(said))
    stages = list(dict.fromkeys(what for what, _, _ in heard))
    few = [stage for stage in STAGES if stage != "engine" and not stage.startswith("map_")]
    assert stages == few  # too few for UMAP, and for an approximate index
    for stage in stages:
        mine = [(done, total) for what, done, total in heard if what == stage]
        assert mine[0][0] == 0
        assert mine[-1][0] == mine[-1][1]


def test_a_callback_may_stop_and_the_work_is_kept(tmp_path, checkpoint):
    """What began is told to whoever opens it; the same again goes on and reads captions alone."""
    dataset, out = load_dataset(tiny_dataset(tmp_path / "data", 4)), tmp_path / "index"
    with pytest.raises(Stop):
        build_index(dataset, checkpoint, out, progress=stop_at("captions", 0))
    with pytest.raises(GalleryError, match="is not finished; run the same"):
        open_gallery(out)
    growth = grow_index(dataset, checkpoint, out)
    assert growth.new == 0
    assert growth.gallery.records == dataset.records


def test_the_old_index_stays_until_the_new_one_is_whole(tmp_path, checkpoint):
    """Of another model, too: who opens it meets the last that was whole."""
    other = tiny_checkpoint(tmp_path / "other", seed=1)
    dataset, out = load_dataset(tiny_dataset(tmp_path / "data", 4)), tmp_path / "index"
    build_index(dataset, checkpoint, out)
    with pytest.raises(Stop):
        build_index(dataset, other, out, progress=stop_at("bank", 0))
    assert len(open_gallery(out, checkpoint)) == 4
    gallery = build_index(dataset, other, out)
    assert gallery.fingerprint == other.fingerprint
    assert len(gallery) == 4


def test_a_picture_that_changed_in_between_is_embedded_anew(tmp_path, checkpoint):
    """Work of other pictures is not mixed with what is there now."""
    root = tiny_dataset(tmp_path / "data", 4)
    dataset = load_dataset(root)
    with pytest.raises(Stop):
        build_index(dataset, checkpoint, tmp_path / "index", progress=stop_at("captions", 0))
    draw_images(root / "images", ("scene_0002.png",))
    growth = grow_index(dataset, checkpoint, tmp_path / "index")
    assert growth.new == 1
    at = growth.gallery.records.find("scene_0002.png")
    assert (
        growth.gallery.content_hashes[at]
        == FilePicture(root / "images" / "scene_0002.png").digest()
    )
    assert len(growth.gallery) == 4


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
        assert gallery.content_hashes[i] == FilePicture(record.path).digest()
        with Image.open(BytesIO(gallery.thumbnail(i))) as small, Image.open(record.path) as picture:
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
    sizes = [Image.open(BytesIO(gallery.thumbnail(i))).size for i in range(len(gallery))]
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
    with pytest.raises(GalleryError, match=r"needs .* GB more, but the disk .* free"):
        build_index(dataset, checkpoint, tmp_path / "index")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_captions_in_several_batches(tmp_path, checkpoint, monkeypatch):
    """The order of captions, and the pooled text features, survive the batches."""
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 5))
    whole = build_index(dataset, checkpoint, tmp_path / "whole")
    monkeypatch.setattr(captions_step, "CAPTION_BATCH", 3)
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
