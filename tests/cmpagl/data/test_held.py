"""Pictures in tars and parquet tables: read where they lie, found again, told apart by content."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from held_sets import pictures, png, write_parquet, write_tar

from cmpagl.data.dataset import iter_pixels, load_dataset, split_names
from cmpagl.data.picture import FilePicture, open_picture
from cmpagl.errors import DataError


def colours(dataset):
    return [int(pixels[0, 0, 0]) for _, pixels in iter_pixels(dataset.records, 4)]


def test_webdataset_shards(tmp_path):
    """Pictures with a text, a .json or a class; the shard's name is the split; nothing unpacked."""
    first = {"000.png": png(1), "000.txt": b"a plane\na hall", "000.cls": b"airport"}
    second = {"001.json": json.dumps({"caption": "a road"}).encode(), "001.png": png(2)}
    write_tar(tmp_path / "train-000000.tar", first | second)
    write_tar(tmp_path / "val-000000.tar", {"dir/a.b.png": png(3), "dir/a.txt": b"a pond"})
    dataset = load_dataset(tmp_path)
    rows = [(r.image_id, r.captions, r.class_name) for r in dataset.records]
    assert rows == [
        ("train-000000.tar/000.png", ("a plane", "a hall"), "airport"),
        ("train-000000.tar/001.png", ("a road",), None),
        ("val-000000.tar/dir/a.b.png", ("a pond",), None),
    ]
    assert colours(dataset) == [1, 2, 3]
    assert colours(load_dataset(tmp_path, "val")) == [3]
    assert len(load_dataset(tmp_path / "train-000000.tar")) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["train-000000.tar", "val-000000.tar"]
    assert dataset.accounts[0][1].lines() == ["read as webdataset (2 tar files)"]


def test_a_tar_of_pictures_alone(tmp_path):
    """No captions, and none is missed."""
    write_tar(tmp_path / "photos.tar", {"a.png": png(1), "b.png": png(2), "._b.png": b"x"})
    assert [r.image_id for r in load_dataset(tmp_path).records] == [
        "photos.tar/a.png",
        "photos.tar/b.png",
    ]


def test_faults_in_a_tar_are_named(tmp_path):
    """A text that is not UTF-8, a .json that is none, a tar that ends in the middle."""
    members = {"a.png": png(1), "a.txt": b"\xff", "b.png": png(2), "b.json": b"{"}
    path = write_tar(tmp_path / "x.tar", members | {"c.png": png(3), "c.txt": b"a road"})
    with pytest.raises(DataError, match=r"x\.tar/a\.png.*is not UTF-8"):
        load_dataset(tmp_path)
    assert colours(load_dataset(tmp_path, on_error="skip")) == [3]
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(DataError, match="is no whole uncompressed tar"):
        load_dataset(tmp_path)
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match="is no whole uncompressed tar"):
        load_dataset(tmp_path)


def test_a_name_that_a_tar_has_twice_gives_no_picture_the_captions_of_two(tmp_path):
    """As after `tar -r`: the first of them counts, the second is named."""
    write_tar(tmp_path / "x.tar", {"a.png": png(1), "a.txt": b"a road"})
    write_tar(tmp_path / "x.tar", {"a.png": png(2), "a.txt": b"a pond"}, mode="a")
    with pytest.raises(DataError, match=r"x\.tar/a\.png.* stands there twice"):
        load_dataset(tmp_path)
    dataset = load_dataset(tmp_path, on_error="skip")
    assert [r.captions for r in dataset.records] == [("a road",)]
    assert colours(dataset) == [1]


def test_parquet_tables(tmp_path):
    """As the hub keeps data sets: picture and path, list of captions, class with its name."""
    captions = [["a plane", "a hall"], ["a road"]]
    columns = {"image": pictures([1, 2]), "captions": captions, "label": [1, 0]}
    features = {"label": {"_type": "ClassLabel", "names": ["road", "airport"]}}
    write_parquet(tmp_path / "data" / "train-00000-of-00001.parquet", columns, features=features)
    columns = {"image": pictures([3], names=False), "captions": [["a pond"]], "label": [7]}
    write_parquet(tmp_path / "data" / "validation-00000-of-00001.parquet", columns)
    dataset = load_dataset(tmp_path)
    assert [(r.image_id, r.captions, r.class_name) for r in dataset.records] == [
        ("data/train-00000-of-00001/000000 1.png", ("a plane", "a hall"), "airport"),
        ("data/train-00000-of-00001/000001 2.png", ("a road",), "road"),
        ("data/validation-00000-of-00001/000000", ("a pond",), "7"),
    ]
    assert colours(dataset) == [1, 2, 3]
    assert split_names(tmp_path) == ("train", "val")
    assert colours(load_dataset(tmp_path, "val")) == [3]


def test_parquet_of_plain_bytes_and_of_none(tmp_path):
    """A column of bytes will do; a table without pictures is named, and is no data set."""
    path = write_parquet(tmp_path / "a.parquet", {"jpg": [png(5), png(6)], "caption": ["x", "y"]})
    assert colours(load_dataset(path)) == [5, 6]
    write_parquet(path, {"url": ["a"], "caption": ["x"]})
    with pytest.raises(DataError, match=r"a\.parquet has no column of pictures \(but url, caption"):
        load_dataset(tmp_path)
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match="is no whole parquet table"):
        load_dataset(tmp_path)


def test_a_table_is_read_in_any_order_by_many_threads(tmp_path):
    """In order, backwards, at random, two columns of readers at once: each row is its own."""
    n = 150
    write_parquet(tmp_path / "a.parquet", {"image": pictures(range(n))}, rows_at_once=40)
    dataset = load_dataset(tmp_path)
    assert colours(dataset) == list(range(n))
    order = np.random.default_rng(0).permutation(n)

    def red(row):
        return dataset.records[row].picture.read().getpixel((0, 0))[0]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(red, order.tolist())) == order.tolist()
    assert [red(row) for row in reversed(range(0, n, 7))] == list(reversed(range(0, n, 7)))


def test_an_empty_or_broken_cell_is_named(tmp_path):
    """The table and the row; the others stay."""
    cells = [*pictures([1]), {"bytes": None, "path": "x.png"}, {"bytes": b"no", "path": "y.png"}]
    write_parquet(tmp_path / "a.parquet", {"image": cells, "text": ["a", "b", "c"]})
    dataset = load_dataset(tmp_path)
    reasons = []
    kept = iter_pixels(dataset.records, 4, on_error="skip", skipped=reasons)
    assert [index for index, _ in kept] == [0]
    assert "a.parquet: row 1 cannot be read: the cell is empty" in reasons[0].reason
    assert "a.parquet: row 2 cannot be read: it is broken or no picture" in reasons[1].reason
    beyond = replace(dataset.records[0].picture, row=9)
    with pytest.raises(DataError, match="row 9 cannot be read: it has 3 rows"):
        beyond.read()


@pytest.mark.parametrize("kind", ["tar", "table"])
def test_held_pictures_are_found_again_and_told_apart(tmp_path, kind):
    """By what they wrote, below another root; their digest is of their own bytes alone."""
    if kind == "tar":
        path = write_tar(tmp_path / "a.tar", {"1.png": png(1), "2.png": png(2), "3.png": png(1)})
    else:
        path = write_parquet(tmp_path / "a.parquet", {"image": pictures([1, 2, 1])})
    records = [record.picture for record in load_dataset(tmp_path).records]
    assert [open_picture(p.to_json(tmp_path), tmp_path) for p in records] == records
    assert json.loads(json.dumps(records[1].to_json(tmp_path)))["path"] == path.name
    one, two, three = (picture.digest() for picture in records)
    assert one == three != two
    (tmp_path / "1.png").write_bytes(png(1))
    assert FilePicture(tmp_path / "1.png").digest() == one
    assert records[0].stamp() == (path.stat().st_size, path.stat().st_mtime_ns)
    assert records[0].read_as(records[0].reading) == records[0]
    path.unlink()
    assert records[0].stamp() is None
    with pytest.raises(DataError, match="does not exist"):
        records[0].read()
    for damaged in ({"kind": kind, "path": "a"}, {"kind": kind, "path": "a", "row": "x"}):
        with pytest.raises(DataError, match="is no record of a picture"):
            open_picture(damaged, tmp_path)


def test_names_with_dots_in_a_tar_and_two_pictures_of_one_name(tmp_path):
    """A key ends at the first dot, but where pictures alone would then share one; none is lost."""
    texts = {"x.1.txt": b"a road", "x.2.txt": b"a pond"}
    write_tar(tmp_path / "a.tar", {"x.1.png": png(1), "x.2.png": png(2), **texts})
    records = load_dataset(tmp_path).records
    assert [(r.image_id, r.captions) for r in records] == [
        ("a.tar/x.1.png", ("a road",)),
        ("a.tar/x.2.png", ("a pond",)),
    ]
    masked = {"x.png": png(1), "x.mask.png": png(2), "x.txt": b"a road"}
    write_tar(tmp_path / "a.tar", masked)
    assert [r.image_id for r in load_dataset(tmp_path).records] == ["a.tar/x.png"]
    write_tar(tmp_path / "a.tar", {"x.png": png(1), "x.jpg": png(2), "x.txt": b"a road"})
    with pytest.raises(DataError, match=r"x\.jpg of a\.tar\) differs from another in its ending"):
        load_dataset(tmp_path)


def test_a_table_in_parts_of_which_some_are_missing(tmp_path):
    """Its parts are counted in their names, so what is not there is told of."""
    write_parquet(tmp_path / "train-00001-of-00003.parquet", {"image": pictures([1])})
    dataset = load_dataset(tmp_path)
    assert [(s.name, s.reason) for s in dataset.skipped] == [
        ("train-*.parquet", "lacks 2 of its 3 parts")
    ]


def test_a_class_beyond_those_that_a_table_names(tmp_path):
    """The hub's -1 is none; another one is a fault, and no class that is called '5'."""
    features = {"label": {"names": ["road", "pond"], "_type": "ClassLabel"}}
    columns = {"image": pictures([1, 2, 3]), "label": [1, -1, 5]}
    write_parquet(tmp_path / "a.parquet", columns, features=features)
    with pytest.raises(DataError, match="has the class 5, where 2 are named"):
        load_dataset(tmp_path)
    records = load_dataset(tmp_path, on_error="skip").records
    assert [record.class_name for record in records] == ["pond", None]
