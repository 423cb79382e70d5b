"""`judge` ranks as the page does, and prints the figures that its columns have."""

import json
from dataclasses import replace

import pytest
from tiny_index import TUNED, tiny_retriever, with_smr

from app.explorer.explorer import Explorer, Source
from app.explorer.opened import measured
from app.search.service import answer
from cmpagl.__main__ import main
from cmpagl.judge.judgments import read_queries
from cmpagl.judge.measures import DEPTH, compare
from cmpagl.measure.bootstrap import Interval
from cmpagl.measure.here import Here, write_here

QUERIES = ("a red ship", "a plane on the grass", "a plane -ship")
OFF = with_smr(TUNED, "t2i", replace(TUNED.bank_only.t2i.smr, form="none"))


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """The folder of a gallery where reranking is off, and what the page shows there."""
    folder = tmp_path_factory.mktemp("judged")
    retriever = tiny_retriever(folder)
    loses = {"t2i": Interval(-1.0, -2.0, 0.5)}
    write_here(retriever, Here(loses, 100, OFF))
    page = Explorer(Source(checkpoint=folder / "tiny", index=folder / "index"))
    page._opened = measured(retriever)
    records = retriever.gallery.records
    rows = [
        f"{query},{records[(5 * n + place) % len(records)].image_id},{grade}\n"
        for n, query in enumerate(QUERIES)
        for place, grade in enumerate((1, 0, 2))
    ]
    (folder / "q.csv").write_text("query,scene,grade\n" + "".join(rows), "utf-8")
    return folder, page


@pytest.mark.parametrize("after", ["aligned_smr", "smr"])
def test_the_figures_are_those_of_the_pages_columns(asked, after, capsys):
    """By this gallery's own ranking, not the checkpoint's; a minus excludes on the right."""
    folder, page = asked
    sides = {"before": {}, "after": {}}
    queries = read_queries(folder / "q.csv")
    for query in queries:
        columns = answer(page, {"q": query.text, "after": after}).columns
        for side, found in sides.items():
            found[query.id] = [card.name for card in columns[side].cards[:DEPTH]]
    assert sides["before"][queries[2].id] != sides["after"][queries[2].id]
    out = folder / f"{after}.json"
    line = ["--queries", "q.csv", "--index", "index", "--checkpoint", "tiny", "--json", out.name]
    paths = [str(folder / one) if not one.startswith("--") else one for one in line]
    assert main(["judge", *paths, "--after", after]) == 0
    expected = compare(queries, sides["before"], sides["after"])
    told = json.loads(out.read_text("utf-8"))
    for side in ("before", "after", "change"):
        for measure, figure in getattr(expected, side).items():
            assert told[side][measure] == pytest.approx(figure.to_json())
    ndcg = expected.after["nDCG@10"]
    assert f"{ndcg.value:5.1f} ({ndcg.low:.1f} to {ndcg.high:.1f})" in capsys.readouterr().out


def test_what_cannot_be_measured_is_told_of_before_anything_is_ranked(asked, capsys, monkeypatch):
    """Queries of which nobody judged a scene; a scene that the index does not hold is named."""
    folder, _ = asked
    monkeypatch.setattr("cmpagl.cli.judge._ranked", None)
    (folder / "none.csv").write_text("query,scene,grade\na road,nowhere.png,0\n")
    line = ["--index", str(folder / "index"), "--checkpoint", str(folder / "tiny")]
    assert main(["judge", "--queries", str(folder / "none.csv"), *line]) == 2
    error = capsys.readouterr().err
    assert "1 judged scene is not in the index (such as 'nowhere.png'), so never found." in error
    assert "No query has a scene that was judged relevant" in error
