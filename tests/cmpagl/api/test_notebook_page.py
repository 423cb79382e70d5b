"""`explore` as a notebook shows it: the page in a frame of a page of this machine, in a browser."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from browser import visitor
from playwright.sync_api import expect

from cmpagl.api.page import Page

pytestmark = pytest.mark.ui


@pytest.fixture
def notebook(served):
    """The port of pages that show what a notebook shows of a handle of the page."""
    shown = Page(subprocess.Popen([sys.executable, "-c", ""], text=True), served)

    class Notebook(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(shown._repr_html_().encode())

        def log_message(self, *_):
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Notebook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_notebook_frames_the_page_and_a_page_of_another_name_may_not(notebook, served, browser):
    with visitor(browser, served) as page:
        page.goto(f"http://localhost:{notebook}/")
        frame = page.frame_locator("iframe")
        frame.get_by_role("searchbox").fill("ships")
        frame.get_by_role("searchbox").press("Enter")
        expect(frame.locator(".card").first).to_be_visible()
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(f"http://elsewhere.localhost:{notebook}/")
