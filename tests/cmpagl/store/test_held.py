"""An index of pictures that are no files of their own finds and opens each again."""

from __future__ import annotations

import json

from held_sets import pictures, write_parquet
from tiny import tiny_checkpoint
from tiny_index import build_index

from cmpagl.data.dataset import load_dataset
from cmpagl.data.stretch import Reading
from cmpagl.store.fitting import fitting_index
from cmpagl.store.gallery import open_gallery


def test_pictures_in_a_table(tmp_path):
    """Each scene opens its own row; it is unchanged, changed, or missing as its row is."""
    checkpoint = tiny_checkpoint(tmp_path / "tiny")
    path = write_parquet(tmp_path / "data" / "a.parquet", {"image": pictures([10, 20, 30])})
    dataset = load_dataset(tmp_path / "data")
    build_index(dataset, checkpoint, tmp_path / "index", with_map=False)
    gallery = open_gallery(tmp_path / "index")
    reds = [record.picture.read().getpixel((0, 0))[0] for record in gallery.records]
    assert reds == [10, 20, 30]
    assert fitting_index(tmp_path / "index", dataset, checkpoint) is not None
    write_parquet(path, {"image": pictures([10, 21, 30])})
    assert [gallery.picture_state(i) for i in range(3)] == ["unchanged", "changed", "unchanged"]
    path.unlink()
    assert gallery.picture_state(0) == "missing"


def test_how_pictures_are_read_is_kept(tmp_path):
    """Another reading is another index, and a plain one says nothing of it."""
    checkpoint = tiny_checkpoint(tmp_path / "tiny")
    write_parquet(tmp_path / "data" / "a.parquet", {"image": pictures([10, 20, 30])})
    plain = load_dataset(tmp_path / "data")
    chosen = load_dataset(tmp_path / "data", reading=Reading(stretch="band"))
    build_index(chosen, checkpoint, tmp_path / "index", with_map=False)
    gallery = open_gallery(tmp_path / "index")
    assert gallery.records[0].picture.reading == Reading(stretch="band")
    assert fitting_index(tmp_path / "index", plain, checkpoint) is None
    assert "reading" in json.dumps([r.picture.to_json(tmp_path) for r in gallery.records])
