"""Look's links: what is asked, what an old one means, what is not allowed."""

import pytest

from app.look.request import PARAMS, LookRequest, read_request, request_params
from app.query.rank import PARAMS as SEARCH_PARAMS


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
