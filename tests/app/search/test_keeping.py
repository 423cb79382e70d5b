"""Who keeps what where: a file for who runs the page, nothing on the server for a visitor."""

import io
import zipfile

import numpy as np
import pyarrow.parquet as pq
import pytest
from tiny_index import tiny_retriever

from app.explorer.explorer import Explorer, Opened, Source
from app.search.keeping import keep
from app.search.kept_files import MOST, kept_file
from cmpagl.errors import QueryError


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


def test_a_collection_is_a_file_of_its_scenes_in_their_order(explorer):
    """With the index's own vectors; what is in the gallery no more, or twice, is passed over."""
    gallery = explorer.opened().gallery
    versions = [gallery.content_hashes[number][:8] for number in (4, 1, 4)]
    asked = {"name": "ponds", "versions": [*versions, "00000000"]}
    table = pq.read_table(io.BytesIO(kept_file(explorer, "parquet", asked)[0]))
    assert table["id"].to_pylist() == [gallery.records[number].image_id for number in (4, 1)]
    assert table["rank"].to_pylist() == [1, 2]
    assert table["score"].to_pylist() == [None, None]
    vectors = np.array(table["embedding"].to_pylist())
    assert vectors == pytest.approx(gallery.image_embeds[[4, 1]])
    with zipfile.ZipFile(io.BytesIO(kept_file(explorer, "zip", asked)[0])) as archive:
        pictures = [name for name in archive.namelist() if name.endswith(".png")]
    assert [name[7:11] for name in pictures] == ["0001", "0002"]


@pytest.mark.parametrize(
    ("kind", "asked", "told"),
    [
        ("geojson", {"name": "a", "versions": ["00000000"]}, "None of these scenes"),
        ("zip", {"name": "a", "versions": ["0a"] * (MOST["zip"] + 1)}, "can hold 300"),
        ("exe", {"name": "a", "versions": []}, "did not understand"),
        ("zip", {"versions": "0a"}, "did not understand"),
    ],
)
def test_what_cannot_be_a_file_is_said(explorer, kind, asked, told):
    with pytest.raises(QueryError, match=told):
        kept_file(explorer, kind, asked)


def test_a_full_disk_is_told_in_a_sentence(explorer, monkeypatch):
    """Of pictures, which are packed on it; a table needs none of it."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.search.kept_files.write_chips", full)
    versions = [one[:12] for one in explorer.opened().gallery.content_hashes[:2]]
    with pytest.raises(QueryError, match="No space left on device"):
        kept_file(explorer, "zip", {"name": "a", "versions": versions})
    assert kept_file(explorer, "parquet", {"name": "a", "versions": versions})[0]
