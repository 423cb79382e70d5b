"""Search beside `test_ui.py`: sliders with a chosen result, captions, baselines, foot and file."""

import csv
import json
import re
from pathlib import Path

import pytest
from browser import HOSTILE, HOSTILE_NAME, N_SCENES, serious_violations, visit
from columns import cards, names
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

QUERY = "a white plane on the grass"


def as_bytes(content):
    return json.dumps(content).encode()


def saved(page, press):
    with page.expect_download() as download:
        press()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as handle:
        return download.value.suggested_filename, list(csv.DictReader(handle))


def test_the_bank_is_drawn_again_when_a_slider_rests(open_tab):
    """While it moves, nothing asks for it and a sentence stands there; the table stays open."""
    page = open_tab(f"?q={QUERY}&after=aligned_smr")
    cards(page).nth(1).click()
    why = page.locator(".detail-why")
    spread = why.get_by_text(re.compile(r"95 %"))
    expect(spread).to_be_visible()
    expect(page.locator(".waterfall .barlayer path").first).to_be_visible()  # all is drawn
    page.get_by_text("As a table").click()
    page.get_by_text("Reranking", exact=True).click()
    page.get_by_role("slider", name="alpha").focus()
    # Every sentence that shows, as it comes: the moments between are too short to look at.
    page.evaluate(
        """() => {
            window.told = [];
            new MutationObserver(() => window.told.push(
                document.querySelector(".detail-why").textContent.includes("95 %")))
                .observe(document.querySelector(".detail"), {childList: true, subtree: true});
        }"""
    )
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("alpha=0.7"))
    page.wait_for_function("() => window.told.at(-1) === true")  # drawn again, with the last word
    expect(page.get_by_text("Checking how much")).to_have_count(0)
    expect(spread).to_be_visible()
    told = page.evaluate("window.told")
    assert told[0] is False  # the old spread is gone with the first step
    expect(page.locator(".detail-table")).to_have_attribute("open", "")


def test_a_late_spread_opens_nothing(open_tab):
    """Closed before its answer came, the panel stays closed."""
    page = open_tab(f"?q={QUERY}&after=aligned_smr")
    cards(page).first.click()
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".detail")).to_be_hidden()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".detail")).to_be_hidden()


def test_a_caption_is_marked_and_explained(open_tab):
    """Its own captions are called so; why one stands where it does has a figure and a table."""
    page = open_tab("?like=scene_0001.png&find=captions&k=60&after=aligned_smr")
    expect(page.locator(".truth").first).to_have_text("✓ true caption")
    expect(page.get_by_text("true scene")).to_have_count(0)
    cards(page).nth(2).click()
    expect(page.get_by_role("img", name="The parts of the score")).to_be_visible()
    page.get_by_text("As a table").click()
    expect(page.locator(".detail-table thead")).to_contain_text("This caption")


def test_a_baseline_says_that_it_has_no_terms(open_tab):
    page = open_tab(f"?q={QUERY}&after=csls&scene=scene_0001.png")
    expect(page.locator(".detail-why")).to_contain_text("Choose Aligned + SMR to see")
    expect(page.locator(".waterfall")).to_have_count(0)


def test_the_foot_stands_under_the_start_and_under_results(open_tab):
    page = open_tab()
    foot = page.locator(".ranking-foot")
    expect(foot).to_contain_text("fake, checkpoint checkpoint. Scores rank")
    expect(foot.get_by_role("button")).to_have_count(0)  # nothing to save yet
    visit(page, f"?q={QUERY}")
    expect(foot.get_by_role("button", name="Save as CSV")).to_be_visible()


def test_both_columns_are_saved_by_keyboard(open_tab):
    """Every card of both columns, as the page shows it, each row with where it comes from."""
    page = open_tab(f"?q={QUERY}&k=9")
    expect(cards(page)).to_have_count(9)
    cards(page, "before").first.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("combobox", name="After")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save as CSV")).to_be_focused()
    name, rows = saved(page, lambda: page.keyboard.press("Enter"))
    assert name == "fake_search.csv"
    assert [row["column"] for row in rows] == ["Before"] * 9 + ["After"] * 9
    for side, part in (("before", rows[:9]), ("after", rows[9:])):
        shown = cards(page, side)
        scores = [float(row["score"]) for row in part]
        assert scores == sorted(scores, reverse=True)
        for i, row in enumerate(part):
            card = shown.nth(i)
            assert row["id"] == card.get_attribute("data-id")
            assert row["rank"] == card.locator(".card-rank").inner_text()
            move = card.locator(".move")
            told = move.inner_text().split(" ", 1)[1] if move.count() else ""
            assert row["move"] == told
    for row in rows:
        assert (row["query"], row["data_set"], row["split"]) == (QUERY, "fake", "")
        assert row["checkpoint"] == "checkpoint"
        assert "they are not probabilities" in row["limits"]
    before = {row["id"]: row["rank"] for row in rows[:9]}
    for row in rows[9:]:
        assert row["rank_before"] == before.get(row["id"], row["rank_before"])
        assert (row["id"] in before) == (not row["move"].startswith("new"))


def test_marks_and_unwanted_words_teach_the_right_column(open_tab):
    """By pointer and by keyboard: marked, excluded, undone, told in "why", there after a reload."""
    page = open_tab(f"?q={QUERY}", viewport={"width": 1440, "height": 900})
    expect(page.get_by_text("Mark scenes with + and −")).to_be_visible()
    tall = "() => [...document.querySelectorAll('.column[data-side=after] .card')].filter("
    tall += "card => card.getBoundingClientRect().bottom <= innerHeight).length"
    assert page.evaluate(tall) >= 8
    name = cards(page).nth(3).get_attribute("data-id")
    page.get_by_role("button", name=re.compile("^More like this: ")).nth(12 + 3).click()
    expect(page.locator(".column[data-side=after]")).to_contain_text("With your examples")
    expect(page.locator(".column[data-side=before]")).to_contain_text("Without your examples")
    order = names(page)
    assert order.index(name) <= 3  # no lower than it was
    last = cards(page, "before").last
    last.focus()
    page.keyboard.press("-")
    expect(page.locator(".bench-marks li")).to_have_count(2)
    expect(page.locator(".result[data-mark=bad]").first).to_be_visible()
    page.get_by_label("Not", exact=True).fill("red ship")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("not=red"))
    page.keyboard.press("Tab")
    page.locator(".bench-keys").focus()
    page.keyboard.press("j")
    expect(cards(page).first).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_text("As a table").click()
    table = page.locator(".detail-table")
    expect(table).to_contain_text("Your examples")
    expect(table).to_contain_text("Excluded words")
    page.reload()
    expect(page.locator(".bench-marks li")).to_have_count(2)
    expect(page.get_by_label("Not", exact=True)).to_have_value("red ship")
    order = names(page)
    again = open_tab(page.url)
    expect(cards(again)).to_have_count(12)
    assert names(again) == order
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".bench-marks li")).to_have_count(1)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page).not_to_have_url(re.compile("marks="))
    page.keyboard.press("u")  # all that was cleared at once
    expect(page.locator(".bench-marks li")).to_have_count(1)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page).not_to_have_url(re.compile("marks="))
    page.get_by_label("Not", exact=True).fill("")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="After")).to_be_visible()


def test_the_grid_its_keys_and_the_picture_over_the_page(open_tab):
    """One switch, in the link; many scenes at once; every key that the list names does its part."""
    page = open_tab(f"?q={QUERY}", viewport={"width": 1440, "height": 900})
    expect(cards(page)).to_have_count(12)
    page.keyboard.press("g")
    expect(page).to_have_url(re.compile("layout=grid"))
    expect(cards(page)).to_have_count(N_SCENES)
    expect(cards(page, "before")).to_have_count(0)
    folded = page.locator(".stack[aria-expanded=false]")
    while folded.count():
        folded.first.click()
    seen = "() => [...document.querySelectorAll('.is-grid .card')].filter(card => card.offsetParent"
    seen += " && card.getBoundingClientRect().bottom <= innerHeight).length"
    assert page.evaluate(seen) >= 30
    width = cards(page).first.bounding_box()["width"]
    page.get_by_role("slider", name="Picture size").fill("240")
    expect(page).to_have_url(re.compile("size=240"))
    page.wait_for_function(
        "width => document.querySelector('.is-grid .card').offsetWidth > 1.5 * width", arg=width
    )
    cards(page).first.focus()
    page.keyboard.press("ArrowRight")
    expect(cards(page).nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".detail-picture")).to_be_visible()
    detail, results = (page.locator(one).bounding_box() for one in (".detail", ".ranking"))
    assert detail["x"] >= results["x"] + results["width"]  # beside the results, not below them
    page.keyboard.press("z")
    picture = page.locator(".large-picture")
    expect(picture).to_be_visible()
    page.keyboard.press("+")
    expect(picture).to_have_attribute("style", re.compile(r"scale\(1\.25\)"))
    page.keyboard.press("Escape")
    expect(picture).to_be_hidden()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_be_visible()
    assert serious_violations(page) == []
    keys.get_by_label("Use these keys").uncheck()
    keys.get_by_role("button", name="Close").click()
    page.keyboard.press("g")
    expect(cards(page)).to_have_count(N_SCENES)  # a person can switch them off
    expect(page).to_have_url(re.compile("layout=grid"))


def test_what_is_kept_is_there_again_in_every_window(open_tab):
    """Tagged by key, noted, saved, taken away; there after a reload and in a second tab; what was
    deleted can be had back.
    """
    page = open_tab(f"?q={QUERY}", viewport={"width": 1440, "height": 900})
    expect(cards(page)).to_have_count(12)
    name = cards(page).nth(1).get_attribute("data-id")
    cards(page).nth(1).focus()
    page.keyboard.press("t")
    page.get_by_label("Name of the tag").fill("for the report")
    page.keyboard.press("Enter")
    dot = cards(page).nth(1).locator("xpath=..").locator(".card-tags [aria-label='for the report']")
    expect(dot).to_be_visible()
    cards(page).nth(2).focus()
    page.keyboard.press("t")
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    drawer = page.get_by_role("dialog", name="Collections")
    expect(drawer).to_contain_text("2 scenes")
    drawer.get_by_label("Note on for the report").fill("look again")
    drawer.get_by_label("Name of this search").fill("planes")
    page.keyboard.press("Enter")
    expect(drawer.locator(".drawer-search")).to_contain_text("nothing new")
    expect(drawer.locator(".drawer-history")).to_contain_text(QUERY)
    assert serious_violations(page) == []
    with page.expect_download() as download:
        drawer.get_by_role("button", name="Save all to a file").click()
    content = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert content["tags"][0]["scenes"][0]["id"] == name
    assert content["tags"][0]["note"] == "look again"
    again = open_tab("")
    again.get_by_role("searchbox").fill("ships")
    again.keyboard.press("Enter")
    expect(cards(again)).to_have_count(12)
    again.get_by_role("button", name="Collections").click()
    other = again.get_by_role("dialog", name="Collections")
    expect(other).to_contain_text("2 scenes")
    content["searches"][0]["seen"].pop(3)  # as if this scene had come since
    grown = {"name": "kept.json", "mimeType": "application/json", "buffer": as_bytes(content)}
    other.locator("input[type=file]").set_input_files(grown)
    other.get_by_role("button", name="planes", exact=True).click()
    expect(again).to_have_url(re.compile("white"))
    expect(cards(again).nth(3).get_by_text("new since saved")).to_be_visible()
    expect(again.locator(".fresh")).to_have_count(1)
    again.get_by_role("button", name="Collections").click()
    expect(other.locator(".drawer-search")).to_contain_text("1 new")
    page.reload()
    page.get_by_role("button", name="Collections").click()
    drawer.get_by_role("button", name="Delete the tag for the report").click()
    expect(drawer).to_contain_text("Nothing is kept yet")
    page.keyboard.press("Enter")  # Undo has the focus
    expect(drawer.get_by_label("Note on for the report")).to_have_value("look again")
    expect(drawer).to_contain_text("2 scenes")
    drawer.get_by_role("button", name="Delete the tag for the report").click()
    expect(drawer).to_contain_text("Nothing is kept yet")
    again.evaluate("window.dispatchEvent(new Event('focus'))")  # as if it was gone to
    expect(other).to_contain_text("Nothing is kept yet")


def test_a_phone_shows_three_ranks_of_both_columns(open_tab):
    page = open_tab(f"?q={QUERY}", viewport={"width": 390, "height": 844})
    for side in ("before", "after"):
        third = cards(page, side).nth(2)
        expect(third).to_be_visible()
        box = third.bounding_box()
        assert box["y"] + box["height"] <= 844


def test_a_spreadsheet_takes_no_text_for_a_formula(open_tab):
    """What is asked and what the data set says begin as text; quotes and markup come through."""
    formula = '=HYPERLINK("http://x")'
    page = open_tab()
    page.get_by_role("searchbox").fill(formula)
    page.keyboard.press("Enter")
    expect(cards(page)).to_have_count(12)
    _, rows = saved(page, page.get_by_role("button", name="Save as CSV").click)
    assert {row["query"] for row in rows} == {"'" + formula}
    visit(page, f"?like={HOSTILE_NAME}&find=captions&k=60")
    expect(page.locator(".truth").first).to_be_visible()
    _, rows = saved(page, page.get_by_role("button", name="Save as CSV").click)
    assert set(HOSTILE) <= {row["caption"] for row in rows}
    assert {row["query"] for row in rows} == {HOSTILE_NAME}
    assert len(rows) > N_SCENES
