"""An office's page: behind a proxy that shows it under a prefix, for those who sign in.

One app for all of it, as an office starts it, and a proxy that takes the prefix off.
"""

import http.client
import http.server
import json
import threading
import time
from urllib.parse import urlencode, urlsplit

import pytest
from asked import QUERY
from browser import PATIENCE, running_app, until, visit, watched_tab
from given import picture_bytes
from playwright.sync_api import expect

from app.serving.door import FREE

pytestmark = pytest.mark.ui

PREFIX = "/scenes-of-ours"
HOST = "office.localhost"
USUAL = "192.0.2.7"
NAME, WORD = "ada", "an office's: word"


class Proxy(http.server.ThreadingHTTPServer):
    """Hands on what begins with the prefix, without it; answers 404 to everything else."""

    daemon_threads = True

    def __init__(self, behind):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = urlsplit(behind)
        self.strip = True
        self.address = USUAL  # of whoever asks


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        if self.path == "/favicon.ico":  # which a browser asks of a host by itself
            self.send_response(204)
            self.end_headers()
            return
        if not self.path.startswith(PREFIX + "/"):
            self.send_error(404, "not the page's")
            return
        path = self.path[len(PREFIX) :] if server.strip else self.path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = dict(self.headers) | {
            "Host": server.behind.netloc,
            "X-Forwarded-Host": self.headers["Host"],
            "X-Forwarded-For": server.address,
            "X-Forwarded-Proto": "http",
            "Connection": "close",
        }
        connection = http.client.HTTPConnection(server.behind.netloc, timeout=120)
        connection.request(self.command, path, body, sent)
        answer = connection.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "server", "date"):
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        while part := answer.read1(65536):  # as it comes: answers of the queue are a stream
            self.wfile.write(part)
            self.wfile.flush()
        self.close_connection = True

    do_POST = do_HEAD = do_GET

    def log_message(self, *_):
        """Nothing to a person."""


@pytest.fixture(scope="module")
def office(gallery_folders, tmp_path_factory):
    """The proxy, and where a browser finds it."""
    index, checkpoint, _ = gallery_folders
    folder = tmp_path_factory.mktemp("office")
    accounts = folder / "accounts"
    accounts.write_text(f"# of the office\n{NAME}:{WORD}\n")
    accounts.chmod(0o600)
    line = ["--index", index, "--checkpoint", checkpoint, "--auth", accounts, "--mcp"]
    line += ["--root-path", PREFIX, "--allow-host", HOST]
    with running_app(folder / "log.txt", *line, opened=False) as url:
        proxy = Proxy(url)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        found = (proxy, f"http://{HOST}:{proxy.server_port}{PREFIX}/")
        cookie, end = signed(found), time.monotonic() + 3 * PATIENCE / 1000
        while ask(found, "scenes/0/thumbnail", Cookie=cookie)[0] != 200:
            assert time.monotonic() < end, "the gallery did not open"
            time.sleep(0.2)
        yield found
        proxy.shutdown()


def ask(office, path, method="GET", body=None, prefix=PREFIX, **headers):
    """Status, headers and content of a request to the proxy."""
    proxy, url = office
    connection = http.client.HTTPConnection("127.0.0.1", proxy.server_port, timeout=120)
    sent = {"Host": urlsplit(url).netloc} | {k.replace("_", "-"): v for k, v in headers.items()}
    try:
        connection.request(method, f"{prefix}/{path}", body, sent)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def signed(office, word=WORD):
    """The cookies that signing in gives; none where the word is wrong."""
    form = urlencode({"username": NAME, "password": word})
    kind = "application/x-www-form-urlencoded"
    status, headers, _ = ask(office, "login", "POST", form, Content_Type=kind)
    cookies = [one.split(";")[0] for one in headers.get_all("Set-Cookie") or ()]
    assert (status == 200) == bool(cookies)
    return "; ".join(cookies)


def called(office, name, data, cookie):
    """What an endpoint answers, through Gradio's queue."""
    body, json_kind = json.dumps({"data": data}), "application/json"
    path = f"gradio_api/call/{name}"
    status, _, content = ask(office, path, "POST", body, Content_Type=json_kind, Cookie=cookie)
    assert status == 200, content
    event = json.loads(content)["event_id"]
    status, _, content = ask(office, f"{path}/{event}", Cookie=cookie)
    assert status == 200
    told = content.decode().split("event: complete\ndata: ")[1]
    return json.loads(told.split("\n")[0])


@pytest.mark.parametrize("strip", [True, False])
def test_who_signs_in_reaches_everything_below_the_prefix(office, strip):
    """Page, search, pictures, static files, an upload, endpoints: whether the proxy takes the
    prefix off or leaves it. Nobody else reaches more than the door."""
    office[0].strip = strip
    asked = ("config", "scenes/0/thumbnail", "gradio_api/info", "columns", "add/state")
    for path in asked:
        assert ask(office, path)[0] == 401, path
    assert signed(office, "guessed") == ""
    assert ask(office, "config", Cookie="access-token=x; access-token-unsecure=x")[0] == 401
    cookie = signed(office)
    for path in ("", *asked, "theme.css"):
        assert ask(office, path, Cookie=cookie)[0] == 200, path
    assert ask(office, "config", Cookie=cookie, prefix="")[0] == 404
    config = json.loads(ask(office, "config", Cookie=cookie)[2])
    assert config["root"].endswith(PREFIX)

    assert len(called(office, "search_text", [QUERY], cookie)[0]["results"]) == 10
    form = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    form += picture_bytes((9, 90, 200)) + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    assert ask(office, "gradio_api/upload", "POST", form, Content_Type=kind)[0] == 401
    status, _, content = ask(
        office, "gradio_api/upload", "POST", form, Content_Type=kind, Cookie=cookie
    )
    assert status == 200
    picture = {"path": json.loads(content)[0], "meta": {"_type": "gradio.FileData"}}
    assert len(called(office, "search_image", [picture], cookie)[0]["results"]) == 10

    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepts = {"Content_Type": "application/json", "Accept": "application/json, text/event-stream"}
    tools = ("gradio_api/mcp/", "POST", json.dumps(body))
    assert ask(office, *tools, **accepts)[0] == 401
    status, _, content = ask(office, *tools, **accepts, Cookie=cookie)
    assert status == 200
    assert b"search_text" in content


def test_the_page_below_a_prefix_in_a_browser(office, browser):
    """Signing in, searching and looking at a scene, with nothing asked beside the prefix and no
    word of the policy of content in the console."""
    office[0].strip = True
    with watched_tab(browser, office[1]) as page:
        page.context.on("request", lambda request: asked.append(request.url))
        asked = []
        visit(page, "")
        expect(page.get_by_text(f"After {FREE} wrong attempts, wait a while")).to_be_visible()
        page.get_by_label("username").fill(NAME)
        page.get_by_label("password").fill(WORD)
        page.get_by_role("button", name="Login").click()
        until(page, lambda: page.locator("h1").count() > 0)
        visit(page, f"?q={QUERY.replace(' ', '+')}")
        expect(page.locator(".result img, .card img, img.thumbnail").first).to_be_visible()
        assert all(url.startswith((office[1], "data:", "blob:")) for url in asked)


def test_who_guesses_is_made_to_wait(office):
    """From one address, which the form tells beforehand; another one signs in meanwhile."""
    office[0].address = "192.0.2.9"
    try:
        statuses = []
        while 429 not in statuses:
            form = urlencode({"username": NAME, "password": "guessed"})
            kind = "application/x-www-form-urlencoded"
            statuses.append(ask(office, "login", "POST", form, Content_Type=kind)[0])
        assert statuses[:FREE] == [400] * FREE  # the next one too, where a second has passed
        office[0].address = "192.0.2.10"
        assert signed(office)
    finally:
        office[0].address = USUAL
