"""The public endpoints through `gradio_client`: names, types, first argument alone, errors."""

import json
import urllib.error
import urllib.request

import pytest
from browser import HOSTILE_NAME, N_SCENES

from cmpagl.checkpoint import open_checkpoint
from cmpagl.gallery import open_gallery
from cmpagl.retriever import Retriever

pytestmark = pytest.mark.ui

QUERY = "a white plane on the grass"
ENDPOINTS = {
    "/search_text": {"text": QUERY},
    "/rerank": {"text": QUERY},
    "/neighbors": {"scene": "scene_0001.png"},
    "/attention": {"scene": "scene_0001.png"},
}


@pytest.fixture(scope="module")
def client(served):
    from gradio_client import Client

    return Client(served, verbose=False, analytics_enabled=False)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_answers_to_its_first_argument_alone(client, name):
    assert client.predict(**ENDPOINTS[name], api_name=name)


def test_search_text_is_the_retrievers_ranking(client, gallery_folders):
    """Ten scenes in the order of the library's own ranking."""
    found = client.predict(QUERY, api_name="/search_text")
    index, folder, _ = gallery_folders
    checkpoint = open_checkpoint(folder)
    gallery = open_gallery(index, checkpoint)
    retriever = Retriever(gallery, checkpoint)
    ranking = retriever.ranking(retriever.query_text(QUERY), "smr")
    records = gallery.records
    assert [r["scene"] for r in found["results"]] == [
        records[item].image_id for item in ranking.items[:10]
    ]
    assert [r["rank"] for r in found["results"]] == ranking.ranks[:10].tolist()
    assert found["stage"] == "smr"


def test_rerank_tells_what_moved(client):
    found = client.predict(QUERY, "aligned", "smr", N_SCENES, alpha=2.0, api_name="/rerank")
    ranks = {r["scene"]: r["rank"] for r in found["before"]["results"]}
    assert len(ranks) == N_SCENES
    for result in found["after"]["results"]:
        assert result["rank_elsewhere"] == ranks[result["scene"]]
        better = ranks[result["scene"]] - result["rank"]
        assert result["move"] == ("up" if better > 0 else "down" if better < 0 else "same")


def test_a_picture_of_the_gallery_finds_itself(client, gallery_folders):
    from gradio_client import handle_file

    picture = gallery_folders[2] / "images" / "scene_0007.png"
    found = client.predict(handle_file(str(picture)), stage="aligned", api_name="/search_image")
    assert found["results"][0]["scene"] == "scene_0007.png"
    assert found["results"][0]["score"] == pytest.approx(1.0, abs=0.01)


def test_neighbors_leave_the_scene_out(client):
    found = client.predict(HOSTILE_NAME, 60, api_name="/neighbors")
    assert HOSTILE_NAME not in [r["scene"] for r in found["results"]]
    assert len(found["results"]) == N_SCENES - 1


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("/search_text", {"text": ""}, "Nothing was asked for"),
        ("/search_text", {"text": QUERY, "top": 0}, "k=0 is not allowed"),
        ("/search_text", {"text": QUERY, "stage": "magic"}, "after=magic is not allowed"),
        ("/search_text", {"text": QUERY, "class_name": "volcano"}, "No scene is left"),
        ("/rerank", {"text": QUERY, "alpha": -1.0}, "alpha=-1.0 is not allowed"),
        ("/neighbors", {"scene": "no_such.png"}, "no_such.png is not in this gallery"),
    ],
)
def test_a_wrong_argument_is_told(client, name, arguments, sentence):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=sentence):
        client.predict(**arguments, api_name=name)


def test_only_the_endpoints_are_public_and_all_are_described(served):
    """No handler of the page is listed; each endpoint and each argument has its words."""
    with urllib.request.urlopen(served + "gradio_api/info") as answer:
        named = json.load(answer)["named_endpoints"]
    assert set(named) == {*ENDPOINTS, "/search_image"}
    for name, endpoint in named.items():
        assert len(endpoint["description"]) > 20, name
        first, *others = endpoint["parameters"]
        assert not first["parameter_has_default"], name
        assert all(parameter["parameter_has_default"] for parameter in others), name


def test_pictures_are_served_by_number_and_nothing_else_is(served, gallery_folders):
    def status(path):
        try:
            with urllib.request.urlopen(served + path) as answer:
                return answer.status, answer.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            return error.code, ""

    assert status("scenes/3/thumbnail") == (200, "image/webp")
    assert status("scenes/3/picture") == (200, "image/jpeg")
    for path in ("scenes/9999/picture", "scenes/-1/thumbnail"):
        assert status(path)[0] == 404
    description = gallery_folders[2] / "dataset_fake.json"
    assert status(f"gradio_api/file={description}")[0] in (403, 404)
