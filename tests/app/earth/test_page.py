"""Earth in the browser: footprints by rank, in step with the list, a box as a filter, files."""

import json
import re

import geopandas
import pytest
from browser import running_app, serious_violations, tabs_at, until
from columns import cards
from geo import write_terrain
from playwright.sync_api import expect
from tiny_index import build_index

from cmpagl.data.chips import Chips
from cmpagl.data.dataset import load_dataset
from cmpagl.model.checkpoint import open_checkpoint

pytestmark = pytest.mark.ui

QUERY = "?tab=earth&q=a+blue+pond"

TRACES = "() => document.querySelector('.earth-figure').data"
ON_SCREEN = """
(place) => {
  const figure = document.querySelector(".earth-figure");
  const at = figure._fullLayout.map._subplot.map.project(place);
  const { left, top } = figure.getBoundingClientRect();
  return [left + at.x, top + at.y];
}
"""


@pytest.fixture(scope="module")
def open_at(browser, gallery_folders, tmp_path_factory):
    """A gallery that knows no place, and one of the pieces of a GeoTIFF."""
    index, checkpoint, _ = gallery_folders
    place = tmp_path_factory.mktemp("earth")
    (place / "data").mkdir()
    write_terrain(place / "data" / "terrain.tif")
    dataset = load_dataset(place / "data", chips=Chips(64))
    build_index(dataset, open_checkpoint(checkpoint), place / "terrain", with_map=False)
    indexes = ("--index", index, "--index", place / "terrain", "--checkpoint", checkpoint)
    with running_app(place / "log.txt", *indexes) as url, tabs_at(browser, url) as open_tab:
        yield open_tab


def rows(page):
    return page.locator(".earth-answer")


def test_answers_lie_on_earth_and_a_box_narrows_them(open_at):
    page = open_at(f"g/terrain/{QUERY}")
    expect(rows(page).first).to_be_visible()
    until(page, lambda: page.evaluate(f"() => Boolean(({TRACES})()?.length)"))
    traces = page.evaluate(TRACES)
    before = rows(page).count()
    assert [trace["type"] for trace in traces[:2]] == ["scattermap", "choroplethmap"]
    assert len(traces[1]["locations"]) == before
    assert len(set(traces[1]["z"])) > 2  # coloured by rank
    # Coastlines lie below all of it.
    lowest = "() => document.querySelector('.earth-figure').layout.map.layers[0]"
    until(page, lambda: page.evaluate(f"({lowest})()")["sourcetype"] == "geojson")
    assert len(page.evaluate(lowest)["source"]["coordinates"]) > 100

    # In step: a row's footprint is outlined, the footprint under the pointer lights its row.
    first = dict(zip(("lon", "lat"), (traces[2]["lon"][-1], traces[2]["lat"][-1]), strict=True))
    rows(page).first.hover()
    until(page, lambda: any(page.evaluate(TRACES)[4]["lon"]))
    ring = page.evaluate(TRACES)[4]
    assert min(ring["lon"][:4]) < first["lon"] < max(ring["lon"][:4])
    page.mouse.move(*page.evaluate(ON_SCREEN, first))
    expect(page.locator(".earth-list li.is-lit")).to_have_count(1)
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".earth-answer[aria-pressed=true]")).to_have_count(1)
    assert "scene=terrain.tif" in page.url
    assert serious_violations(page) == []

    # The other ranking, without another question.
    page.get_by_role("group", name="Which ranking").get_by_role("button").first.click()
    expect(rows(page)).to_have_count(before)

    # A box, by hand and by numbers; what is saved lies in it.
    page.get_by_role("button", name="Box").click()
    stage = page.locator(".earth-figure").bounding_box()
    middle = (stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)

    def drawn():
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(
            middle[0] + stage["width"] / 2 - 8, middle[1] + stage["height"] / 2 - 8, steps=4
        )
        page.mouse.up()
        return "area=" in page.url

    until(page, drawn)  # again where the map was drawn anew under the pointer
    area = page.get_by_role("button", name="Remove this filter: area drawn on Earth")
    expect(area).to_be_visible()
    until(page, lambda: 0 < rows(page).count() < before)
    inside = rows(page).count()
    west, south, east, north = map(
        float, re.search(r"area=([^&]+)", page.url)[1].replace("%2C", ",").split(",")
    )
    with page.expect_download() as saved:
        page.get_by_role("link", name="GeoJSON").click()
    found = geopandas.read_file(saved.value.path())
    assert len(found) == inside
    assert found.crs.to_epsg() == 4326
    edges = found.bounds
    assert ((edges.minx + edges.maxx) / 2).between(west, east).all()
    assert ((edges.miny + edges.maxy) / 2).between(south, north).all()
    said = json.loads(saved.value.path().read_text())["cmpagl"]
    assert said["query"] == "a blue pond"
    page.get_by_label("How many answers to save").fill("1")
    with page.expect_download() as saved:
        page.get_by_role("link", name="GeoJSON").click()
    (best,) = json.loads(saved.value.path().read_text())["features"]
    assert best["properties"]["rank"] == 1

    # Search keeps to the box as well, says so, and to a range of a column that is set there.
    page.get_by_role("tab", name="Search").click()
    expect(cards(page)).to_have_count(min(12, inside))
    expect(area).to_be_visible()
    middles = sorted((edges.miny + edges.maxy) / 2)
    to = (middles[0] + next(one for one in middles if one > middles[0] + 1e-4)) / 2  # between rows
    lowest = sum(one < to for one in middles)
    page.locator("#explorer-search .filters summary").click()
    field = page.get_by_role("spinbutton", name="latitude: To")
    field.fill(f"{to:.6f}")
    field.press("Enter")
    expect(cards(page)).to_have_count(min(12, lowest))
    page.get_by_role("tab", name="Earth").click()
    expect(rows(page)).to_have_count(lowest)
    area.click()
    until(page, lambda: lowest <= rows(page).count() < before and "area=" not in page.url)
    page.get_by_role("button", name="Remove this filter: latitude").click()
    expect(rows(page)).to_have_count(before)


def test_a_gallery_without_places_says_so(open_at):
    page = open_at(QUERY)
    expect(page.get_by_text("No picture of this gallery says where on Earth")).to_be_visible()
