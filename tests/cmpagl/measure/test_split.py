import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset

from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import load_pixels
from cmpagl.errors import DataError
from cmpagl.measure.split import encode_split
from cmpagl.model.embed import SplitEmbeddings, embed_images, embed_texts


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Image tower, text tower, fusion, tokenizer."""
    checkpoint = tiny_checkpoint(tmp_path_factory.mktemp("model") / "tiny")
    return (
        checkpoint.image_tower(),
        checkpoint.text_tower(),
        checkpoint.fusion(),
        checkpoint.tokenizer(),
    )


def test_everything_stands_where_the_data_set_has_it(tmp_path, parts):
    """Images in order; a distinct caption's embedding and tokens under its own number."""
    dataset = load_dataset(tiny_dataset(tmp_path / "data", 5))
    told = []
    embeds, used = encode_split(
        dataset, *parts, batch_size=2, progress=lambda *state: told.append(state)
    )
    tower, text_tower, fusion, tokenizer = parts
    squares = [load_pixels(record.path, 64) for record in dataset.records]
    for i, square in enumerate(squares):
        alone = next(embed_images(tower, fusion, [square]))
        np.testing.assert_allclose(embeds.image_embeds[i], alone.image_embeds[0], atol=1e-5)
        assert np.abs(embeds.token_values[i].astype(int) - alone.token_values[0]).max() <= 1
    distinct, group = dataset.distinct_captions
    for i, text in enumerate(distinct):
        alone, tokens = embed_texts(text_tower, tokenizer, [text], keep_tokens=True)
        np.testing.assert_allclose(embeds.text_embeds[i], alone[0], atol=1e-5)
        assert embeds.text_tokens[i].tokens.shape == tokens[0].tokens.shape
    np.testing.assert_array_equal(embeds.caption_group, group)
    np.testing.assert_array_equal(embeds.caption_to_image, dataset.caption_to_image)
    assert used.records == dataset.records
    assert told[-1] == ("captions", 10, 10)
    assert ("images", 5, 5) in told


def test_a_skipped_image_takes_its_captions_with_it(tmp_path, parts):
    """What is left counts from 0 again, and the broken image is named."""
    root = tiny_dataset(tmp_path / "data", 4)
    (root / "images" / "scene_0001.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"scene_0001\.png cannot be read"):
        encode_split(load_dataset(root), *parts)
    embeds, used = encode_split(load_dataset(root), *parts, on_error="skip")
    assert [record.image_id for record in used.records] == [f"scene_000{i}.png" for i in (0, 2, 3)]
    np.testing.assert_array_equal(embeds.caption_to_image, [0, 0, 1, 1, 2, 2])
    assert len(embeds.text_embeds) == 6
    assert [skipped.name for skipped in used.skipped] == ["scene_0001.png"]


def test_images_without_captions_are_refused(tmp_path, parts):
    """A plain folder has nothing to measure with, and says so before anything is encoded."""
    folder = tiny_dataset(tmp_path / "data", 2) / "images"
    with pytest.raises(DataError, match=r"scene_0000\.png has no caption"):
        encode_split(load_dataset(folder), *parts)


def test_parts_of_different_splits_are_refused():
    """Caption numbers must fit the images and texts that are there."""
    rows = np.eye(3, dtype=np.float32)
    with pytest.raises(DataError, match="there are 3 images and 3 distinct captions"):
        SplitEmbeddings(rows, rows, np.array([0, 3]), np.array([0, 1]))
    with pytest.raises(DataError, match="has no captions"):
        SplitEmbeddings(rows, rows, np.array([], int), np.array([], int))
