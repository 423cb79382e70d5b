"""While the page is busy, who waits sees the place in the line, and a way out of it."""

import json

import pytest
from asked import QUERY
from playwright.sync_api import expect

pytestmark = pytest.mark.ui


def test_a_place_in_the_line_is_shown_and_can_be_given_up(open_tab):
    """The server is made slow by holding its answer back; the line is told that it was left."""
    page = open_tab()
    held, left = [], []

    def line(route):
        left.extend([route.request.url] if route.request.method == "POST" else [])
        route.fulfill(content_type="application/json", body=json.dumps({"place": 7}))

    page.locator("h1").first.wait_for()
    page.route("**/line/*", line)
    page.route("**/gradio_api/run/**", lambda route: held.append(route))
    page.get_by_role("searchbox").first.fill(QUERY)
    page.keyboard.press("Enter")
    place = page.locator(".place-in-line")
    expect(place).to_contain_text("The page is busy: place 7 in line.")
    page.get_by_role("button", name="Give up waiting").click()
    expect(place).to_be_hidden()
    assert len(left) == 1
    page.unroute("**/gradio_api/run/**")
    for route in held:
        route.continue_()
