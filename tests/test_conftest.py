"""The guards of conftest.py guard."""

import http.server
import os
import socket
import threading
import urllib.request
from pathlib import Path

import pytest
from browser import visit, watched_tab
from network import NetworkDenied


def test_other_machines_cannot_be_reached():
    """Neither by name, nor by address, nor through a library on top."""
    with pytest.raises(NetworkDenied, match=r"example\.org"):
        socket.create_connection(("example.org", 80), timeout=1)
    with pytest.raises(NetworkDenied, match=r"192\.0\.2\.1"), socket.socket() as client:
        client.connect(("192.0.2.1", 80))
    with pytest.raises(NetworkDenied):
        urllib.request.urlopen("http://example.org/", timeout=1)


def test_this_machine_can_be_reached():
    """A server on loopback answers, as the page's tests need."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        client.sendall(b"x")
        served, _ = server.accept()
        with served:
            assert served.recv(1) == b"x"


def test_home_is_not_the_users(own_home):
    """`~` is a fresh folder, also for what a test starts."""
    assert Path.home() == own_home == Path(os.environ["HOME"])


class OnePage(http.server.BaseHTTPRequestHandler):
    """A page of its own origin, on which scripts may keep what they like."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><link rel=icon href='data:,'><p>here")

    def log_message(self, *_):
        pass


KEEP = """async () => {
    document.cookie = "mine=1; max-age=900";
    localStorage.mine = sessionStorage.mine = window.name = "1";
    await (await caches.open("mine")).put("/mine", new Response("1"));
    await new Promise((done) => {
        const opening = indexedDB.open("mine");
        opening.onsuccess = () => { opening.result.close(); done(); };
    });
}"""
KEPT = """async () => [
    document.cookie, localStorage.mine, sessionStorage.mine, window.name,
    ...await caches.keys(), ...(await indexedDB.databases()).map((one) => one.name),
].filter(Boolean)"""


@pytest.mark.ui
def test_a_visitor_brings_nothing_along(browser):
    """A browser that another has left: nothing he kept in it is there, nor how he saw the page."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OnePage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        with watched_tab(
            browser, url, color_scheme="dark", viewport={"width": 360, "height": 640}
        ) as page:
            visit(page, url)
            page.evaluate(KEEP)
            assert len(page.evaluate(KEPT)) == 6
            assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
            left = page.context
        with watched_tab(browser, url) as page:
            visit(page, url)
            assert page.context == left
            assert page.evaluate(KEPT) == []
            assert page.evaluate("innerWidth") == 1280
            assert not page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
            with watched_tab(browser, url) as other:
                assert other.context != left
        server.shutdown()
