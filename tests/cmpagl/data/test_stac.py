"""STAC items and static catalogs on this machine: which picture, where, and what is said of it."""

import json

import pytest
from fake_sets import draw_images
from geo import write_terrain

from cmpagl.data.dataset import load_dataset
from cmpagl.errors import DataError


def item(name, assets, **properties):
    said = {"datetime": "2021-06-01T10:00:00Z", **properties}
    found = {"type": "Feature", "stac_version": "1.0.0", "id": name, "properties": said}
    return {**found, "geometry": None, "assets": assets, "links": []}


@pytest.fixture
def catalog(tmp_path):
    """Two items in a collection of a catalog; the second has its picture elsewhere."""
    (tmp_path / "c" / "one").mkdir(parents=True)
    write_terrain(tmp_path / "c" / "one" / "visual.tif", 90, 80)
    (tmp_path / "c" / "one" / "b04.tif").write_bytes(b"a band")
    cog = "image/tiff; application=geotiff; profile=cloud-optimized"
    assets = {
        "B04": {"href": "./b04.tif", "type": cog, "roles": ["data"]},
        "true": {"href": "visual.tif", "type": cog, "roles": ["visual"]},
        "meta": {"href": "meta.xml", "type": "text/xml"},
    }
    links = [{"rel": "child", "href": "./c/collection.json"}]
    below = [{"rel": "item", "href": f"one/{n}.json"} for n in "ab"]
    files = {
        "catalog.json": {"type": "Catalog", "stac_version": "1.0.0", "id": "x", "links": links},
        "c/collection.json": {"type": "Collection", "stac_version": "1.0.0", "links": below},
        "c/one/a.json": item("a", assets, platform="wv-2", cloud=0.1, title="fields by a pond"),
        "c/one/b.json": item("b", {"visual": {"href": "https://x.org/b.tif", "type": cog}}),
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    return tmp_path


def test_a_catalog_gives_its_visual_assets(catalog):
    """What lies on this machine, with its properties as columns; what does not is named."""
    found = load_dataset(catalog, on_error="skip")
    (record,) = found.records
    assert record.image_id == "c/one/visual.tif"
    assert record.captions == ("fields by a pond",)
    columns = dict(record.columns)
    assert (columns["platform"], columns["cloud"]) == ("wv-2", 0.1)
    assert columns["datetime"].startswith("2021-06-01")
    reasons = {skipped.name: skipped.reason for skipped in found.skipped}
    assert "lies at https://x.org" in reasons["b"]
    with pytest.raises(DataError, match="not fetched"):
        load_dataset(catalog)


def test_a_single_item_is_enough(catalog):
    found = load_dataset(catalog / "c" / "one" / "a.json", on_error="skip")
    assert [r.image_id for r in found.records] == ["visual.tif"]


def test_an_asset_outside_is_not_opened(catalog):
    path = catalog / "c" / "one" / "a.json"
    content = json.loads(path.read_text())
    content["assets"]["true"]["href"] = "../../../elsewhere.tif"
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match="outside the folder"):
        load_dataset(path)


def test_items_need_no_title(tmp_path):
    """A title is a caption where an item has one; a picture without one is none the worse."""
    draw_images(tmp_path, ("a.png", "b.png"))
    for name, said in (("a", {}), ("b", {"title": "a pond"})):
        asset = {"visual": {"href": f"./{name}.png", "type": "image/png"}}
        (tmp_path / f"{name}.json").write_text(json.dumps(item(name, asset, **said)))
    links = [{"rel": "item", "href": f"./{name}.json"} for name in "ab"]
    catalog = {"type": "Catalog", "stac_version": "1.0.0", "id": "c", "links": links}
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    assert [r.captions for r in load_dataset(tmp_path).records] == [(), ("a pond",)]
