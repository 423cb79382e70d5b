"""Look as a person uses it: by pointer and by keyboard, by what shows and what is told."""

import base64
import io
import re
from urllib.parse import urlencode

import numpy as np
import pytest
from browser import HOSTILE, HOSTILE_NAME, serious_violations, until, visit
from gradio_client import Client
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

GRID = 8
SCENE = "scene_0001.png"
OTHER = "scene_0002.png"


def grid(page, number=0):
    return page.get_by_role("application").nth(number)


def opened(open_tab, path="", **context):
    """The tab Look with a map."""
    page = open_tab(f"?tab=look&scene={SCENE}{path}", **context)
    expect(grid(page)).to_be_visible()
    return page


def overlay(page, number=0):
    """The pixels of a panel's overlay, RGBA from 0 to 255, (height, width, 4)."""
    canvas = page.locator(".look-canvas").nth(number)
    link = canvas.evaluate("canvas => canvas.toDataURL()")
    png = base64.b64decode(link.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def test_click_shows_what_a_place_looked_at(open_tab):
    """The fields name the clicked place, its window is outlined, the shares are told."""
    page = opened(open_tab, "&block=1")
    box = grid(page).bounding_box()
    cell = box["width"] / GRID
    page.mouse.click(box["x"] + 6.5 * cell, box["y"] + 1.5 * cell)  # row 2, column 7
    expect(page.get_by_label("Row", exact=True)).to_have_value("2")
    expect(page.get_by_label("Column", exact=True)).to_have_value("7")
    expect(page.get_by_text(re.compile(r"^\d+ % in its window$"))).to_be_visible()
    assert "at=2%2C7" in page.url
    pixels = overlay(page)
    size = pixels.shape[0]
    light = pixels[:, :, :3].min(axis=2) > 240  # the light line of outlines
    right = slice(int(size * 0.6), int(size * 0.9))
    assert light[size // 2 - 3 : size // 2 + 3, right].any(axis=0).all()
    assert not light[int(size * 0.8), right].any()


def test_keyboard_moves_the_place_and_it_is_announced(open_tab):
    """Arrows, Home and the fields; what a screen reader hears names the place and the shares."""
    page = opened(open_tab, "&at=3,3")
    grid(page).focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.get_by_label("Row", exact=True)).to_have_value("4")
    expect(page.get_by_label("Column", exact=True)).to_have_value("5")
    live = page.locator("[aria-live=polite].visually-hidden")
    expect(live).to_contain_text("Looking from row 4, column 5")
    page.keyboard.press("Home")
    expect(page.get_by_label("Column", exact=True)).to_have_value("1")
    row = page.get_by_label("Row", exact=True)
    row.fill("8")
    row.press("Enter")
    expect(page).to_have_url(re.compile("at=8%2C1"))


def test_block_head_and_opacity(open_tab):
    """Another block has another map; the overlay fades to nothing; a link gives it all back."""
    page = opened(open_tab)
    before = overlay(page)
    page.get_by_text("For researchers").click()
    page.get_by_role("button", name=re.compile("^Block 1,")).click()
    expect(page.get_by_role("button", name=re.compile("^Block 1,"))).to_have_attribute(
        "aria-pressed", "true"
    )
    page.get_by_role("button", name="Head 2").click()
    expect(page).to_have_url(re.compile("head=2"))
    expect(page.get_by_role("button", name="Head 2")).to_have_attribute("aria-pressed", "true")
    until(page, lambda: (overlay(page) != before).any())
    again = open_tab(page.url)
    expect(again.get_by_role("button", name="Head 2")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Outside the window", exact=True).click()
    expect(page.locator(".look-unit")).to_contain_text("outside the window")
    slider = page.get_by_role("slider", name="Overlay")
    slider.focus()
    page.keyboard.press("Home")
    assert overlay(page)[:, :, 3].max() == 0
    page.go_back()
    expect(page.get_by_role("button", name="From a place")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_where_a_score_came_from(open_tab):
    """Type a query, choose a word, lay another query beside, test the map by hiding places."""
    page = opened(open_tab, "&look=words")
    expect(page.get_by_text("Type a query to see")).to_be_visible()
    box = page.get_by_role("searchbox", name="Query", exact=True)
    box.fill("a red plane")
    box.press("Enter")
    words = page.get_by_role("group", name="Words of the query").get_by_role("button")
    expect(words).to_have_text(["All words", "a", "red", "plane"])
    expect(page.locator(".look-label")).to_contain_text("Score (cosine) ")
    whole = overlay(page)
    words.nth(3).click()
    expect(words.nth(3)).to_have_attribute("aria-pressed", "true")
    until(page, lambda: (overlay(page) != whole).any())
    assert "word=3" in page.url
    page.get_by_role("button", name="Test this map").click()
    expect(page.get_by_text("hidden, the score falls from")).to_be_visible()
    expect(page.locator(".look-curve .scatterlayer .trace")).to_have_count(2)
    assert serious_violations(page) == []
    other = page.get_by_role("searchbox", name="Compare with the query")
    other.fill("two ponds")
    other.press("Enter")
    expect(page.locator(".look-label")).to_have_count(2)
    expect(page.locator(".look-label").last).to_contain_text("“two ponds”, Score (cosine)")
    expect(page.get_by_role("button", name="Test this map")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".look-label")).to_have_count(1)


def test_side_by_side_on_one_scale_and_against_random_weights(open_tab):
    """A scene found by its name, then random weights: four maps, one legend; and away again."""
    page = opened(open_tab)
    page.get_by_role("button", name="Compare with it").click()
    page.get_by_role("searchbox", name="Find a scene by name or class").fill("0002")
    page.get_by_role("button", name="scene_0002", exact=True).click()
    expect(page.get_by_role("application")).to_have_count(2)
    page.get_by_role("checkbox", name="The same model with random weights").check()
    expect(page.get_by_role("application")).to_have_count(4)
    labels = page.locator(".look-label").all_inner_texts()
    assert labels == ["trained weights", "random weights"] * 2
    expect(page.locator(".look-legend")).to_have_count(1)
    expect(page.locator(".look-unit")).to_contain_text("same scale for all maps")
    grid(page, 2).click(position={"x": 2, "y": 2})
    expect(page.locator("#look-at2-row")).to_have_value("1")
    expect(page.locator("#look-at-row")).to_have_value("5")
    page.get_by_role("button", name="Remove").last.click()
    expect(page.get_by_role("application")).to_have_count(2)


def test_query_offers_its_true_scene(open_tab):
    """A known caption's own scene is one click away from the scene that is looked at."""
    page = opened(open_tab)
    caption = page.locator(".look-picture").first.get_attribute("alt")
    visit(page, f"?tab=look&scene={OTHER}&q={caption}")
    page.get_by_role("button", name="True scene of the query: scene_0001").click()
    expect(page.locator(".look-title")).to_have_text(["scene_0002", "scene_0001"])


def test_map_says_what_it_is_not_and_has_a_table(open_tab):
    page = opened(open_tab)
    expect(page.get_by_text("attention is not a cause")).to_be_visible()
    expect(page.get_by_text(re.compile("checkpoint checkpoint"))).to_be_visible()
    page.get_by_text("Top five places", exact=True).click()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(6)


def test_saved_map_is_a_picture_with_its_caption(open_tab):
    page = opened(open_tab, "&at=2,3&block=1")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as PNG").click()
    assert waiting.value.suggested_filename == "scene_0001-place-block1-mean.png"
    picture = Image.open(io.BytesIO(waiting.value.path().read_bytes()))
    assert picture.width == 1024
    below = np.asarray(picture.convert("L"))[32 + 960 + 50 :]
    assert (below < 90).any(), "no words below the picture"
    assert (below > 250).mean() > 0.5


def test_own_picture_and_what_is_none(open_tab, tmp_path):
    """A visitor's picture is looked at; a text file is refused in one sentence."""
    page = opened(open_tab)
    picture = tmp_path / "own.png"
    Image.effect_noise((90, 60), 60).convert("RGB").save(picture)
    field = page.locator(".look-picker input[type=file]")
    field.set_input_files(picture)
    expect(page.locator(".look-title")).to_have_text("Your picture")
    frame = page.locator(".look-frame").bounding_box()
    assert frame["width"] / frame["height"] == pytest.approx(1.5, abs=0.02)
    text = tmp_path / "own.txt"
    text.write_text("no picture")
    field.set_input_files(text)
    expect(page.get_by_text("That file is not a picture")).to_be_visible()


def test_find_a_scene_by_name(open_tab):
    page = opened(open_tab)
    page.get_by_role("searchbox", name="Find a scene by name or class").fill("0007")
    strip = page.locator(".look-strip").get_by_role("button")
    expect(strip).to_have_count(1)
    strip.click()
    expect(page.locator(".look-title")).to_have_text("scene_0007")


def test_hostile_text_stays_text(open_tab):
    """In the link, in the query, as a scene's name: shown as typed, never run."""
    page = open_tab(f"?tab=look&scene={HOSTILE_NAME}")
    expect(page.locator(".look-title")).to_have_text(HOSTILE_NAME.removesuffix(".png"))
    for text in HOSTILE:
        visit(page, "?" + urlencode({"tab": "look", "scene": text, "q": text, "look": text}))
        expect(page.get_by_role("alert")).to_contain_text(text[:20])
    page = opened(open_tab, "&look=score")
    box = page.get_by_role("searchbox", name="Query", exact=True)
    box.fill(" ".join(HOSTILE))
    box.press("Enter")
    expect(page.locator(".look-word").first).to_be_visible()
    assert page.locator(".look img[src=x]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_axe_and_nothing_wider_than_a_phone(open_tab, scheme):
    page = opened(
        open_tab,
        f"&beside={OTHER}&q=a+red+plane",
        color_scheme=scheme,
        viewport={"width": 360, "height": 740},
    )
    expect(page.locator(".look-word").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert serious_violations(page) == []


def test_attention_answers_with_its_first_argument_alone(served):
    """The public endpoint: typed, documented, and one sentence for a scene that is not there."""
    client = Client(served, verbose=False)
    answer = client.predict(SCENE, api_name="/attention")
    assert answer["scene"] == SCENE
    assert len(answer["place"]["values"]) == GRID
    names = client.view_api(return_format="dict")["named_endpoints"]["/attention"]["parameters"]
    assert [p["parameter_name"] for p in names][:2] == ["scene", "row"]
    with pytest.raises(Exception, match="not in this gallery"):
        client.predict("nowhere.png", api_name="/attention")
