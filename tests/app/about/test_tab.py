"""About as a visitor reads it."""

import pytest
from browser import N_SCENES, serious_violations
from playwright.sync_api import expect

pytestmark = pytest.mark.ui


def test_it_tells_what_is_open_and_shows_the_card(open_tab):
    """The checkpoint's own card, the numbers of the gallery, and what has no number here."""
    page = open_tab("?tab=about")
    card = page.get_by_role("region", name="Model card")
    expect(card.get_by_role("heading", name="Tiny")).to_be_visible()
    expect(card.get_by_text("Random weights, for tests.")).to_be_visible()
    facts = page.locator(".about dl")
    expect(facts).to_contain_text(str(N_SCENES))
    expect(page.get_by_text("We worked from its abstract")).to_be_visible()
    expect(page.get_by_text("24 captions and 20 pictures")).to_be_visible()
    expect(page.get_by_text("has not been tested on drawn scenes")).to_be_visible()
    page.get_by_text("Full NOTICE").click()
    expect(page.get_by_text("PyTorch Image Models (timm)")).to_be_visible()


def test_the_citation_can_be_copied(open_tab):
    page = open_tab("?tab=about", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    assert "10.1109/TGRS.2024.3489224" in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_violation_and_a_phone_shows_all(open_tab, scheme):
    width = 360 if scheme == "dark" else 1400
    page = open_tab("?tab=about", color_scheme=scheme, viewport={"width": width, "height": 800})
    expect(page.get_by_role("heading", name="How to cite")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_violations(page) == []
