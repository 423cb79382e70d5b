"""A search over all galleries, without a browser."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from tiny import tiny_dataset
from tiny_index import build_index

from app.explorer.explorer import Explorer, Source
from app.explorer.galleries import Beside
from app.explorer.opened import Status
from app.search.across_view import across_shown
from app.search.form import form
from app.search.service import answer
from app.search.view import ranking
from app.serving.owner import OWNER
from app.serving.which import about
from cmpagl.data.dataset import load_dataset
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.rank.stage import ALIGNED
from cmpagl.search.across import search_across


@pytest.fixture(scope="module")
def several(gallery_folders, tmp_path_factory):
    """Everybody's 40 scenes and 9 more in a second index, and anna's alone: 5 more."""
    index, checkpoint, _ = gallery_folders
    place = tmp_path_factory.mktemp("several")
    model = open_checkpoint(checkpoint)
    for name, n in (("port", 9), ("annas", 5)):
        dataset = load_dataset(tiny_dataset(place / f"{name}-data", n))
        build_index(dataset, model, place / name, with_map=False)
    explorer = Explorer(Source(checkpoint=checkpoint, index=index, beside=(place / "port",)))
    own = Beside("own-1", "Your pictures", place / "annas", owner="anna")
    explorer.galleries.add(own)
    explorer.start()
    assert explorer.wait(120).phase == "ready"
    from app.explorer.opened import over_index

    own.opened = over_index(explorer.first, own.folder)
    return explorer


@pytest.fixture
def asked_by():
    """Ask as somebody."""

    def ask(owner):
        OWNER.set(owner)

    yield ask
    OWNER.set("")


def shown(explorer, params):
    return across_shown(answer(explorer, {"in": "all", **params}))


def test_one_list_says_of_each_scene_where_it_is(several, asked_by):
    """In the library's order, each opens in its own gallery; a visitor's own are that visitor's."""
    asked_by("anna")
    found = shown(several, {"q": "a red ship", "k": "60", "after": "aligned"})
    galleries = [several.first, *(one.opened for one in several.galleries.seen_by("anna"))]
    retrievers = [one.retriever for one in galleries]
    expected = search_across(retrievers, retrievers[0].query_text("a red ship"), ALIGNED, top=60)
    names = [retrievers[e.gallery].gallery.records[e.item].image_id for e in expected]
    roots = ["./", "./g/port/", "./g/own-1/"]
    for card, one, name in zip(found["cards"], expected, names, strict=True):
        link = urlsplit(card["href"])
        assert link.path == roots[one.gallery]
        assert dict(parse_qsl(link.query)) == {"q": "a red ship", "scene": name}
        assert card["thumbnail"].startswith(roots[one.gallery] + "scenes/")
        assert card["rank"] == str(one.rank)
    labels = {card["label"] for card in found["cards"]}
    assert labels == {"fake", "fake (port)", "Your pictures"}
    asked_by("bert")
    others = {card["label"] for card in shown(several, {"q": "a red ship", "k": "60"})["cards"]}
    assert others == {"fake", "fake (port)"}


def test_another_gallerys_page_asks_all_as_well(several):
    """Links lead out of it; its own scene can ask, is no answer, and the others open in Look."""
    with about("port"):
        name = several.opened().gallery.records[2].image_id
        found = shown(several, {"like": name})
        cards = found["cards"]
    assert {urlsplit(card["href"]).path for card in cards} == {"../../", "../../g/port/"}
    assert all("tab=look" in card["href"] for card in cards)
    assert f"g/port/{name}" not in {card["id"] for card in cards}


def test_what_is_not_merged_is_said(several):
    """CSLS looks at the whole gallery, so similarity ranks; one that is not open is named."""
    late = Beside("late", "late", several.source.index, status=Status("opening", ""))
    several.galleries.add(late)
    told = answer(several, {"in": "all", "q": "a red ship", "after": "csls", "class": "x"})
    several.galleries.remove("late")
    said = " ".join(note.text for note in told.notes)
    assert "Searched 49 scenes of fake and fake (port) as one." in said
    assert "do not compare" in said
    assert "Not searched, because not open: late." in said
    drawn = form(told)
    assert (drawn["options"], drawn["filters"]) == (None, None)
    assert ranking(told)["columns"] == []


def test_nothing_to_search_among(several, explorer):
    """Before a question it says which will be searched; with one gallery alone that one answers."""
    start = answer(several, {"in": "all"})
    assert "covers every open gallery: fake and fake (port)." in start.notes[-1].text
    assert start.start
    alone = answer(explorer, {"in": "all", "q": "a red ship"})
    assert across_shown(alone) is None
    assert alone.columns
    assert any("Only one gallery is open" in note.text for note in alone.notes)
