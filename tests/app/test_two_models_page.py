"""Two tiny models over scenes of the embedded gallery, in a browser: the whole path at once."""

from dataclasses import replace
from functools import partial

import pytest
from browser import REPOSITORY, running_app, serious_violations, tabs_at, until
from columns import cards, names, search
from playwright.sync_api import expect
from tiny import tiny_checkpoint, tiny_model_config
from tiny_index import TUNED, build_index

from cmpagl.collections.collections import Collections
from cmpagl.data.dataset import load_dataset
from cmpagl.measure.here import FEWEST_JUDGED
from cmpagl.rank.stage import ALIGNED
from cmpagl.search.retriever import Retriever
from cmpagl.store.adding import add_model

pytestmark = pytest.mark.ui

QUERY = "a road beside a river"
SIZE = {"width": 1500, "height": 900}
N = 24


@pytest.fixture(scope="module")
def two(tmp_path_factory, own_home):
    """The address of the page with both, and a retriever of each."""
    folder = tmp_path_factory.mktemp("two")
    config = tiny_model_config(ranking=TUNED)
    first = tiny_checkpoint(folder / "first", config=config)
    second = tiny_checkpoint(folder / "second", seed=1, config=config)
    dataset = load_dataset(REPOSITORY / "assets" / "gallery")
    few = replace(dataset, records=dataset.records[:N])
    gallery = build_index(few, first, folder / "index")
    kept = Collections(gallery.kept)
    for n, record in enumerate(list(few.records)[:FEWEST_JUDGED]):
        kept.judge(record.captions[0], {record.image_id: 1, few.records[n - 1].image_id: 1}, [], [])
    beside = add_model(folder / "index", second).gallery
    line = ["--index", folder / "index", "--checkpoint", first.folder]
    with running_app(folder / "log.txt", *line, "--checkpoint", second.folder) as url:
        yield url, Retriever(gallery, first), Retriever(beside, second)


def shown_as(page, side, retriever):
    """Whether a column shows the first scenes as a model alone ranks them."""
    alone = retriever.ranking(retriever.query_text(QUERY), ALIGNED)
    return names(page, side) == [
        retriever.gallery.records[item].image_id for item in alone.items[:12]
    ]


def test_two_models_from_search_to_space(two, browser):
    """Columns by either model and by both with their terms, the ledger by model, maps linked."""
    url, first, second = two
    with tabs_at(browser, url) as open_tab:
        page = open_tab("", viewport=SIZE)
        expect(page.locator(".header")).to_contain_text("first and second")
        search(page, QUERY)
        page.locator(".column[data-side=after] select").select_option(value="aligned@2")
        until(page, lambda: "after=aligned%402" in page.url)
        for side, one in (("before", first), ("after", second)):
            until(page, partial(shown_as, page, side, one))

        page.locator(".column[data-side=after] select").select_option(value="aligned_smr@both")
        until(page, lambda: "after=aligned_smr%40both" in page.url)
        cards(page).first.click()
        for term in ("First model", "Second model"):
            expect(page.locator(".detail-table").get_by_text(term)).to_be_attached()

        page.get_by_role("tab", name="Errors").click()
        ledger = page.locator(".errors-cells")
        expect(ledger.get_by_text("Found only by both models at once")).to_be_visible()
        page.goto(f"{url}?tab=errors&before=aligned&after=aligned%402")
        for model in ("first", "second"):
            expect(ledger.get_by_text(f"Found only by {model}")).to_be_visible()
        assert serious_violations(page) == []

        page.goto(f"{url}?tab=space&q={QUERY}&after=aligned%402")
        stages = page.locator(".map-stage")
        expect(stages).to_have_count(2)
        expect(page.locator(".map-title")).to_have_text(["first", "second"])
        expect(page.locator("#map-colour option[value=hubness]")).to_be_attached()
        stages.first.press("ArrowRight")
        stages.first.press("Enter")
        for one in (stages.first, stages.last):
            expect(one.locator(".map-ring[data-name=chosen]")).to_be_visible()
        expect(page.locator(".map-chosen")).to_be_visible()
        page.mouse.move(5, 5)
        ring = stages.last.locator(".map-ring[data-name=chosen]").bounding_box()
        page.mouse.move(ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2)
        expect(stages.last.locator(".map-card")).to_be_visible()
        expect(stages.first.locator(".map-ring[data-name=hovered]")).to_be_visible()
        expect(stages.first.locator(".map-card")).to_be_hidden()
        for one in (stages.first, stages.last):
            expect(one.get_by_text("The query, about here")).to_be_attached()
        assert serious_violations(page) == []

        page.goto(f"{url}?tab=about")
        for title in ("First model: first", "Second model: second"):
            expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
            expect(page.get_by_role("region", name=f"Model card: {title}")).to_be_visible()
        expect(page.get_by_role("heading", name="Tests of marks")).to_be_visible()
        assert serious_violations(page) == []


def test_a_tuning_that_ends_at_once_is_seen_on_the_page(two, browser):
    """The line on what reranking is worth tells the gain on judged queries held out, unasked."""
    with tabs_at(browser, two[0]) as open_tab:
        page = open_tab(f"?q={QUERY}", viewport=SIZE)
        page.locator("summary").filter(has_text="Reranking").click()
        worth = page.locator(".tuning-note").filter(has_text=f"{FEWEST_JUDGED} judged queries")
        assert "Tuned" not in worth.inner_text()
        page.get_by_role("button", name="Tune reranking for this gallery").click()
        expect(worth).to_contain_text(f"Tuned on {FEWEST_JUDGED} judged queries")
        expect(page.get_by_role("button", name="Stop tuning")).to_be_hidden()
