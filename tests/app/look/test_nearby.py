"""What Look offers beside a map: scenes by name, Search's ranking, what to compare."""

import pytest
from looked import ask, scene_id

from app.look.beside import controls, picker
from app.look.nearby import strip
from app.look.request import LookRequest, read_request
from app.search.service import answer


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
