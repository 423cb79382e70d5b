"""What Search's scripts are given beside `test_views.py`: captions, baselines, foot and file."""

import pytest

from app.explorer.scenes import Scene
from app.query.request import SearchRequest
from app.search.columns import Card, Column
from app.search.explain import Detail
from app.search.service import Answer
from app.search.view import ranking
from app.search.why import detail
from app.words.errors import ERRORS
from app.words.search import SEARCH
from cmpagl.rank.stage import FINAL
from cmpagl.search.ranking import Move

POND = Scene(0, "a/pond_1.webp", "pond_1", "pond", ("a round pond",), "t/0", "p/0")
SOURCE = ("{data} <b>", "test", "cmpagl-small")


def shown(card, **changes):
    values = {"columns": {"after": Column(FINAL, (card,))}, "source": SOURCE, **changes}
    return ranking(Answer(SearchRequest(text="a pond"), **values))


@pytest.mark.parametrize(("pictured", "truth"), [(True, "true scene"), (False, "true caption")])
def test_what_is_right_is_called_by_its_kind(pictured, truth):
    one = Card(0, "0", POND if pictured else None, "a round pond", 1, 0.5, None, True)
    (card,) = shown(one)["columns"][0]["cards"]
    assert card["truth"] == truth
    assert card["spoken"].endswith(", " + truth)


def test_what_is_not_right_has_no_mark():
    one = Card(0, "0", None, "a round pond", 1, 0.5, None, False)
    (card,) = shown(one)["columns"][0]["cards"]
    assert card["truth"] is None
    assert "true" not in card["spoken"]


def test_the_foot_names_source_and_limits():
    """Data set, split, checkpoint, limits; a data set's name is no template."""
    one = Card(0, POND.image_id, POND, "", 1, 0.5, None, False)
    value = shown(one)
    assert value["foot"].startswith("{data} <b>, split test, checkpoint cmpagl-small. ")
    assert value["foot"].endswith(SEARCH.limits)
    assert ERRORS.drawn not in value["foot"]
    assert ERRORS.drawn in shown(one, drawn=True)["limits"]
    plain = shown(one, source=("fake", "", "small"))["foot"]
    assert plain.startswith("fake, checkpoint small. ")
    assert shown(one, source=("", "", ""))["foot"] == ""  # nothing is open yet


@pytest.mark.parametrize(
    ("move", "was"),
    [(Move(0, 9, 2, "new"), 9), (Move(0, 2, 30, "dropped"), 2), (None, 2)],
    ids=["came", "left", "left column"],
)
def test_a_file_has_the_rank_before_and_the_score_itself(move, was):
    one = Card(0, POND.image_id, POND, "", 2, -0.1234567, move, False)
    (card,) = shown(one)["columns"][0]["cards"]
    assert card["was"] == was
    assert card["value"] == -0.123457


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (SearchRequest(text="a pond"), "a pond"),
        (SearchRequest(text="a pond", like="x.png"), "a pond + x.png"),
        (SearchRequest(upload="NAME.SECRET"), SEARCH.own_picture),
    ],
    ids=["words", "both", "own picture"],
)
def test_a_file_says_what_was_searched_for(request_, told):
    """A picture of one's own by no name, and never by the token that opens it."""
    assert ranking(Answer(request_))["query"] == told


def test_the_spread_is_asked_for_with_the_link_that_is_shown():
    """It waits, with a sentence, until it is there; where there is none, nothing waits."""
    params = {"q": "a pond", "scene": POND.image_id}
    found = Detail(POND, "", None, 2, 1, None, None, None, varies=True)
    value = detail(found, params)
    assert value["ask_spread"] == params
    assert SEARCH.spread_waits in value["why"]["sentences"]
    found = Detail(POND, "", None, 2, 1, None, None, (1, 3), varies=True)
    value = detail(found, params, count=7)
    assert (value["ask_spread"], value["count"]) == (None, 7)
    assert SEARCH.spread.format(low=1, high=3) in value["why"]["sentences"]
    value = detail(Detail(POND, "", None, 2, 1, None, None, None), params)
    assert value["ask_spread"] is None
    assert value["why"]["sentences"] == []


@pytest.mark.parametrize("scene", [POND, None], ids=["scene", "caption"])
def test_a_baseline_without_terms_says_so(scene):
    why = detail(Detail(scene, "a pond", None, 2, 1, None, None, None, baseline=True))["why"]
    (sentence,) = why["sentences"]
    assert "baseline" in sentence
    assert "Choose Aligned + SMR to see" in sentence
    assert why["chart"] is why["table"] is None
    out = detail(Detail(scene, "a pond", None, 2, None, None, None, None, baseline=True))["why"]
    assert out["sentences"] == []  # it is not in the right column at all
