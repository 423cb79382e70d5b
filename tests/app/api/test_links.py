"""Pictures named by links: fetched within bounds, from whoever answers, or refused."""

import gzip
import http.server
import threading

import pytest
from own_loop import finish

from app.api import links

processing_utils = links.processing_utils
MOST = 100_000


class Far(http.server.BaseHTTPRequestHandler):
    """An address on the net that sends without end, packed, round and round, or never."""

    def do_GET(self):
        self.send_response(302 if self.path == "/round" else 200)
        if self.path == "/round":
            self.send_header("Location", "/round")
        if self.path == "/packed":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if self.path == "/small":
            self.wfile.write(b"picture")
        elif self.path == "/packed":
            self.wfile.write(gzip.compress(bytes(50 * MOST)))
        elif self.path == "/slow":
            self.server.over.wait(30)
        try:
            while self.path == "/endless":
                self.wfile.write(bytes(10_000))
        except OSError:
            self.server.ended.set()

    def log_message(self, *_):
        """Nothing to a person."""


@pytest.fixture(scope="module")
def far():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Far)
    server.daemon_threads = True
    server.ended, server.over = threading.Event(), threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.over.set()
    server.shutdown()


@pytest.fixture
def fetched(far, monkeypatch, tmp_path):
    """What Gradio fetches from there, as if it were a public address."""

    async def public(_):
        return "127.0.0.1"

    for owner, name in (
        (processing_utils.sh, "AsyncSecureTransport"),
        (processing_utils, "PUBLIC_HOSTNAME_WHITELIST"),
        (processing_utils, "async_ssrf_protected_get"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # given back at the end
    monkeypatch.setitem(processing_utils.sh.get.__globals__, "async_validate_url", public)
    links.bound_links(MOST)

    def fetch(path):
        url = f"http://huggingface.co:{far.server_port}/{path}"
        found = finish(processing_utils.async_ssrf_protected_download(url, str(tmp_path)))
        with open(found, "rb") as file:
            return file.read()

    return fetch


def test_a_picture_of_a_link_is_fetched_within_bounds(fetched, far):
    """Also from a host that Gradio would trust; what is packed stays so."""
    assert fetched("small") == b"picture"
    assert gzip.decompress(fetched("packed")) == bytes(50 * MOST)
    with pytest.raises(Exception, match="larger than 0 MB"):
        fetched("endless")
    assert far.ended.wait(10)  # the connection is closed
    with pytest.raises(Exception, match="redirects"):
        fetched("round")


def test_a_link_that_never_answers(fetched, monkeypatch):
    monkeypatch.setattr(links, "TIME", 0.2)
    with pytest.raises(Exception, match="did not arrive in time"):
        fetched("slow")
