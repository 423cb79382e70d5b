"""Judging as a visitor does, by keyboard, and its files into another browser and back."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from browser import serious_violations
from columns import cards
from playwright.sync_api import expect

from app.search.judging import MOST_QUERIES, judging_shown
from app.search.service import answer
from app.search.view import ranking
from cmpagl.errors import QueryError
from cmpagl.judge.judgments import JudgedQuery, from_captions, parse_queries, read_qrels
from cmpagl.judge.measures import compare

# Of no operator, so that the browser keeps what is kept.
VISITOR = {"extra_http_headers": {"X-Forwarded-For": "203.0.113.7"}}
QUERY = "white planes"  # no caption, which would count as judged
ANSWERS = ("1", "0", " ", "0")


def opened(page):
    page.get_by_role("button", name="Judge", exact=True).press("Enter")
    return page.get_by_role("dialog", name="Judge the results")


def saved(page, dialog, name):
    with page.expect_download() as download:
        dialog.get_by_role("button", name=name).press("Enter")
    return Path(download.value.path()).read_text("utf-8-sig")


def given(page, dialog, name, text):
    files = {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
    dialog.locator("input[type=file]").set_input_files(files)


def ranked(run):
    """A run's scenes by query, in its order."""
    found = {}
    for line in run.splitlines():
        query, _, scene, *_ = line.split()
        found.setdefault(query, []).append(scene)
    return found


def figures(dialog):
    """The table of figures: by measure, of each column the mean and its interval."""
    rows = dialog.locator(".judge-figures tbody tr").all()
    return {
        row.locator("th").inner_text(): [
            [float(n) for n in re.findall(r"-?[\d.]+", cell.inner_text().replace("\u2212", "-"))]
            for cell in row.locator("td").all()
        ]
        for row in rows
    }


@pytest.mark.ui
def test_queries_are_judged_by_key_and_go_from_browser_to_browser(open_tab):
    """Typed, asked, measured by the library, which is sent no word of it; judgments, runs and
    results as files; all of it brought to another browser, where only the first was; a file that
    is none is said.
    """
    page = open_tab(f"?q={QUERY}", **VISITOR)
    sent = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    expect(cards(page)).to_have_count(12)
    pool = {
        card.get_attribute("data-id")
        for side in ("before", "after")
        for card in cards(page, side).all()[:10]
    }
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Judge the results")
    for place in range(len(pool)):
        expect(dialog).to_contain_text(f"({place + 1} of {len(pool)})")
        if place == 2:  # by pointer as well
            dialog.get_by_role("button", name="Space Skip").click()
        else:
            page.keyboard.press(ANSWERS[place % 4])
        if place == 1:
            page.keyboard.press("Backspace")
            expect(dialog).to_contain_text(f"(2 of {len(pool)})")
            page.keyboard.press("0")
    expect(dialog).to_contain_text("judged.")
    expect(dialog).to_contain_text("By one judged query")
    assert serious_violations(page) == []
    typed = dialog.get_by_label(re.compile("More queries"))
    typed.focus()
    page.keyboard.type("a red ship")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("a red ship: does this picture show it? (1 of")
    assert "Before: rank" not in dialog.inner_text()
    dialog.get_by_label("Do not show which column has it").press("Space")
    expect(dialog).to_contain_text("Before: rank")
    question = dialog.get_by_text("does this picture show it?")
    while question.count():
        page.keyboard.press("1")
    expect(dialog).to_contain_text("By 2 judged queries")

    text = saved(page, dialog, "Judgments as CSV")
    judged = parse_queries(text)
    assert [(one.id, one.text) for one in judged] == [("q1", QUERY), ("q2", "a red ship")]
    assert set(judged[0].grades) <= pool
    lines = saved(page, dialog, "Judgments as TREC qrels")
    assert read_qrels([JudgedQuery(one.id, one.text) for one in judged], lines) == judged
    runs = [ranked(saved(page, dialog, f"{name} as TREC run")) for name in ("Before", "After")]
    expected = compare(judged, *runs)
    for measure, columns in figures(dialog).items():
        told = (expected.before[measure], expected.after[measure], expected.change[measure])
        for shown, one in zip(columns, told, strict=True):
            assert shown == pytest.approx([one.value, one.low, one.high], abs=0.051)
    asked = [json.loads(body)["event_data"] for body in sent if '"judged"' in body]
    assert asked
    assert not any(name in str(asked) for name in (QUERY, "red ship", *pool))
    assert f"{expected.judged:.0f} % are judged" in dialog.inner_text()
    rows = list(csv.DictReader(io.StringIO(saved(page, dialog, "Results as CSV"))))
    assert len(rows) == 9
    assert all(float(r["low"]) <= float(r["percent"]) <= float(r["high"]) for r in rows)
    table = dialog.locator(".judge-figures table").inner_text()
    page.reload()
    assert opened(page).locator(".judge-figures table").inner_text() == table
    typed.fill("a long road")
    dialog.get_by_role("button", name="Judge these queries").press("Enter")
    expect(question).to_contain_text("a long road")
    n_asked = int(re.search(r"\(1 of (\d+)\)", question.inner_text())[1])
    page.keyboard.press("1")
    page.keyboard.press("0")
    expect(question).to_contain_text(f"(3 of {n_asked})")
    page.keyboard.press("Escape")  # in the middle: what was said is kept
    opened(page)
    expect(question).to_contain_text(f"(1 of {n_asked - 2})")
    dialog.get_by_text("Judged queries", exact=True).click()
    dialog.get_by_role("button", name="Delete the judgments of a long road").press("Enter")
    expect(dialog).to_contain_text("By 2 judged queries")
    page.keyboard.press("Enter")  # Undo has the focus
    expect(dialog).to_contain_text("By 3 judged queries")

    other = open_tab(f"?q={QUERY}", **VISITOR)
    expect(cards(other)).to_have_count(12)
    dialog = opened(other)
    expect(dialog.locator(".judge-figures table")).to_have_count(0)  # nothing came along by itself
    given(other, dialog, "judgments.csv", text)
    expect(dialog).to_contain_text("By 2 judged queries")
    assert dialog.locator(".judge-figures table").inner_text() == table
    given(other, dialog, "worse.qrels", "".join(f"q1 0 {scene} 0\n" for scene in judged[0].grades))
    expect(dialog).to_contain_text("By one judged query")
    given(other, dialog, "own.run", f"q2 Q0 {runs[1]['q2'][0]} 1 0.5 mine\n")
    expect(dialog.locator(".judge-figures thead")).to_contain_text("mine")
    assert figures(dialog)["P@10"][3][0] == pytest.approx(10)
    given(other, dialog, "wrong.csv", "query,scene,grade\na,b,yes\n")
    expect(dialog.get_by_role("alert")).to_contain_text("Row 1 has no right grade")


def test_a_caption_counts_as_judged_wherever_its_scene_ranks(explorer):
    """As for the command: every scene that has it, in the first ten or not."""
    gallery = explorer.opened().gallery
    text = gallery.records[5].captions[0]
    told = ranking(answer(explorer, {"q": text, "k": "1"}))
    (query,) = from_captions(gallery, [JudgedQuery("q1", text)])
    assert query.grades
    assert dict.fromkeys(told["right"], 1) == query.grades
    assert ranking(answer(explorer, {"q": QUERY}))["right"] == []


GRADED = {"grades": [1, 0, None, 2], "before": [1, 2, 0], "after": [0, 1], "run": [3]}


def test_what_a_browser_sends_is_measured_by_the_library():
    """The table and the file say what `compare` says, of a file's rankings too."""
    told = judging_shown({"judged": [GRADED] * 3, "run": "=mine", "file": True})
    queries = [JudgedQuery(str(n), "", {"0": 1, "1": 0, "3": 2}) for n in range(3)]
    before, after = (dict.fromkeys("012", ids) for ids in (["1", "2", "0"], ["0", "1"]))
    expected = compare(queries, before, after)
    assert told["table"]["head"] == ["", "Before", "After", "Change", "=mine"]
    assert [row[0] for row in told["table"]["rows"]] == list(expected.before)
    ndcg = expected.before["nDCG@10"].value
    assert told["table"]["rows"][1][1] == f"{ndcg:.1f} ({ndcg:.1f} \u2013 {ndcg:.1f})"
    assert f"{expected.judged:.0f} % are judged" in told["table"]["caption"]
    rows = list(csv.DictReader(io.StringIO(told["file"].removeprefix("\ufeff"))))
    assert [row["column"] for row in rows[:4]] == ["Before", "After", "Change", "'=mine"]
    assert float(rows[4]["percent"]) == pytest.approx(ndcg, abs=0.001)
    alone = judging_shown({"judged": [GRADED], "file": True})
    assert alone["table"]["rows"][1][1] == f"{ndcg:.1f}"
    assert "one query is too few for an interval" in alone["table"]["caption"]
    row = next(csv.DictReader(io.StringIO(alone["file"].removeprefix("\ufeff"))))
    assert (row["low"], row["high"]) == ("", "")
    assert row["note"] == "One query is too few for an interval."
    assert judging_shown({"judged": [{**GRADED, "grades": [0] * 4}]}) == {"table": None, "file": ""}


@pytest.mark.parametrize(
    "judged",
    [
        None,
        [3],
        [{**GRADED, "grades": [1, 0, "1", 0]}],
        [{**GRADED, "grades": [1, 0, 11, 0]}],
        [{**GRADED, "before": [4]}],
        [{**GRADED, "run": list(range(4)) * 3}],
        [{name: GRADED[name] for name in ("grades", "before", "after")}],
        [GRADED] * (MOST_QUERIES + 1),
    ],
)
def test_what_no_script_sends_is_refused(judged):
    with pytest.raises(QueryError, match="did not understand"):
        judging_shown({"judged": judged})
