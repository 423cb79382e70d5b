"""Search beside `test_ui.py`: sliders with a chosen result, captions, baselines, foot and file."""

import csv
import re

import pytest
from browser import HOSTILE, HOSTILE_NAME, N_SCENES, visit
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

QUERY = "a white plane on the grass"


def cards(page, side="after"):
    return page.locator(f".column[data-side={side}] .card")


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
    page.wait_for_function("window.told.at(-1) === true")  # drawn again, with the last word
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
    expect(page.locator(".detail-why")).to_contain_text("Choose Aligned + SMR or Final")
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
        for i, row in enumerate(part):
            card = shown.nth(i)
            assert row["id"] == card.get_attribute("data-id")
            assert row["rank"] == card.locator(".card-rank").inner_text()
            score = float(card.locator(".card-score").inner_text().replace("−", "-"))
            assert float(row["score"]) == pytest.approx(score, abs=6e-4)
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
