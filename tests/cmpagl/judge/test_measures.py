"""Figures of judged queries against values worked by hand, and the command that prints them."""

import json
import math

import pytest
from tiny_index import tiny_retriever

from cmpagl.__main__ import main
from cmpagl.errors import DataError
from cmpagl.judge.judgments import JudgedQuery, read_queries
from cmpagl.judge.measures import ONE_QUERY, compare, figures, pool

SCENES = [f"s{n}" for n in range(12)]


def test_figures_worked_by_hand():
    """Two relevant scenes at places 1 and 3, of three that there are, one of them graded 2."""
    query = JudgedQuery("q", "x", {"s0": 1, "s2": 2, "s11": 1, "s1": 0})
    found = compare([query], {"q": SCENES}, {"q": SCENES[::-1]})
    ideal = 3 + 1 / math.log2(3) + 1 / 2
    assert found.before["P@10"].value == pytest.approx(20)
    assert found.before["nDCG@10"].value == pytest.approx(100 * (1 + 3 / 2) / ideal)
    assert found.before["success@1"].value == 100
    assert found.after["P@10"].value == pytest.approx(20)  # s11, s2
    assert found.change["P@10"].value == pytest.approx(0)
    assert found.judged == pytest.approx(100 * 4 / 12)
    told = found.to_json()  # one query alone is drawn as itself each time: no interval
    assert not any(one.limits for one in (*found.before.values(), *found.change.values()))
    assert told["after"]["success@1"] == {"value": 100.0, "low": None, "high": None}
    assert told["note"] == ONE_QUERY


def test_the_difference_is_of_the_same_queries():
    """Where every query gains the same, the interval of the change has no width."""
    queries = [JudgedQuery(f"q{n}", "x", {"s0": 1, "s1": n % 2}) for n in range(20)]
    before = {one.id: SCENES[2:] for one in queries}
    after = {one.id: ["s0", *SCENES[2:]] for one in queries}
    change = compare(queries, before, after).change["success@1"]
    assert (change.low, change.value, change.high) == (100, 100, 100)
    spread = compare(queries, before, {one.id: SCENES for one in queries}).after["P@10"]
    assert spread.low < spread.value < spread.high


def test_one_ranking_is_measured_as_two_are():
    """Over the same resampled queries; a query that it lacks found nothing."""
    queries = [JudgedQuery(f"q{n}", "x", {"s0": 1, "s1": n % 2}) for n in range(20)]
    ranked = {one.id: SCENES for one in queries}
    assert figures(queries, ranked) == compare(queries, ranked, ranked).after
    half = figures(queries, {one.id: SCENES for one in queries[:10]})
    assert half["success@1"].value == 50
    with pytest.raises(DataError, match="judged relevant"):
        figures([], {})


def test_the_pool_has_both_first_tens_and_tells_of_neither():
    found = pool(SCENES, SCENES[::-1])
    assert set(found) == set(SCENES)
    assert pool(SCENES, SCENES[::-1]) == pool(SCENES[::-1], SCENES)


def test_nothing_judged_is_said():
    with pytest.raises(DataError, match="judged relevant"):
        compare([JudgedQuery("q", "x", {"s0": 0})], {"q": SCENES}, {"q": SCENES})


def test_the_command_from_queries_to_figures(tmp_path, capsys):
    """Queries typed, a pool written, filled in as by hand, measured, handed on in TREC's form."""
    retriever = tiny_retriever(tmp_path)
    shared = ["--index", str(tmp_path / "index"), "--checkpoint", str(tmp_path / "tiny")]
    typed = tmp_path / "queries.txt"
    typed.write_text("a red ship on the water\nplanes\n")
    pooled = tmp_path / "pool.csv"
    assert main(["judge", "--queries", str(typed), *shared, "--pool", str(pooled)]) == 0
    head, *rows = pooled.read_text().splitlines()
    assert head == "id,query,scene,grade"
    assert len(rows) >= 20
    pooled.write_text("\n".join([head, *(f"{row}{n % 2}" for n, row in enumerate(rows))]) + "\n")
    names = {record.image_id for record in retriever.gallery.records}
    for query in read_queries(pooled):
        assert set(query.grades) <= names
    out = {name: tmp_path / name for name in ("qrels", "run", "figures.json")}
    line = ["judge", "--queries", str(pooled), *shared, "--after", "aligned_smr"]
    line += ["--write-qrels", str(out["qrels"]), "--run", str(out["run"])]
    capsys.readouterr()
    assert main([*line, "--json", str(out["figures.json"])]) == 0
    told = capsys.readouterr().out
    assert "2 queries with a relevant scene; 100 %" in told
    figures = json.loads(out["figures.json"].read_text())
    assert figures["after"]["P@10"]["value"] > 0
    assert len(out["qrels"].read_text().splitlines()) == len(rows)
    assert out["run"].read_text().splitlines()[0].split()[3] == "1"
    assert main(["judge", "--queries", str(typed), *shared]) == 2  # nothing is judged
    assert main([*line[:3], *shared, "--after", "best"]) == 2
