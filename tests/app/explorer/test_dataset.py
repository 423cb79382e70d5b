"""A gallery of several data sets behind the page: the filter, its neighbours, the endpoints."""

import csv
import io
import json

import pytest
from tiny_index import build_index
from two_sets import NORTH, SIZES, SOUTH, two_sets

from app.api.search import search
from app.errors.export import errors_export
from app.errors.files import made_file
from app.errors.service import errors_answer
from app.explorer.explorer import Explorer, Source
from app.search.form import form
from app.search.service import answer
from app.search.why import detail
from app.words.search import SEARCH
from cmpagl.data.dataset import load_dataset
from cmpagl.data.joining import join_datasets
from cmpagl.errors import QueryError
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.rank.stage import ALIGNED
from cmpagl.store.gallery import open_gallery

QUERY = "a white plane on the grass"
FROM_SOUTH = f"{SOUTH}/scene_0004.png"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return two_sets(tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="module")
def explorer(made):
    opened = Explorer(Source(checkpoint=made[1], index=made[0]))
    opened.start()
    assert opened.wait(120).phase == "ready", opened.status.sentence
    return opened


def scenes(found, side="after"):
    return [card.scene for card in found.columns[side].cards]


def choice(found, name="set"):
    choices = {c["name"]: c for c in form(found)["options"]["choices"]}
    return choices.get(name)


def test_a_data_set_is_searched_alone(explorer):
    """Both columns hold its scenes, all of them, ranked among themselves."""
    found = answer(explorer, {"q": QUERY, "set": SOUTH, "k": "60"})
    for side in ("before", "after"):
        assert {scene.data_set for scene in scenes(found, side)} == {SOUTH}
        assert len(scenes(found, side)) == SIZES[SOUTH]
    ranking = explorer.opened().retriever.ranking
    assert found.columns["after"].cards[0].rank == 1
    query = explorer.opened().retriever.query_text(QUERY)
    records = explorer.opened().gallery.records
    whole = [i for i in ranking(query, ALIGNED).items if records[i].data_set == SOUTH]
    assert [scene.number for scene in scenes(found, "before")] == whole


def test_it_combines_with_class_threshold_and_the_map(explorer):
    """Each narrows what the others leave."""
    params = {"q": QUERY, "set": NORTH, "k": "60"}
    ships = scenes(answer(explorer, {**params, "class": "ship"}))
    assert {(scene.data_set, scene.class_name) for scene in ships} == {(NORTH, "ship")}
    scores = [card.score for card in answer(explorer, params).columns["before"].cards]
    least = f"{sorted(scores)[5]:.2f}"
    above = answer(explorer, {**params, "min": least}).columns["before"].cards
    assert len(above) == sum(score >= float(least) for score in scores)
    size = SIZES[NORTH]
    selected = scenes(answer(explorer, {**params, "only": f"{size - 2}-{size + 3}"}))
    assert {scene.number for scene in selected} == {size - 2, size - 1}


def test_where_nothing_is_left_the_choices_stay(explorer):
    """A class of the other data set: said in one sentence, and both can be taken off."""
    found = answer(explorer, {"q": QUERY, "set": NORTH, "class": f"isle of {SOUTH[:8]}</b>"})
    assert [note.kind for note in found.notes] == ["error"]
    assert "No scene is left" in found.notes[0].text
    assert choice(found)["value"] == NORTH
    assert choice(found, "class") is not None


def test_an_unknown_data_set_is_told_and_none_is_chosen(explorer):
    found = answer(explorer, {"q": QUERY, "set": "{0.__class__}", "k": "60"})
    (note,) = [note for note in found.notes if note.kind == "warn"]
    said = f"The data set {{0.__class__}} is not in this gallery. Available: {NORTH}, {SOUTH}."
    assert note.text == said
    assert {scene.data_set for scene in scenes(found)} == {NORTH, SOUTH}
    assert choice(found)["value"] == ""


def test_the_choice_and_the_chosen_scene_name_it(explorer):
    found = answer(explorer, {"q": QUERY, "scene": FROM_SOUTH})
    assert [item["value"] for item in choice(found)["items"]] == ["", NORTH, SOUTH]
    assert choice(found)["label"] == SEARCH.set
    facts = {fact["name"]: fact["value"] for fact in detail(found.chosen)["scene"]["facts"]}
    assert facts[SEARCH.facts["set"]] == SOUTH
    assert choice(answer(explorer, {"like": FROM_SOUTH, "find": "captions"})) is None


def test_endpoints_take_and_tell_it(explorer):
    found = search(explorer, text=QUERY, data_set=SOUTH, top=60)
    assert found["data_set"] == f"{NORTH} + {SOUTH}"
    assert [r["data_set"] for r in found["results"]] == [SOUTH] * SIZES[SOUTH]
    with pytest.raises(QueryError, match=r"The data set west is not in this gallery. Available"):
        search(explorer, text=QUERY, data_set="west")


def test_files_of_errors_name_each_scenes_own(explorer):
    """One more column, since the gallery's name is that of both."""
    params = {"after": "csls"}
    errors_answer(explorer, params, wait=600)
    export = errors_export(explorer, params, None, pictures=False)
    text = made_file(export, "csv")["text"].removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["data_set"] for row in rows} == {f"{NORTH} + {SOUTH}"}
    for row in rows:
        assert row["true_scene"].startswith(row["scene_data_set"] + "/")
    assert {row["scene_data_set"] for row in rows} == {NORTH, SOUTH}
    queries = json.loads(made_file(export, "json")["text"])["i2t"]["queries"]
    assert [query["scene_data_set"] for query in queries] == [
        record.data_set for record in explorer.opened().gallery.records
    ]


def test_folders_are_prepared_as_one(made, tmp_path, monkeypatch):
    """--data twice: one index in the cache, with a place of its own, that is opened as it is."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = Source(checkpoint=made[1], data=made[2])
    assert source.name == "a + b"
    kept = Source(checkpoint=tmp_path, index=tmp_path / "ponds" / "index")
    assert kept.name == "ponds"  # as in addresses
    alone = Source(checkpoint=made[1], data=made[2][:1])
    assert alone.index_folder().name.startswith("a-")
    assert source.index_folder().name.startswith("a+1-")
    joined = join_datasets([load_dataset(folder) for folder in made[2]])
    build_index(joined, open_checkpoint(made[1]), source.index_folder(), with_map=False)
    written = open_gallery(source.index_folder())
    explorer = Explorer(source)
    explorer.start()
    assert explorer.wait(300).phase == "ready", explorer.status.sentence
    assert explorer.opened().gallery.data_sets == (NORTH, SOUTH)
    assert not written.newer
