"""Search in a gallery of two data sets, as a person uses it."""

import re

import pytest
from browser import running_app
from columns import cards, names
from playwright.sync_api import expect
from two_sets import NORTH, SIZES, SOUTH, two_sets

pytestmark = pytest.mark.ui

QUERY = "a white plane on the grass"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """In place of the small gallery's page: one on both folders, told apart by nothing else."""
    index, checkpoint, _ = two_sets(tmp_path_factory.mktemp("two"))
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with running_app(log, "--index", index, "--checkpoint", checkpoint) as url:
        yield url


def test_a_data_set_is_chosen_and_the_link_keeps_it(open_tab):
    """Both columns hold its scenes alone, the chosen one says so, and the address says it again."""
    page = open_tab(f"?q={QUERY}&k=60")
    after = cards(page)
    expect(after).to_have_count(sum(SIZES.values()))
    box = page.get_by_label("Data set")
    assert box.locator("option").all_inner_texts() == ["All data sets", NORTH, SOUTH]
    box.select_option(SOUTH)
    expect(after).to_have_count(SIZES[SOUTH])
    for side in ("before", "after"):
        assert all(name.startswith(f"{SOUTH}/") for name in names(page, side))
    after.first.click()
    detail = page.locator(".detail")
    expect(detail.locator(".detail-facts")).to_contain_text(f"Data set{SOUTH}")
    again = open_tab(page.url)
    expect(cards(again)).to_have_count(SIZES[SOUTH])
    expect(again.get_by_label("Data set")).to_have_value(SOUTH)
    assert names(again, "after") == names(page, "after")
    expect(again.locator(".detail-facts")).to_contain_text(f"Data set{SOUTH}")


def test_a_choice_that_leaves_nothing_can_be_taken_back(open_tab):
    """A class that only the other data set has."""
    page = open_tab(f"?q={QUERY}")
    page.get_by_label("Class").select_option(f"isle of {NORTH}")
    expect(page).to_have_url(re.compile("class="))
    page.get_by_label("Data set").select_option(SOUTH)
    expect(page.get_by_text("No scene is left with this filter")).to_be_visible()
    page.get_by_label("Data set").select_option("All data sets")
    expect(cards(page)).to_have_count(1)
