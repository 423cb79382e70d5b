"""A folder of pictures without captions, the analyst's usual case: prepared, searched, changed."""

import re
import shutil
from urllib.parse import quote

import pytest
from browser import PATIENCE, REPOSITORY, running_app, tabs_at
from columns import cards, search
from PIL import Image
from playwright.sync_api import expect
from tiny import tiny_checkpoint

pytestmark = pytest.mark.ui

N_PICTURES = 36
PREPARED = 4 * PATIENCE  # milliseconds; what makes the maps is compiled at their first use
QUERY = "a white plane on the grass"
VANISHED, CHANGED, SPOILT = "scene_05.webp", "scene_06.webp", "scene_07.webp"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures of the embedded gallery under names that say nothing, and nothing else."""
    pictures = sorted((REPOSITORY / "assets" / "gallery" / "images").iterdir())
    place = tmp_path_factory.mktemp("folder") / "photos"
    place.mkdir()
    for number, picture in enumerate(pictures[:: len(pictures) // N_PICTURES][:N_PICTURES]):
        shutil.copy(picture, place / f"scene_{number:02d}.webp")
    return place


@pytest.fixture(scope="module")
def address(folder, tmp_path_factory):
    """``python app.py --data FOLDER``, as soon as it listens: the first test sees it prepare."""
    place = tmp_path_factory.mktemp("folder_app")
    tiny_checkpoint(place / "tiny")
    arguments = ("--data", folder, "--checkpoint", place / "tiny")
    with running_app(place / "log.txt", *arguments, opened=False) as url:
        yield url


@pytest.fixture
def open_folder(browser, address):
    with tabs_at(browser, address) as open_tab:
        yield open_tab


def header(page):
    return page.locator(".header")


@pytest.mark.long
def test_preparing_is_shown_stopped_and_gone_on_with(open_folder):
    """By keyboard: Stop says what is kept, and hands the focus to Continue, which goes on."""
    page = open_folder()
    expect(header(page)).to_contain_text(re.compile(r"Preparing photos: .+, \d+ of \d+"))
    expect(header(page).get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Stop preparing").focus()
    page.keyboard.press("Enter")
    expect(header(page)).to_contain_text("Stopped. Work done so far is kept")
    expect(header(page).get_by_role("progressbar")).to_be_hidden()
    go_on = page.get_by_role("button", name="Continue preparing")
    expect(go_on).to_be_focused()
    page.keyboard.press("Enter")
    ready = f"photos: {N_PICTURES} scenes, model tiny"
    expect(header(page)).to_contain_text(ready, timeout=PREPARED)
    expect(go_on).to_be_hidden()
    expect(page.get_by_role("button", name=re.compile("^Find scenes like"))).to_have_count(24)


def test_search_look_and_map_work_in_full(open_folder):
    """Words and pictures find pictures, why they moved, maps of attention, a selection."""
    page = open_folder()
    expect(page.get_by_text("Type a search above")).to_be_visible(timeout=PREPARED)
    box = search(page, QUERY)
    for side in ("before", "after"):
        expect(cards(page, side)).to_have_count(12)
    cards(page).nth(1).click()
    expect(page.get_by_role("heading", name="Why it moved")).to_be_visible()
    expect(page.get_by_role("img", name="The parts of the score")).to_be_visible()
    title = page.locator(".detail h2").inner_text()
    page.get_by_role("button", name="Search with this scene").click()
    expect(page.get_by_text(f"Scenes like {title}")).to_be_visible()
    expect(page.get_by_role("combobox", name="Find")).to_have_count(0)  # captions are not offered
    page.go_back()
    expect(box).to_have_value(QUERY)
    page.get_by_role("button", name="Open in Look").click()
    expect(page.locator(".look-title")).to_have_text(title)
    expect(page.get_by_role("group", name="Words of the query")).to_contain_text("plane")
    page.get_by_role("button", name="From a place").click()
    expect(page.get_by_text(re.compile(r"^\d+ % in its window$"))).to_be_visible()
    page.get_by_role("tab", name="Space").click()
    stage = page.get_by_role("application", name=f"Map of {N_PICTURES} pictures")
    expect(stage).to_be_visible()
    expect(page.get_by_text(f"{QUERY}: roughly where it would lie")).to_be_visible()
    stage.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Search this 1 scene").click()
    expect(page.get_by_text("Searching only the 1 scene ")).to_be_visible()
    expect(cards(page)).to_have_count(1)


def test_what_needs_captions_says_so_in_one_sentence(open_folder):
    """In every tab; the map has no gap between pictures and captions, and all else works."""
    page = open_folder("?like=scene_00.webp&find=captions")
    alert = page.get_by_role("alert")
    expect(alert).to_have_text(
        "This gallery has no captions; open one of a data set that has them.", timeout=PREPARED
    )
    page.get_by_role("tab", name="Space").click()
    expect(
        page.get_by_text("This gallery has no captions, so the map shows pictures alone.")
    ).to_be_visible()
    name = f"Map of {N_PICTURES} pictures"
    expect(page.get_by_role("application", name=name, exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Modality gap \d"))).to_have_count(0)
    expect(page.get_by_role("button", name="Centred")).to_be_disabled()
    page.get_by_role("button", name="Select all of Pictures").click()
    selected = f"{N_PICTURES} pictures selected"
    expect(page.get_by_role("heading", name=selected, exact=True)).to_be_visible()
    page.get_by_role("button", name=f"Search these {N_PICTURES} scenes").click()
    expect(page.get_by_text(f"Searching only the {N_PICTURES} scenes")).to_be_visible()
    page.get_by_role("tab", name="Errors").click()
    expect(page.get_by_text("Errors needs a data set that describes its scenes")).to_be_visible()
    page.get_by_role("tab", name="About").click()
    expect(page.get_by_text("none, so there is nothing to describe pictures with")).to_be_visible()


def test_pictures_that_vanished_or_changed_are_told_where_they_are_opened(open_folder, folder):
    """Deleted, overwritten, spoilt after indexing: in Search, and in Look where it stands alone.

    A broken picture would log an error and fail the tab.
    """
    page = open_folder(f"?q={QUERY}&k={N_PICTURES}&scene={CHANGED}")
    shown = page.locator(".detail-picture")
    expect(shown).to_be_visible()
    expect(page.locator(".detail .note")).to_have_count(0)
    (folder / VANISHED).unlink()
    Image.new("RGB", (90, 60), (200, 40, 40)).save(folder / CHANGED, "WEBP", lossless=True)
    (folder / SPOILT).write_bytes(b"no picture any more")
    for name, told, whole in (
        (VANISHED, "picture file is missing", False),
        (CHANGED, "has changed since the gallery was prepared. This is the new picture", True),
        (SPOILT, "can no longer be read", False),
    ):
        page.locator(f'.column[data-side=after] .card[data-id="{name}"]').click()
        expect(page.locator(".detail h2")).to_have_text(name.removesuffix(".webp"))
        expect(page.locator(".detail .note")).to_contain_text(told)
        page.wait_for_function("() => document.querySelector('.detail-picture').naturalWidth > 0")
        expect(page.get_by_role("link", name="Open the picture")).to_have_count(int(whole))
        if whole:  # the new picture, not the one that the browser has kept
            assert shown.evaluate("picture => [picture.naturalWidth, picture.naturalHeight]") == [
                90,
                60,
            ]
    page = open_folder(f"?tab=look&scene={CHANGED}&beside={VANISHED}")
    expect(page.get_by_text(f"The file of {CHANGED} has changed since")).to_be_visible()
    expect(page.get_by_text(f"The file of {VANISHED} is missing")).to_be_visible()
    expect(page.locator(".look-title")).to_have_text([CHANGED.removesuffix(".webp")])
    for name, told in ((VANISHED, "is missing"), (SPOILT, "can no longer be read")):
        page = open_folder(f"?tab=look&scene={quote(name)}")
        expect(page.get_by_role("alert")).to_contain_text(told)
        assert str(folder) not in page.locator("body").inner_text()
    page = open_folder("?tab=map")
    page.get_by_text("As a table").locator("visible=true").click()
    for name, told in (
        (VANISHED, "is missing"),
        (CHANGED, "this thumbnail and its position are those of the old picture"),
        (SPOILT, "can no longer be read"),
    ):
        page.get_by_role("rowheader").get_by_role("button", name=name.removesuffix(".webp")).click()
        expect(page.locator(".map-chosen h3")).to_have_text(name.removesuffix(".webp"))
        expect(page.locator(".map-chosen .note")).to_contain_text(told)
    with page.expect_response(re.compile(r"/scenes/0/state\?v=")) as answer:
        page.get_by_role("rowheader").get_by_role("button", name="scene_00").click()
    assert answer.value.text() == "unchanged"
    expect(page.locator(".map-chosen h3")).to_have_text("scene_00")
    expect(page.locator(".map-chosen .note")).to_have_count(0)
