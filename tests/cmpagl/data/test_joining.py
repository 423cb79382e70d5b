"""`cmpagl.data.joining`: several data sets as one, and the index of it."""

from dataclasses import replace

import pytest
from fake_sets import CAPTIONS, NAMES, draw_images, write_karpathy
from two_sets import NORTH, SIZES, SOUTH, two_sets

from cmpagl.data.dataset import load_dataset
from cmpagl.data.joining import join_datasets
from cmpagl.errors import DataError
from cmpagl.store.gallery import open_gallery


@pytest.fixture
def plain(tmp_path):
    """A folder of pictures in folders of classes, without captions."""
    draw_images(tmp_path / "photos", ("port/one.png", "lake/two.png", "airport_1.png"))
    return tmp_path / "photos"


def test_one_data_set_stays_as_it_is(tmp_path):
    dataset = load_dataset(write_karpathy(tmp_path / "fake"))
    assert join_datasets([dataset]) is dataset
    assert dataset.data_sets == ("fake",)
    assert {record.data_set for record in dataset.records} == {None}


def test_what_is_joined_is_all_there(tmp_path, plain):
    """Order, captions, classes and files are those of the parts; ids and names tell the part."""
    one, two = load_dataset(write_karpathy(tmp_path / "fake")), load_dataset(plain)
    joined = join_datasets([one, two])
    assert joined.name == "fake + photos"
    assert joined.data_sets == ("fake", "photos")
    assert joined.root == tmp_path
    assert [r.image_id for r in joined.records] == [
        *(f"fake/{name}" for name in NAMES),
        *(f"photos/{record.image_id}" for record in two.records),
    ]
    assert [r.data_set for r in joined.records] == ["fake"] * 4 + ["photos"] * 3
    assert joined.captions == [c for captions in CAPTIONS for c in captions]
    for record, alone in zip(joined.records, (*one.records, *two.records), strict=True):
        assert replace(record, image_id=alone.image_id, data_set=None) == alone


def test_a_split_is_kept(tmp_path):
    folders = [write_karpathy(tmp_path / name) for name in ("one", "two")]
    joined = join_datasets([load_dataset(folder, "val") for folder in folders])
    assert (joined.split, len(joined)) == ("val", 2)
    with pytest.raises(ValueError, match="different splits"):
        join_datasets([load_dataset(folders[0], "val"), load_dataset(folders[1], "train")])


def test_data_sets_of_one_name_are_numbered(tmp_path):
    """A slash in a name is no part of a path, so no two ids can be the same."""
    sets = [load_dataset(write_karpathy(tmp_path / str(i))) for i in range(3)]
    joined = join_datasets([*sets, replace(load_dataset(_other(tmp_path)), name="a/b")])
    assert joined.data_sets == ("fake", "fake (2)", "fake (3)", "a-b")
    ids = {record.image_id for record in joined.records}
    assert len(ids) == 16
    assert "fake (2)/pond_1.png" in ids


def _other(tmp_path):
    return write_karpathy(tmp_path / "other")


def test_what_was_skipped_tells_its_data_set(tmp_path, plain):
    folder = write_karpathy(tmp_path / "fake")
    (folder / "images" / NAMES[2]).unlink()
    joined = join_datasets([load_dataset(folder, on_error="skip"), load_dataset(plain)])
    assert [skipped.name for skipped in joined.skipped] == [f"fake/{NAMES[2]}"]


def test_a_picture_counts_once(tmp_path, plain):
    """The same folder again, however it is written, or one that lies in another."""
    photos = load_dataset(plain)
    for other in (tmp_path / "." / "photos", plain / "port"):
        with pytest.raises(DataError, match=r"\.png is in two .* give each folder once"):
            join_datasets([photos, load_dataset(other)])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return two_sets(tmp_path_factory.mktemp("joined"))


def test_an_index_keeps_the_data_sets(made):
    """Names, ids and files come back; pictures are found and unchanged."""
    gallery = open_gallery(made[0])
    joined = join_datasets([load_dataset(folder) for folder in made[2]])
    assert gallery.records == joined.records
    assert gallery.data_sets == (NORTH, SOUTH)
    assert gallery.name == f"{NORTH} + {SOUTH}"
    numbers = [r.data_set for r in gallery.records]
    assert {name: numbers.count(name) for name in numbers} == SIZES
    assert {gallery.picture_state(i) for i in (0, len(gallery) - 1)} == {"unchanged"}
