"""What a visitor of a public server keeps, in that browser alone; in the dark, for axe as well."""

import json
import re
from pathlib import Path

import pytest
from browser import serious_violations, visit
from columns import cards
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

QUERY = "a white plane on the grass"
# Through a proxy, as on a public server; of no operator.
VISITOR = {"extra_http_headers": {"X-Forwarded-For": "203.0.113.7"}, "color_scheme": "dark"}


def drawer_of(page):
    page.get_by_role("button", name="Collections").click()
    return page.get_by_role("dialog", name="Collections")


def test_a_visitor_keeps_in_the_browser_and_nobody_else_sees_it(open_tab, gallery_folders):
    """Tagged, noted, there after a reload and in a second window; taken away and brought back."""
    anna = open_tab(f"?q={QUERY}", **VISITOR)
    expect(cards(anna)).to_have_count(12)
    cards(anna).nth(2).focus()
    anna.keyboard.press("+")
    expect(anna.locator(".bench-marks li")).to_have_count(1)
    assert serious_violations(anna) == []  # with a mark, in the dark
    anna.keyboard.press("u")
    expect(anna.locator(".bench-marks li")).to_have_count(0)
    cards(anna).nth(1).click()
    anna.locator(".detail").get_by_role("button", name="Tag", exact=True).click()
    anna.get_by_label("Name of the tag").fill("anna's airfields")
    anna.get_by_role("button", name="Add", exact=True).click()
    expect(anna.get_by_role("img", name="anna's airfields").first).to_be_visible()
    drawer = drawer_of(anna)
    expect(drawer).to_contain_text("Kept in this browser alone")
    note = drawer.get_by_label("Note on anna's airfields")
    note.fill("look again")
    note.press("Tab")
    drawer.get_by_label("Name of this search").fill("planes")
    drawer.get_by_role("button", name="Save this search").click()
    expect(drawer.locator(".drawer-search")).to_contain_text("planes")
    assert serious_violations(anna) == []
    anna.reload()
    drawer = drawer_of(anna)
    expect(drawer).to_contain_text("1 scene")
    with anna.expect_download() as download:
        drawer.get_by_role("button", name="Save all to a file").click()
    taken = Path(download.value.path()).read_bytes()
    with anna.expect_download() as download:
        drawer.get_by_role("button", name="Save anna's airfields as GeoJSON").click()
    found = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert [one["properties"]["rank"] for one in found["features"]] == [1]
    assert found["cmpagl"]["query"] == "anna's airfields"

    window = anna.context.new_page()
    visit(window, f"?q={QUERY}")
    expect(cards(window)).to_have_count(12)
    other = drawer_of(window)
    expect(other.get_by_label("Note on anna's airfields")).to_have_value("look again")
    other.get_by_role("button", name="Delete the tag anna's airfields").click()
    expect(other).to_contain_text("Nothing is kept yet")
    given = {"name": "kept.json", "mimeType": "application/json", "buffer": taken}
    other.locator("input[type=file]").set_input_files(given)
    expect(other.get_by_label("Note on anna's airfields")).to_have_value("look again")

    for context in (VISITOR, {}):  # another visitor, and who runs the page
        stranger = open_tab(f"?q={QUERY}", **context)
        expect(cards(stranger)).to_have_count(12)
        kept = drawer_of(stranger)
        expect(kept).to_contain_text(re.compile("Kept in"))
        assert "anna's airfields" not in kept.inner_text()
    index = gallery_folders[0]
    for file in index.parent.glob(index.name + ".collections.sqlite*"):
        assert b"anna's airfields" not in file.read_bytes()

    drawer.get_by_role("button", name="Close").click()
    anna.get_by_role("button", name="Judge", exact=True).click()
    expect(anna.get_by_role("dialog", name="Judge the results")).to_contain_text(
        "does this picture"
    )
    assert serious_violations(anna) == []
