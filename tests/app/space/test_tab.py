"""The map as a person uses it: by keys, by the legend, from a link, before all of it is there."""

import csv
import re
from functools import partial
from urllib.parse import urlencode

import pytest
from browser import (
    HOSTILE_NAME,
    N_SCENES,
    serious_violations,
    until,
    visit,
    watched_tab,
)
from columns import cards, search
from map_page import SIZE, open_map, stage
from PIL import Image
from playwright.sync_api import expect

from app.space.tab import MAX_LINKED

pytestmark = pytest.mark.ui


def drag_around_everything(page):
    box = stage(page).bounding_box()
    left, top = box["x"] + 12, box["y"] + 12
    right, bottom = box["x"] + box["width"] - 60, box["y"] + box["height"] - 12
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=3)
    page.mouse.up()


def test_legend_selects_a_class_for_search_and_a_file(open_tab):
    """The click-only way: a class becomes a list, a CSV with every row, and a filter of Search."""
    page = open_map(open_tab)
    expect(page.get_by_text(re.compile(r"^Modality gap \d\.\d\d$"))).to_be_visible()
    page.get_by_role("button", name="Select all of ship").click()
    heading = page.get_by_role("heading", name="captions selected")
    told = [int(number) for number in re.findall(r"\d+", heading.inner_text())]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    kinds = [row["kind"] for row in rows]
    assert [kinds.count("image"), kinds.count("caption")] == told
    assert {row["class"] for row in rows} == {"ship"}
    assert {row["checkpoint"] for row in rows} == {"checkpoint"}
    assert {(row["data_set"], row["split"]) for row in rows} == {("fake", "")}
    assert all("similarity alone" in row["limits"] for row in rows)
    page.get_by_role("button", name=f"Search these {told[0]} scenes").click()
    expect(page.get_by_text(f"Searching only the {told[0]} scenes")).to_be_visible()
    search(page, "a white plane")
    labels = cards(page).locator(".card-label")
    expect(labels.first).to_have_text("ship")
    assert set(labels.all_inner_texts()) == {"ship"}


def test_lasso_and_the_table(open_tab):
    """A line drawn around all points selects them all; the table lists them; Clear lets go."""
    page = open_map(open_tab)
    page.get_by_role("button", name="Lasso").click()
    drag_around_everything(page)
    expect(page.get_by_role("heading", name=f"{N_SCENES} pictures and")).to_be_visible()
    expect(page).to_have_url(re.compile(r"sel=0-\d+"))
    page.get_by_text("As a table").click()
    expect(page.get_by_role("table").get_by_text("Selected points, 1 to 20")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page).not_to_have_url(re.compile("sel="))


def test_keys_go_from_point_to_point(open_tab):
    """Arrows name a point, Space selects it, Enter shows it, and it opens elsewhere."""
    page = open_map(open_tab)
    stage(page).focus()
    page.keyboard.press("ArrowRight")
    live = page.locator("[aria-live=polite]").filter(has_text=re.compile("^(Picture|Caption)"))
    expect(live).to_have_count(1)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Save as CSV")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Chosen point")).to_be_visible()


def test_query_and_hostile_scene_from_a_link(open_tab):
    """The query is placed and told as approximate; markup in a name stays text; views switch."""
    page = open_map(open_tab, f"&q=a white plane&scene={HOSTILE_NAME}")
    expect(page.get_by_text("roughly where it would lie")).to_be_visible()
    name = HOSTILE_NAME.removesuffix(".png")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    page.get_by_role("button", name="Before alignment").click()
    expect(page.get_by_text("only in the shared space")).to_be_visible()
    expect(page).to_have_url(re.compile("map=raw"))


def test_what_a_link_asks_in_vain_is_told(open_tab):
    """The usual value is shown, and a sentence for each says so, as text."""
    asked = {"map": "flat", "colour": "<b>red</b>", "solo": "99", "sel": "3-x", "after": "magic"}
    page = open_map(open_tab, f"&q=ship&{urlencode(asked)}")
    for name, value in asked.items():
        expect(page.get_by_text(f"The setting {name}={value} is not allowed")).to_be_visible()
    expect(stage(page)).to_be_visible()


def test_selection_too_large_for_a_link_is_told(browser, served):
    """The sentence stands beside the selection and is announced; a smaller one takes it away."""

    def shorten(route):
        answer = route.fetch()
        text, found = re.subn(rf"(max_linked\W+){MAX_LINKED}\b", r"\g<1>6", answer.text())
        assert found
        route.fulfill(response=answer, body=text)

    with watched_tab(browser, served, viewport=SIZE) as page:
        page.route(re.compile(r"/\?tab=space"), shorten)
        open_map(lambda path, **_: (visit(page, path), page)[1], "&sel=0-1")
        told = page.get_by_text("too large for a link").filter(visible=True)
        search = page.get_by_role("button", name=re.compile("Search these"))
        expect(search).to_be_enabled()
        expect(told).to_have_count(0)
        page.get_by_role("button", name="Select all of ship").click()
        sentence = page.locator(".map-picked").get_by_text("too large for a link")
        expect(sentence).to_be_visible()
        live = page.locator("[aria-live=polite]")
        expect(live.filter(has_text="too large for a link")).to_have_count(1)
        expect(page.get_by_text("These are too many scenes for a link").first).to_be_visible()
        expect(search).to_be_disabled()
        expect(page).not_to_have_url(re.compile("sel="))
        page.get_by_role("button", name="Clear").click()
        expect(sentence).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_violation_and_a_phone_shows_all(open_tab, scheme):
    width = 360 if scheme == "dark" else 1400
    context = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    page = open_map(open_tab, "&sel=0-9", **context)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_violations(page) == []


def test_keys_before_the_names_are_there(browser, served):
    """A key pressed while names are on their way is answered, and the point told once they come."""
    held = {"names": [], "figures": []}

    def hold(routes, route):
        routes.append(route)

    with watched_tab(browser, served, viewport=SIZE) as page:
        for name, routes in held.items():
            page.route(f"**/map/{name}?*", partial(hold, routes))
        visit(page, "?tab=space")
        stage(page).focus()
        page.keyboard.press("ArrowRight")
        live = page.locator("[aria-live=polite]")
        expect(live.filter(has_text="Fetching the points.")).to_have_count(1)
        held["names"][0].continue_()
        expect(live.filter(has_text=re.compile("^(Picture|Caption)"))).to_have_count(1)
        page.keyboard.press("Space")
        save = page.get_by_role("button", name="Save as CSV")
        expect(save).to_be_disabled()  # its figures are still being counted
        held["figures"][0].continue_()
        expect(save).to_be_enabled()


def test_old_links_open_the_space(open_tab):
    """Links that said tab=map open the same space, colour and kind as they did."""
    page = open_tab("?tab=map&map=raw&colour=hubness&solo=0", viewport=SIZE)
    expect(page.get_by_role("tab", name="Space")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("button", name="Before alignment")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_title("Show only Never in a top 10 in colour")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_the_library_comes_with_the_tab_and_from_the_app(open_tab):
    """The first page does without plotly.js; the tab fetches it once, from the same address."""
    page = open_tab("", viewport=SIZE)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.locator(".mosaic-scene").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert not page.evaluate("'Plotly' in window")
    page.get_by_role("tab", name="Space").click()
    expect(page.locator("#map-colour option[value=hubness]")).to_be_attached()
    assert sum("plotly.min.js" in url for url in asked) == 1


def drag(page, *places, keys=()):
    """Drag over the stage through places given as shares of its width and height."""
    box = stage(page).bounding_box()
    (x, y), *rest = [(box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in places]
    for key in keys:
        page.keyboard.down(key)
    page.mouse.move(x, y)
    page.mouse.down()
    for at in rest:
        page.mouse.move(*at, steps=4)
    page.mouse.up()
    for key in keys:
        page.keyboard.up(key)


def selected(page):
    """How many points the selection has."""
    return sum(map(int, re.findall(r"\d+", page.locator(".map-picked h3").inner_text())))


def test_boxes_set_add_and_take_away(open_tab):
    """A box selects what lies in it; Shift adds another one's, Alt takes a third one's away."""
    page = open_map(open_tab)
    picked = page.locator(".map-picked h3")
    page.get_by_role("button", name="Box", exact=True).click()
    drag(page, (0.01, 0.01), (0.5, 0.99))
    expect(picked).to_be_visible()
    left = selected(page)
    drag(page, (0.5, 0.01), (0.94, 0.99), keys=("Shift",))
    until(page, lambda: selected(page) > left > 0)
    everything = selected(page)
    drag(page, (0.01, 0.01), (0.5, 0.99), keys=("Alt",))
    until(page, lambda: selected(page) == everything - left)


def test_double_click_in_the_legend_shows_a_kind_alone(open_tab):
    """As in the library's own legend; a further click shows all again."""
    page = open_map(open_tab)
    ship = page.get_by_title("Show only ship in colour")
    ship.dblclick()
    expect(ship).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("solo="))
    ship.click()
    expect(ship).to_have_attribute("aria-pressed", "false")


def test_the_map_as_a_picture(open_tab, tmp_path):
    """The button saves what shows, with its legend, as a PNG of twice the size."""
    page = open_map(open_tab, "&q=a white plane")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as PNG").click()
    assert download.value.suggested_filename == "fake_space_aligned.png"
    download.value.save_as(tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as picture:
        assert picture.width > 2 * stage(page).bounding_box()["width"]
        colours = picture.convert("RGB").getcolors(picture.width * picture.height)
    assert {(31, 95, 196), (199, 90, 0)} <= {colour for count, colour in colours if count > 50}


def test_two_fingers_zoom(open_tab):
    """A pinch on a touch screen shows less of the map, larger."""
    page = open_map(open_tab, has_touch=True)
    range_x = "document.querySelector('.map-figure').layout.xaxis.range"

    def width():
        low, high = page.evaluate(range_x)
        return high - low

    before = width()
    box = stage(page).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 40), ("touchMove", 60), ("touchMove", 80)):
        fingers = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    until(page, lambda: width() < 0.6 * before)


def test_the_map_needs_no_webgl(open_tab):
    """Nothing is asked of a GPU, so the map is the same where there is none."""
    page = open_tab("about:blank", viewport=SIZE)
    page.add_init_script("""
        window.asked = new Set();
        const context = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
            window.asked.add(kind);
            return context.call(this, kind, ...more);
        };
    """)
    visit(page, "?tab=space")
    expect(page.locator("#map-colour option[value=hubness]")).to_be_attached()
    expect(page.locator(".map-figure .nsewdrag")).to_be_attached()
    page.get_by_role("button", name="Lasso").click()
    drag_around_everything(page)
    expect(page.get_by_role("heading", name=f"{N_SCENES} pictures and")).to_be_visible()
    assert page.evaluate("[...window.asked]") == ["2d"]
