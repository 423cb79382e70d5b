"""An opened index holds what encoding gives, and refuses what is damaged or of another model."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from fake_sets import draw_images
from PIL import Image
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import with_smr

from cmpagl.config.ranking import SMRConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import load_pixels
from cmpagl.errors import GalleryError
from cmpagl.model.checkpoint import open_checkpoint, save_checkpoint
from cmpagl.model.embed import embed_images, embed_texts
from cmpagl.rank.bank import Bank, wrongness
from cmpagl.rank.smr import rerank
from cmpagl.store.build import build_index
from cmpagl.store.gallery import open_gallery

FILES = [
    "bank.safetensors",
    "caption_embeds.npy",
    "image_embeds.npy",
    "map_aligned.npy",
    "map_centred.npy",
    "map_raw_image.npy",
    "map_raw_text.npy",
    "token_scales.npy",
    "token_values.npy",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Five scenes with ten captions, one of them twice, and their index in the data's folder."""
    folder = tmp_path_factory.mktemp("gallery")
    checkpoint = tiny_checkpoint(folder / "first")
    root = tiny_dataset(folder / "data", 5)
    path = root / "dataset_fake.json"
    said = json.loads(path.read_text())
    said["images"][3]["sentences"][0]["raw"] = said["images"][0]["sentences"][1]["raw"].upper()
    path.write_text(json.dumps(said))
    build_index(load_dataset(root), checkpoint, root / "index")
    return folder


@pytest.fixture
def copy(made, tmp_path):
    """A copy of it all, to be damaged."""
    return shutil.copytree(made, tmp_path / "copy")


@pytest.fixture
def gallery(made):
    return open_gallery(made / "data" / "index", open_checkpoint(made / "first"))


def touch_everything(gallery):
    for name in ("image_embeds", "caption_embeds", "token_values", "token_scales", "t2i", "map"):
        getattr(gallery, name)


def test_records_and_captions_are_the_data_sets(made, gallery):
    dataset = load_dataset(made / "data")
    assert gallery.records == dataset.records
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
    assert np.array_equal(gallery.token_values, batch.token_values)
    assert np.array_equal(gallery.token_scales, batch.token_scales)
    texts, _ = embed_texts(
        checkpoint.text_tower(), checkpoint.tokenizer(), gallery.distinct_captions
    )
    assert np.array_equal(gallery.caption_embeds, texts)


def test_arrays_are_mapped_and_read_only(gallery):
    for array in (gallery.image_embeds, gallery.token_values):
        assert isinstance(array.base, np.memmap)
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("direction", ["t2i", "i2t", "i2i"])
def test_the_bank_reranks_as_the_scores_themselves(made, gallery, direction):
    """A live query with the stored statistics gives the row that the bank's scores give."""
    vectors = open_checkpoint(made / "first").bank()
    queries = (vectors.text_embeds if direction == "t2i" else vectors.image_embeds).numpy()
    items = gallery.caption_embeds if direction == "i2t" else gallery.image_embeds
    right = vectors.image_captions.numpy()
    weights = None if direction == "t2i" else wrongness(right, items)
    exact = Bank.from_scores(queries @ items.T, weights)
    rng = np.random.default_rng(5)
    scores = rng.uniform(-1, 1, (3, len(items))).astype(np.float32)
    for form in ("soft", "ratio", "combined"):
        config = SMRConfig(form=form)
        expected = rerank(scores, exact, config)
        stored = rerank(scores, getattr(gallery, direction), config)
        assert stored == pytest.approx(expected, abs=1e-5)


def test_tuned_values_and_baselines_are_at_hand(made, gallery):
    """The t of the checkpoint's ranking, of every baseline, and a grid for the page's slider."""
    ranking = open_checkpoint(made / "first").config.ranking
    for bank in (gallery.t2i, gallery.i2t, gallery.i2i):
        assert {ranking.bank_only.t2i.smr.t, ranking.bank_only.i2t.smr.t, 20.0, 8.0} <= set(bank.ts)
        assert bank.top_mean(10).shape == (bank.n_items,)


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
        with Image.open(gallery.thumbnail(i)) as small, Image.open(record.path) as picture:
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
    assert str(copy.parent.parent) not in (copy / "data" / "index" / "index.json").read_text()


def test_pictures_elsewhere_are_found_by_either_path(made, tmp_path, monkeypatch):
    """Absolute first; as the user wrote it where that has gone (another mount, a container)."""
    monkeypatch.chdir(made)
    dataset = load_dataset("data")
    out = tmp_path / "far" / "away"
    gallery = build_index(dataset, open_checkpoint(made / "first"), out, with_map=False)
    assert gallery.root == made / "data"
    said = json.loads((out / "index.json").read_text())
    said["root"]["absolute"] = "/nowhere/data"
    (out / "index.json").write_text(json.dumps(said))
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


# What is refused


def test_another_checkpoint_is_refused_by_both_names(made, tmp_path):
    other = tiny_checkpoint(tmp_path / "second", seed=1)
    with pytest.raises(GalleryError, match=r"'first' .*, but 'second' .* is in use"):
        open_gallery(made / "data" / "index", other)


def test_another_bank_is_refused(made, tmp_path):
    """The same weights with other bank queries: the statistics would not fit."""
    first = open_checkpoint(made / "first")
    bank = replace(first.bank(), image_embeds=torch.flip(first.bank().image_embeds, [1]))
    tokenizer = (made / "first" / "tokenizer.json").read_bytes()
    other = save_checkpoint(
        tmp_path / "rebanked",
        first.model(),
        bank,
        tokenizer,
        ranking=first.config.ranking,
        provenance={},
    )
    with pytest.raises(GalleryError, match="with the query bank of the checkpoint 'first'"):
        open_gallery(made / "data" / "index", other)


def test_a_retuned_checkpoint_still_fits(made, tmp_path):
    """Other ranking values change no embedding and no bank."""
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
    assert rerank(np.zeros((1, 5)), gallery.t2i, ranking.bank_only.t2i.smr).shape == (1, 5)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_or_missing_file_is_refused_at_once(copy, name):
    path = copy / "data" / "index" / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(GalleryError, match=rf"{name} has .* bytes .* truncated"):
        open_gallery(copy / "data" / "index")
    path.unlink()
    with pytest.raises(GalleryError, match=f"lacks {name}"):
        open_gallery(copy / "data" / "index")


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused_when_used(copy, name):
    """One flipped bit in the data; opening does not read it, using it does."""
    path = copy / "data" / "index" / name
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    gallery = open_gallery(copy / "data" / "index")
    with pytest.raises(GalleryError, match=f"{name} is damaged"):
        touch_everything(gallery)


def test_a_missing_thumbnail_is_refused(copy):
    open_gallery(copy / "data" / "index").thumbnail(2).unlink()
    with pytest.raises(GalleryError, match="holds 4 files where the index has 5 images"):
        open_gallery(copy / "data" / "index")
