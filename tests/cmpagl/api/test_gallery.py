"""The public API as a notebook would use it, from opening to growing, on a small gallery."""

import urllib.request

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import tiny_retriever

import cmpagl
from cmpagl.errors import QueryError
from cmpagl.rank.stage import FINAL


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
    checkpoint = tiny_checkpoint(tmp_path / "tiny")
    from tiny_index import build_index

    from cmpagl.data.dataset import load_dataset

    build_index(
        load_dataset(tiny_dataset(tmp_path / "few", 4)),
        checkpoint,
        tmp_path / "index",
        with_map=False,
    )
    gallery = cmpagl.open(tmp_path / "index", tmp_path / "tiny")
    more = tiny_dataset(tmp_path / "more", 9)
    grown = gallery.add(more, with_map=False)
    assert (len(gallery), len(grown)) == (4, 9)
    np.testing.assert_allclose(np.linalg.norm(grown.embeddings, axis=1), 1, rtol=1e-5)


def test_the_page_opens_beside_a_notebook(gallery):
    with cmpagl.explore(gallery) as page:
        assert page.url in page._repr_html_()
        with urllib.request.urlopen(page.url, timeout=60) as answer:
            assert answer.status == 200
    assert page._process.returncode is not None
