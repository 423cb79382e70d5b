"""What Look's scripts are handed: sentences, tables and names of files."""

import json
from dataclasses import replace

import pytest
from looked import ask, scene_id

from app.look.beside import controls, picker
from app.look.nearby import strip
from app.look.view import percent, stage
from cmpagl.diagnose.results import WordResult
from cmpagl.measure.bootstrap import Interval


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
