"""A link's parameters to a search and back; a link is untrusted."""

import time

import pytest

from app.query.request import NUMBERS, PARAMS, Mark, SearchRequest, read_request, request_params
from cmpagl.config.ranking import SMRConfig


def read(**params):
    return read_request(params)


def test_nothing_is_the_plain_search():
    assert read() == SearchRequest()
    assert read().empty
    assert set(request_params(SearchRequest()).values()) == {None}


def test_a_link_and_its_request_are_the_same():
    """Everything that a link can say comes back from the request it was read into."""
    params = {
        "like": "harbour_3.webp",
        "w": "0.25",
        "k": "20",
        "min": "0.1",
        "class": "harbor",
        "set": "ucm",
        "find": "captions",
        "before": "fused",
        "after": "aligned",
        "form": "combined",
        "top": "40",
        "xi": "0.02",
        "alpha": "1.5",
        "le": "0",
        "drop": "0,3",
        "scene": "port_1.webp",
        "not": "red roofs",
        "marks": "y0a1b2c3d.nffee0011",
        "layout": "grid",
        "size": "200",
    }
    request = read_request(params)
    assert not request.problems
    assert request.find == "captions"
    again = {name: value for name, value in request_params(request).items() if value is not None}
    assert again == params
    assert set(params) <= set(PARAMS)


def test_settings_of_smr_are_fields_of_its_config():
    request = read(alpha="2", top="5", form="ratio")
    assert SMRConfig(**dict(request.smr)) == SMRConfig(form="ratio", alpha=2.0, top_k=5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("k", "0"),
        ("k", "2.5"),
        ("k", "9999"),
        ("k", "many"),
        ("k", "nan"),
        ("w", "-1"),
        ("alpha", "inf"),
        ("alpha", "1e400"),
        ("xi", "${alert(1)}"),
        ("before", "transductive"),
        ("after", "{{7*7}}"),
        ("form", "__class__"),
        ("drop", "1,x"),
        ("drop", "-1"),
        ("drop", "²"),
    ],
)
def test_what_is_not_allowed_is_the_usual_value_and_said(name, value):
    request = read_request({name: value})
    assert len(request.problems) == 1
    assert name in request.problems[0]
    assert SearchRequest(problems=request.problems) == request


def test_a_problem_quotes_at_most_a_piece_of_the_value():
    (sentence,) = read(k="9" * 5000).problems
    assert len(sentence) < 200


def test_long_text_is_cut():
    assert len(read(q="a" * 100_000).text) == 2000


def test_captions_are_for_pictures_only():
    assert read(q="a pond", find="captions").find == "scenes"
    assert read(like="pond_1.webp", find="captions").find == "captions"


def test_every_number_has_its_usual_value_in_range():
    for name, number in NUMBERS.items():
        if number.initial is not None:
            assert number.least <= number.initial <= number.most, name
            assert number.initial == getattr(SearchRequest(), number.field)


@pytest.mark.parametrize(
    "text", [".".join(["0-99998"] * 2500), "0-9999999", "9-0." * 20_000, "1" * 1_000_000, "5-2.7"]
)
def test_a_list_of_scenes_costs_next_to_nothing(text):
    """Its size is known before it is written out: 20 kB once took nine seconds."""
    began = time.process_time()
    request = read(q="a", only=text)
    assert time.process_time() - began < 0.05
    assert len(request.only) <= 1


@pytest.mark.parametrize(
    "marks",
    ["x0a1b2c3d", "y0a1b2c", "y0a1b2c3g", "y", "yy0a1b2c3d", ".".join(["y0a1b2c3d"] * 9999)],
)
def test_marks_that_cannot_be_are_said(marks):
    request = read(q="a", marks=marks)
    assert request.marks == ()
    assert len(request.problems) == 1


def test_a_scene_has_its_last_mark():
    assert read(marks="y0a1b2c3d.nffee0011.n0a1b2c3d").marks == (
        Mark("ffee0011", False),
        Mark("0a1b2c3d", False),
    )


def test_what_is_excluded_stands_in_the_text_or_beside_it():
    request = read(q="planes -terminal", **{"not": "cars"})
    assert (request.wanted, request.unwanted) == ("planes", "terminal cars")
    assert request.text == "planes -terminal"
    assert request.taught
    assert not read(q="planes").taught
    assert not read(like="a.png", find="captions", marks="y0a1b2c3d").taught


def test_a_grid_shows_more_where_the_link_does_not_say():
    assert (read(q="a").k, read(q="a", layout="grid").k) == (12, 60)
    assert request_params(read(q="a", layout="grid"))["k"] is None
    assert request_params(read(q="a", layout="grid", k="12"))["k"] == "12"
