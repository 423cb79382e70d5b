"""A split that is encoded by way of an index, a little each time."""

import pytest
from tiny import tiny_checkpoint, tiny_dataset

from cmpagl.data.dataset import load_dataset
from cmpagl.measure.split_index import encode_by_index
from cmpagl.store.work import IMAGE_BATCH


class Spent(Exception):
    """There is no more time."""


def spent(*_):
    raise Spent


def test_no_time_at_all_given_often_enough_ends_it(tmp_path):
    """Each time something new is kept, pictures or captions, and only then may it be stopped."""
    dataset = load_dataset(tiny_dataset(tmp_path / "data", IMAGE_BATCH + 1))
    checkpoint = tiny_checkpoint(tmp_path / "model")
    rounds = 0
    for _ in range(9):
        try:
            found = encode_by_index(dataset, checkpoint, tmp_path / "work", spent)
            break
        except Spent:
            rounds += 1
    else:
        pytest.fail("it does not end")
    assert rounds
    assert len(found.image_embeds) == len(dataset)
