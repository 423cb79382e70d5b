"""Whatever is sent to the endpoints as tools: an answer of the protocol, or a refusal."""

import json

import pytest
from browser import running_app
from fire_kit import COUNTS, anything, ask, some, texts
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.ui

METHODS = ["tools/call", "tools/list", "initialize", "ping", "resources/read", "prompts/get"]
NAMES = ["search_text", "search_image", "rerank", "neighbors", "attention"]
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
            {"name": st.sampled_from(NAMES) | texts, "arguments": arguments | anything}
        )
        | anything,
    }
)


@pytest.fixture(scope="module")
def tools(gallery_folders, tmp_path_factory):
    """The small gallery's app with its tools, and what it writes."""
    index, checkpoint, _ = gallery_folders
    log = tmp_path_factory.mktemp("tools") / "log.txt"
    with running_app(log, "--index", index, "--checkpoint", checkpoint, "--mcp") as url:
        yield url
    assert "Traceback" not in log.read_text("utf-8", "replace")


@some
@given(calls | anything)
def test_tools(tools, content):
    """Never a fault of the server, nor anything of its insides."""
    body = json.dumps(content).encode("utf-8", "surrogatepass")
    status, text = ask(tools, "/gradio_api/mcp/", "POST", body, **ACCEPTS)
    assert status in (200, 202, 400, 404, 406), (status, text[:200])
    assert "root:" not in text
    failed = '"isError":true' in text.replace(" ", "")
    COUNTS[f"tool: {status}{', refused' if failed else ''}"] += 1
