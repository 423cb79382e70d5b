"""The public API as a notebook would use it, from opening to growing, on a small gallery."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import tiny_retriever

import cmpagl
from cmpagl.api.page import Page
from cmpagl.errors import CmpaglError, QueryError
from cmpagl.rank.stage import FINAL

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    tiny_retriever(folder)
    return folder


@pytest.fixture
def gallery(folder):
    return cmpagl.open(folder / "index", folder / "tiny")


def test_a_search_is_a_table_like_the_librarys_ranking(gallery):
    found = gallery.search("a red ship on the water")
    frame = found.frame
    ranking = gallery._retriever.ranking(found.query, FINAL)
    assert frame["score"].tolist() == ranking.scores.tolist()
    assert frame["scene"].tolist() == list(found)
    assert frame["rank"].tolist() == ranking.ranks.tolist()
    assert len(frame) == len(found) == len(gallery) == len(gallery.frame)
    assert gallery.embeddings.shape[0] == len(gallery)
    assert "image/webp" in found._repr_html_()


def test_why_adds_up_and_teaching_has_its_term(gallery):
    found = gallery.search("a red ship", stage="aligned")
    taught = found.teach(good=[3], bad=[1], unwanted="sand")
    why = taught.why(1)
    assert {"examples", "unwanted"} <= set(why.terms)
    assert sum(why.terms.values()) == pytest.approx(why.score, abs=1e-5)
    assert next(iter(found)) != next(iter(taught))
    assert found.good == ()  # a result does not change
    turned = taught.teach(good=[next(iter(found))])  # the one that was bad
    assert turned.bad == ()


def test_a_minus_in_the_text_excludes(gallery):
    assert gallery.search("ships -sand").unwanted == "sand"


def test_scenes_pictures_and_both(gallery):
    first = gallery.frame["scene"][0]
    alike = gallery.search(like=first)
    assert first not in list(alike)
    same = gallery.search(image=gallery.frame["path"][0])
    assert next(iter(same)) == first
    assert len(gallery.search("a ship", like=first, weight=0.3)) == len(alike)


@pytest.mark.parametrize(
    "ask",
    [
        {},
        {"text": "a", "stage": "best"},
        {"like": "no such scene"},
        {"text": "a", "like": "x", "image": "y"},
    ],
)
def test_what_cannot_be_asked_is_said(gallery, ask):
    with pytest.raises(QueryError):
        gallery.search(**ask)


def test_what_is_added_is_found(tmp_path):
    """Pictures of another folder join those that are there, under names of their own."""
    tiny_checkpoint(tmp_path / "tiny")
    few, more = tiny_dataset(tmp_path / "few", 4), tiny_dataset(tmp_path / "other" / "more", 9)
    gallery = cmpagl.build(few, tmp_path / "index", tmp_path / "tiny", with_map=False)
    grown = gallery.add(more, with_map=False)  # its first four are the gallery's
    assert (len(gallery), len(grown)) == (4, 9)
    assert set(gallery.frame["scene"]) < set(grown.frame["scene"])
    assert all(Path(path).is_file() for path in grown.frame["path"])
    np.testing.assert_allclose(np.linalg.norm(grown.embeddings, axis=1), 1, rtol=1e-5)
    again = cmpagl.open(tmp_path / "index", tmp_path / "tiny").add(more, with_map=False)
    assert len(again) == 9


def test_a_name_that_is_taken_begins_with_its_folder(tmp_path):
    tiny_checkpoint(tmp_path / "tiny")
    first = tiny_dataset(tmp_path / "first", 3)
    gallery = cmpagl.build(first, tmp_path / "index", tmp_path / "tiny", with_map=False)
    second = tmp_path / "second"
    second.mkdir()
    for path in (first / "images").iterdir():
        with Image.open(path) as image:
            image.rotate(180).save(second / path.name, lossless=True)
    grown = gallery.add(second, with_map=False)
    assert len(grown) == 6
    assert sum(name.startswith("second/") for name in grown.frame["scene"]) == 3


def test_results_are_written_by_their_ending(gallery, tmp_path):
    found = gallery.search("a red ship -plane").teach(good=[1], bad=[2])
    for name in ("a.csv", "a.geojson", "a.parquet", "a.zip"):
        assert found.save(tmp_path / name, top=2) == ()
    asked = "a red ship, without plane, 1 marked +, 1 marked -"
    assert repr(found) == f"<Result of {asked!r}: {len(found)} scenes by smr>"
    written = json.loads((tmp_path / "a.geojson").read_text("utf-8"))
    assert len(written["features"]) == 2
    assert written["cmpagl"]["query"] == asked
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 2
    with pytest.raises(QueryError, match=r"\.csv"):
        found.save(tmp_path / "a.doc")


def test_a_page_that_cannot_start_says_why_at_once(gallery, tmp_path):
    """The rest of `explore` is in the manual's tutorial, which the tests run."""
    shutil.copytree(gallery.index.folder, tmp_path / "index")
    moved = cmpagl.open(tmp_path / "index", gallery.checkpoint.folder)
    (tmp_path / "index").rename(tmp_path / "elsewhere")
    with pytest.raises(CmpaglError, match="does not exist"):
        cmpagl.explore(moved)


def test_a_page_that_nobody_holds_ends():
    """A notebook's kernel that ends, or a handle that is dropped, leaves no process behind."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], text=True)
    page = Page(process, "http://127.0.0.1:1/")
    del page
    assert process.wait(30) != 0


APP = """
import time
with open("alive", "w") as alive:
    print("It is at http://127.0.0.1:1/", flush=True)
    time.sleep(60)
    alive.write("outlived")
"""
KERNEL = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
from cmpagl.api import page
page._APP = Path(sys.argv[1])
place = SimpleNamespace(folder=page._APP.parent)
held = page.explore(SimpleNamespace(index=place, checkpoint=place))
print(held, flush=True)
time.sleep(60)
"""


def test_a_page_ends_with_a_kernel_that_is_killed(tmp_path):
    """It cannot end it any more, and holds hundreds of MB."""
    (tmp_path / "app.py").write_text(APP, "utf-8")
    os.mkfifo(tmp_path / "alive")  # ends for who reads it once the page is gone
    alive = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    line = [sys.executable, "-c", KERNEL, str(tmp_path / "app.py")]
    with subprocess.Popen(line, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as kernel:
        assert "http://127.0.0.1:1/" in kernel.stdout.readline()
        kernel.kill()
    with open(alive, encoding="utf-8") as file:
        os.set_blocking(alive, True)
        assert file.read() == ""
