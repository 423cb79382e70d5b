"""Errors as a person uses it: the table, the ledger, a case in Search, the review, and files."""

import csv
import json
import re

import pytest
from browser import HOSTILE, HOSTILE_NAME, N_SCENES, as_written, serious_violations
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

SIZE = {"width": 1400, "height": 900}


def open_errors(open_tab, query="", **context):
    page = open_tab(f"?tab=errors{query}", **{"viewport": SIZE, **context})
    expect(page.get_by_role("heading", name="Recall", exact=True)).to_be_visible()
    return page


def cell(page, name):
    return page.get_by_role("button", name=re.compile(f"^{name}"))


def count(page, name):
    return int(cell(page, name).locator(".errors-cell-count").inner_text().replace(",", ""))


def cases(page):
    return page.locator(".errors-case")


def saved(page, name):
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return download.value


def test_the_ledger_leads_to_the_very_case_in_search(open_tab):
    """Queries are counted once; a case opens with its query, both rankings, the truth marked."""
    page = open_errors(open_tab, "&after=csls&within=5")
    expect(page.get_by_text(re.compile(f"^{N_SCENES} scenes, "))).to_be_visible()
    names = ("Fixed", "Broken", "Right in both", "Wrong in both")
    total = int(re.search(r"([\d,]+) captions \(", page.locator(".errors-recall").inner_text())[1])
    assert sum(count(page, name) for name in names) == total
    wrong = cell(page, "Wrong in both")
    wrong.click()
    expect(wrong).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile("cell=wrong"))
    case = cases(page).first
    text = case.locator(".errors-quote").inner_text()
    after = case.locator(".errors-ranks strong").inner_text()
    case.get_by_role("button", name="Open in Search").click()
    expect(page.get_by_label("Describe a scene")).to_be_in_viewport()  # not as far down as the case
    expect(page.get_by_role("searchbox")).to_have_value(as_written(text))
    expect(page.get_by_role("combobox", name="After")).to_have_value("csls")
    true = page.locator(".column[data-side=after] .card").filter(has_text="true scene")
    expect(true.first).to_be_visible()
    assert after in true.locator(".card-rank").all_inner_texts()
    page.go_back()
    expect(cell(page, "Wrong in both")).to_have_attribute("aria-pressed", "true")


def test_a_scene_as_query_opens_in_search_too(open_tab):
    page = open_errors(open_tab, "&dir=i2t&cell=wrong")
    expect(cell(page, "Wrong in both")).to_have_attribute("aria-pressed", "true")
    name = cases(page).first.locator(".errors-name").inner_text()
    cases(page).first.get_by_role("button", name="Open in Search").click()
    expect(page.get_by_text(f"Scenes like {name}")).to_be_visible()
    expect(
        page.get_by_text("true caption").or_(page.get_by_text("true scene")).first
    ).to_be_visible()


def test_a_link_shows_the_same_and_back_goes_back(open_tab):
    page = open_errors(open_tab, "&before=aligned_smr&after=qb_norm&within=10&part=hubs")
    expect(page.get_by_role("combobox", name="Before")).to_have_value("aligned_smr")
    expect(page.get_by_role("button", name="10", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_role("heading", name="Hubs")).to_be_visible()
    page.get_by_role("button", name="Swap the two rankings").click()
    expect(page.get_by_role("combobox", name="Before")).to_have_value("qb_norm")
    expect(page.get_by_role("combobox", name="After")).to_have_value("aligned_smr")
    page.go_back()
    expect(page.get_by_role("combobox", name="After")).to_have_value("qb_norm")


def test_classes_are_sorted_and_lead_to_their_cases(open_tab):
    page = open_errors(open_tab, "&part=classes")
    table = page.get_by_role("region", name="Recall by class")
    page.get_by_role("button", name="Sort by Queries").click()
    numbers = [int(row.inner_text()) for row in table.locator("tbody td:nth-child(2)").all()]
    assert numbers == sorted(numbers, reverse=True)
    expect(table.locator("th[aria-sort=descending]")).to_have_text(re.compile("^Queries"))
    assert table.evaluate("region => region.scrollWidth <= region.clientWidth")  # nothing is cut
    expect(page.get_by_role("img", name="Query class against class")).to_be_visible()
    expect(page.locator(".errors-confusion .main-svg").first).to_contain_text(HOSTILE[3])
    page.get_by_role("button", name="Show the cases of ship", exact=True).click()
    expect(page.get_by_role("combobox", name="Class", exact=True)).to_have_value("ship")
    labels = page.locator(".errors-case .errors-class").all_inner_texts()
    assert set(labels) <= {"ship"}


def test_a_cell_of_the_figure_leads_to_its_cases(open_tab):
    """A click where two classes cross shows the cases that its row in the table counts."""
    page = open_errors(open_tab, "&part=classes")
    figure = page.locator(".errors-confusion")
    expect(figure.locator(".ytick text").first).to_be_visible()
    page.get_by_text("As a table").click()
    pair = page.locator(".errors-details tbody tr").first
    of, hit = pair.locator(".errors-link").inner_text(), pair.locator(".errors-word").inner_text()
    figure.scroll_into_view_if_needed()
    across = figure.locator(".xtick text").get_by_text(hit, exact=True).bounding_box()
    down = figure.locator(".ytick text").get_by_text(of, exact=True).bounding_box()
    x, y = across["x"] + across["width"] / 2, down["y"] + down["height"] / 2
    page.mouse.move(x - 2, y)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    expect(page.get_by_role("combobox", name="Class", exact=True)).to_have_value(of)
    expect(page.get_by_role("combobox", name="Class of first result")).to_have_value(hit)


def test_hubs_open_their_scene(open_tab):
    page = open_errors(open_tab, "&part=hubs")
    hub = page.locator(".errors-hubs tbody .errors-link").first
    name = hub.inner_text()
    hub.click()
    expect(page).to_have_url(re.compile(r"tab=look"))
    assert name in page.url


def test_verdicts_stay_in_the_browser_and_go_into_the_file(open_tab):
    """By keyboard; kept over a reload, unknown to another visitor, and in the saved files."""
    page = open_errors(open_tab, "&part=review&fit=0.5")
    page.get_by_role("group", name="Verdict").first.get_by_role("button", name="Also right").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 also right, 0 wrong")).to_be_visible()
    expect(page.get_by_text("With your verdicts, R@1 would be")).to_be_visible()
    page.reload()
    first = page.get_by_role("group", name="Verdict").first.get_by_role("button", name="Also right")
    expect(first).to_have_attribute("aria-pressed", "true")
    with open(saved(page, "as CSV").path(), encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["verdict"] for row in rows if row["verdict"]] == ["right"]
    assert all(row["checkpoint"] == "checkpoint" and row["limits"] for row in rows)
    other = open_errors(open_tab, "&part=review&fit=0.5")  # another visitor: a context of its own
    expect(other.get_by_text("0 also right")).to_be_visible()
    page.get_by_role("button", name="Delete my verdicts").click()
    expect(page.get_by_text("0 also right")).to_be_visible()


def test_saved_report_stands_alone_and_shows_hostile_text_as_text(open_tab, browser):
    """One file that asks for nothing, runs nothing, and names what it is of."""
    page = open_errors(open_tab, "&before=smr&after=mtfn&part=review")
    content = json.loads(saved(page, "as JSON").path().read_text("utf-8"))
    assert content["before"]["stage"] == "aligned_smr"
    texts = {query["query"] for query in content["t2i"]["queries"]}
    assert set(HOSTILE) <= texts
    path = saved(page, "report").path()
    report = path.with_suffix(".html")
    report.write_bytes(path.read_bytes())
    shown = browser.new_context().new_page()
    asked = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("dialog", lambda dialog: asked.append(dialog.message))
    shown.goto(report.as_uri())
    assert [url for url in asked if not url.startswith(("data:", report.as_uri()))] == []
    assert content["checkpoint"] in shown.locator("body").inner_text()
    assert shown.locator("script").count() == 0
    assert shown.locator("img[src=x], b").count() == 0
    shown.context.close()


def test_hostile_names_stay_text(open_tab):
    page = open_errors(open_tab, f"&cell=wrong&of={HOSTILE[3]}&fit={HOSTILE[0]}")
    expect(page.get_by_text("fit=${alert(1)} is not allowed")).to_be_visible()
    assert page.locator("img[src=x], .errors b").count() == 0
    expect(page.get_by_role("combobox", name="Class", exact=True)).to_have_value(HOSTILE[3])
    assert HOSTILE_NAME  # its scene is in this gallery, and any tab that runs it fails


@pytest.mark.parametrize(
    ("scheme", "part"),
    [("light", "cases"), ("dark", "review"), ("light", "classes"), ("dark", "hubs")],
)
def test_no_serious_violation_and_a_phone_shows_all(open_tab, scheme, part):
    width = 360 if part in ("review", "hubs") else 1400
    context = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    page = open_errors(open_tab, f"&part={part}&cell=wrong&fit=0.5", **context)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.eval_on_selector_all(
        ".errors button:visible, .errors select:visible",
        "nodes => nodes.map(n => [n.textContent, n.getBoundingClientRect()])"
        ".filter(([, r]) => r.width && (r.width < 24 || r.height < 24)).map(([t]) => t)",
    )
    assert small == []
    assert serious_violations(page) == []
