"""What ships, as an analyst goes through it: the shipped model on the embedded gallery, each view.

Labels of first results are looked at, never scores: another checkpoint may move those.
"""

import json
import re

import pytest
from browser import REPOSITORY, as_written, running_app, serious_violations, tabs_at
from columns import cards, column, names, search
from playwright.sync_api import expect

from cmpagl.cli.paths import default_checkpoint

pytestmark = pytest.mark.ui

QUERY = "round white storage tanks beside a road"
WIDE = {"width": 1400, "height": 900}
GALLERY = REPOSITORY / "assets" / "gallery" / "index"
PHONE = {"width": 360, "height": 740}


def test_search_finds_what_was_asked_and_look_and_map_follow(open_shipped):
    """From a sentence to the right scenes, why one moved, where the model read, where it lies."""
    page = open_shipped("", viewport=WIDE)
    expect(page.locator(".header")).to_contain_text("480 computer-drawn scenes")
    search(page, QUERY)
    for side in ("before", "after"):
        labels = column(page, side).locator(".card-label").all_inner_texts()
        assert labels[:3] == ["storage tanks"] * 3
        assert labels.count("storage tanks") >= 8
    expect(page.get_by_text("A good match: better than the best match of")).to_be_visible()

    moved = cards(page).filter(has=page.locator(".move[data-kind=up], .move[data-kind=down]")).first
    rank, told = (moved.locator(f".{part}").inner_text() for part in ("card-rank", "move"))
    moved.click()
    expect(page.get_by_role("heading", name="Why it moved")).to_be_visible()
    headline = page.locator(".detail-headline").inner_text()
    way = told.split(" ", 1)[1].capitalize()
    assert re.fullmatch(rf"{way}, from rank \d+ to {rank}", headline)
    expect(page.get_by_role("img", name="The parts of the score")).to_be_visible()

    first = cards(page).first
    title = first.get_attribute("data-id").removesuffix(".webp")
    first.click()
    expect(page.locator(".detail h2")).to_have_text(title)
    page.get_by_role("button", name="Open in Look").click()
    expect(page.locator(".look-title")).to_have_text(title)
    words = page.get_by_role("group", name="Words of the query").get_by_role("button")
    expect(words).to_have_text(["All words", *QUERY.split()])
    words.filter(has_text="tanks").click()
    expect(words.filter(has_text="tanks")).to_have_attribute("aria-pressed", "true")
    foot = page.locator(".look-foot")
    expect(foot).to_contain_text("It is an estimate; hiding places tests it")
    expect(foot).to_contain_text(re.compile(r"named by the word in \d+ % of cases \(95 %"))

    page.get_by_role("tab", name="Space").click()
    expect(page.get_by_role("application", name="Map of 480 pictures")).to_be_visible()
    expect(page.get_by_text(f"{QUERY}: roughly where it would lie")).to_be_visible()
    page.get_by_role("button", name="Select all of storage tanks").click()
    page.get_by_role("button", name=re.compile("Search these 15 scenes")).click()
    expect(page.get_by_text("Searching only the 15 scenes")).to_be_visible()
    expect(cards(page)).to_have_count(12)
    assert set(column(page, "after").locator(".card-label").all_inner_texts()) == {"storage tanks"}


@pytest.mark.parametrize("name", ["Fixed", "Broken"])
def test_a_case_of_the_errors_opens_in_search(open_shipped, name):
    """Its query, its true scene marked, at the very ranks that the case names, on both sides."""
    page = open_shipped("?tab=errors&within=10", viewport=WIDE)
    expect(page.get_by_role("heading", name="Recall", exact=True)).to_be_visible()
    expect(page.locator(".errors")).to_contain_text("are computer drawings")
    page.get_by_role("button", name=re.compile(f"^{name}")).click()
    expect(page.get_by_role("heading", name=re.compile(f"^{name}: "))).to_be_visible()
    case = page.locator(".errors-case").last  # the one that moved least, so that both are shown
    text = case.locator(".errors-quote").inner_text()
    ranks = [
        case.locator(".errors-ranks .was").inner_text(),
        case.locator(".errors-ranks strong").inner_text(),
    ]
    assert (int(ranks[0]) > 10 >= int(ranks[1])) == (name == "Fixed")
    case.get_by_role("button", name="Open in Search").click()
    expect(page.get_by_role("searchbox")).to_have_value(as_written(text))
    for side, rank in zip(("before", "after"), ranks, strict=True):
        true = cards(page, side).filter(has_text="true scene")
        expect(true.first).to_be_visible()
        assert rank in true.locator(".card-rank").all_inner_texts()


def test_about_shows_the_model_card_and_says_what_the_scenes_are(open_shipped):
    page = open_shipped("?tab=about", viewport=WIDE)
    card = page.get_by_role("region", name="Model card")
    expect(card.get_by_role("heading", name="CMPAGL small")).to_be_visible()
    expect(page.get_by_text("are drawn by a program")).to_be_visible()
    expect(page.locator(".about dl")).to_contain_text("cmpagl-small")
    pairs = page.get_by_role("table", name=re.compile("^Hard pairs: is a caption closer"))
    expect(pairs.get_by_role("row").nth(1)).to_contain_text(re.compile(r"\d+\.\d \("))
    assert "[object" not in page.locator(".about").inner_text()


def test_errors_on_a_phone_scroll_inside_their_own_regions(open_shipped):
    """The page is never wider than the phone; what is wider scrolls, by keyboard too."""
    page = open_shipped("?tab=errors", viewport=PHONE)
    expect(page.get_by_role("heading", name="Recall", exact=True)).to_be_visible()
    table = page.get_by_role("region", name="Recall", exact=True)
    table.focus()
    before = table.evaluate("node => node.scrollLeft")
    if table.evaluate("node => node.scrollWidth > node.clientWidth + 1"):
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "([node, old]) => node.scrollLeft > old", arg=[table.element_handle(), before]
        )
    for part in ("Cases", "Classes", "Hubs", "Also right?"):
        page.get_by_role("group", name="What is listed").get_by_text(part).click()
        expect(page.get_by_role("region", name=part, exact=True).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.mouse.wheel(400, 0)
        assert page.evaluate("scrollX") == 0
        unreachable = page.evaluate(
            """[...document.querySelectorAll('.errors *')].filter((node) => {
              const scrolls = ['auto', 'scroll'].includes(getComputedStyle(node).overflowX);
              return scrolls && node.scrollWidth > node.clientWidth + 1 && node.tabIndex < 0;
            }).map((node) => node.className)"""
        )
        assert unreachable == []
        assert serious_violations(page) == []


@pytest.fixture
def open_fusing(browser, tmp_path):
    """What ships, with fusion switched on: where it gained nothing it is off, and takes no time."""
    folder = tmp_path / "fusing"
    folder.mkdir()
    for file in default_checkpoint().iterdir():
        (folder / file.name).symlink_to(file)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config["model"]["ranking"]["fused"] = {"t2i": {"beta": 0.05}, "i2t": {"beta": 0.05}}
    (folder / "config.json").unlink()
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    gallery = ("--index", GALLERY, "--checkpoint", folder)
    with running_app(tmp_path / "log.txt", *gallery) as url, tabs_at(browser, url) as open_at:
        yield open_at


def test_a_long_comparison_tells_how_far_it_is_and_can_be_stopped(open_fusing):
    """Fusion reads every caption and matches every scene; what was done by a stop is kept."""
    page = open_fusing("?tab=errors&after=fused", viewport=WIDE)
    told = page.locator(".errors-waiting")

    def done():
        found = re.search(r"(\d+) of \d+ (captions read|scenes matched)", told.inner_text())
        return (found[2], int(found[1])) if found else ("", 0)

    expect(told).to_contain_text(re.compile(r"[1-9]\d* of 2399 captions read"))
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(told).to_contain_text("Stopped. Results so far are kept")
    expect(told.get_by_role("progressbar")).to_have_count(0)
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(told).to_contain_text(re.compile(r"[1-9]\d* of \d+ (captions read|scenes matched)"))
    kind, first = done()
    page.wait_for_function(
        "([node, old]) => !node.innerText.includes(old)",
        arg=[told.element_handle(), f"{first} of"],
    )
    later, second = done()
    assert (later, second) > (kind, first)


def test_tuning_is_started_watched_and_stopped_by_button(open_shipped):
    """The button tells how far it is in the header; a stop leaves the ranking as it was."""
    page = open_shipped(f"?q={QUERY}", viewport=WIDE)
    expect(cards(page).first).to_be_visible()
    order = names(page)
    page.locator("summary").filter(has_text="Reranking").click()
    worth = page.locator(".tuning-note").filter(has_text="caption").first
    told = worth.inner_text()
    page.get_by_role("button", name="Tune reranking for this gallery").click()
    stop = page.get_by_role("button", name="Stop tuning")
    expect(stop).to_be_visible()
    expect(page.locator(".header-status[data-phase]")).to_contain_text("Tuning the reranking")
    expect(page.locator(".header-progress")).to_be_visible()
    stop.click()
    expect(stop).to_be_hidden()
    expect(page.locator(".header-status[data-phase]")).to_contain_text("480 computer-drawn scenes")
    assert worth.inner_text() == told
    assert names(page) == order
