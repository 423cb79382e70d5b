"""Filters by the columns: what the form offers, what of a link it shows, what it filters."""

import json

import pytest
from fake_sets import draw_images
from tiny import tiny_checkpoint
from tiny_index import build_index

from app.query.area import read_area
from app.query.filters import columns_file, filters_shown
from app.query.request import SearchRequest, read_request, request_params
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import QueryError

SAID = [
    {"year": 2018, "taken": "2018-03-01", "sensor": "WV-2", "one": "same"},
    {"year": 2020, "taken": "2020-06-30T10:00:00Z", "sensor": "it's, WV-3", "one": "same"},
    {"taken": "2021/01/01", "sensor": "WV-2", "one": "same"},
]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """Three scenes with numbers, dates and words; of one, the year is not known."""
    folder = tmp_path_factory.mktemp("filters")
    (folder / "data").mkdir()
    names = [f"p{n}.png" for n in range(len(SAID))]
    draw_images(folder / "data", tuple(names))
    lines = [{"file_name": name, **one} for name, one in zip(names, SAID, strict=True)]
    (folder / "data" / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    dataset = load_dataset(folder / "data")
    return build_index(dataset, tiny_checkpoint(folder / "model"), folder / "index", with_map=False)


def test_columns_that_tell_scenes_apart_are_offered(gallery):
    """With their kind, ends, words and how many scenes lack them; none that is the same for all."""
    offered = {column["name"]: column for column in json.loads(columns_file(gallery))}
    assert list(offered) == ["sensor", "taken", "year"]
    year, taken, sensor = offered["year"], offered["taken"], offered["sensor"]
    assert (year["kind"], year["least"], year["most"], year["missing"]) == (
        *("number", "2018", "2020"),
        1,
    )
    assert (taken["kind"], taken["least"], taken["most"]) == ("date", "2018-03-01", "2021-01-01")
    assert [(word["value"], word["n"]) for word in sensor["words"]] == [
        ("WV-2", 2),
        ("it's, WV-3", 1),
    ]
    assert gallery.read_where(f"sensor in ({sensor['words'][1]['line']})")[0].words == (
        "it's, WV-3",
    )


@pytest.mark.parametrize(
    ("line", "column", "fields"),
    [
        ("year >= 2019 or missing", "year", {"least": "2019", "most": "", "missing": True}),
        ("year >= 2018 and year <= 2020.5", "year", {"least": "2018", "most": "2020.5"}),
        ("year is missing", "year", {"least": "", "most": "", "missing": True}),
        (
            "taken >= 2018-03 and taken <= 2020",
            "taken",
            {"least": "2018-03-01", "most": "2020-12-31"},
        ),
        ("sensor in (WV-2, 'b c')", "sensor", {"words": ["WV-2", '"b c"']}),
        ("taken >= 2018-03-01T12:00:00", "taken", {"plain": False}),
        ("year >= 1 and year >= 2", "year", {"plain": False}),
        ("year >= 1 or missing and year <= 2", "year", {"plain": False}),
        ("year is not missing", "year", {"plain": False}),
    ],
)
def test_the_form_shows_what_a_line_sets(gallery, line, column, fields):
    """A range or words as its fields have them; what no field can show stands as text alone."""
    shown = filters_shown(gallery, SearchRequest(where=line))
    assert list(shown["set"]) == [column]
    own = shown["set"][column]
    assert own == {**own, "plain": True, **fields}
    assert gallery.matching(gallery.read_where(own["line"])).tolist() == (
        gallery.matching(gallery.read_where(line)).tolist()
    )


def test_each_filter_can_be_taken_off(gallery):
    """The area as well, and a line that cannot be read."""
    request = read_request({"where": "year >= 2019 and sensor = WV-2", "area": "0,0,4,3"})
    assert request.area == read_area("0,0,4,3")
    chips = filters_shown(gallery, request)["chips"]
    assert [chip["params"] for chip in chips] == [
        {"area": None},
        {"where": "sensor in (WV-2)"},
        {"where": "year >= 2019.0"},
    ]
    assert [chip["text"] for chip in chips[1:]] == ["year: 2019 or more", "sensor: WV-2"]
    broken = filters_shown(gallery, SearchRequest(where="colour = red"))
    assert broken["chips"] == [{"text": "colour = red", "params": {"where": None}}]
    assert filters_shown(gallery, SearchRequest(find="captions", where="year = 1"))["chips"] == []
    assert request_params(request)["where"] == request.where


def test_or_missing_belongs_to_what_stands_before_it(gallery):
    """And 'or' is followed by nothing else."""
    asked = gallery.read_where("year < 2019 or missing and taken > 2018-06")
    assert gallery.matching(asked).tolist() == [2]
    with pytest.raises(QueryError, match="After 'or' the filter needs 'missing'"):
        gallery.read_where("year = 2018 or year = 2020")
