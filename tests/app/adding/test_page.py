"""A visitor's own pictures in the browser: handed in, his alone, switched to, kept, gone."""

import base64
import re

import pytest
from browser import PATIENCE, running_app, serious_violations, tabs_at, until
from given import picture_bytes, write_zip
from playwright.sync_api import expect
from tiny import tiny_dataset
from tiny_index import build_index

from cmpagl.data.dataset import load_dataset
from cmpagl.model.checkpoint import open_checkpoint

pytestmark = pytest.mark.ui

MORE = 21
PREPARED = 4 * PATIENCE  # milliseconds; what makes the maps is compiled at their first use

DROP = """
async ([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], name));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: given, bubbles: true }));
}
"""


@pytest.fixture(scope="module")
def address(gallery_folders, tmp_path_factory):
    """Two indexes side by side, and little room for what is added."""
    index, checkpoint, _ = gallery_folders
    place = tmp_path_factory.mktemp("adding")
    dataset = load_dataset(tiny_dataset(place / "harbours", 9))
    build_index(dataset, open_checkpoint(checkpoint), place / "port", with_map=False)
    limits = ("--add-pictures", "40", "--add-bytes", "30000000")
    indexes = ("--index", index, "--index", place / "port")
    log = place / "log.txt"
    with running_app(log, *indexes, "--checkpoint", checkpoint, *limits) as url:
        yield url


@pytest.fixture
def open_at(browser, address):
    with tabs_at(browser, address) as open_tab:
        yield open_tab


def header(page):
    return page.locator(".header")


def drop(page, name, content):
    page.evaluate(DROP, [name, base64.b64encode(content).decode()])


def galleries(page):
    """Those that are open, without the choice of all."""
    choice = page.get_by_role("combobox", name="Gallery")
    return choice.locator(":scope > option:not([value^='?'])").all_text_contents()


# As soon as the page says that it prepares: an idle machine is done before a test has looked twice.
STOP_AT_ONCE = """() => {
  const dialog = document.querySelector('.adding-dialog')
  const watch = new MutationObserver(() => {
    const stop = [...dialog.querySelectorAll('button')].find((one) => one.textContent === 'Stop')
    if (!stop?.checkVisibility() || !dialog.textContent.includes('Preparing Your pictures')) return
    watch.disconnect()
    stop.click()
  })
  watch.observe(dialog, { subtree: true, childList: true, attributes: true, characterData: true })
}"""


def test_a_zip_becomes_a_gallery_of_its_visitor_alone(open_at, tmp_path):
    """Dropped, stopped, gone on with, searched, kept, deleted; another visitor sees none of it."""
    anna = open_at("?q=ship")
    expect(anna.locator(".column[data-side=after] .card").first).to_be_visible()
    anna.get_by_role("button", name="Add pictures").click()
    dialog = anna.get_by_role("dialog")
    expect(dialog).to_contain_text("At most 40 pictures, 30 MB, and 89 megapixels a picture.")
    for scheme in ("dark", "light"):
        anna.emulate_media(color_scheme=scheme)
        assert serious_violations(anna) == []
    anna.evaluate(STOP_AT_ONCE)
    drop(anna, "trip.zip", write_zip(tmp_path / "trip.zip", more=MORE).read_bytes())
    expect(dialog).to_contain_text("Stopped. What is done is kept", timeout=PREPARED)
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog).to_contain_text(f"{3 + MORE} pictures are ready.", timeout=PREPARED)
    expect(dialog).to_contain_text("4 files were left out:")
    for told in (
        "notes.jpg",
        "vast.png 30,000 x 30,000 pixels",
        "../../climbs.png its path leaves the folder",
        "link.png it is a link or a device",
    ):
        expect(dialog).to_contain_text(told)
    dialog.get_by_label("A new folder").fill(str(tmp_path / "kept"))
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_contain_text("Open it again with: python app.py --index")
    assert (tmp_path / "kept" / "index" / "scenes.lance").is_dir()

    dialog.get_by_role("button", name="Search them").click()
    expect(header(anna)).to_contain_text(f"Your pictures: {3 + MORE} scenes")
    assert re.search(r"/g/own-[\w.-]+/\?q=ship$", anna.url)
    expect(anna.locator(".column[data-side=after] .card")).to_have_count(12)
    assert galleries(anna)[-1] == "Your pictures"

    bert = open_at("")
    expect(bert.get_by_role("combobox", name="Gallery")).to_be_visible()
    assert len(galleries(bert)) == 2
    assert bert.request.get(anna.url.split("?")[0] + "scenes/0/thumbnail").status == 404
    bert.goto(anna.url, wait_until="commit")
    expect(header(bert)).to_contain_text("no longer open here")
    expect(header(bert)).to_contain_text("40 scenes")

    anna.get_by_role("button", name="Add pictures").click()
    anna.get_by_role("dialog").get_by_role("button", name="Delete my pictures").click()
    expect(header(anna)).to_contain_text("40 scenes")
    assert "/g/" not in anna.url
    until(anna, lambda: len(galleries(anna)) == 2)
    # What was kept is offered again, to who runs the page.
    anna.get_by_role("combobox", name="Gallery").select_option(label="kept")
    expect(header(anna)).to_contain_text(f"{3 + MORE} scenes")
    assert anna.url.endswith("/g/kept/")


def test_a_bomb_and_too_much_are_said(open_at, tmp_path):
    """Neither takes the room of others; what is good in the same handing in is used."""
    page = open_at("")
    page.get_by_role("button", name="Add pictures").click()
    dialog = page.get_by_role("dialog")
    drop(page, "bomb.zip", write_zip(tmp_path / "bomb.zip", bomb=True).read_bytes())
    expect(dialog).to_contain_text("bomb.zip unpacked, it is more than", timeout=PREPARED)
    page.locator(".adding-dialog input[type=file]").first.set_input_files(
        {"name": "blue.png", "mimeType": "image/png", "buffer": picture_bytes((30, 60, 200))}
    )
    expect(dialog).to_contain_text("1 picture is ready", timeout=PREPARED)


def test_the_address_names_the_gallery(open_at):
    """Switching takes the words along; a link to the other gallery opens it, pictures and all."""
    page = open_at("?q=white+plane")
    expect(page.get_by_role("combobox", name="Gallery")).to_be_visible()
    page.get_by_role("combobox", name="Gallery").select_option(label="fake (port)")
    expect(header(page)).to_contain_text("fake: 9 scenes")
    assert page.url.endswith("/g/port/?q=white+plane")
    expect(page.locator(".column[data-side=after] .card")).to_have_count(9)
    page.get_by_role("combobox", name="Gallery").select_option(label="All galleries")
    every = page.locator(".across .card")
    expect(every).to_have_count(24)
    assert page.url.endswith("/g/port/?in=all&q=white+plane")
    expect(page.locator(".search-notes")).to_contain_text("fake (port)")
    page.get_by_label("Describe a scene").fill("red ship")
    page.get_by_label("Describe a scene").press("Enter")
    until(page, lambda: "red+ship" in page.url)
    until(page, lambda: every.locator("img").first.evaluate("one => one.naturalWidth"))
    first = every.filter(has=page.get_by_text("fake", exact=True)).first
    name = first.get_attribute("data-id")
    first.click()
    expect(page.locator(".detail-head")).to_be_visible()
    expect(header(page)).to_contain_text("fake: 40 scenes")
    assert f"?q=red+ship&scene={name}" in page.url
    expect(page.get_by_role("combobox", name="Gallery")).to_have_value("./")
    again = open_at("g/port/?tab=look&q=white+plane")
    expect(again.locator(".look-panel").first).to_be_visible()
    wrong = open_at("g/none/?q=x")
    expect(header(wrong)).to_contain_text("no longer open here")
