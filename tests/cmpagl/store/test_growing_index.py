"""An index grows: only what is new or changed is embedded, by content, and nothing is lost."""

import json
import shutil

import numpy as np
import pytest
from fake_sets import draw_images
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from cmpagl.data.dataset import load_dataset
from cmpagl.errors import GalleryError
from cmpagl.rank.bank import Bank
from cmpagl.store import captions_step, embedding
from cmpagl.store.build import grow_index
from cmpagl.store.fitting import fitting_index
from cmpagl.store.gallery import open_gallery


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return tiny_checkpoint(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def data(tmp_path):
    """Six scenes with two captions each, and their index."""
    return tiny_dataset(tmp_path / "data", 6)


@pytest.fixture
def embedded(monkeypatch):
    """How many pictures and captions a run embeds."""
    counts = {"images": 0, "captions": 0}
    images, texts = embedding.embed_images, captions_step.embed_texts

    def count_images(tower, fusion, squares, **options):
        squares = list(squares)
        counts["images"] += len(squares)
        return images(tower, fusion, squares, **options)

    def count_texts(tower, tokenizer, some, **options):
        counts["captions"] += len(some)
        return texts(tower, tokenizer, some, **options)

    monkeypatch.setattr(embedding, "embed_images", count_images)
    monkeypatch.setattr(captions_step, "embed_texts", count_texts)
    return counts


def described(root, change):
    """Change a data set's description in place."""
    path = root / "dataset_fake.json"
    said = json.loads(path.read_text())
    change(said["images"])
    path.write_text(json.dumps(said))
    return load_dataset(root)


def as_made_anew(gallery, dataset, checkpoint, folder):
    """The same scenes with the same numbers as an index made of the data set from nothing."""
    fresh = build_index(dataset, checkpoint, folder, with_map=False)
    rows = [gallery.records.find(record.image_id) for record in fresh.records]
    assert sorted(rows) == list(range(len(gallery)))
    assert [gallery.records[row] for row in rows] == list(fresh.records)
    np.testing.assert_allclose(gallery.image_vectors[rows], fresh.image_vectors, atol=1e-5)
    assert [gallery.content_hashes[row] for row in rows] == list(fresh.content_hashes)
    assert [gallery.thumbnail(row) for row in rows] == [
        fresh.thumbnail(n) for n in range(len(fresh))
    ]
    texts = [gallery.distinct_captions.index(text) for text in fresh.distinct_captions]
    assert sorted(texts) == list(range(len(gallery.distinct_captions)))
    np.testing.assert_allclose(gallery.caption_vectors[texts], fresh.caption_vectors, atol=1e-5)
    best = {way: fresh.share_as_high(0.2, way) for way in ("t2i", "i2t", "i2i")}
    assert best == {way: gallery.share_as_high(0.2, way) for way in best}
    gaps = [one.description.modality_gap for one in (gallery, fresh)]
    assert gaps[0] == pytest.approx(gaps[1], rel=1e-5)


def test_nothing_new_costs_nothing(tmp_path, data, checkpoint, embedded):
    """No picture, no caption, and no new version."""
    before = build_index(load_dataset(data), checkpoint, tmp_path / "index")
    assert embedded == {"images": 6, "captions": 12}
    growth = grow_index(load_dataset(data), checkpoint, tmp_path / "index")
    assert (growth.new, growth.moved, growth.vanished) == (0, 0, ())
    assert embedded == {"images": 6, "captions": 12}
    assert not before.newer
    assert growth.gallery.version == before.version


def test_an_index_fits_its_own_pictures_alone(tmp_path, data, checkpoint):
    """Also after it has grown and has another order; not with one picture more or other words."""
    out = tmp_path / "index"
    assert fitting_index(out, load_dataset(data), checkpoint) is None
    build_index(load_dataset(data), checkpoint, out, with_map=False)
    dataset = described(data, lambda entries: entries[1]["sentences"][0].update(raw="two ships"))
    assert fitting_index(out, dataset, checkpoint) is None
    build_index(dataset, checkpoint, out, with_map=False)
    found = fitting_index(out, dataset, checkpoint)
    assert found is not None
    assert found.records[-1].image_id == "scene_0001.png"
    fewer = described(data, lambda entries: entries.pop())
    assert fitting_index(out, fewer, checkpoint) is None


def test_only_new_pictures_are_embedded(tmp_path, data, checkpoint, embedded, monkeypatch):
    """And the bank's queries are held against these and their captions alone."""
    out, compared, best = tmp_path / "index", [], Bank.best_scores
    dataset = load_dataset(data)
    build_index(dataset, checkpoint, out, with_map=False)
    more = load_dataset(tiny_dataset(tmp_path / "more", 9))
    shutil.copytree(tmp_path / "more", data, dirs_exist_ok=True)
    monkeypatch.setattr(
        Bank, "best_scores", lambda bank: compared.append(bank.n_items) or best(bank)
    )
    growth = grow_index(load_dataset(data), checkpoint, out, with_map=False)
    assert (growth.new, compared) == (3, [3, 3, 6])
    assert embedded == {"images": 9, "captions": 18}
    assert [r.image_id for r in growth.gallery.records] == [r.image_id for r in more.records]
    as_made_anew(growth.gallery, load_dataset(data), checkpoint, tmp_path / "fresh")


def test_a_changed_picture_is_embedded_by_its_content(tmp_path, data, checkpoint, embedded):
    """Touched or written again with the same bytes it is the same; with others it is another."""
    out = tmp_path / "index"
    build_index(load_dataset(data), checkpoint, out, with_map=False)
    path = data / "images" / "scene_0001.png"
    path.write_bytes(path.read_bytes())
    assert grow_index(load_dataset(data), checkpoint, out, with_map=False).new == 0
    draw_images(data / "images", ("scene_0001.png",))
    growth = grow_index(load_dataset(data), checkpoint, out, with_map=False)
    assert (growth.new, growth.moved, len(growth.gallery)) == (1, 0, 6)
    assert embedded["images"] == 7
    as_made_anew(growth.gallery, load_dataset(data), checkpoint, tmp_path / "fresh")


def test_a_moved_picture_keeps_its_embedding(tmp_path, data, checkpoint, embedded):
    """Renamed, two exchanged, or the whole folder elsewhere: no tower is asked."""
    out = tmp_path / "index"
    build_index(load_dataset(data), checkpoint, out)
    images = data / "images"
    (images / "scene_0004.png").rename(images / "renamed.png")

    def rename(entries):
        entries[4]["filename"] = "renamed.png"

    dataset = described(data, rename)
    one, other = images / "scene_0000.png", images / "scene_0001.png"
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second), other.write_bytes(first)
    growth = grow_index(dataset, checkpoint, out)
    assert (growth.new, growth.moved, growth.vanished) == (0, 3, ())
    assert embedded["images"] == 6
    as_made_anew(growth.gallery, dataset, checkpoint, tmp_path / "fresh")
    assert growth.gallery.map.aligned.images.shape == (6, 2)
    data.rename(tmp_path / "elsewhere")
    dataset = load_dataset(tmp_path / "elsewhere")
    growth = grow_index(dataset, checkpoint, out)
    assert (growth.new, growth.moved) == (0, 0)
    assert growth.gallery.records == tuple(open_gallery(out).records)
    assert all(record.path.is_file() for record in growth.gallery.records)


def test_a_changed_caption_is_embedded_alone(tmp_path, data, checkpoint, embedded):
    """Its scene keeps its embedding; a caption that nobody has any more goes."""
    out = tmp_path / "index"
    build_index(load_dataset(data), checkpoint, out, with_map=False)

    def reword(entries):
        entries[2]["sentences"][0]["raw"] = "three ships beside a long bridge"

    dataset = described(data, reword)
    growth = grow_index(dataset, checkpoint, out, with_map=False)
    assert (growth.new, growth.moved) == (0, 1)
    assert embedded == {"images": 6, "captions": 13}
    assert len(growth.gallery.distinct_captions) == 12
    as_made_anew(growth.gallery, dataset, checkpoint, tmp_path / "fresh")


def test_vanished_pictures_are_told_and_pruned_when_asked(tmp_path, data, checkpoint):
    out = tmp_path / "index"
    build_index(load_dataset(data), checkpoint, out, with_map=False)
    dataset = described(data, lambda entries: entries.pop(3))
    growth = grow_index(dataset, checkpoint, out, with_map=False)
    assert growth.vanished == ("scene_0003.png",)
    assert len(growth.gallery) == 6
    assert len(growth.gallery.distinct_captions) == 12
    growth = grow_index(dataset, checkpoint, out, with_map=False, prune=True)
    assert growth.vanished == ("scene_0003.png",)
    as_made_anew(growth.gallery, dataset, checkpoint, tmp_path / "fresh")


def test_an_index_of_other_pictures_is_not_mixed(tmp_path, data, checkpoint):
    """Refused with what to do; --prune puts the new ones in their place."""
    out = tmp_path / "index"
    build_index(load_dataset(data), checkpoint, out, with_map=False)
    (tmp_path / "photos").mkdir()
    draw_images(tmp_path / "photos", ("a.png", "b.png"))
    photos = load_dataset(tmp_path / "photos")
    with pytest.raises(GalleryError, match="holds other pictures than"):
        build_index(photos, checkpoint, out, with_map=False)
    assert len(open_gallery(out)) == 6
    growth = grow_index(photos, checkpoint, out, with_map=False, prune=True)
    assert [record.image_id for record in growth.gallery.records] == ["a.png", "b.png"]


def test_new_points_are_placed_and_the_map_stays(tmp_path, checkpoint):
    """Old points keep their places; a new one lies among its neighbours, a copy on its twin."""
    root = tiny_dataset(tmp_path / "data", 20)
    out = tmp_path / "index"
    dataset = load_dataset(root)
    before = build_index(dataset, checkpoint, out)

    def twin(entries):
        shutil.copy(root / "images" / "scene_0007.png", root / "images" / "twin.png")
        entries.append(entries[7] | {"filename": "twin.png", "imgid": 20})

    after = build_index(described(root, twin), checkpoint, out)
    for view in ("aligned", "centred", "raw"):
        old, new = getattr(before.map, view), getattr(after.map, view)
        np.testing.assert_array_equal(new.images[:20], old.images)
        np.testing.assert_array_equal(new.captions, old.captions)
        np.testing.assert_allclose(new.images[20], new.images[7], atol=1e-2)
    again = grow_index(load_dataset(root), checkpoint, out, refit_map=True).gallery
    assert again.version != after.version
    assert not np.array_equal(again.map.aligned.images[:20], before.map.aligned.images)


def test_a_map_can_come_later(tmp_path, data, checkpoint):
    """An index made without gets the maps that it would have had; nothing is embedded again."""
    dataset = load_dataset(data)
    whole = build_index(dataset, checkpoint, tmp_path / "whole")
    build_index(dataset, checkpoint, tmp_path / "late", with_map=False)
    growth = grow_index(dataset, checkpoint, tmp_path / "late")
    assert growth.new == 0
    for view in ("aligned", "centred", "raw"):
        own, other = getattr(growth.gallery.map, view), getattr(whole.map, view)
        np.testing.assert_allclose(own.images, other.images, atol=1e-3)
        np.testing.assert_allclose(own.captions, other.captions, atol=1e-3)


def test_tokens_once_kept_are_kept_of_what_comes_later(tmp_path, data, checkpoint, embedded):
    """Asked for later, everything is made anew with them."""
    out = tmp_path / "index"
    build_index(load_dataset(data), checkpoint, out, with_map=False)
    gallery = build_index(load_dataset(data), checkpoint, out, with_map=False, tokens=True)
    assert embedded["images"] == 12
    draw_images(data / "images", ("scene_0001.png",))
    gallery = build_index(load_dataset(data), checkpoint, out, with_map=False)
    assert gallery.tokens(range(6))[0].shape[0] == 6


def test_a_damaged_row_is_made_again(tmp_path, data, checkpoint, embedded):
    """The one scene alone; from an index that cannot be read at all, everything."""
    import lance

    out = tmp_path / "index"
    dataset = load_dataset(data)
    build_index(dataset, checkpoint, out, with_map=False)
    lance.dataset(str(out / "scenes.lance")).update(
        {"class_name": "'volcano'"}, where="image_id = 'scene_0002.png'"
    )
    gallery = build_index(dataset, checkpoint, out, with_map=False)
    assert embedded["images"] == 7
    as_made_anew(gallery, dataset, checkpoint, tmp_path / "fresh")
    for path in (out / "scenes.lance" / "data").iterdir():
        path.write_bytes(b"nothing")
    gallery = build_index(dataset, checkpoint, out, with_map=False)
    as_made_anew(gallery, dataset, checkpoint, tmp_path / "fresh")


@pytest.mark.parametrize("gone", ["scenes.lance", "scenes.lance/_versions"])
def test_what_a_run_that_ended_at_once_has_left_is_gone_on_with(tmp_path, data, checkpoint, gone):
    """A table of captions and none of scenes, or one that nothing tells of."""
    out, dataset = tmp_path / "index", load_dataset(data)
    build_index(dataset, checkpoint, out, with_map=False)
    shutil.rmtree(out / gone)
    gallery = build_index(dataset, checkpoint, out, with_map=False)
    as_made_anew(gallery, dataset, checkpoint, tmp_path / "fresh")


def test_an_index_of_format_1_is_replaced(tmp_path, data, checkpoint):
    out = tmp_path / "index"
    (out / "thumbnails").mkdir(parents=True)
    for name in ("index.json", "bank.safetensors", "image_embeds.npy", "thumbnails/000000.webp"):
        (out / name).write_bytes(b"old")
    build_index(load_dataset(data), checkpoint, out, with_map=False)
    assert sorted(path.name for path in out.iterdir()) == ["captions.lance", "scenes.lance"]


def test_a_scene_takes_little_room(tmp_path, checkpoint):
    """Beside thumbnail and captions, at most what a vector of its width and 450 bytes are."""
    root = tiny_dataset(tmp_path / "many", 100)
    gallery = build_index(load_dataset(root), checkpoint, tmp_path / "index")
    used = sum(p.stat().st_size for p in (tmp_path / "index").rglob("*") if p.is_file())
    thumbnails = sum(len(gallery.thumbnail(n)) for n in range(100))
    rows = 300  # 100 scenes, 200 captions
    assert used - thumbnails < rows * (4 * 24 + 200) + 100_000
