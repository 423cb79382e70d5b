"""Generated input at each entry point: an answer or one short sentence, and never a traceback.

``make fire`` runs the same with more examples each (``FIRE_EXAMPLES``) and counts them.
"""

import json
import time

import pytest
from fire_kit import COUNTS, anything, ask, leaves, many, texts
from hypothesis import example, given
from hypothesis import strategies as st

from app.query.request import PARAMS, read_request, request_params
from app.serving.names import Names
from app.serving.owner import COOKIE
from cmpagl.config.model import ModelConfig
from cmpagl.config.strict import from_dict
from cmpagl.errors import CmpaglError
from cmpagl.rank.stage import LIVE
from cmpagl.store.gallery import open_gallery

# Rankings by name, those of a second model among them, which may not be open.
STAGES = [f"{stage.name}{which}" for stage in LIVE for which in ("", "@2", "@both", "@3")]
values = texts | st.sampled_from(STAGES)
params = st.dictionaries(
    st.sampled_from((*PARAMS, "tab", "own", "at")) | texts, values, max_size=12
)


@many
@given(params)
def test_links(given_params):
    """Any parameters are read in no time, and what was read is the same when read again."""
    began = time.process_time()
    request = read_request(given_params)
    assert time.process_time() - began < 0.05
    said = {name: value for name, value in request_params(request).items() if value is not None}
    again = read_request(said)
    assert request_params(again) == request_params(request)
    assert all(len(sentence) < 500 for sentence in request.problems)
    COUNTS["link read"] += 1


@many
@given(anything)
def test_configs(content):
    """A model's config is read or refused in one sentence, whatever JSON it is."""
    said = ""
    try:
        from_dict(ModelConfig, content)
    except CmpaglError as error:
        said = str(error)
    assert len(said) < 500
    COUNTS["config refused" if said else "config read"] += 1


@pytest.mark.parametrize("name", ["depth", "dim", "vocab_size", "max_positions"])
@pytest.mark.parametrize("size", [10**9, 10**400, -(10**400), float("nan"), float("inf"), "1"])
def test_sizes_beyond_measure(name, size):
    """Refused by name before anything is made of that size: such a depth once hung for ever."""
    with pytest.raises(CmpaglError, match=name) as caught:
        from_dict(ModelConfig, {"text": {name: size}})
    assert len(str(caught.value)) < 500


@many
@given(st.text(max_size=60), st.text(max_size=60))
def test_names(host, origin):
    """No header makes the check of names fail, and none but our own is ours."""
    names = Names("127.0.0.1")
    if names.host(host):
        assert host.lower().startswith(("localhost", "127.", "[::1]"))
    assert not names.origin(origin, ["127.0.0.1:7860"]) or "127.0.0.1:7860" in origin
    COUNTS["name judged"] += 1


nearly_events = st.fixed_dictionaries(
    {
        "fn_index": st.integers(0, 40) | anything,
        "data": st.just([]) | st.lists(leaves, max_size=3) | anything,
        "event_data": st.dictionaries(
            st.sampled_from(
                ["params", "count", "path", "tab", "format", "verdicts", "scene", "text"]
            ),
            anything,
        )
        | anything,
    },
    optional={"session_hash": texts | anything, "trigger_id": anything, "batched": anything},
)


@pytest.fixture(scope="module")
def gallery_versions(gallery_folders):
    """What links call the contents of the first scenes."""
    gallery = open_gallery(gallery_folders[0])
    return [gallery.content_hashes[number][:8] for number in range(3)]


@pytest.mark.ui
@many
@given(nearly_events | anything)
def test_events(served, content):
    """Whatever is sent as an event of the page is answered, or refused in one sentence."""
    body = json.dumps(content).encode("utf-8", "surrogatepass")
    kind = {"Content-Type": "application/json"}
    status, text = ask(served, "/gradio_api/run/predict", "POST", body, **kind)
    assert status in (200, 400), (status, text[:200])
    if status == 400 and text.startswith("{"):
        text = json.loads(text)["error"]
    assert status == 200 or 0 < len(text) < 500


@pytest.mark.ui
def test_a_list_in_the_place_of_a_link(served):
    """As `test_events` found it once in thousands, of every event that has as few values."""
    told = {"event_data": {"params": ["x", {}]}, "data": []}
    kind = {"Content-Type": "application/json"}
    for number in range(41):
        body = json.dumps({"fn_index": number, **told}).encode()
        status, text = ask(served, "/gradio_api/run/predict", "POST", body, **kind)
        assert status in (200, 400), (number, status, text[:200])


@pytest.mark.ui
@many
@given(
    st.sampled_from(["search_text", "search_image", "rerank", "neighbors", "attention"]), anything
)
def test_calls(served, name, content):
    """Whatever is sent as a call of an endpoint is queued, or refused in one sentence."""
    body = json.dumps({"data": content}).encode("utf-8", "surrogatepass")
    kind = {"Content-Type": "application/json"}
    status, text = ask(served, f"/gradio_api/call/{name}", "POST", body, **kind)
    assert status in (200, 400, 503), (status, text[:200])
    assert status != 200 or set(json.loads(text)) == {"event_id"}


@pytest.mark.ui
@many
@given(params)
@example({"path": "a"})
def test_searches(served, given_params):
    """Whatever a link says, the page's search answers it with 200."""
    config = json.loads(ask(served, "/config")[1])["dependencies"]
    event = next(
        e["id"] for e in config if any(target[1] == "open_search" for target in e["targets"])
    )
    data = {"params": given_params, "count": 1}
    body = {"data": [], "event_data": data, "fn_index": event, "session_hash": "fire"}
    kind = {"Content-Type": "application/json"}
    status, _ = ask(served, "/gradio_api/run/predict", "POST", json.dumps(body).encode(), **kind)
    assert status == 200


@pytest.mark.ui
@many
@given(
    st.sampled_from(["geojson", "parquet", "zip", "exe"]),
    st.fixed_dictionaries({"name": texts | anything, "versions": st.lists(texts) | anything})
    | anything,
    st.booleans(),
)
def test_collections_as_files(served, gallery_versions, kind, content, ours):
    """Whatever is asked for as a file is one, or is refused in one sentence."""
    if ours and isinstance(content, dict):
        content = {**content, "versions": gallery_versions}
    body = json.dumps(content).encode("utf-8", "surrogatepass")
    told = {"Content-Type": "application/json"}
    status, text = ask(served, f"/kept/{kind}", "POST", body, **told)
    assert status in (200, 400, 404, 422), (status, text[:200])
    assert status == 200 or len(text) < 2000


no_count = st.sampled_from([None, "x", float("inf"), float("nan"), [], {}])  # none begins anything


@pytest.mark.ui
@many
@given(
    st.sampled_from(["begin", "end", "stop", "resume", "forget", "keep", "open", "file", "state"]),
    st.fixed_dictionaries({}, optional={"bytes": no_count, "folder": texts, "set": texts})
    | st.lists(anything, max_size=3)
    | leaves,
    st.sampled_from(["", "?name=a.png&at=0", "?name=..%2Fa&at=-1", "?at=9e9", "?name=%00&at=0"]),
    st.sampled_from(["", f"{COOKIE}={'a' * 32}", f"{COOKIE}=x; {COOKIE}"]),
)
def test_handing_in(served, what, content, query, cookie):
    """Whatever is said of own pictures is answered, or refused in one sentence."""
    body = json.dumps(content).encode("utf-8", "surrogatepass")
    status, text = ask(served, f"/add/{what}{query}", "POST", body, Cookie=cookie)
    assert status in (200, 400, 404, 409), (status, text[:200])
    assert status == 200 or 0 < len(text) < 500


@pytest.mark.ui
@many
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80))
@example("g/Z")
def test_routes(served, path):
    """No path is answered but those of the page; none shows a file of the server."""
    status, text = ask(served, "/" + path.replace("#", ""))
    assert status in (200, 303, 400, 404)  # 303: of a gallery that is not there, to the first
    assert status != 200 or "root:" not in text


@pytest.mark.ui
@many
@given(st.binary(max_size=2000))
def test_uploads(served, content):
    """Whatever is sent as an upload is taken or refused, by its form alone."""
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert ask(served, "/gradio_api/upload", "POST", content, **kind)[0] in (200, 400)
