"""A user's own columns become filters, are kept with the scenes, and change without a model."""

import json

import numpy as np
import pytest
import rasterio
from fake_sets import draw_images
from rasterio.transform import from_origin
from tiny import tiny_checkpoint
from tiny_index import build_index

from cmpagl.data.dataset import load_dataset
from cmpagl.errors import GalleryError, QueryError
from cmpagl.store import embedding
from cmpagl.store.build import grow_index
from cmpagl.store.gallery import open_gallery
from cmpagl.store.where import Condition, write_where

SAID = [
    {"year": 2018, "taken": "2018-03-01", "sensor": "WV-2", "sun angle": "41.5"},
    {"year": 2020, "taken": "2020-06-30T10:00:00Z", "sensor": "WV-3"},
    {"year": "2021", "taken": "2021/01/01", "sensor": "it's WV-3", "sun angle": 12},
    {"sensor": "2"},
]


def write(root, said):
    lines = [{"file_name": f"p{n}.png", **one} for n, one in enumerate(said)]
    (root / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return load_dataset(root)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Four scenes, the last of which says little, and their index."""
    folder = tmp_path_factory.mktemp("columns")
    (folder / "data").mkdir()
    draw_images(folder / "data", tuple(f"p{n}.png" for n in range(4)))
    checkpoint = tiny_checkpoint(folder / "model")
    dataset = write(folder / "data", SAID)
    build_index(dataset, checkpoint, folder / "index", with_map=False)
    return folder, checkpoint, dataset


@pytest.fixture
def gallery(made):
    return open_gallery(made[0] / "index", made[1])


def test_columns_tell_what_a_form_needs(made, gallery):
    """Each of the kind that fits all its values; those of the picture itself come last."""
    assert gallery.records == made[2].records
    found = {column.name: column for column in gallery.columns}
    assert list(found) == ["sensor", "sun angle", "taken", "year", "width", "height"]
    assert (found["year"].kind, found["year"].missing) == ("number", 1)
    assert (found["year"].least, found["year"].most, found["year"].distinct) == (2018, 2021, 3)
    assert (found["taken"].least, found["taken"].most) == ("2018-03-01", "2021-01-01")
    words = found["sensor"]
    assert (words.kind, words.missing, words.distinct) == ("word", 0, 4)
    assert words.values == (("2", 1), ("WV-2", 1), ("WV-3", 1), ("it's WV-3", 1))


@pytest.mark.parametrize(
    ("line", "scenes"),
    [
        ("year >= 2020", [1, 2]),
        ("year > 2018 and year < 2021", [1]),
        ("YEAR = 2018", [0]),
        ("year is missing", [3]),
        ("year is not missing", [0, 1, 2]),
        ("taken >= 2020", [1, 2]),
        ("taken = 2020-06", [1]),
        ("taken > 2020-06-30", [2]),
        ("taken <= 2020-06-30", [0, 1]),
        ("taken < 2020-06-30", [0]),
        ("'sun angle' <= 41.5", [0, 2]),
        ('sensor in (WV-2, "it\'s WV-3")', [0, 2]),
        ("sensor = 2", [3]),
        ("width = 12 and sensor = 'WV-3'", [1]),
        ("", [0, 1, 2, 3]),
    ],
)
def test_a_line_filters(gallery, line, scenes):
    """And what the line is written as again finds the same."""
    where = gallery.read_where(line)
    assert gallery.matching(where).tolist() == scenes
    assert gallery.matching(gallery.read_where(write_where(where))).tolist() == scenes


def test_a_form_filters(gallery):
    """Ranges are inclusive, dates whole days; missing ones count where asked for."""
    for condition, scenes in (
        (Condition("year", most=2020), [0, 1]),
        (Condition("year", most=2020, missing=True), [0, 1, 3]),
        (Condition("taken", "2020-06-30", "2020-06-30"), [1]),
        (Condition("sensor", words=("2", "WV-2")), [0, 3]),
    ):
        assert gallery.matching((condition,)).tolist() == scenes


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("yeer >= 2020", "did you mean 'year'"),
        ("year >= soon", "holds numbers, and 'soon' is none"),
        ("taken >= soon", "holds dates"),
        ("sensor < b", "words, which have no order"),
        ("year", "needs one of"),
        ("year >= 2020 2", "put 'and'"),
        ("sensor in (", "values in brackets"),
        ("year >= 'x", "cannot be read"),
        (">= 2", "where a column's name"),
    ],
)
def test_what_cannot_be_asked_is_said(gallery, line, match):
    with pytest.raises(QueryError, match=match):
        gallery.read_where(line)


def test_another_date_needs_no_model(made, monkeypatch):
    """A changed table is read anew, also to another kind; pictures are not embedded again."""
    folder, checkpoint, _ = made
    monkeypatch.setattr(embedding, "embed_images", None)
    changed = [{**one, "year": f"about {n}"} for n, one in enumerate(SAID)]
    growth = grow_index(write(folder / "data", changed), checkpoint, folder / "index")
    assert (growth.new, growth.moved) == (0, 4)
    found = {column.name: column for column in growth.gallery.columns}
    assert (found["year"].kind, found["year"].missing) == ("word", 0)
    bare: list[dict] = [{} for _ in SAID]
    growth = grow_index(write(folder / "data", bare), checkpoint, folder / "index")
    assert [column.name for column in growth.gallery.columns] == ["width", "height"]
    growth = grow_index(write(folder / "data", SAID), checkpoint, folder / "index")
    assert growth.gallery.matching(growth.gallery.read_where("year = 2018")).tolist() == [0]
    assert not grow_index(write(folder / "data", SAID), checkpoint, folder / "index").moved


def test_a_raster_tells_where_it_lies(made, tmp_path):
    """Its corners and reference are kept, and their middle can be asked for."""
    path = tmp_path / "data" / "north.tif"
    path.parent.mkdir()
    place = from_origin(11.0, 48.0, 0.5, 0.25)
    options = {"driver": "GTiff", "width": 40, "height": 40, "count": 3, "dtype": "uint8"}
    with rasterio.open(path, "w", **options, crs="EPSG:4326", transform=place) as data:
        data.write(np.arange(4800, dtype=np.uint16).reshape(3, 40, 40).astype(np.uint8))
    draw_images(path.parent, ("photo.png",))
    gallery = build_index(load_dataset(path.parent), made[1], tmp_path / "index", with_map=False)
    assert gallery.footprints()[0].tolist() == [[11, 48], [31, 48], [31, 38], [11, 38]]
    assert np.isnan(gallery.footprints()[1]).all()
    asked = gallery.read_where("longitude = 21 and latitude > 42 and crs = EPSG:4326")
    assert gallery.matching(asked).tolist() == [0]
    assert gallery.matching(gallery.read_where("longitude is missing")).tolist() == [1]


def test_an_index_without_columns_of_its_own_knows_what_every_scene_has(repository):
    """Class, width and height, and that no scene has a place."""
    embedded = open_gallery(repository / "assets" / "gallery" / "index")
    assert {c.name for c in embedded.columns} <= {"class", "width", "height"}
    assert len(embedded.matching(embedded.read_where("width > 0"))) == len(embedded)
    assert np.isnan(embedded.footprints()).all()


def test_a_changed_record_of_a_column_is_refused(made, tmp_path):
    """What a scene's table said is covered by a digest of its own."""
    import shutil

    import lance
    import pyarrow as pa

    index = shutil.copytree(made[0] / "index", tmp_path / "index")
    data = lance.dataset(str(index / "scenes.lance"))
    data.update({"crs": "'EPSG:1'"}, where="image_id = 'p2.png'")
    data = lance.dataset(str(index / "scenes.lance"))
    data.tags.update("whole", data.version)
    assert pa.compute.is_valid(data.to_table(columns=["crs"]).column("crs")).to_pylist().count(True)
    with pytest.raises(GalleryError, match=r"said further of the scene of 'p2\.png'"):
        open_gallery(index)


def test_a_search_keeps_to_a_filter(made, capsys):
    """By the library and by the command, which says when nothing is left."""
    from cmpagl.__main__ import main

    folder = made[0]
    search = ["search", "--index", str(folder / "index"), "--checkpoint", str(folder / "model")]
    assert main([*search, "a plane", "--where", "year >= 2020", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["results"]
    assert {one["id"] for one in found} == {"p1.png", "p2.png"}
    assert {one["columns"]["year"] for one in found} == {2020, "2021"}
    assert main([*search, "a plane", "--where", "year > 2030"]) == 2
    assert "No scene is left" in capsys.readouterr().err
