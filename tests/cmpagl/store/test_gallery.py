"""An opened index holds what encoding gives, and refuses what is damaged or of another model."""

import json
import shutil
from dataclasses import replace
from io import BytesIO

import lance
import numpy as np
import pyarrow as pa
import pytest
import torch
from fake_sets import draw_images
from PIL import Image
from tiny import tiny_checkpoint, tiny_dataset
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
    build_index(load_dataset(root), checkpoint, root / "index", tokens=True)
    return folder


@pytest.fixture
def copy(made, tmp_path):
    """A copy of it all, to be damaged."""
    return shutil.copytree(made, tmp_path / "copy")


@pytest.fixture
def gallery(made):
    return open_gallery(made / "data" / "index", open_checkpoint(made / "first"))


def touch_everything(gallery):
    for name in ("image_embeds", "caption_embeds", "map"):
        getattr(gallery, name)
    gallery.tokens(np.arange(len(gallery)))
    for number in range(len(gallery)):
        gallery.thumbnail(number)


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


# What is refused


def test_another_checkpoint_is_refused_by_both_names(made, tmp_path):
    other = tiny_checkpoint(tmp_path / "second", seed=1)
    with pytest.raises(GalleryError, match=r"'first' .*, but 'second' .* is in use"):
        open_gallery(made / "data" / "index", other)


def test_another_bank_is_refused(made, tmp_path):
    """The same weights with other bank queries: what is stored of them would not fit."""
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


def rewritten(index, table, change):
    """Change a table's columns as another tool might, and call the result whole."""
    path = str(index / f"{table}.lance")
    data = lance.dataset(path)
    config, rows = data.config(), data.to_table()
    columns = {name: rows.column(name) for name in rows.column_names}
    changed = pa.table(change(columns), schema=rows.schema)
    data = lance.write_dataset(changed, path, mode="overwrite")
    if table == "scenes":
        data.update_config(config)
        data.tags.update("whole", data.version)
    else:
        scenes = lance.dataset(str(index / "scenes.lance"))
        said = Description.from_json(scenes.config()["cmpagl"])
        said = replace(said, captions_version=data.version)
        scenes.update_config({"cmpagl": said.to_json()})
        scenes.tags.update("whole", scenes.version)
    return index


def flipped(columns, *names):
    """Some columns in the opposite order."""
    return columns | {name: columns[name].take(pa.array([4, 3, 2, 1, 0])) for name in names}


SCENE = ("image_id", "data_set", "class_name", "picture", "captions", "caption_keys")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (SCENE, "the record of the scene of 'scene_0004.png' is not what was written"),
        (("captions",), "the record of the scene of 'scene_0000.png'"),
        (("captions", "caption_keys"), "the record of the scene of 'scene_0000.png'"),
        (("picture",), "the record of the scene of 'scene_0000.png'"),
        (("content_digest",), "the record of the scene"),
        (("vector",), "the vector of the scene of 'scene_0000.png'"),
        (("vector", "vector_digest"), "the record of the scene of 'scene_0000.png'"),
        (("map",), "the place of the scene of 'scene_0000.png'"),
        (("map", "map_digest"), "the place of the scene of 'scene_0000.png'"),
        (("thumbnail",), "the thumbnail of the scene 'scene_0000.png'"),
        (("thumbnail", "thumbnail_digest"), "the record of the scene of 'scene_0000.png'"),
        (("token_values", "token_scales"), "the tokens of the scene 'scene_0000.png'"),
        (("token_values", "token_scales", "tokens_digest"), "the record of the scene"),
    ],
)
def test_reversed_columns_are_refused_by_name(copy, names, says):
    """Records, captions, vectors, places, thumbnails or tokens that stand at other scenes."""
    index = rewritten(copy / "data" / "index", "scenes", lambda c: flipped(c, *names))
    with pytest.raises(GalleryError, match=says):
        touch_everything(open_gallery(index))


def test_whole_rows_may_stand_in_any_order(copy):
    """A row is one thing: rows reversed are the same scenes, each with its own."""
    index, before = copy / "data" / "index", open_gallery(copy / "data" / "index")
    everything = lambda c: flipped(c, *c)  # noqa: E731
    after = open_gallery(rewritten(index, "scenes", everything))
    touch_everything(after)
    assert after.records == tuple(before.records)[::-1]
    assert np.array_equal(after.image_embeds, before.image_embeds[::-1])


@pytest.mark.parametrize("names", [("text",), ("vector",), ("vector", "vector_digest"), ("map",)])
def test_captions_exchanged_are_refused_by_name(copy, names):
    def exchange(columns):
        order = pa.array([1, 0, *range(2, 9)])
        return columns | {name: columns[name].take(order) for name in names}

    index = rewritten(copy / "data" / "index", "captions", exchange)
    with pytest.raises(GalleryError, match=r"of the caption of '.*' is not what was written"):
        touch_everything(open_gallery(index))


@pytest.mark.parametrize("table", ["scenes", "captions"])
def test_a_row_too_few_or_twice_is_refused(copy, table):
    for rows in ([0, 1, 2], [0, 1, 2, 3, 4, 4]):
        chosen = pa.array(rows if table == "scenes" else [*rows, *range(5, 9)])
        index = rewritten(
            shutil.copytree(copy, copy / str(len(rows))) / "data" / "index",
            table,
            lambda c, chosen=chosen: {name: column.take(chosen) for name, column in c.items()},
        )
        with pytest.raises(GalleryError, match="rows where its description says"):
            touch_everything(open_gallery(index))


def test_a_flipped_bit_is_refused_wherever_it_shows(copy):
    """In any file of the index: reading gives what was written, or one sentence."""
    index = copy / "data" / "index"
    gallery = open_gallery(index)
    touch_everything(gallery)
    rng = np.random.default_rng(0)
    refused = 0
    for path in sorted(p for p in index.rglob("*") if p.suffix in (".lance", ".manifest")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        for at in rng.integers(0, len(content), 12).tolist():
            damaged = bytearray(content)
            damaged[at] ^= 1 << (at % 8)
            path.write_bytes(damaged)
            try:
                found = open_gallery(index)
                touch_everything(found)
            except GalleryError:
                refused += 1
            else:
                assert found.description == gallery.description
                assert found.records == gallery.records
                assert found.distinct_captions == gallery.distinct_captions
                assert np.array_equal(found.image_vectors, gallery.image_vectors)
                assert np.array_equal(found.caption_vectors, gallery.caption_vectors)
                assert np.array_equal(found.map.aligned.images, gallery.map.aligned.images)
        path.write_bytes(content)
    assert refused


@pytest.mark.parametrize("table", ["scenes", "captions"])
def test_a_truncated_or_missing_file_is_refused(copy, table):
    for path in sorted((copy / "data" / "index" / f"{table}.lance" / "data").iterdir()):
        content = path.read_bytes()
        path.write_bytes(content[:-1])
        with pytest.raises(GalleryError, match=f"{table}.lance is damaged or not in full"):
            touch_everything(open_gallery(copy / "data" / "index"))
        path.unlink()
        with pytest.raises(GalleryError, match=f"{table}.lance is damaged or not in full"):
            touch_everything(open_gallery(copy / "data" / "index"))
        path.write_bytes(content)


def test_what_is_no_index_is_refused(tmp_path):
    """Nothing, one of an earlier version, one unfinished, one of a later version."""
    with pytest.raises(GalleryError, match=r"is no index .*`python -m cmpagl index"):
        open_gallery(tmp_path / "nowhere")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "index.json").write_text('{"format": 1}')
    with pytest.raises(GalleryError, match="is an index of an earlier version; make it again"):
        open_gallery(tmp_path / "old")


def test_another_format_is_refused(copy):
    data = lance.dataset(str(copy / "data" / "index" / "scenes.lance"))
    sound = data.config()["cmpagl"]
    newer = replace(Description.from_json(sound), format=3).to_json()
    for said, says in (
        (newer, "has the format 3, but this version reads format 2"),
        ("{", "description is damaged"),
        (sound.replace("fake", "fike"), "its digest is another one"),
    ):
        data.update_config({"cmpagl": said})
        data.tags.update("whole", data.version)
        with pytest.raises(GalleryError, match=says):
            open_gallery(copy / "data" / "index")


def test_a_picture_outside_the_data_folder_is_not_opened(copy):
    """An index is handed on: what it names is opened and shown."""
    from cmpagl.store.records import Records

    class Rows(list):
        def row(self, number):
            return self[number]

    row = {"image_id": "a", "data_set": None, "class_name": None, "captions": ["x"]}
    for path in ("../../secret.png", "/etc/passwd"):
        rows = Rows([row | {"picture": json.dumps({"path": path})}])
        with pytest.raises(GalleryError, match="leaves the data folder"):
            _ = Records(rows, copy)[0]
