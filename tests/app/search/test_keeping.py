"""Who keeps what where: a file for who runs the page, nothing on the server for a visitor."""

import pytest
from tiny_index import tiny_retriever

from app.explorer.explorer import Explorer, Opened, Source
from app.search.keeping import keep


@pytest.fixture
def explorer(tmp_path):
    retriever = tiny_retriever(tmp_path, n=6)
    explorer = Explorer(Source(checkpoint=tmp_path / "tiny", index=tmp_path / "index"))
    explorer._opened = Opened(retriever.gallery, retriever)
    return explorer


TAG = {"op": "tag", "name": "one", "version": "0a1b2c3d", "id": "a.png"}


def test_who_runs_the_page_has_a_file_beside_the_index(explorer, tmp_path):
    kept = keep(explorer, TAG, operator=True)["kept"]
    assert kept["tags"][0]["scenes"] == ({"version": "0a1b2c3d", "id": "a.png"},)
    assert (tmp_path / "index.collections.sqlite").exists()
    keep(explorer, {"op": "note", "name": "one", "note": "x"}, operator=True)
    keep(
        explorer,
        {"op": "save_search", "name": "s", "params": {"q": "a"}, "seen": []},
        operator=True,
    )
    kept = keep(explorer, {"op": "read"}, operator=True)["kept"]
    assert (kept["tags"][0]["note"], kept["searches"][0]["params"]) == ("x", {"q": "a"})


def test_judgments_are_kept_and_forgotten(explorer):
    said = {"op": "judge", "query": "ships", "grades": {"a.png": 1, "b.png": 0}}
    kept = keep(explorer, {**said, "before": ["b.png"], "after": ["a.png"]}, operator=True)["kept"]
    assert kept["judged"][0]["grades"] == {"a.png": 1, "b.png": 0}
    kept = keep(explorer, {"op": "drop_judged", "query": "ships"}, operator=True)["kept"]
    assert kept["judged"] == ()


def test_a_visitor_leaves_nothing_on_the_server_and_sees_nothing(explorer, tmp_path):
    keep(explorer, TAG, operator=True)
    before = (tmp_path / "index.collections.sqlite").read_bytes()
    value = keep(explorer, {**TAG, "name": "two"}, operator=False)
    assert value["kept"] is None
    assert (tmp_path / "index.collections.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    "asked", [{}, {"op": "drop"}, {"op": "tag"}, {"op": "save_search", "name": "a", "params": 3}]
)
def test_what_no_script_asks_changes_nothing(explorer, asked):
    value = keep(explorer, asked, operator=True)
    assert value["kept"] == {"tags": (), "searches": (), "history": (), "judged": ()}


def test_what_is_wrong_is_said(explorer):
    value = keep(explorer, {**TAG, "name": ""}, operator=True)
    assert "needs a name" in value["problem"]
    assert value["kept"]["tags"] == ()
