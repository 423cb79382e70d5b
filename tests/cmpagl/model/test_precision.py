"""bfloat16 gives nearly the same embeddings, and an index says what it was made with."""

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset, tiny_model_config

from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import load_pixels
from cmpagl.model.embed import embed_images
from cmpagl.model.precision import choose_precision
from cmpagl.store.build import grow_index


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("precision")
    checkpoint = tiny_checkpoint(folder / "model", config=tiny_model_config(views=4))
    return checkpoint, load_dataset(tiny_dataset(folder / "data", 5))


def embeds(checkpoint, dataset, precision="float32", views=4):
    tower = checkpoint.image_tower()
    tower.views = views
    squares = [load_pixels(record.path, 64) for record in dataset.records]
    batch = next(embed_images(tower, checkpoint.fusion(), squares, precision=precision))
    assert (batch.image_embeds.dtype, batch.pooled.dtype) == (np.float32, np.float32)
    return batch.image_embeds


def test_bfloat16_is_near_float32(made):
    """Of random weights; unit vectors either way, and not the very same."""
    exact, rounded = (embeds(*made, name) for name in ("float32", "bfloat16"))
    assert np.linalg.norm(rounded, axis=1) == pytest.approx(1, abs=1e-2)
    cosines = (exact * rounded).sum(axis=1)
    assert cosines.min() > 0.995
    assert not np.array_equal(exact, rounded)


def test_auto_measures_and_says(made):
    """The quicker one; what is asked for is taken as it is, unmeasured."""
    tower = made[0].image_tower()
    chosen = choose_precision(tower, "auto")
    assert chosen.gain is not None
    assert chosen.name == ("bfloat16" if chosen.gain >= 1.2 else "float32")
    assert choose_precision(tower, "bfloat16").gain is None


def test_an_index_is_made_with_what_was_asked_for(made, tmp_path):
    """One view is another embedding: such an index is never mixed with one of four."""
    checkpoint, dataset = made
    options = {"with_map": False}
    first = grow_index(dataset, checkpoint, tmp_path / "index", precision="bfloat16", **options)
    assert first.precision is not None
    assert first.precision.name == "bfloat16"
    cosines = (first.gallery.image_embeds * embeds(checkpoint, dataset)).sum(axis=1)
    assert cosines.min() > 0.995
    again = grow_index(dataset, checkpoint, tmp_path / "index", **options)
    assert (again.new, again.precision) == (0, None)
    upright = grow_index(dataset, checkpoint, tmp_path / "index", views=1, **options)
    assert upright.new == len(dataset)
    expected = embeds(checkpoint, dataset, views=1)
    assert upright.gallery.image_embeds == pytest.approx(expected, abs=1e-5)
