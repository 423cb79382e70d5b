"""An opened index holds what encoding gives, and ranks by it."""

import shutil
from dataclasses import replace
from io import BytesIO

import lance
import numpy as np
import pytest
from fake_sets import draw_images
from PIL import Image
from tiny_index import build_index, with_smr

from cmpagl.config.ranking import SMRConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import load_pixels
from cmpagl.errors import GalleryError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.model.embed import embed_images, embed_texts
from cmpagl.model.saving import save_checkpoint
from cmpagl.rank.bank import Bank
from cmpagl.rank.bank_scores import wrongness
from cmpagl.rank.smr import rerank
from cmpagl.store.description import Description
from cmpagl.store.gallery import open_gallery


def test_records_and_captions_are_the_data_sets(made, gallery):
    dataset = load_dataset(made / "data")
    assert gallery.records == dataset.records
    assert gallery.records[-1] == dataset.records[-1]
    assert gallery.records[1:3] == dataset.records[1:3]
    assert gallery.captions == dataset.captions
    assert gallery.distinct_captions == dataset.distinct_captions[0]
    assert len(gallery.distinct_captions) == 9
    assert np.array_equal(gallery.caption_groups, dataset.caption_groups)
    assert np.array_equal(gallery.caption_to_image, dataset.caption_to_image)
    assert (len(gallery), gallery.name, gallery.split) == (5, "fake", None)


def test_arrays_are_what_the_model_gives(made, gallery):
    checkpoint = open_checkpoint(made / "first")
    squares = [load_pixels(record.path, 64) for record in gallery.records]
    batch = next(embed_images(checkpoint.image_tower(), checkpoint.fusion(), squares))
    assert np.array_equal(gallery.image_embeds, batch.image_embeds)
    values, scales = gallery.tokens([4, 0, 1, 2, 3])
    assert np.array_equal(values[1:], batch.token_values[:4])
    assert np.array_equal(scales[0], batch.token_scales[4])
    texts, _ = embed_texts(
        checkpoint.text_tower(), checkpoint.tokenizer(), gallery.distinct_captions
    )
    assert np.array_equal(gallery.caption_embeds, texts)


def test_arrays_are_read_only(gallery):
    for array in (gallery.image_embeds, gallery.caption_embeds):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def bank_by_hand(made, gallery, direction):
    """The exact bank of a direction: its queries' scores with the gallery's items."""
    vectors = open_checkpoint(made / "first").bank()
    queries = (vectors.text_embeds if direction == "t2i" else vectors.image_embeds).numpy()
    items = gallery.caption_embeds if direction == "i2t" else gallery.image_embeds
    right = vectors.image_captions.numpy()
    weights = None if direction == "t2i" else wrongness(right, items)
    return Bank.from_scores(queries @ items.T, weights)


@pytest.mark.parametrize("direction", ["t2i", "i2t", "i2i"])
def test_the_bank_reranks_as_the_scores_themselves(made, gallery, direction):
    """Whatever the form and the t, stored or not."""
    exact = bank_by_hand(made, gallery, direction)
    rng = np.random.default_rng(5)
    scores = rng.uniform(-1, 1, (3, exact.n_items)).astype(np.float32)
    for form, t in (("soft", 12.0), ("soft", 7.7), ("ratio", 12.0), ("combined", 30.0)):
        config = SMRConfig(form=form, t=t)
        expected = rerank(scores, exact, config)
        found = rerank(scores, getattr(gallery, direction), config)
        assert found == pytest.approx(expected, abs=1e-5)


def test_the_reranked_order_is_one_search(made, gallery):
    """``[q, alpha] . [g, -L]`` is ``A - alpha L`` for any alpha, with the stored numbers."""
    config = open_checkpoint(made / "first").config.ranking.bank_only
    query = gallery.image_embeds[2]
    for direction, at, t in (("t2i", 0, config.t2i.smr.t), ("i2i", 1, config.i2t.smr.t)):
        exact = bank_by_hand(made, gallery, direction)
        for alpha in (0.5, 1.0, 2.0):
            asked = np.zeros(gallery.image_vectors.shape[1], np.float32)
            asked[:16], asked[16 + at] = query, alpha
            expected = gallery.image_embeds @ query - alpha * exact.soft_extreme(t)
            assert gallery.image_vectors @ asked == pytest.approx(expected, abs=1e-5)


def test_without_its_checkpoint_there_is_no_bank(made):
    with pytest.raises(GalleryError, match="opened without its checkpoint"):
        _ = open_gallery(made / "data" / "index").t2i


def test_share_of_random_queries(made, gallery):
    """Counted over the bank: the share whose best score is at least this high."""
    vectors = open_checkpoint(made / "first").bank()
    best = (vectors.text_embeds.numpy() @ gallery.image_embeds.T).max(axis=1)
    for score in (-1.0, float(np.median(best)), 0.3, 1.01):
        assert gallery.share_as_high(score) == pytest.approx(np.mean(best >= score))
    best = (vectors.image_embeds.numpy() @ gallery.caption_embeds.T).max(axis=1)
    assert gallery.share_as_high(0.4, "i2t") == pytest.approx(np.mean(best >= 0.4))


def test_a_live_query_lands_on_its_twin(gallery):
    for centred, view in ((False, gallery.map.aligned), (True, gallery.map.centred)):
        images = gallery.place_on_map(gallery.image_embeds, "image", centred=centred)
        texts = gallery.place_on_map(gallery.caption_embeds, "text", centred=centred)
        assert images == pytest.approx(view.images, abs=1e-2)
        assert texts == pytest.approx(view.captions, abs=1e-2)


def test_map_and_gap(gallery):
    means = gallery.image_embeds.mean(axis=0), gallery.caption_embeds.mean(axis=0)
    assert gallery.map.modality_gap == pytest.approx(np.linalg.norm(means[0] - means[1]), rel=1e-5)
    for view in (gallery.map.aligned, gallery.map.centred, gallery.map.raw):
        assert view.images.shape == (5, 2)
        assert view.captions.shape == (9, 2)
    # Centred, the two modalities share their middle; as they are, they do not.
    middle = [np.abs(v.images.mean(0) - v.captions.mean(0)).max() for v in _views(gallery.map)]
    assert middle[1] < middle[0]


def _views(maps):
    return maps.aligned, maps.centred


def test_thumbnails_show_the_pictures(gallery):
    for i, record in enumerate(gallery.records):
        with Image.open(BytesIO(gallery.thumbnail(i))) as small, Image.open(record.path) as picture:
            assert (small.format, small.size) == ("WEBP", (80, 80))
            difference = np.abs(np.asarray(small, float) - np.asarray(picture, float))
            assert difference.mean() < 10


def test_a_changed_or_vanished_picture_is_told(copy):
    gallery = open_gallery(copy / "data" / "index")
    assert [gallery.picture_state(i) for i in range(3)] == ["unchanged"] * 3
    draw_images(gallery.records[1].path.parent, (gallery.records[1].path.name,))
    gallery.records[2].path.unlink()
    assert [gallery.picture_state(i) for i in range(3)] == ["unchanged", "changed", "missing"]


def test_index_and_pictures_move_together(copy):
    """The copy finds its own pictures, and no path of this machine is in the index."""
    gallery = open_gallery(copy / "data" / "index")
    assert gallery.root == copy / "data"
    assert all(record.path.is_file() for record in gallery.records)
    folder = str(copy.parent.parent).encode()
    for path in (copy / "data" / "index").rglob("*"):
        assert path.is_dir() or folder not in path.read_bytes()


def test_pictures_elsewhere_are_found_by_either_path(made, tmp_path, monkeypatch):
    """Absolute first; as the user wrote it where that has gone (another mount, a container)."""
    monkeypatch.chdir(made)
    dataset = load_dataset("data")
    out = tmp_path / "far" / "away"
    gallery = build_index(dataset, open_checkpoint(made / "first"), out, with_map=False)
    assert gallery.root == made / "data"
    data = lance.dataset(str(out / "scenes.lance"))
    said = Description.from_json(data.config()["cmpagl"])
    moved = replace(said, root={**said.root, "absolute": "/nowhere/data"})
    data.update_config({"cmpagl": moved.to_json()})
    data.tags.update("whole", data.version)
    assert open_gallery(out).root.resolve() == made / "data"


def test_without_captions(made, tmp_path):
    """A plain folder of pictures: everything but what needs captions."""
    shutil.copytree(made / "data" / "images", tmp_path / "photos")
    checkpoint = open_checkpoint(made / "first")
    gallery = build_index(load_dataset(tmp_path / "photos"), checkpoint, tmp_path / "index")
    assert (len(gallery), gallery.captions, gallery.i2t) == (5, [], None)
    assert gallery.caption_embeds.shape == (0, 16)
    assert gallery.map.aligned.images.shape == (5, 2)
    assert gallery.map.aligned.captions.shape == (0, 2)
    assert gallery.map.centred is None
    assert gallery.map.modality_gap is None
    assert 0 <= gallery.share_as_high(0.3) <= 1
    with pytest.raises(GalleryError, match="no captions"):
        gallery.share_as_high(0.3, "i2t")
    with pytest.raises(GalleryError, match="no centred map"):
        gallery.place_on_map(gallery.image_embeds, "image", centred=True)
    with pytest.raises(GalleryError, match="keeps no image tokens"):
        gallery.tokens([0])


def test_columns_are_looked_up_at_once(gallery):
    """A name, a class, a data set, the beginning of a content digest."""
    assert gallery.records.find("scene_0003.png") == 3
    assert gallery.records.find("scene") is None
    assert not gallery.records.where("class_name", "airport").any()
    assert gallery.records.where("data_set", "fake", "fake").all()
    digest = gallery.content_hashes[2]
    assert gallery.find_content(digest[:9]) == gallery.find_content(digest) == 2
    assert gallery.find_content("zz") is None
    assert gallery.class_names == ()


def test_a_retuned_checkpoint_still_fits(made, tmp_path):
    """Other ranking values change no embedding and no bank; another t is computed."""
    first = open_checkpoint(made / "first")
    ranking = with_smr(first.config.ranking, "t2i", SMRConfig(t=10.0, alpha=0.5))
    other = save_checkpoint(
        tmp_path / "retuned",
        first.model(),
        first.bank(),
        (made / "first" / "tokenizer.json").read_bytes(),
        ranking=ranking,
        provenance={},
    )
    gallery = open_gallery(made / "data" / "index", other)
    expected = bank_by_hand(made, gallery, "t2i").soft_extreme(10.0)
    found = rerank(np.zeros((1, 5)), gallery.t2i, ranking.bank_only.t2i.smr)
    assert found[0] == pytest.approx(-0.5 * expected, abs=1e-6)
