"""The endpoints as MCP tools: what ``python app.py --mcp`` lists and answers, asked over HTTP.

``make fire`` sends more of what is generated, and counts the answers.
"""

import base64
import json
import urllib.error
import urllib.request

import pytest
from asked import ENDPOINTS, QUERY
from browser import running_app
from fire_kit import COUNTS, anything, some, texts
from fire_kit import ask as send
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from app.serving.bodies import TOOL_BYTES
from app.words.serving import SERVING

pytestmark = pytest.mark.ui

CALLS = {name.removeprefix("/"): arguments for name, arguments in ENDPOINTS.items()}


METHODS = ["tools/call", "tools/list", "initialize", "ping", "resources/read", "prompts/get"]
ACCEPTS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}

arguments = st.dictionaries(
    st.sampled_from(["text", "image", "top", "stage", "scene", "query", "weight", "least"]) | texts,
    anything | st.sampled_from(["file:///etc/passwd", "http://127.0.0.1:1/x", "data:,x", 10**30]),
    max_size=4,
)
calls = st.fixed_dictionaries(
    {
        "jsonrpc": st.just("2.0") | anything,
        "id": st.integers(0, 9) | anything,
        "method": st.just("tools/call") | st.sampled_from(METHODS) | texts,
        "params": st.fixed_dictionaries(
            {
                "name": st.sampled_from([*CALLS, "search_image"]) | texts,
                "arguments": arguments | anything,
            }
        )
        | anything,
    }
)


@pytest.fixture(scope="module")
def with_tools(gallery_folders, tmp_path_factory):
    """The address of the small gallery's app, started with ``--mcp``; it never fails."""
    index, checkpoint, _ = gallery_folders
    log = tmp_path_factory.mktemp("mcp") / "log.txt"
    with running_app(log, "--index", index, "--checkpoint", checkpoint, "--mcp") as url:
        yield url
    assert "Traceback" not in log.read_text("utf-8", "replace")


@pytest.fixture(scope="module")
def endpoints(with_tools):
    with urllib.request.urlopen(with_tools + "gradio_api/info") as answer:
        return json.load(answer)["named_endpoints"]


def ask(url, method, **params):
    """The result of one JSON-RPC request, which comes as an event of a stream."""
    request = urllib.request.Request(
        url + "gradio_api/mcp/",
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode(),
        {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        },
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        lines = answer.read().decode("utf-8").splitlines()
    (data,) = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return json.loads(data)["result"]


def call(url, name, **arguments):
    """Whether a tool failed, and the text of its answer."""
    result = ask(url, "tools/call", name=name, arguments=arguments)
    (content,) = result["content"]
    return result["isError"], content["text"]


def test_the_endpoints_are_the_tools_with_words_and_limits(with_tools, endpoints):
    """Each tool asks for its first argument alone, and says of all what the endpoint says."""
    tools = {tool["name"]: tool for tool in ask(with_tools, "tools/list")["tools"]}
    assert {f"/{name}" for name in tools} == set(endpoints)
    for name, tool in tools.items():
        endpoint = endpoints[f"/{name}"]
        assert tool["description"].startswith(endpoint["description"])
        assert "64 more can wait" in tool["description"]
        properties = tool["inputSchema"]["properties"]
        parameters = {p["parameter_name"]: p for p in endpoint["parameters"]}
        assert properties.keys() == parameters.keys()
        for argument, schema in properties.items():
            assert schema["description"] == parameters[argument]["python_type"]["description"]
            assert schema.keys() & {"type", "oneOf"}, (name, argument)
        assert tool["inputSchema"]["required"] == [next(iter(parameters))]


@pytest.mark.parametrize("name", CALLS)
def test_a_tool_answers_what_the_endpoint_answers(with_tools, endpoints, name):
    """To its first argument alone, as JSON of the endpoint's schema."""
    from gradio_client import Client

    failed, text = call(with_tools, name, **CALLS[name])
    assert not failed, text
    found = json.loads(text)
    Draft202012Validator(endpoints[f"/{name}"]["returns"][0]["type"]).validate(found)
    client = Client(with_tools, verbose=False, analytics_enabled=False)
    assert found == client.predict(**CALLS[name], api_name=f"/{name}")


def test_a_tool_takes_a_picture_as_a_data_url(with_tools, gallery_folders):
    picture = (gallery_folders[2] / "images" / "scene_0007.png").read_bytes()
    url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    failed, text = call(with_tools, "search_image", image=url, stage="aligned")
    assert not failed, text
    assert json.loads(text)["results"][0]["scene"] == "scene_0007.png"


def test_what_is_more_than_a_call_takes_is_told(with_tools):
    """By one sentence with the limit, up to which the library behind the tools answers."""

    def called(size):
        content = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        body = json.dumps(content).encode().ljust(size)
        return send(with_tools, "/gradio_api/mcp/", "POST", body, **ACCEPTS)

    assert called(TOOL_BYTES)[0] == 200
    for size in (TOOL_BYTES + 1, 13_000_000):
        status, text = called(size)
        assert (status, text) == (413, SERVING.call_too_large.format(most=TOOL_BYTES // 1000))


def test_a_tool_tells_what_is_wrong(with_tools):
    failed, text = call(with_tools, "search_text", text=QUERY, top=0)
    assert failed
    assert "k=0 is not allowed" in text


@some
@given(calls | anything)
@example({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "\ud83d"}})
def test_whatever_is_sent_is_answered_or_refused(with_tools, content):
    """An answer of the protocol: never a fault of the server, nor anything of its insides."""
    body = json.dumps(content).encode("utf-8", "surrogatepass")
    status, text = send(with_tools, "/gradio_api/mcp/", "POST", body, **ACCEPTS)
    assert status in (200, 202, 400, 404, 406), (status, text[:200])
    assert "root:" not in text
    failed = '"isError":true' in text.replace(" ", "")
    COUNTS[f"tool: {status}{', refused' if failed else ''}"] += 1


def test_without_the_flag_there_are_no_tools(served):
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(served, "tools/list")
    assert refused.value.code in (404, 405)
