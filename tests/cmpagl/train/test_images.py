"""Which images a step of training sees together."""

import numpy as np
import pytest

from cmpagl.train.images import ImageRows


@pytest.fixture
def images():
    """Rows of three data sets: 20, 9 and 3 images."""
    return ImageRows(parts=((), (), ()), stored=((), (), ()), starts=np.array([0, 20, 29, 32]))


def test_an_epoch_shows_no_image_twice_and_leaves_out_less_than_a_batch(images):
    batches = images.batches(8, np.random.default_rng(0))
    assert [len(rows) for rows in batches] == [8] * 4
    assert sorted(np.concatenate(batches)) == list(range(32))
    assert all((np.diff(rows) > 0).all() for rows in batches)
    assert [len(rows) for rows in images.batches(9, np.random.default_rng(0))] == [9] * 3


def test_an_epoch_takes_up_images_as_often_as_it_is_told(images):
    """Those of the second set three times, those of the third never; none twice in a batch."""
    batches = images.batches(8, np.random.default_rng(0), repeats=(1, 3, 0))
    assert len(batches) == (20 + 27) // 8
    assert all((np.diff(rows) > 0).all() for rows in batches)
    counts = np.bincount(np.concatenate(batches), minlength=32)
    assert counts[:20].max() == 1
    assert counts[20:29].max() > 1
    assert counts[29:].max() == 0


def test_a_batch_holds_one_group(images):
    """A group smaller than a batch is a batch; the order of the groups is mixed."""
    batches = images.batches(8, np.random.default_rng(0), groups=(1, 0, 1))
    middle = [((rows >= 20) & (rows < 29)).mean() for rows in batches]
    assert sorted(middle) == [0, 0, 1]
    assert any(rows.min() < 20 and rows.max() >= 29 for rows in batches)
    batches = images.batches(8, np.random.default_rng(0), groups=(0, 1, 2))
    assert sorted(len(rows) for rows in batches) == [3, 8, 8, 8]
    firsts = {
        images.batches(8, np.random.default_rng(seed), groups=(0, 1, 2))[0].min() // 20
        for seed in range(20)
    }
    assert len(firsts) > 1


def test_every_epoch_has_an_order_of_its_own(images):
    first, second = (images.batches(8, np.random.default_rng(seed)) for seed in (1, 2))
    assert [rows.tolist() for rows in first] != [rows.tolist() for rows in second]
