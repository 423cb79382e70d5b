"""Look's answers: which maps for which link, on one scale, and what is said when it cannot be."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from app.api.attention import attention
from app.explorer.explorer import Explorer, Opened, Source
from app.look.beside import controls, picker
from app.look.nearby import strip
from app.look.request import PARAMS, LookRequest, read_request, request_params
from app.look.service import HIDDEN, look
from app.look.view import percent, stage
from app.query.rank import PARAMS as SEARCH_PARAMS
from app.search.service import answer
from cmpagl.data.dataset import load_dataset
from cmpagl.data.picture import load_pixels
from cmpagl.diagnose.results import WordResult
from cmpagl.errors import QueryError
from cmpagl.measure.bootstrap import Interval
from cmpagl.model.gswin import GswinTransformer
from cmpagl.model.pixels import to_pixel_values
from cmpagl.search.retriever import Retriever

GRID = 8  # of the tiny model, with windows of 4 x 4 places and 2 x 2 cells


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    """A page's explorer on eight drawn scenes and a tiny model with random weights."""
    folder = tmp_path_factory.mktemp("look")
    checkpoint = tiny_checkpoint(folder / "tiny")
    dataset = load_dataset(tiny_dataset(folder / "data"))
    gallery = build_index(dataset, checkpoint, folder / "index", with_map=False)
    explorer = Explorer(Source(checkpoint=folder / "tiny", index=folder / "index"))
    explorer._opened = Opened(gallery, Retriever(gallery, checkpoint))
    return explorer


def scene_id(explorer, number):
    return explorer.opened().gallery.records[number].image_id


def ask(explorer, **params):
    found = look(explorer, params)
    assert not [text for kind, text in found.problems if kind == "error"], found.problems
    return found


def test_a_link_and_its_request_are_the_same():
    params = {
        "scene": "harbour_3.webp",
        "beside": "port_1.webp",
        "random": "1",
        "look": "score",
        "than": "two ponds",
        "block": "3",
        "head": "2",
        "at": "5,6",
        "at2": "1,1",
        "word": "2",
    }
    search = {
        "q": "boats ${alert(1)} {{7*7}}",
        "after": "csls",
        "alpha": "0.25",
        "class": "ship",
        "drop": "1",
        "only": "0-3.7",
    }
    assert request_params(read_request({**params, **search})) == {**params, **search}
    assert set(params) | {"own"} == set(PARAMS) - set(SEARCH_PARAMS)
    assert set(search) < set(SEARCH_PARAMS)
    assert request_params(LookRequest()) == {}


@pytest.mark.parametrize(
    ("params", "mode", "named"),
    [
        ({}, "place", False),
        ({"q": "a ship"}, "score", False),
        ({"q": "a ship", "at": "3,4"}, "place", False),
        ({"q": "a ship", "block": "2"}, "place", False),
        ({"q": "a ship", "look": "place"}, "place", True),
        ({"q": "a ship", "look": "words", "layer": "2"}, "score", False),
        ({"look": "words"}, "score", True),
    ],
)
def test_old_links_open_and_a_query_is_asked_about_its_score(params, mode, named):
    """Of words in fusion the score took the place; a link that asked about a place still does."""
    request = read_request(params)
    assert not request.problems
    assert request.mode == mode
    assert (request_params(request).get("look") == mode) is named


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("look", "elsewhere"),
        ("block", "-1"),
        ("block", "1e3"),
        ("head", "²"),
        ("at", "3"),
        ("at", "0,4"),
        ("at2", "<img>"),
        ("random", "yes"),
        ("after", "magic"),
        ("alpha", "9"),
    ],
)
def test_what_is_not_allowed_is_named_and_replaced(name, value):
    request = read_request({name: value})
    (problem,) = (*request.problems, *request.search.problems)
    assert value in problem
    assert request_params(request) == {}


def test_a_place_looks_at_its_window_and_at_cells(explorer):
    """Row 2, column 7 of the first block: the window at the top right, three cells beyond it."""
    found = ask(explorer, scene=scene_id(explorer, 0), at="2,7", block="1")
    (panel,) = found.panels
    drawn = panel.map
    assert panel.at == (1, 6)
    assert drawn.window == (0, 4, 4, 4)
    values = np.array([np.nan if v is None else v for v in drawn.values]).reshape(GRID, GRID)
    inside = np.zeros((GRID, GRID), bool)
    inside[:4, 4:] = True
    assert (np.isfinite(values) == inside).all()
    assert [cell is None for cell in drawn.cells] == [False, True, False, False]
    assert sum(drawn.parts.values()) == pytest.approx(1, abs=1e-4)
    weights = [v for v in (*drawn.values, *drawn.cell_weights) if v is not None]
    assert sum(weights) + drawn.parts["class"] == pytest.approx(1, abs=1e-4)
    for whole, each in zip(drawn.cell_weights, drawn.cells, strict=True):
        assert whole is each is None or each == pytest.approx(whole / 16, abs=1e-5)


def test_weights_are_those_of_the_model(explorer):
    """The map's values come out of the tower's own forward pass, head by head."""
    gallery = explorer.opened().gallery
    found = ask(explorer, scene=scene_id(explorer, 3), at="1,1", block="1", head="2")
    from cmpagl.model.checkpoint import open_checkpoint

    vision: GswinTransformer = open_checkpoint(explorer.source.checkpoint).image_tower().vision
    pixels = to_pixel_values(load_pixels(gallery.records[3].path, 64)[None])
    with torch.inference_mode():
        block = vision(pixels, need_weights=True).attention[0]
    # Token 0 stands first in the first window; its places are rows of four.
    wanted = block.local[0, 1, 0].reshape(4, 4).numpy()
    got = np.array(found.panels[0].map.values, dtype=object).reshape(GRID, GRID)[:4, :4]
    np.testing.assert_allclose(got.astype(float), wanted, atol=1e-5)


def test_a_shifted_window_ends_at_the_edge(explorer):
    """The second block is shifted by two places: the first corner is a window of its own."""
    drawn = ask(explorer, scene=scene_id(explorer, 0), at="1,1", block="2").panels[0].map
    assert drawn.window == (0, 0, 2, 2)
    assert None not in drawn.cells  # the corner's cell reaches beyond it,
    assert drawn.cells[0] == pytest.approx(drawn.cell_weights[0] / 12, abs=1e-5)  # by 12 patches


def test_modes_without_a_place(explorer):
    scene = scene_id(explorer, 1)
    share = ask(explorer, scene=scene, look="share")
    assert all(0 <= value <= 1 for value in share.panels[0].map.values)
    assert share.low == min(share.panels[0].map.values)
    mean = np.mean(share.panels[0].map.values)
    assert share.shares[-1] == pytest.approx(mean, abs=1e-4)
    summed = ask(explorer, scene=scene, look="class").panels[0].map
    assert 0 < sum(summed.values) < 1  # the rest is at the class token itself


def test_where_the_score_of_a_query_came_from(explorer):
    """Of the query and each of its words: the cosine of Search, and what raises it adds up to 1."""
    scene = scene_id(explorer, 1)
    found = ask(explorer, scene=scene, q="A red plane on the grass.")
    assert found.words == ("a", "red", "plane", "on", "the", "grass")
    retriever = explorer.opened().retriever
    expected = retriever.query_text("A red plane on the grass.").scores[1]
    assert found.panels[0].map.score == pytest.approx(expected, abs=2e-3)  # of the file, not index
    one = ask(explorer, scene=scene, q="a red plane", word="2").panels[0].map
    alone = ask(explorer, scene=scene, q="red").panels[0].map
    assert one.score == pytest.approx(alone.score, abs=1e-5)
    assert one.strongest[0].box == alone.strongest[0].box
    for shown in (one, found.panels[0].map):
        assert sum(v for v in shown.values if v is not None) == pytest.approx(1, abs=1e-3)
        assert sum(shown.parts.values()) == pytest.approx(1, abs=1e-6)
    assert not ask(explorer, scene=scene, look="score").words


def test_two_queries_and_two_scenes_stand_side_by_side(explorer):
    first, second = scene_id(explorer, 0), scene_id(explorer, 5)
    found = ask(explorer, scene=first, beside=second, q="a red plane", than="two ponds")
    kinds = [(panel.picture.scene.image_id, panel.query) for panel in found.panels]
    assert kinds == [(s, q) for s in (first, second) for q in ("a red plane", "two ponds")]
    alone = ask(explorer, scene=second, q="two ponds")
    assert found.panels[3].map == alone.panels[0].map
    shown = stage(found)
    assert len({panel["key"] for panel in shown["panels"]}) == 4
    alt = shown["panels"][0]["alt"]
    assert alt.endswith(".")
    assert not alt.endswith(" .")
    highest = [max(panel.map.shown) for panel in found.panels]
    assert shown["scale"]["most"] == pytest.approx(min(highest))
    assert shown["scale"]["high"].endswith("or more")
    assert [panel["remove"] for panel in shown["panels"]][1:3] == [
        {"than": None},
        {"beside": None, "at2": None},
    ]


def test_a_map_says_how_often_it_points_right(explorer):
    """In percent of the cases, beside chance and random weights; where it looked says no such."""
    words = {"score": Interval(45.4, 39.3, 51.6)}
    result = WordResult("all", 306, 3.1, 5.0, words, {"score": Interval(10.7, 5.0, 16.0)})
    found = ask(explorer, scene=scene_id(explorer, 2), q="a red plane")
    foot = " ".join(stage(replace(found, pointing=result))["foot"])
    assert "306 tests" in foot
    assert "45 % of cases (95 % interval 39 to 52); by chance it would be 3.1 %" in foot
    assert "random weights 11 %" in foot
    assert "has not been measured" in " ".join(stage(found)["foot"])
    assert "tests" not in " ".join(stage(ask(explorer, scene=scene_id(explorer, 2)))["foot"])


def test_a_map_is_checked_by_hiding_places(explorer):
    """Step by step; with none hidden the score is the score, and the end is said in a sentence."""
    params = {"scene": scene_id(explorer, 2), "q": "a red plane"}
    begun = stage(look(explorer, params))["check"]
    assert begun["button"]
    assert begun["figure"] is begun["next"] is None
    half = stage(look(explorer, params, check=3))["check"]
    assert half["next"] == 4
    assert len(half["table"]["rows"]) == len(half["figure"]["data"][0]["x"]) == 3
    done = look(explorer, params, check=len(HIDDEN))
    score = done.panels[0].map.score
    assert done.check.strongest[0] == pytest.approx(score, abs=1e-4)
    assert done.check.others[0] == pytest.approx(score, abs=1e-4)
    shown = stage(done)["check"]
    assert shown["next"] is None
    assert "hidden, the score falls from" in shown["status"]
    assert stage(look(explorer, {"scene": scene_id(explorer, 2)}))["check"] is None


def test_compared_maps_share_one_scale(explorer):
    """Two scenes, each with trained and with random weights: four maps, one greatest value."""
    first, second = scene_id(explorer, 0), scene_id(explorer, 5)
    found = ask(explorer, scene=first, beside=second, random="1", at="3,3", at2="6,6")
    kinds = [(p.picture.scene.image_id, p.trained, p.at) for p in found.panels]
    assert kinds == [
        (first, True, (2, 2)),
        (first, False, (2, 2)),
        (second, True, (5, 5)),
        (second, False, (5, 5)),
    ]
    assert found.high == max(value for panel in found.panels for value in panel.map.shown)
    assert found.panels[0].map != found.panels[1].map


def test_the_query_suggests_what_to_compare(explorer):
    """The true scene of a known caption and the first hit, unless they are shown already."""
    gallery = explorer.opened().gallery
    caption = gallery.records[4].captions[0]
    found = ask(explorer, scene=scene_id(explorer, 0), q=caption)
    hints = {hint.kind: hint.scene.number for hint in found.hints}
    assert hints["true_scene"] == 4
    first = hints.get("first_hit", 0)
    again = ask(explorer, scene=scene_id(explorer, first), beside=scene_id(explorer, 4), q=caption)
    assert not again.hints


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({"block": "99"}, "no block 99"),
        ({"head": "7"}, "no head 7"),
        ({"at": "40,1"}, "no row 40"),
        ({"q": "a ship", "word": "9"}, "no word 9"),
        ({"beside": "nowhere.png"}, "nowhere.png"),
        ({"q": "\x00"}, "empty"),
        ({"after": "<i>magic</i>"}, "after=<i>magic</i>"),
        ({"q": "a ship", "set": "moon"}, "moon"),
        ({"q": "a ship", "class": "none"}, "No scene is left"),
    ],
)
def test_what_is_not_there_is_said_and_the_rest_is_shown(explorer, params, part):
    found = ask(explorer, scene=scene_id(explorer, 0), **params)
    assert part in " ".join(text for _, text in found.problems)
    assert found.panels[0].map


def test_a_scene_that_is_not_there(explorer):
    found = look(explorer, {"scene": "<img src=x>"})
    assert not found.panels
    assert found.problems == (("error", found.problems[0][1]),)
    assert "<img src=x>" in found.problems[0][1]
    assert "no longer" in look(explorer, {"own": "guess"}).problems[0][1]


def test_a_picture_that_changed_or_vanished_is_said(explorer):
    gallery = explorer.opened().gallery
    path = gallery.records[7].path
    before = path.read_bytes()
    path.write_bytes(gallery.records[6].path.read_bytes())
    found = ask(explorer, scene=scene_id(explorer, 7))
    assert "has changed" in found.problems[0][1]
    path.unlink()
    assert look(explorer, {"scene": scene_id(explorer, 7)}).problems[0][0] == "error"
    path.write_bytes(before)
    assert not ask(explorer, scene=scene_id(explorer, 7)).problems


def test_nothing_is_loaded_before_it_is_asked_for(tmp_path):
    """The first answer says that it is pending; an explorer that is not open says so."""
    explorer = Explorer(Source(checkpoint=tmp_path))
    assert "not ready" in look(explorer, {}).problems[0][1]

    checkpoint = tiny_checkpoint(tmp_path / "tiny")
    dataset = load_dataset(tiny_dataset(tmp_path / "data", n=2))
    gallery = build_index(dataset, checkpoint, tmp_path / "index", with_map=False)
    explorer._opened = Opened(gallery, Retriever(gallery, checkpoint))
    params = {"scene": gallery.records[0].image_id, "at": "2,3"}
    found = look(explorer, params, wait=False)
    assert found.pending
    assert stage(found)["request"] == params
    assert look(explorer, params).panels
    assert not look(explorer, params, wait=False).pending


def test_strip_finds_by_name_and_by_query(explorer):
    request = LookRequest()
    assert len(strip(explorer, request).scenes) == 8
    assert [s.number for s in strip(explorer, request, " SCENE_0002").scenes] == [2]
    assert not strip(explorer, request, "nothing like it").scenes
    ask(explorer, q="a red plane")
    assert strip(explorer, read_request({"q": "a red plane"})).kind == "strip_query"


@pytest.mark.parametrize(
    ("params", "stage"),
    [
        ({}, "Aligned + SMR"),
        ({"after": "aligned"}, "Aligned"),
        ({"after": "csls"}, "CSLS"),
        ({"form": "soft", "alpha": "3"}, "Aligned + SMR"),
        ({"only": "3.5-7"}, "Aligned + SMR"),
    ],
)
def test_best_scenes_are_those_of_search(explorer, params, stage):
    """Strip, first hit and the scene to begin with: Search's right column, with its name."""
    params = {"q": "a red plane on the grass", **params}
    right = [card.item for card in answer(explorer, params).columns["after"].cards]
    found = ask(explorer, **params)
    assert found.panels[0].picture.scene.number == right[0]
    shown = strip(explorer, found.request)
    assert [scene.number for scene in shown.scenes] == right
    assert picker(found, shown)["title"].endswith(f"ranked by {stage}")
    other = scene_id(explorer, right[-1])
    beside = controls(ask(explorer, scene=other, **params))["suggestions"][0]
    assert beside["text"].startswith(f"First result by {stage}: scene_")
    assert beside["id"] == scene_id(explorer, right[0])


def test_rankings_above_differ(explorer):
    """So that the comparison above can fail: one order of scenes would satisfy it always."""
    query = {"q": "a red plane on the grass"}
    orders = {
        tuple(scene.number for scene in strip(explorer, read_request({**query, **params})).scenes)
        for params in ({"after": "aligned"}, {"form": "soft", "alpha": "3"}, {"only": "3.5-7"})
    }
    assert len(orders) == 3


def test_without_a_ranking_scenes_of_all_are_shown(explorer):
    """Filters that leave nothing are told; scene and strip are as without a query."""
    params = {"q": "a ship", "class": "none"}
    found = ask(explorer, **params)
    assert found.panels[0].picture.scene.number == 0
    assert strip(explorer, found.request).kind == "strip"


def test_views_are_json_with_the_text_as_it_is(explorer):
    """Whatever is typed comes out as the same text, and the whole is JSON."""
    query = "${alert(1)} {{7*7}} {query} <img src=x onerror=alert(1)>"
    found = ask(
        explorer,
        scene=scene_id(explorer, 0),
        beside=scene_id(explorer, 1),
        random="1",
        look="score",
        q=query,
    )
    value = json.loads(json.dumps(stage(found)))
    assert value["query"] == query
    assert f"query: {query}; word: All words" in value["panels"][0]["png"]["lines"]
    assert json.dumps(controls(found))
    assert json.loads(json.dumps(picker(found, strip(explorer, found.request))))["scenes"]


def test_each_saved_map_names_what_it_is(explorer):
    scene = scene_id(explorer, 2)
    found = ask(explorer, scene=scene, at="2,3", block="1", random="1")
    panels = stage(found)["panels"]
    lines = " ".join(panels[1]["png"]["lines"])
    for part in (
        scene,
        "block 1 of 2",
        "mean of all heads",
        "random weights",
        "row 2, column 3",
        "checkpoint tiny",
        "not a cause",
    ):
        assert part in lines
    assert panels[0]["png"]["file"] == "scene_0002-place-block1-mean.png"
    assert panels[1]["png"]["file"] == "scene_0002-place-block1-mean-random.png"


def test_table_names_the_strongest(explorer):
    found = ask(explorer, scene=scene_id(explorer, 0), at="1,1", block="1")
    rows = stage(found)["panels"][0]["table"]["rows"]
    assert len(rows) == 5
    shares = [float((each or whole).removesuffix(" %")) for _, whole, each in rows]
    assert shares == sorted(shares, reverse=True)
    assert all(name.startswith(("Patch, row", "Cell, rows", "Class token")) for name, *_ in rows)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.5, "50 %"), (0.0996, "10 %"), (0.0512, "5.1 %"), (0.0041, "0.41 %"), (0, "0.00 %")],
)
def test_percent_keeps_the_digits_that_matter(share, text):
    assert percent(share) == text


def test_numbers_for_programs(explorer):
    """With a scene alone; with everything; and one sentence where there is no such scene."""
    scene = scene_id(explorer, 0)
    plain = attention(explorer, scene)
    assert (plain["block"], plain["head"], plain["row"], plain["column"]) == (2, 0, 5, 5)
    assert not plain["words"]
    rows = [*plain["place"]["values"], *plain["place"]["cells"]]
    total = sum(w for row in rows for w in row if w is not None) + plain["place"]["parts"]["class"]
    assert total == pytest.approx(1, abs=1e-4)
    full = attention(explorer, scene, row=1, column=8, block=1, head=2, query="a red plane")
    assert list(full["words"]) == ["1 a", "2 red", "3 plane"]
    assert np.array(full["score"]["values"]).shape == (GRID, GRID)
    assert plain["score"] is None
    assert np.array(full["share"]["values"]).shape == (GRID, GRID)
    assert "not a cause" in full["notes"][-1]
    assert json.dumps(full)
    with pytest.raises(QueryError, match="nowhere"):
        attention(explorer, "nowhere.png")
    assert "no block 9" in " ".join(attention(explorer, scene, block=9)["notes"])
