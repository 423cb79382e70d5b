"""From a GeoTIFF to files that other programs open: read back by GDAL, pyogrio and shapely."""

from __future__ import annotations

import csv
import json
import zipfile
from importlib.util import find_spec
from pathlib import Path

import geopandas
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest
import rasterio
from geo import CRS, METRES, ORIGIN, write_terrain
from rasterio.windows import Window, from_bounds
from tiny import tiny_checkpoint

from cmpagl.__main__ import main
from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import read_image
from cmpagl.store.gallery import open_gallery

QUERY = "a blue pond on the grass"


def exported(folder: Path, data: Path, chip: str) -> Path:
    """Index a raster's chips and write a query's answer in every form."""
    tiny_checkpoint(folder / "tiny")
    index = ["index", "--data", str(data), "--out", str(folder / "index"), "--chip", chip]
    assert main([*index, "--no-map", "--checkpoint", str(folder / "tiny")]) == 0
    kinds = ("geojson", "geoparquet", "csv", "chips")
    files = {kind: str(folder / f"answer.{kind}") for kind in kinds}
    line = ["search", "--index", str(folder / "index"), "--checkpoint", str(folder / "tiny")]
    wanted = [part for kind, path in files.items() for part in (f"--{kind}", path)]
    assert main([*line, "--top", "12", *wanted, QUERY]) == 0
    return folder


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    (folder / "data").mkdir()
    write_terrain(folder / "data" / "terrain.tif")
    return exported(folder, folder / "data", "64")


def test_geojson_lies_where_the_pixels_do(answer):
    """pyogrio reads it as WGS 84; each polygon, back in the raster's own system, is its window."""
    found = geopandas.read_file(answer / "answer.geojson")
    assert found.crs.to_epsg() == 4326
    assert found["rank"].tolist() == list(range(1, 13))
    for name, place in zip(found["id"], found.to_crs(CRS).geometry, strict=True):
        column, row = map(int, name.rpartition("/")[2].split("_"))
        west, south, east, north = place.bounds
        assert place.exterior.is_ccw
        got = ((west - ORIGIN[0]) / METRES, (ORIGIN[1] - north) / METRES)
        assert got == pytest.approx((column, row), abs=0.05)
        assert (east - west, north - south) == pytest.approx((64 * METRES,) * 2, abs=0.1)


def test_every_file_says_what_it_was_asked_with(answer):
    wanted = {"query": QUERY, "stage": "smr", "gallery": "data", "checkpoint": "tiny"}
    said = json.loads((answer / "answer.geojson").read_text())["cmpagl"]
    assert wanted.items() <= said.items()
    assert said["date"].endswith("+00:00")
    metadata = pq.read_schema(answer / "answer.geoparquet").metadata
    assert wanted.items() <= json.loads(metadata[b"cmpagl"]).items()
    with open(answer / "answer.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert wanted.items() <= rows[0].items()
    assert len(rows) == 12


def test_geoparquet_has_the_embeddings(answer):
    """geopandas accepts it; vectors are the index's own; STAC's fields say what they are."""
    found = geopandas.read_parquet(answer / "answer.geoparquet")
    drawn = geopandas.read_file(answer / "answer.geojson")
    assert found.crs.equals("OGC:CRS84")
    for own, theirs in zip(found.geometry, drawn.geometry, strict=True):
        assert own.equals_exact(theirs, 1e-9)
    gallery = open_gallery(answer / "index")
    numbers = [gallery.records.find(name) for name in found["id"]]
    np.testing.assert_array_equal(np.stack(found["embedding"]), gallery.image_embeds[numbers])
    stac = json.loads(pq.read_schema(answer / "answer.geoparquet").metadata[b"stac"])
    assert stac["emb:type"] == "chip"
    assert stac["emb:dimensions"] == gallery.image_embeds.shape[1]
    assert stac["emb:chip_layout"] == {"layout_type": "regular_grid", "chip_size": [64, 64]}
    assert (stac["data_type"], stac["gsd"]) == ("float32", METRES)


def test_chips_are_a_data_set_that_lies_on_earth(answer, tmp_path):
    """rasterio finds each picture's place by its world file; our own reader takes the folder."""
    with zipfile.ZipFile(answer / "answer.chips") as archive:
        archive.extractall(tmp_path / "out")
    found = load_dataset(tmp_path / "out", on_error="skip")
    assert len(found) == 12
    coco = json.loads((tmp_path / "out" / "annotations" / "captions.json").read_text())
    assert len(coco["images"]) == 12
    assert coco["info"]["query"] == QUERY
    rows = geopandas.read_file(answer / "answer.geojson").sort_values("rank")
    for image, name in zip(coco["images"], rows["id"], strict=True):
        column, row = map(int, name.rpartition("/")[2].split("_"))
        with rasterio.open(tmp_path / "out" / image["file_name"]) as data:
            assert data.shape == (64, 64)
            assert (data.transform.c, data.transform.f) == pytest.approx(
                (ORIGIN[0] + column * METRES, ORIGIN[1] - row * METRES)
            )


def test_the_style_colours_every_rank(answer):
    """Each rank falls into exactly one class of the style beside the GeoJSON."""
    from xml.etree import ElementTree

    text = (answer / "answer.qml").read_text().split("\n", 1)[1]
    renderer = ElementTree.fromstring(text).find("renderer-v2")
    assert renderer.get("attr") == "rank"
    ranges = [(int(r.get("lower")), int(r.get("upper"))) for r in renderer.iter("range")]
    for rank in (1, 2, 10, 11, 100, 101, 5000):
        assert sum(low <= rank <= high for low, high in ranges) == 1
    assert len(list(renderer.iter("symbol"))) == len(ranges)


def test_what_lies_nowhere_is_written_without_a_place(tmp_path, capsys):
    """A feature without geometry, and a word about it."""
    from tiny_index import tiny_retriever

    tiny_retriever(tmp_path, 6)
    out = tmp_path / "a.geojson"
    line = ["search", "--index", str(tmp_path / "index"), "--checkpoint", str(tmp_path / "tiny")]
    assert main([*line, "--geojson", str(out), "--top", "3", "a red ship"]) == 0
    assert "3 of them lie at no known place" in capsys.readouterr().err
    assert pyogrio.read_info(out)["features"] == 3
    assert [f["geometry"] for f in json.loads(out.read_text())["features"]] == [None] * 3


@pytest.mark.skipif(find_spec("dgsamples") is None, reason="dgsamples is not installed")
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_real_scene_from_a_file_to_a_file(tmp_path):
    """WorldView-2, 8 bands of 16 bits: the first hit's polygon cuts its own pixels out of it."""
    import dgsamples

    (tmp_path / "data").mkdir()
    til = Path(dgsamples.wv2_longmont_1k.ms)
    (tif,) = [p for p in til.parent.iterdir() if p.suffix.lower() == ".tif"]
    (tmp_path / "data" / "wv2.tif").write_bytes(tif.read_bytes())
    exported(tmp_path, tmp_path / "data", "64")
    found = geopandas.read_file(tmp_path / "answer.geojson")
    gallery = open_gallery(tmp_path / "index")
    first = gallery.records[gallery.records.find(found["id"][0])]
    column, row, width, height = first.picture.window
    with rasterio.open(tmp_path / "data" / "wv2.tif") as data:
        place = found.to_crs(data.crs).geometry[0]
        cut = from_bounds(*place.bounds, transform=data.transform)
        got = (cut.col_off, cut.row_off, cut.width, cut.height)
        assert got == pytest.approx((column, row, width, height), abs=1)
        bands = first.picture.bands.numbers
        window = Window(round(cut.col_off), round(cut.row_off), width, height)
        values = data.read(list(bands), window=window).astype(float)
    picture = np.moveaxis(np.asarray(read_image(first.picture), float), 2, 0)
    for own, theirs in zip(picture, values, strict=True):
        inside = (own > 0) & (own < 255)  # what the stretch has not clipped
        assert np.corrcoef(own[inside], theirs[inside])[0, 1] > 0.99
