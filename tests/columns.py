"""The two columns of Search, as tests of the page ask for them."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def column(page: Page, side: str) -> Locator:
    """The ranking "before" or "after"."""
    return page.locator(f".column[data-side={side}]")


def cards(page: Page, side: str = "after") -> Locator:
    """Its scenes."""
    return column(page, side).locator(".card")


def names(page: Page, side: str = "after") -> list[str]:
    """Their names, best first."""
    found: list[str] = cards(page, side).evaluate_all("all => all.map((one) => one.dataset.id)")
    return found


def search(page: Page, text: str) -> Locator:
    """Ask with words until scenes show; the box that they were written into."""
    box = page.get_by_role("searchbox", name="Describe a scene")
    box.fill(text)
    box.press("Enter")
    expect(cards(page).first).to_be_visible()
    return box
