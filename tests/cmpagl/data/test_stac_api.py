"""A search of a STAC API, by its real client: what is asked, fetched, kept and told."""

import sys
from pathlib import Path

import pytest
from geo import write_terrain
from loopback_stac import running_stac

from cmpagl.data.dataset import load_dataset
from cmpagl.data.fetched import FETCHED
from cmpagl.data.find import known_layouts
from cmpagl.errors import DataError

COG = "image/tiff; application=geotiff; profile=cloud-optimized"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """Five items of two collections, one of them with its picture where nobody fetches it."""
    folder = tmp_path_factory.mktemp("stac")
    with running_stac(folder) as running:
        for n in range(5):
            write_terrain(folder / f"scene-{n}.tif", 40 + n, 40)
            visual = f"{running.url}/files/scene-{n}.tif" if n != 3 else "s3://bucket/scene-3.tif"
            assets = {
                "B04": {"href": f"{running.url}/files/none.tif", "type": COG, "roles": ["data"]},
                "visual": {"href": visual, "type": COG, "roles": ["visual"]},
            }
            properties = {
                "datetime": f"2024-0{n + 1}-15T10:00:00Z",
                "eo:cloud_cover": 10.0 * n,
                "title": f"fields, number {n}",
            }
            running.items.append(
                {
                    **{"type": "Feature", "stac_version": "1.0.0", "id": f"../scene/{n}"},
                    **{"geometry": None, "bbox": [n, n, n + 1, n + 1], "links": []},
                    "collection": "summer" if n < 4 else "winter",
                    **{"properties": properties, "assets": assets},
                }
            )
        yield running


@pytest.fixture(autouse=True)
def asked_anew(api, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    api.asked.clear()
    api.fetched.clear()


def search(api, **options):
    """As a command line gives it: a path, which makes one slash of two."""
    asked = "&".join(f"{name}={value}" for name, value in options.items())
    return Path(f"stac+{api.url}?{asked}")


def test_items_of_a_search_become_a_data_set(api, tmp_path):
    """The visual assets, properties as columns, a title as caption; each is fetched once, and the
    folder opens without the API."""
    asked = search(api, collections="summer", bbox="0.5,0.5,2.5,2.5", datetime="2024-01-01/..")
    found = load_dataset(asked)
    assert [r.path.name for r in found.records] == ["scene-0.tif", "scene-1.tif", "scene-2.tif"]
    assert all(r.path.is_relative_to(tmp_path) for r in found.records)
    assert found.name == "summer"
    columns = [dict(record.columns) for record in found.records]
    assert [one["eo:cloud_cover"] for one in columns] == [0.0, 10.0, 20.0]
    assert columns[1]["datetime"].startswith("2024-02-15")
    assert found.records[1].captions == ("fields, number 1",)
    said = api.asked[0]
    assert said["collections"] == ["summer"]
    assert list(said["bbox"]) == [0.5, 0.5, 2.5, 2.5]
    assert len(api.asked) == 2  # two items a page
    assert api.fetched == ["scene-0.tif", "scene-1.tif", "scene-2.tif"]
    again = load_dataset(asked)
    assert [r.image_id for r in again.records] == [r.image_id for r in found.records]
    assert len(api.fetched) == 3
    alone = load_dataset(found.root)
    assert [r.path for r in alone.records] == [r.path for r in found.records]


def test_how_many_and_which_asset(api):
    assert len(load_dataset(search(api, limit=1)).records) == 1
    with pytest.raises(DataError, match="has no asset that is a picture"):
        load_dataset(search(api, limit=1, asset="thumbnail"))


def test_what_is_not_fetched_is_named(api):
    """An address of another kind, a download that breaks off; the next run tries again."""
    api.breaking.add("scene-1.tif")
    asked = search(api, collections="summer")
    found = load_dataset(asked, on_error="skip")
    assert [r.path.name for r in found.records] == ["scene-0.tif", "scene-2.tif"]
    reasons = {skipped.name: skipped.reason for skipped in found.skipped}
    assert "lies at http" in reasons["../scene/1"]
    assert "lies at s3://bucket" in reasons["../scene/3"]
    api.breaking.clear()
    assert len(load_dataset(asked, on_error="skip").records) == 3


def test_what_cannot_be_asked_is_one_sentence(api, monkeypatch):
    asked = search(api, limit=1)
    load_dataset(asked)
    for wrong, why in (
        (search(api, cloud="10"), "'cloud' is no option of a search"),
        (search(api, limit="0"), "limit=0 is not a number of items"),
        (search(api, bbox="1,2,3"), "bbox=1,2,3 is not a box"),
        (Path("stac+ftp://x"), "names no search of a STAC API"),
        (search(api, collections="spring"), "finds nothing for this search"),
        (Path("stac+http://127.0.0.1:9/x"), "does not answer as a STAC API"),
    ):
        with pytest.raises(DataError, match=why):
            load_dataset(wrong)
    url, api.url = api.url, "http://127.0.0.1:9"  # its landing page leads nowhere now
    try:
        with pytest.raises(DataError, match="What it found before opens with --data"):
            load_dataset(asked)
    finally:
        api.url = url
    monkeypatch.setitem(sys.modules, "pystac_client", None)
    with pytest.raises(DataError, match=r"pip install 'cmpagl\[stac\]'"):
        load_dataset(asked)


def test_names_that_are_fetched_are_known():
    """The command line knows them without loading what reads them."""
    assert {layout.prefix for layout in known_layouts() if layout.prefix} == set(FETCHED)
