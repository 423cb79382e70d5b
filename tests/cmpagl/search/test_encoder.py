import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index, tiny_retriever

from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import read_image
from cmpagl.errors import DataError, GalleryError, QueryError
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.rank.stage import FINAL
from cmpagl.search.retriever import Retriever
from cmpagl.store.gallery import open_gallery


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    return tiny_retriever(tmp_path_factory.mktemp("encoder"), 6)


def counting(monkeypatch):
    """Which parts of a checkpoint get loaded, one after the other."""
    loaded = []
    for name in ("text_tower", "image_tower", "fusion", "tokenizer", "bank"):
        real = getattr(Checkpoint, name)

        def load(self, name=name, real=real):
            loaded.append(name)
            return real(self)

        monkeypatch.setattr(Checkpoint, name, load)
    return loaded


def test_a_query_loads_only_what_it_needs(retriever, monkeypatch):
    """No tower for a scene, no image tower for words, and each once for two threads."""
    loaded = counting(monkeypatch)
    gallery = open_gallery(retriever.gallery.folder, retriever.checkpoint)
    fresh = Retriever(gallery, retriever.checkpoint)
    fresh.ranking(fresh.query_scene(2))
    assert loaded == ["bank"]
    loaded.clear()
    threads = [threading.Thread(target=fresh.query_text, args=("a red ship",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(loaded) == ["text_tower", "tokenizer"]
    fresh.query_image(fresh.gallery.records[0].path)
    assert loaded.count("image_tower") == 1


def test_a_text_scores_as_its_embedding_does(retriever):
    """The caption of the gallery, written differently, has the gallery's own embedding."""
    caption = retriever.gallery.distinct_captions[3]
    query = retriever.query_text(f"  {caption.upper()} .")
    own = retriever.gallery.caption_embeds[3]
    np.testing.assert_allclose(query.text_embeds, own, atol=1e-5)
    np.testing.assert_allclose(query.scores, retriever.gallery.image_embeds @ own, atol=1e-5)
    assert not query.cut


def test_a_long_text_says_that_it_was_cut(retriever):
    assert retriever.query_text("a red ship on the water " * 9).cut


def test_a_picture_is_the_scene_that_it_shows(retriever):
    """From a file, a picture or its pixels: the scene's own embedding and tokens."""
    gallery = retriever.gallery
    path = gallery.records[4].path
    picture = read_image(path)
    scene = retriever.query_scene(4)
    for given in (path, picture, np.asarray(picture)):
        query = retriever.query_image(given)
        np.testing.assert_allclose(query.image_embeds, gallery.image_embeds[4], atol=1e-5)
        np.testing.assert_allclose(query.scores, scene.scores, atol=1e-5)
        values = retriever.tokens_of(scene)[0]
        assert np.abs(query.token_values.astype(int) - values).max() <= 1


def test_tokens_that_are_not_kept_are_read_again(retriever, tmp_path):
    """The very ones that an index keeps; of a picture that is another one now, there are none."""
    gallery, checkpoint = retriever.gallery, retriever.checkpoint
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 14))
    kept = build_index(dataset, checkpoint, tmp_path / "kept", with_map=False, tokens=True)
    numbers = np.array([3, 0, 3])
    assert not gallery.has_tokens
    for own, other in zip(retriever.scene_tokens(numbers), kept.tokens(numbers), strict=True):
        np.testing.assert_allclose(own.astype(float), other.astype(float), atol=1)
    bare = Retriever(
        build_index(dataset, checkpoint, tmp_path / "bare", with_map=False), checkpoint
    )
    query = bare.query_text("a red ship on the water")
    dataset.records[5].path.write_bytes(dataset.records[6].path.read_bytes())
    with pytest.raises(QueryError, match=r"scene_0005.png has vanished or changed.*--tokens"):
        bare.match_logits(query, np.array([5]))


def test_a_mixed_query_is_the_weighted_sum_of_z_scores(retriever):
    """With weight 1 it orders as the text does, with 0 as the picture."""
    text, image = retriever.query_text("a blue car"), retriever.query_scene(1)

    def z(query):
        return (query.scores - query.scores.mean()) / query.scores.std()

    for weight in (0.0, 0.3, 1.0):
        mixed = retriever.query_mixed(text, image, weight)
        expected = weight * z(text) + (1 - weight) * z(image)
        np.testing.assert_allclose(mixed.scores, expected, atol=1e-5)
    assert mixed.scene == 1


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_a_weight_out_of_range_is_refused(retriever, weight):
    with pytest.raises(QueryError, match="must lie from 0 to 1"):
        retriever.query_mixed(retriever.query_text("a car"), retriever.query_scene(0), weight)


def test_what_is_no_query_is_refused(retriever, tmp_path):
    text, scene = retriever.query_text("a car"), retriever.query_scene(0)
    with pytest.raises(QueryError, match="a text and a picture"):
        retriever.query_mixed(scene, text, 0.5)
    with pytest.raises(QueryError, match=r"Scene 6 does not exist; the gallery has 0 to 5"):
        retriever.query_scene(6)
    with pytest.raises(QueryError, match="the shape"):
        retriever.query_image(np.zeros((8, 8), np.uint8))
    with pytest.raises(QueryError, match="the type float64"):
        retriever.query_image(np.zeros((8, 8, 3)))
    with pytest.raises(DataError, match="does not exist"):
        retriever.query_image(tmp_path / "none.png")


def test_a_picture_of_any_mode_is_read(retriever):
    """Grey and palette pictures become RGB."""
    grey = Image.new("L", (30, 20), 90)
    expected = retriever.query_image(Image.new("RGB", (30, 20), (90, 90, 90)))
    found = retriever.query_image(grey)
    np.testing.assert_allclose(found.image_embeds, expected.image_embeds, atol=1e-6)


def test_an_index_of_another_checkpoint_is_refused(retriever, tmp_path):
    other = tiny_checkpoint(tmp_path / "other", seed=5)
    with pytest.raises(GalleryError, match="was made with the checkpoint 'tiny'"):
        Retriever(retriever.gallery, other)


def test_queries_do_not_share_what_they_find(retriever):
    """Two visitors with the same words have two queries."""
    one, other = retriever.query_text("a red ship"), retriever.query_text("a red ship")
    retriever.ranking(one, FINAL)
    assert not len(other.matches.known)
    assert len(one.matches.known)
    assert replace(one).kind == "text"
