"""A further model in an index: what it embeds, what it leaves alone, and what is refused."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from published_models import published_model
from tiny import tiny_checkpoint, tiny_dataset

from cmpagl.__main__ import main
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import CheckpointError, DataError, GalleryError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.rank.stage import ALIGNED, ALIGNED_SMR
from cmpagl.search.retriever import Retriever
from cmpagl.store.adding import add_model
from cmpagl.store.beside import group_folder, models_in
from cmpagl.store.build import grow_index
from cmpagl.store.gallery import open_gallery


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two tiny checkpoints of our own, and a DINOv2."""
    folder = tmp_path_factory.mktemp("models")
    published_model("dinov2", folder / "dinov2")
    return (
        tiny_checkpoint(folder / "first"),
        tiny_checkpoint(folder / "second", seed=1),
        open_checkpoint(folder / "dinov2"),
    )


@pytest.fixture(scope="module")
def two(models, tmp_path_factory):
    """A data set, and its index with two models."""
    folder = tmp_path_factory.mktemp("two")
    first, second, _ = models
    dataset = load_dataset(tiny_dataset(folder / "data", 10))
    grow_index(dataset, first, folder / "index", with_map=False)
    added = add_model(folder / "index", second, with_map=False)
    assert added.new == 10
    return folder


def copied(two, folder):
    shutil.copytree(two, folder)
    return folder / "index", load_dataset(folder / "data")


def test_each_model_sees_what_an_index_of_its_own_would(models, two, tmp_path):
    """The same vectors, banks and rankings; the first model's rows are the very same."""
    first, second, _ = models
    assert [held.name for held in models_in(two / "index")] == ["first", "second"]
    dataset = load_dataset(two / "data")
    for model in (first, second):
        alone = grow_index(dataset, model, tmp_path / model.name, with_map=False).gallery
        beside = open_gallery(two / "index", model)
        assert beside.records.values("image_id") == alone.records.values("image_id")
        for name in ("image_vectors", "caption_vectors"):
            assert np.allclose(getattr(beside, name), getattr(alone, name), atol=1e-6), name
        assert beside.share_as_high(0.2) == alone.share_as_high(0.2)
        assert beside.modality_gap == pytest.approx(alone.modality_gap)
        retrievers = [Retriever(gallery, model) for gallery in (beside, alone)]
        for stage in (ALIGNED, ALIGNED_SMR):
            a, b = (r.ranking(r.query_text("a red plane"), stage) for r in retrievers)
            assert a.items.tolist() == b.items.tolist()


def test_only_what_is_missing_is_embedded(models, two, tmp_path):
    """After the first model's index has grown and lost a scene; until then it says so."""
    first, second, _ = models
    index, _ = copied(two, tmp_path / "two")
    shutil.rmtree(tmp_path / "two" / "data")
    dataset = load_dataset(tiny_dataset(tmp_path / "two" / "data", 13))
    short = type(dataset)(dataset.name, dataset.root, None, dataset.records[1:], (), ())
    grow_index(short, first, index, with_map=False, prune=True)
    with pytest.raises(GalleryError, match="lacks 3 of the 12 scenes"):
        open_gallery(index, second).image_vectors  # noqa: B018
    added = add_model(index, second, with_map=False)
    assert added.new == 3
    assert len(added.gallery.image_embeds) == 12


def test_a_stopped_run_goes_on(models, two, tmp_path):
    """What it had embedded is kept; until it is whole, the index is what it was."""
    _, second, _ = models
    index, _ = copied(two, tmp_path / "two")
    shutil.rmtree(index / "models")

    class Stop(Exception):
        pass

    def stop(what, done, total):
        if what == "captions":
            raise Stop

    with pytest.raises(Stop):
        add_model(index, second, progress=stop)
    with pytest.raises(GalleryError):
        open_gallery(index, second)
    assert add_model(index, second, with_map=False).new == 0


def test_a_model_without_words(models, two, tmp_path):
    """Pictures are found by pictures, captions are shown, and nothing is measured by them."""
    first, _, dino = models
    index, dataset = copied(two, tmp_path / "two")
    beside = add_model(index, dino, with_map=False).gallery
    alone = grow_index(dataset, dino, tmp_path / "alone").gallery
    for gallery in (beside, alone):
        assert (gallery.captions, gallery.distinct_captions, gallery.i2t) == ([], [], None)
        assert gallery.records[0].captions == dataset.records[0].captions
        assert gallery.caption_embeds.shape == (0, 16)
        retriever = Retriever(gallery, dino)
        assert retriever.query_image(dataset.records[3].path).scores.argmax() == 3
    added = add_model(tmp_path / "alone", first)  # reads what the first could not
    read = open_gallery(index, first).caption_embeds
    assert np.allclose(added.gallery.caption_embeds, read, atol=1e-6)


def test_what_cannot_be_added_is_one_sentence(models, two, tmp_path):
    """The first model again, a damaged one, a changed picture, rows that nobody has written."""
    first, second, _ = models
    index, dataset = copied(two, tmp_path / "two")
    with pytest.raises(GalleryError, match="was made with 'first' already"):
        add_model(index, first)
    third = tiny_checkpoint(tmp_path / "third", seed=2)
    (third.folder / "tokenizer.json").write_bytes(b"{}")
    told = []
    with pytest.raises(CheckpointError, match=r"tokenizer\.json"):
        add_model(index, third, progress=lambda *said: told.append(said))
    assert told == [("images", 0, 10)]  # and none of them embedded
    third = tiny_checkpoint(tmp_path / "third", seed=2)
    shutil.copy(dataset.records[0].path, dataset.records[1].path)
    with pytest.raises(DataError, match="is another picture than when it was indexed"):
        add_model(index, third)
    for file in (group_folder(index, second.fingerprint) / "scenes.lance" / "data").iterdir():
        content = bytearray(file.read_bytes())
        content[100:104] = bytes(byte ^ 255 for byte in content[100:104])
        file.write_bytes(content)
    with pytest.raises(GalleryError):
        open_gallery(index, second).image_vectors  # noqa: B018


def test_the_command_adds_and_replaces(models, two, tmp_path, capsys):
    first, _, _ = models
    index, _ = copied(two, tmp_path / "two")
    third = tiny_checkpoint(tmp_path / "third", seed=2)
    line = ["index", "--data", tmp_path / "two" / "data", "--out", index, "--no-map"]
    line = [str(part) for part in (*line, "--checkpoint", third.folder)]
    assert main(line) == 0
    assert "third added beside first, 10 images, 10 new" in capsys.readouterr().out
    search = ["search", "--index", str(index), "--checkpoint", str(third.folder), "a red plane"]
    assert main(search) == 0
    assert len(open_gallery(index, first)) == 10
    assert main([*line, "--replace"]) == 0
    assert [held.name for held in models_in(index)] == ["third"]


def test_a_model_beside_has_maps_and_compares_all(models, two, tmp_path):
    """Places of its own, kept as it grows; where the store is searched by candidates, all count."""
    first, second, _ = models
    index, _ = copied(two, tmp_path / "two")
    assert open_gallery(index, second).map is None
    exact = add_model(index, second).gallery
    maps = exact.map
    assert maps.raw is None
    assert maps.aligned.images.shape == (10, 2)
    assert maps.centred.captions.shape == (len(exact.distinct_captions), 2)
    assert open_gallery(index, first).map is None  # made without
    far = open_gallery(index, second, mode="candidates")
    assert far.reach.mode == "exact"
    query = [Retriever(g, second).query_text("a red plane") for g in (exact, far)]
    assert np.array_equal(query[0].scores, query[1].scores)
    again = add_model(index, second).gallery
    assert np.array_equal(again.map.aligned.images, maps.aligned.images)
