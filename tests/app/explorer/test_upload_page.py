"""A visitor's own picture: pasted, dropped, refused, and kept from every other visitor."""

import base64
import io
import re

import numpy as np
import pytest
from browser import until
from columns import cards, search
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

RED = (200, 40, 40)


def picture(colour=RED):
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(buffer, "PNG")
    return buffer.getvalue()


def box(page):
    return page.get_by_role("searchbox", name="Describe a scene")


def shown_colour(page):
    """The mean colour of the small picture beside the search field."""
    link = page.locator(".search-chosen img").get_attribute("src")
    small = Image.open(io.BytesIO(base64.b64decode(link.partition(",")[2])))
    return np.asarray(small.convert("RGB")).mean(axis=(0, 1))


def is_searched_with(page, colour):
    expect(page.get_by_text("Your picture", exact=True).first).to_be_visible()
    expect(cards(page)).to_have_count(12)
    until(page, lambda: abs(shown_colour(page) - colour).max() < 12)


def drop(page, target, *files):
    """Drag files of this machine over a part of the page and let them go there."""
    place = target.bounding_box()
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send(
            "Input.dispatchDragEvent",
            {
                "type": kind,
                "x": place["x"] + place["width"] / 2,
                "y": place["y"] + place["height"] / 2,
                "data": {"items": [], "files": [str(f) for f in files], "dragOperationsMask": 1},
            },
        )


def test_a_pasted_picture_is_searched_with(open_tab):
    """Out of the clipboard with Ctrl+V; then taken away again."""
    page = open_tab("", permissions=["clipboard-read", "clipboard-write"])
    expect(page.get_by_text("Type a search above")).to_be_visible()
    page.evaluate(
        """async (text) => {
          const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const blob = new Blob([bytes], { type: "image/png" });
          await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
        }""",
        base64.b64encode(picture()).decode(),
    )
    box(page).focus()
    page.keyboard.press("Control+V")
    is_searched_with(page, RED)
    page.get_by_role("button", name="Remove the picture").click()
    expect(page.get_by_text("Type a search above")).to_be_visible()


def test_a_dropped_picture_is_searched_with_and_a_missed_drop_does_no_harm(open_tab, tmp_path):
    """On the form it is the query; beside it, the page stays instead of the file opening."""
    file = tmp_path / "blue.png"
    file.write_bytes(picture((40, 80, 210)))
    page = open_tab()
    expect(page.get_by_text("Type a search above")).to_be_visible()
    address = page.url
    drop(page, page.locator("header.header"), file)
    expect(page.get_by_text("Type a search above")).to_be_visible()
    assert page.url == address
    drop(page, box(page), file)
    is_searched_with(page, (40, 80, 210))
    search(page, "a red plane")
    expect(page.get_by_role("slider", name="Picture or words")).to_be_visible()


def test_what_is_too_large_or_no_picture_is_told_in_one_sentence(open_tab, tmp_path):
    """By its size, by its kind, and by its content, which only the server sees."""
    page = open_tab("?q=a+red+plane")
    expect(cards(page)).to_have_count(12)
    alert = page.get_by_role("alert")
    large, text, broken = (tmp_path / name for name in ("large.png", "words.txt", "broken.png"))
    large.write_bytes(picture() + bytes(10_000_000))
    text.write_text("no picture")
    broken.write_bytes(b"no picture")
    for file, sentence in (
        (large, "The picture is larger than 10 MB. Choose a smaller one."),
        (text, "That file is not a picture. Choose a JPEG, PNG, WebP or TIFF file."),
        (broken, "The image broken.png cannot be read"),
    ):
        drop(page, box(page), file)
        expect(alert).to_contain_text(sentence)
        assert "/" not in alert.inner_text()  # where the server keeps it
        expect(cards(page)).to_have_count(12)


def test_another_visitor_sees_nothing_of_the_first(open_tab, tmp_path):
    """The first visitor's address, opened by a second, shows no picture, in Search or in Look."""
    file = tmp_path / "own.png"
    file.write_bytes(picture())
    first = open_tab()
    expect(first.get_by_text("Type a search above")).to_be_visible()
    drop(first, box(first), file)
    is_searched_with(first, RED)
    first.reload()  # the same browser still has it
    is_searched_with(first, RED)
    second = open_tab(first.url)
    expect(second.get_by_role("alert")).to_contain_text("was added in another browser")
    assert second.locator(".search-chosen img").count() == 0
    assert cards(second).count() == 0
    first.get_by_role("tab", name="Look").click()
    first.locator(".look-picker input[type=file]").set_input_files(file)
    expect(first.locator(".look-title")).to_have_text("Your picture")
    expect(first).to_have_url(re.compile("own="))
    third = open_tab(first.url)
    expect(third.get_by_role("alert")).to_contain_text("was added in another browser")
    assert third.locator(".look-title").count() == 0


def test_a_selection_and_a_verdict_stay_with_their_visitor(open_tab):
    """Verdicts travel in no address; a selection only in one that is handed on."""
    first = open_tab("?tab=errors&part=review&fit=0.5")
    verdict = first.get_by_role("group", name="Verdict").first
    verdict.get_by_role("button", name="Also right").click()
    expect(first.get_by_text("1 also right")).to_be_visible()
    second = open_tab(first.url)
    expect(second.get_by_text("0 also right")).to_be_visible()
    first.get_by_role("tab", name="Space").click()
    first.get_by_role("button", name="Select all of ship").click()
    expect(first).to_have_url(re.compile("sel="))
    second.get_by_role("tab", name="Space").click()
    expect(second.get_by_role("button", name="Select all of ship")).to_be_visible()
    expect(second.get_by_text("Choose a point to see it here")).to_be_visible()
    assert second.get_by_role("button", name="Save as CSV").count() == 0
