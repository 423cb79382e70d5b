"""Look's answers: which maps for which link, on one scale, and what is said when it cannot be."""

import pytest
from looked import ask, scene_id
from tiny import tiny_checkpoint, tiny_dataset
from tiny_explorer import opened_explorer

from app.explorer.explorer import Explorer, Source
from app.look.service import HIDDEN, look
from app.look.view import stage
from cmpagl.data.dataset import load_dataset


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
    explorer = opened_explorer(tmp_path / "index", dataset, checkpoint, with_map=False)
    params = {"scene": scene_id(explorer, 0), "at": "2,3"}
    found = look(explorer, params, wait=False)
    assert found.pending
    assert stage(found)["request"] == params
    assert look(explorer, params).panels
    assert not look(explorer, params, wait=False).pending
