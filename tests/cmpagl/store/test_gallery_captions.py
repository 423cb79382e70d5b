"""Which captions belong to which scenes: what a gallery itself says is right."""

from dataclasses import replace

import pytest
from tiny_index import build_index, tiny_retriever

from cmpagl.data.dataset import load_dataset


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """A gallery whose scenes 2 and 5 share a caption word for word."""
    folder = tmp_path_factory.mktemp("truth")
    checkpoint = tiny_retriever(folder, n=8).checkpoint
    dataset = load_dataset(folder / "data")
    records = list(dataset.records)
    shared = records[2].captions[0]
    records[5] = replace(records[5], captions=(*records[5].captions, shared))
    dataset = replace(dataset, records=tuple(records))
    gallery = build_index(dataset, checkpoint, folder / "shared", with_map=False)
    assert gallery.records == dataset.records
    return gallery


def test_a_known_caption_names_every_scene_that_has_it(gallery):
    """However it is written: upper case and a full stop make no difference."""
    shared = gallery.records[2].captions[0]
    assert gallery.captioned.scenes_of(shared).tolist() == [2, 5]
    assert gallery.captioned.scenes_of(f"  {shared.upper()} ").tolist() == [2, 5]


@pytest.mark.parametrize("text", ["", ".", "nothing that anybody said"])
def test_any_other_text_names_none(gallery, text):
    assert not len(gallery.captioned.scenes_of(text))


def test_a_scene_has_its_own_captions(gallery):
    """By their numbers among the distinct ones; and each of them leads back to the scene."""
    for scene, record in enumerate(gallery.records):
        numbers = gallery.captioned.of_scene(scene)
        assert len(numbers) == len(record.captions)
        for number in numbers:
            assert scene in gallery.captioned.scenes_of(gallery.distinct_captions[number])
    assert not len(gallery.captioned.of_scene(len(gallery)))
