"""The map's answers: the index's own coordinates, figures by hand, and a query among its points."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_checkpoint, tiny_dataset
from tiny_explorer import opened_explorer

from app.query.rank import PARAMS
from app.query.request import read_request, request_params
from app.search.service import answer
from app.space.service import map_answer, map_file
from app.space.view import picture
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import QueryError
from cmpagl.measure.point_figures import TOP, figures, hub_levels

N = 20


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    return folder, load_dataset(tiny_dataset(folder / "data", N)), tiny_checkpoint(folder / "tiny")


@pytest.fixture(scope="module")
def explorer(material):
    folder, dataset, checkpoint = material
    return opened_explorer(folder / "index", dataset, checkpoint)


def test_places_are_those_of_the_index(explorer):
    """Rounded coordinates, put back into their boxes, are the index's to a 65,535th of the box."""
    gallery = explorer.opened().gallery
    answer = map_answer(explorer, {})
    content = np.frombuffer(map_file(explorer.opened(), "places"), "<u2")
    size = answer.n_images + answer.n_captions
    assert content.size == 3 * 2 * size
    for number, name in enumerate(("aligned", "centred")):
        box = answer.boxes[name][0]
        rounded = content.reshape(3, size, 2)[number] / 65535
        xy = np.array([box.x, box.y]) + rounded * box.side
        view = getattr(gallery.map, name)
        expected = np.concatenate([view.images, view.captions])
        assert np.abs(xy - expected).max() <= box.side / 65535
    assert len(answer.boxes["raw"]) == 2


def test_figures_against_a_loop(explorer):
    """Rank of the own, first hit and hubness, each counted one query at a time."""
    gallery = explorer.opened().gallery
    found = figures(gallery)
    n = len(gallery)
    sims = np.asarray(gallery.caption_embeds) @ np.asarray(gallery.image_embeds).T
    own = {}
    for caption, image in found.pairs.tolist():
        own.setdefault(caption, []).append(image)
    count = np.zeros(n)
    for caption, row in enumerate(sims):
        order = np.argsort(-row, kind="stable")
        count[order[:TOP]] += 1
        assert found.first[n + caption] == order[0]
        best = max(row[image] for image in own[caption])
        assert found.own_rank[n + caption] == 1 + (row > best).sum()
    np.testing.assert_allclose(found.hubness[:n], count, atol=1e-6)
    assert found.hubness[n:].sum() == pytest.approx(n * TOP)


def test_hub_levels_against_a_loop(explorer):
    """0 never; up to once, twice, five times the mean of its modality; more is a hub."""
    gallery = explorer.opened().gallery
    found, n = figures(gallery), len(gallery)
    levels = hub_levels(found, n)
    for part in (range(n), range(n, len(levels))):
        mean = sum(found.hubness[i] for i in part) / len(part)
        for i in part:
            times = found.hubness[i] / mean
            bounds = [times > bound for bound in (0, 1, 2, 5)]
            assert levels[i] == sum(bounds)
    assert len(set(levels.tolist())) > 2


def test_names_are_the_gallery_s(explorer):
    gallery = explorer.opened().gallery
    names = json.loads(map_file(explorer.opened(), "names"))
    assert names["ids"] == [record.image_id for record in gallery.records]
    assert names["captions"] == gallery.distinct_captions
    belong = {(names["pairs"][i], names["pairs"][i + 1]) for i in range(0, len(names["pairs"]), 2)}
    groups, images = gallery.caption_groups.tolist(), gallery.caption_to_image.tolist()
    assert belong == set(zip(groups, images, strict=True))
    for view in ("aligned", "centred", "raw"):
        middles = names["middles"][view]
        assert [names["class_of"][at] for at in middles] == list(range(len(names["classes"])))
    with pytest.raises(QueryError, match="no file"):
        map_file(explorer.opened(), "../index.json")


def test_known_caption_lands_on_its_point(explorer):
    """A query that is a caption of the gallery lies at that caption, and its scene is known."""
    gallery = explorer.opened().gallery
    caption = gallery.distinct_captions[5]
    answer = map_answer(explorer, {"q": caption, "tab": "map"})
    assert answer.notes == ()
    side = answer.boxes["aligned"][0].side
    place = np.array(answer.query.places["aligned"])
    assert np.linalg.norm(place - gallery.map.aligned.captions[5]) < 0.02 * side
    pairs = figures(gallery).pairs
    assert answer.query.truths == tuple(pairs[pairs[:, 0] == 5, 1].tolist())
    drawn = json.loads(json.dumps(picture(answer)))["query"]["places"]["aligned"]
    assert all(-0.01 <= value <= 1.01 for value in drawn)


def test_mixed_query_and_what_is_wrong_with_a_link(explorer):
    name = explorer.opened().gallery.records[0].image_id
    assert map_answer(explorer, {"q": "a red ship", "like": name}).query.places["centred"]
    refused = map_answer(explorer, {"like": "nowhere.png"})
    assert refused.query is None
    assert "nowhere.png" in refused.notes[0]
    assert "q" in PARAMS


QUERY = {"q": "a red plane on the grass"}


@pytest.mark.parametrize(
    "params",
    [
        {"after": "aligned"},
        {"after": "csls"},
        {"form": "ratio", "top": "3", "xi": "0.4", "alpha": "2", "lf": "4", "lb": "0", "le": "4"},
        {"min": "0", "after": "aligned_smr"},
        {"only": "0-4.9"},
        {"drop": "1,2"},
        {"like": "scene_0003.png", "w": "0.2", "before": "galr"},
        {"q": "", "like": "scene_0003.png", "find": "captions"},
    ],
)
def test_query_is_ranked_as_in_search(explorer, params):
    """The map's ranks are Search's right column, whatever of its settings and filters is set."""
    params = {**QUERY, **params}
    searched = answer(explorer, {**params, "k": "60", "before": "aligned", "find": "scenes"})
    right = [card.item for card in searched.columns["after"].cards]
    assert list(map_answer(explorer, params).query.hits) == right
    assert {*params} - {"find", "before"} <= {*PARAMS}


def test_settings_and_filters_change_the_ranks(explorer):
    """So that the comparison above can fail: each of them ranks other than none of them."""
    plain = map_answer(explorer, QUERY).query.hits
    for params in ({"alpha": "3", "form": "soft"}, {"only": "0-4.9"}, {"drop": "1,2"}):
        assert map_answer(explorer, {**QUERY, **params}).query.hits != plain


def test_problems_of_a_link_are_told(explorer):
    """What Search would refuse is told here too, with and without a query; nothing else is."""
    for query in ({}, QUERY):
        notes = map_answer(explorer, {**query, "after": "magic", "k": "x", "set": "moon"}).notes
        assert "after=magic" in notes[0]
        assert "moon" in notes[1]
        assert len(notes) == 2
    left_out = map_answer(explorer, {**QUERY, "class": "<b>none</b>"})
    assert left_out.query is None
    assert "No scene is left" in left_out.notes[0]


def test_without_captions_and_without_a_map(material):
    """Pictures alone have one map and no gap; an index without a map says so in one sentence."""
    folder, dataset, checkpoint = material
    (folder / "plain").mkdir()
    for record in dataset.records:
        shutil.copyfile(record.path, folder / "plain" / record.path.name)
    plain = load_dataset(folder / "plain")
    alone = opened_explorer(folder / "alone", plain, checkpoint)
    value = picture(map_answer(alone, {"q": "a red ship"}))
    assert (value["captions"], value["query"]["places"].keys()) == (0, {"aligned"})
    assert [view["there"] for view in value["views"]] == [True, False, True]
    assert len(map_file(alone.opened(), "figures")) == 4 * 4 * N
    few = opened_explorer(folder / "few", replace(plain, records=plain.records[:3]), checkpoint)
    assert figures(few.opened().gallery).hubness.tolist() == [2, 2, 2]  # never for itself
    bare = opened_explorer(folder / "bare", plain, checkpoint, with_map=False)
    assert picture(map_answer(bare, {})).keys() == {"problem"}


def test_selection_in_a_link_is_read_back():
    request = read_request({"q": "pond", "only": "0-3.7"})
    assert request.only == (0, 1, 2, 3, 7)
    assert request_params(request)["only"] == "0-3.7"
    for text in ("x", "-", "0-99999999", "0-9999999", "${alert(1)}"):
        bad = read_request({"only": text})
        assert bad.only == ()
        assert len(bad.problems) == 1


def test_limits_are_named_where_numbers_are_shown_and_saved(explorer):
    """The foot and the file say what the numbers are of, and whether the scenes are drawn."""
    answer = map_answer(explorer, {})
    photographed = picture(answer)
    assert "similarity alone" in photographed["foot"]
    assert "axes" in photographed["limits"]
    assert "computer drawings" not in photographed["foot"]
    drawn = picture(replace(answer, drawn=True))
    assert all("computer drawings" in drawn[place] for place in ("foot", "limits"))
