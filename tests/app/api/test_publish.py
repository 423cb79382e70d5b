"""The public endpoints through `gradio_client`: names, types, first argument alone, errors."""

import json
import urllib.error
import urllib.request
from typing import get_type_hints

import httpx
import pytest
from asked import ENDPOINTS, QUERY
from browser import HOSTILE_NAME, N_SCENES
from jsonschema import Draft202012Validator
from tiny import tiny_checkpoint, tiny_dataset
from tiny_index import build_index

from app import build as ui
from app import server as ui_server
from app.api import publish as ui_api
from app.api.attention import AttentionAnswer, AttentionMapJson, attention
from app.api.publish import AT_ONCE, WAITING
from app.api.search import RankedScene, RerankResults, SearchResults, search
from app.explorer.explorer import Explorer, Source
from app.kit.page import MAX_UPLOAD
from app.query.request import MAX_TEXT, NUMBERS
from cmpagl.cli.paths import default_checkpoint
from cmpagl.data.dataset import load_dataset
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.rank.stage import FINAL, LIVE
from cmpagl.search.retriever import Retriever
from cmpagl.store.gallery import open_gallery

pytestmark = pytest.mark.ui

RESULTS = {
    "/search_text": SearchResults,
    "/search_image": SearchResults,
    "/rerank": RerankResults,
    "/neighbors": SearchResults,
    "/attention": AttentionAnswer,
}
LONG = "a" * (MAX_TEXT + 1)


@pytest.fixture(scope="module")
def client(served):
    from gradio_client import Client

    return Client(served, verbose=False, analytics_enabled=False)


@pytest.fixture(scope="module")
def endpoints(served):
    """What the app says of each endpoint."""
    with urllib.request.urlopen(served + "gradio_api/info") as answer:
        return json.load(answer)["named_endpoints"]


@pytest.fixture(scope="module")
def listening(tmp_path_factory):
    """The `gr.Blocks` of a page that listens in this process, nothing opened behind it."""
    built = []
    with pytest.MonkeyPatch.context() as patch:
        build = ui.build
        patch.setattr(ui, "build", lambda *given: built.append(build(*given)) or built[0])
        ui_server.serve(Explorer(Source(checkpoint=tmp_path_factory.mktemp("none"))))
    yield built[0]
    built[0].close(verbose=False)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_answers_to_its_first_argument_alone_as_its_schema_says(client, endpoints, name):
    found = client.predict(**ENDPOINTS[name], api_name=name)
    Draft202012Validator(endpoints[name]["returns"][0]["type"]).validate(found)


def test_every_result_names_data_set_split_checkpoint_and_limits(client):
    rerank = client.predict(QUERY, api_name="/rerank")
    found = [rerank["before"], rerank["after"]]
    found += [client.predict(**ENDPOINTS[n], api_name=n) for n in ENDPOINTS if n != "/rerank"]
    for result in found:
        assert result["data_set"] == "fake"
        assert result["split"] is None
        assert result["checkpoint"] == "checkpoint"
    *rankings, looked = [result["limits"] for result in found]
    for told in rankings:
        assert "often wrong" in told
        assert "first 24 tokens" in told
    assert "not why it decided" in looked


def test_a_split_and_drawn_scenes_are_named(tmp_path):
    """An index of a split says which; scenes with their truth beside them are said to be drawn."""
    data = tiny_dataset(tmp_path / "data", 16, splits=("train", "val"))
    (data / "truth.json").write_text("[]", "utf-8")
    checkpoint = tiny_checkpoint(tmp_path / "tiny")
    dataset = load_dataset(data, "val")
    build_index(dataset, checkpoint, tmp_path / "index", with_map=False)
    explorer = Explorer(Source(checkpoint=tmp_path / "tiny", index=tmp_path / "index"))
    explorer.start()
    assert explorer.wait(120).phase == "ready", explorer.status.sentence
    scene = explorer.opened().gallery.records[0].image_id
    for result in (search(explorer, text=QUERY), attention(explorer, scene)):
        assert result["split"] == "val"
        assert result["limits"].startswith("The scenes in this gallery are computer drawings")


def test_search_text_is_the_retrievers_ranking(client, gallery_folders):
    """Ten scenes in the order of the library's own ranking."""
    found = client.predict(QUERY, api_name="/search_text")
    index, folder, _ = gallery_folders
    checkpoint = open_checkpoint(folder)
    gallery = open_gallery(index, checkpoint)
    retriever = Retriever(gallery, checkpoint)
    ranking = retriever.ranking(retriever.query_text(QUERY), FINAL)
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
        ("/search_text", {"text": ""}, "The query is empty"),
        ("/search_text", {"text": QUERY, "top": 0}, "k=0 is not allowed"),
        ("/search_text", {"text": QUERY, "stage": "magic"}, "after=magic is not allowed"),
        ("/search_text", {"text": QUERY, "class_name": "volcano"}, "No scene is left"),
        ("/rerank", {"text": QUERY, "alpha": -1.0}, "alpha=-1.0 is not allowed"),
        ("/neighbors", {"scene": "no_such.png"}, "no_such.png is not in this gallery"),
        ("/search_text", {"text": LONG}, "The text has 2,001 characters; shorten it to 2,000"),
        ("/rerank", {"text": LONG}, "The text has 2,001 characters"),
        ("/attention", {"scene": "scene_0001.png", "query": LONG}, "The text has 2,001 characters"),
        ("/search_image", {"image": None}, "The query is empty"),
    ],
)
def test_a_wrong_argument_is_told(client, name, arguments, sentence):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=sentence):
        client.predict(**arguments, api_name=name)


def test_only_the_endpoints_are_public(endpoints):
    """No handler of the page is listed; every argument but the first may be left out."""
    assert set(endpoints) == {*ENDPOINTS, "/search_image"}
    for name, endpoint in endpoints.items():
        first, *others = endpoint["parameters"]
        assert not first["parameter_has_default"], name
        assert all(parameter["parameter_has_default"] for parameter in others), name


def test_every_argument_has_its_words_and_type(endpoints):
    """For clients, the page of the API and tools, and whole: to the last line of the docstring."""
    for name, endpoint in endpoints.items():
        for parameter in endpoint["parameters"]:
            told = parameter["python_type"]
            assert len(told["description"]) > 10, (name, parameter)
            assert told["description"] == parameter["type"]["description"]
            assert told["type"] != "Any"
    text, _, stage = endpoints["/search_text"]["parameters"][:3]
    assert text["python_type"]["description"].endswith("at most 2,000 characters.")
    assert all(one.name in stage["python_type"]["description"] for one in LIVE)


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_typed_and_documented_field_by_field(endpoints, name):
    """The schema has the very fields of the `TypedDict` that the code returns, with their words."""
    (result,) = endpoints[name]["returns"]
    _assert_is(result["type"], RESULTS[name])
    assert result["python_type"]["type"].startswith("dict(")
    properties = result["type"]["properties"]
    if RESULTS[name] is RerankResults:
        _assert_is(properties["before"], SearchResults)
        properties = properties["after"]["properties"]
    if RESULTS[name] is AttentionAnswer:
        _assert_is(properties["place"], AttentionMapJson)
        _assert_is(properties["words"]["additionalProperties"], AttentionMapJson)
    else:
        assert properties["split"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
        _assert_is(properties["results"]["items"], RankedScene)


def _assert_is(schema, kind):
    assert list(schema["properties"]) == schema["required"] == list(get_type_hints(kind))
    for name, field in schema["properties"].items():
        assert field["description"], name
        assert field.keys() & {"type", "anyOf"}, name


def test_rate_and_size_are_stated_as_they_are(endpoints, listening):
    """The numbers in each description are those that the queue, the uploads and the checks have."""
    assert listening._queue.max_size == WAITING == 64
    assert listening.max_file_size == MAX_UPLOAD == 10_000_000
    public = [fn for fn in listening.fns.values() if fn.api_visibility == "public"]
    assert len(public) == len(endpoints)
    assert {fn.concurrency_limit for fn in public} == {AT_ONCE} == {2}
    assert NUMBERS["k"].most == 60
    assert open_checkpoint(default_checkpoint()).config.text.max_length == 64
    for name, endpoint in endpoints.items():
        for limit in (
            *("2 calls of each endpoint", "64 more can wait", "2,000 characters"),
            *("first 64 tokens", "10 MB", "60 scenes"),
        ):
            assert limit in endpoint["description"], (name, limit)


def test_a_picture_that_no_upload_measured_is_measured(listening, tmp_path):
    """Gradio fetches a link, whatever its size."""
    large = tmp_path / "large.png"
    large.write_bytes(bytes(MAX_UPLOAD + 1))
    endpoint = next(fn for fn in listening.fns.values() if fn.api_name == "search_image")
    with pytest.raises(ui_api.gr.Error, match="larger than 10 MB"):
        endpoint.fn(str(large))


def test_a_large_upload_is_refused(served):
    """By the server: Python's client would not even send it."""
    for size, status in ((MAX_UPLOAD + 1, 413), (1000, 200)):
        files = {"files": ("large.png", bytes(size), "image/png")}
        assert httpx.post(served + "gradio_api/upload", files=files).status_code == status


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
