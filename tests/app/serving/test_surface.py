"""What of the server can be reached, by which names, and what stands on every answer."""

import http.client
import json
import re
from contextlib import nullcontext
from urllib.parse import urlsplit

import pytest
from asked import QUERY
from browser import PATIENCE, visit
from own_loop import finish
from starlette.responses import PlainTextResponse

from app.serving.names import Names
from app.serving.surface import HEADERS, Surface
from app.words.serving import SERVING

CLOSED = (
    *("docs", "redoc", "openapi.json", "monitoring", "monitoring/summary", "svelte/x.js"),
    *("gradio_api/deep_link?session_hash=a", "gradio_api/proxy=https://example.org/x"),
    *("gradio_api/file=https://example.org/x.png", "gradio_api/file=//example.org/x"),
    *("gradio_api/file=/etc/passwd", "gradio_api/file=x", "gradio_api/file/etc/passwd"),
    *("gradio_api/file=/%2e%2e/etc/passwd", "gradio_api/dev/reload"),
    *("gradio_api/custom_component/a/client/b/c", "gradio_api/token", "gradio_api/runs"),
    *("gradio_api/queue/status", "gradio_api/mcp/", "gradio_api/mcp/schema", "login", "logout"),
    *("gradio_api/stream/a/b/1/playlist.m3u8", "assets/../config", "assets/%2e%2e/x", "pwa_icon"),
)
CLOSED_TO_WRITING = (
    *("gradio_api/process_recording", "gradio_api/component_server", "gradio_api/api/search_text"),
    *("gradio_api/run-history/connect", "gradio_api/stream/a", "gradio_api/mcp/", "login", ""),
)


def ask(url, path="", method="GET", body=None, host=None, **headers):
    """Status, headers and content of one request, sent as it is written."""
    place = urlsplit(url)
    sent = {"Host": host or place.netloc, **{k.replace("_", "-"): v for k, v in headers.items()}}
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    try:
        connection.request(method, "/" + path, body, sent)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", CLOSED)
def test_what_the_page_does_not_need_is_not_there(served, path):
    assert ask(served, path)[0] == 404


@pytest.mark.parametrize("path", CLOSED_TO_WRITING)
def test_what_the_page_does_not_need_cannot_be_written_to(served, path):
    assert ask(served, path, "POST", b"{}", Content_Type="application/json")[0] == 404


@pytest.mark.parametrize("path", ["", "config", "scenes/0/thumbnail", "docs", "map/none"])
def test_every_answer_carries_the_headers(served, path):
    """Also one that refuses; and a page of its own origin alone may run script."""
    _, headers, content = ask(served, path)
    for name, value in HEADERS.items():
        if path or name != "Content-Security-Policy":
            assert headers.get_all(name) == [value]
    (policy,) = headers.get_all("Content-Security-Policy")
    assert "default-src 'self';" in policy
    assert "unsafe" not in policy.split("style-src")[0]
    if not path:  # a word of this answer alone, on each line of script in it
        (word,) = re.findall("'nonce-([^']+)'", policy)
        scripts = len(re.findall(b"<script[ >]", content))
        assert scripts == content.count(f'nonce="{word}"'.encode()) > 2
        assert word not in str(ask(served, path)[1])
    assert headers["Server"] is None


@pytest.mark.parametrize(
    "host", ["example.org", "localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "a@b", ""]
)
def test_a_foreign_name_is_refused(served, host):
    """As by a page whose name was pointed at this machine."""
    status, _, said = ask(served, host=host or " ")
    assert status in (400, 403)
    assert said.endswith(b"can allow one with --allow-host NAME.")
    assert ask(served, X_Forwarded_Host="example.org")[0] == 403


@pytest.mark.parametrize("origin", ["http://example.org", "null", "http://127.0.0.1:1", "x", ""])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_foreign_page_is_refused(served, origin, method):
    """Whatever it asks, and it is given no leave to read with a visitor's credentials."""
    status, headers, said = ask(served, "gradio_api/call/search_text", method, b"{}", Origin=origin)
    assert status == 403
    assert said.endswith(b"can allow one with --allow-host NAME.")
    assert not [name for name in headers if name.lower().startswith("access-control")]


def test_a_link_that_is_too_long_is_refused_in_a_sentence(served):
    """What the page writes at most, a full filter and a long selection, is opened."""
    assert ask(served, f"?where={'x' * 36_000}&only={'1.' * 3000}&marks={'y' * 7000}")[0] == 200
    status, _, said = ask(served, f"?only={'1.' * 31_000}")
    assert (status, said.decode()) == (414, SERVING.long_link)


def test_the_own_page_may_ask(served):
    own = served.rstrip("/")
    status, headers, _ = ask(served, "config", Origin=own)
    assert status == 200
    assert headers["Access-Control-Allow-Credentials"] is None


def test_an_endpoint_is_asked_through_the_queue_alone(served):
    """A direct run would pass the limit of those that wait."""
    body = json.dumps({"data": [QUERY, 10, "smr", "", -1, ""]})
    path, kind = "gradio_api/run/search_text", "application/json"
    assert ask(served, path, "POST", body, Content_Type=kind)[0] == 400


@pytest.mark.parametrize(
    ("names", "ours", "foreign"),
    [
        (
            Names("127.0.0.1"),
            ["localhost:1", "127.9.9.9", "[::1]:80"],
            ["a.b", "10.0.0.1", "[::2]"],
        ),
        (Names("0.0.0.0"), ["10.0.0.1:7860", "[fe80::1]"], ["example.org"]),
        (Names("h.example"), ["h.example", "H.EXAMPLE:1"], ["g.example", "h.example:x"]),
        (Names("127.0.0.1", ["Office.example"]), ["office.example."], ["b.office.example"]),
        (Names("0.0.0.0", (), "me-app.hf.space"), ["me-app.hf.space"], ["you-app.hf.space"]),
    ],
)
def test_names(names, ours, foreign):
    """This machine's own, the one listened on, those allowed, a Space's; numbers where all are."""
    assert all(names.host(name) for name in ours)
    assert not any(names.host(name) for name in foreign)


def test_an_allowed_name_may_ask_through_a_proxy():
    names = Names("127.0.0.1", ["scenes.example"])
    assert names.origin("https://scenes.example", ["127.0.0.1:7860"])
    assert not names.origin("https://other.example", ["127.0.0.1:7860"])


def _walk(surface, path, **extra):
    """Status that a surface gives to a request by a local name."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"localhost")]}
    finish(surface({**scope, **extra}, None, send))
    return sent[0]["status"]


def test_a_prefix_may_be_stripped_by_the_proxy_or_left():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    surface = Surface(app, Names("127.0.0.1"), root_path="/scenes-of-ours")
    for path in ("/config", "/scenes-of-ours/config", "/scenes-of-ours/", "/"):
        assert _walk(surface, path) == 200
    assert seen == ["/config", "/config", "/", "/"]
    assert _walk(surface, "/other/config") == 404


def test_a_link_to_the_first_gallery_by_its_own_name_opens_it():
    """As it was called beside another one; of what is not there it is said so."""

    def told(path, query=b"q=pond"):
        sent = []

        async def send(message):
            sent.append(message)

        surface = Surface(None, Names("127.0.0.1"), own_name="ponds")
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query}
        finish(surface({**scope, "headers": [(b"host", b"localhost")]}, None, send))
        return dict(sent[0]["headers"])[b"location"]

    assert told("/g/ponds/") == b"/?q=pond"
    assert told("/g/ponds", b"") == b"/"
    assert told("/g/lakes/") == b"/?lost=1"


def test_the_tools_are_asked_by_our_names_and_our_pages_alone():
    """The same door as the page's, whatever the method."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    surface, path = Surface(app, Names("127.0.0.1"), tools=True), "/gradio_api/mcp/"
    ours, theirs = (b"host", b"localhost:7860"), (b"host", b"rebound.example")
    for method in ("GET", "POST", "DELETE"):
        assert _walk(surface, path, method=method) == 200
        assert _walk(surface, path, method=method, headers=[theirs]) == 403
        foreign = [ours, (b"origin", b"https://rebound.example")]
        assert _walk(surface, path, method=method, headers=foreign) == 403


def test_who_has_not_signed_in_sees_the_door_alone():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    surface = Surface(app, Names("127.0.0.1"), signed_in=lambda scope: False)
    assert _walk(surface, "/") == 200
    for path in ("/scenes/0/thumbnail", "/map/aligned", "/config", "/gradio_api/info"):
        assert _walk(surface, path) == 401


INJECTED = """async () => {
  window.ran = [];
  const refused = [];
  document.addEventListener("securitypolicyviolation", (event) => refused.push(event.blockedURI));
  const put = (node) => document.body.append(node);
  put(Object.assign(document.createElement("script"), { textContent: "window.ran.push('lines')" }));
  put(Object.assign(document.createElement("script"), { src: "http://localhost:9/x.js" }));
  const box = put(Object.assign(document.createElement("div"), {
    innerHTML: `<img src="none" onerror="window.ran.push('handler')">`
      + `<a href="javascript:window.ran.push('link')">a</a>`,
  })) || document.body.lastChild;
  box.querySelector("a").click();
  setTimeout(() => {
    for (const make of [Function, async function () {}.constructor, (0, eval), setTimeout]) {
      try {
        make("window.ran.push('text')");
      } catch (error) {
        refused.push(error.name);
      }
    }
  });
  while (refused.length < 11) await new Promise((done) => setTimeout(done, 20));
  return [window.ran, refused.sort()];
}"""


@pytest.mark.ui
def test_a_script_that_was_injected_does_not_run(served, browser):
    """Lines, a handler, a link, another host's file, a text in any of the ways to run one: each is
    refused by the policy, in the very page whose own scripts run."""
    with browser.new_context(base_url=served) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        visit(page, "")
        page.locator("h1").first.wait_for()
        ran, refused = page.evaluate(INJECTED)
    assert ran == []
    texts = ["EvalError"] * 3 + ["eval"] * 4  # setTimeout throws nothing
    assert refused == sorted([*texts, "http://localhost:9/x.js", "inline", "inline", "inline"])


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        *[("", "private, no-cache"), ("config", "no-store"), ("gradio_api/user", "no-store")],
        *[("docs", "no-store"), ("scenes/0/thumbnail", "no-store"), ("earth/csv", "no-store")],
        ("static/img/logo.svg", None),
    ],
)
def test_what_a_browser_may_keep(served, path, kept):
    """Nothing by itself, also no refusal; but what is the same for everybody."""
    assert ask(served, path)[1]["Cache-Control"] == kept


@pytest.mark.parametrize(
    ("path", "method"),
    [
        *[("gradio_api/queue/data", "GET"), ("gradio_api/upload_progress", "GET")],
        *[("gradio_api/cancel", "POST"), ("gradio_api/reset", "POST"), ("kept/zip", "POST")],
        ("earth/csv?number=x", "GET"),
    ],
)
def test_what_gradio_cannot_read_is_refused_in_a_sentence(served, path, method):
    kind = {"Content_Type": "application/json"}
    status, headers, said = ask(served, path, method, b"{" if method == "POST" else None, **kind)
    assert (status, said.decode()) == (400, SERVING.no_body)
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.parametrize("told", [False, True])
def test_what_fails_is_told_in_a_sentence(caplog, told):
    """With the headers of every answer, and without the traceback, which the log has; also where
    Starlette has said three words."""

    async def app(scope, receive, send):
        if told:
            await PlainTextResponse("Internal Server Error", 500)(scope, receive, send)
        raise RuntimeError("a bug")

    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/config",
        "headers": [(b"host", b"localhost")],
    }
    with pytest.raises(RuntimeError) if told else nullcontext():  # the server logs it then
        finish(Surface(app, Names("127.0.0.1"))(scope, None, send))
    assert [message["type"].split(".")[-1] for message in sent] == ["start", "body"]
    assert (sent[0]["status"], sent[1]["body"].decode()) == (500, SERVING.failed)
    assert (b"x-content-type-options", b"nosniff") in sent[0]["headers"]
    assert told or "a bug" in caplog.text


def test_an_answer_is_read_once(served):
    """Who reads it again, or another's under a name that is guessed, is told so at once."""
    body, kind = json.dumps({"data": [QUERY]}), {"Content_Type": "application/json"}
    event = json.loads(ask(served, "gradio_api/call/search_text", "POST", body, **kind)[2])[
        "event_id"
    ]
    path = f"gradio_api/call/search_text/{event}"
    assert b"event: complete" in ask(served, path)[2]
    for again in (
        path,
        "gradio_api/call/search_text/guessed",
        f"gradio_api/queue/data?session_hash={event}",
    ):
        status, _, said = ask(served, again)
        assert (status, said.decode()) == (404, SERVING.no_call)
