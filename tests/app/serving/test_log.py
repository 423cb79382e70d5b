"""What is logged: each thing once, however often somebody causes it."""

import http.client
import json
import logging
import os
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from app.serving.log import LONGEST, MESSAGES, PERIOD, Unrepeated
from benchmarks.load import Visitor, events_of
from cmpagl.errors import DataError

LOG = logging.getLogger("test of the log")


@pytest.fixture
def said(capsys):
    """Log something at a time (s), and give what was written meanwhile."""
    now = [0.0]
    handler = Unrepeated(lambda: now[0])
    LOG.addHandler(handler)
    LOG.propagate = False

    def write(at, *message, fails=None):
        now[0] = at
        if fails is None:
            LOG.warning(*message)
        try:
            if fails is not None:
                raise fails
        except Exception:
            LOG.exception(*message)
        return capsys.readouterr().err

    yield write
    LOG.removeHandler(handler)
    LOG.propagate = True


def test_a_message_comes_once_within_the_hour(said):
    """Also with another number or another name in it; another message comes as well."""
    full = "the disk of %r is full: %d bytes"
    assert said(0, full, "a", 3) == "the disk of 'a' is full: 3 bytes\n"
    assert said(1, full, "b", 99) == ""
    assert said(2, "the disk is gone") == "the disk is gone\n"
    for _ in range(1200):
        assert said(3, "the disk is gone") == ""
    later = said(4 + PERIOD, "the disk is gone").splitlines()
    assert "1,201 messages like earlier ones" in later[0]
    assert later[1:] == ["the disk is gone"]


def test_a_failure_comes_once_with_its_traceback(said):
    """Known by where it arose, not by what was asked; one from elsewhere is told."""
    first = said(0, "search failed: %s", "ponds", fails=ValueError("no 3"))
    assert "Traceback" in first
    assert "no 3" in first
    assert said(1, "search failed: %s", "roads", fails=ValueError("no 'x'")) == ""
    assert "DataError" in said(1, "search failed: %s", "roads", fails=DataError("no 'x'"))


def test_the_log_of_an_hour_is_bounded(said):
    """Whatever differs in messages: so many of them, and so much of each."""
    assert len(said(0, "x" * 10 * LONGEST)) < LONGEST + 100
    written = [said(1, "about " + "x" * number) for number in range(3 * MESSAGES)]
    assert sum(map(bool, written)) == MESSAGES - 1


@pytest.mark.parametrize("reader", ["closed", "asleep", "full disk"])
def test_a_log_that_takes_nothing_ends_and_delays_nobody(monkeypatch, reader):
    """Whoever logs goes on, and soon: within the hour that is at most once for each message."""
    read, write = os.pipe()
    os.close(read) if reader == "closed" else None
    place = "/dev/full" if reader == "full disk" else write
    handler, log = Unrepeated(), logging.Logger("alone")
    log.addHandler(handler)
    with open(place, "w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        began = time.monotonic()
        for letter in "abcdefghijkl":
            log.warning(letter * LONGEST)
    if reader == "asleep":
        assert os.read(read, 100_000).startswith(b"aaa")
        os.close(read)
    assert time.monotonic() - began < 2


def test_a_message_that_does_not_fit_together_ends_nobody(capsys):
    log = logging.Logger("alone")
    log.addHandler(Unrepeated())
    log.warning("the name is %d long", "a")
    assert "the name is %d long" in capsys.readouterr().err


def test_a_library_that_logs_without_a_logger_is_not_repeated_either(repository):
    """What `logging.warning` sets up for who has set up nothing would write all of it."""
    said = "import logging; from app.serving.log import tell_once; tell_once();"
    said += "[logging.warning('call %d is none', n) for n in range(9)];"
    said += "[logging.getLogger('a.b').warning('no %d', n) for n in range(9)]"
    line = [sys.executable, "-c", said]
    ran = subprocess.run(line, capture_output=True, text=True, check=True, cwd=repository)
    assert ran.stderr == "call 0 is none\nno 0\n"


PICTURE = b"\x89PNG\r\n\x1a\n that is none"
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    + PICTURE
    + b"\r\n--x--\r\n"
)
KIND = "multipart/form-data; boundary=x"


def flood(url):
    """Everything that a visitor can get wrong, once."""
    place = urlsplit(url)
    visitor = Visitor(0, place.port, events_of(place.port))
    for raw in (b"GET / HTTP/1.1\r\nHos", b"\x16\x03\x01\x02\0\x01", b"GET /\x80 HTTP/1.1\r\n\r\n"):
        with socket.create_connection((place.hostname, place.port)) as broken:
            broken.sendall(raw)

    def send(path, body, **headers):
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    asked = json.dumps({"data": []}).encode()
    assert send("/gradio_api/call/rerank", asked, Host="rebound.example")[0] == 403
    assert send("/gradio_api/call/rerank", asked, Origin="http://foreign.example")[0] == 403
    assert send("/gradio_api/run/predict", b"{")[0] == 400
    assert send("/gradio_api/run/predict", b'{"fn_index": 3, "data": [1, 2]}')[0] == 400
    assert send("/gradio_api/upload", b"--x--", **{"Content-Type": KIND})[0] == 400
    (path,) = visitor.send("/gradio_api/upload", FORM, KIND)
    for name, data in (
        ("attention", ["no such scene", 0, 0, 0, 0, ""]),
        ("attention", [{"a": 1}, "x", None]),
        ("search_image", [{"path": path, "meta": {"_type": "gradio.FileData"}}, "", 0.5, 3]),
        ("search_text", ["a pond", "many"]),
    ):
        status, content = send(f"/gradio_api/call/{name}", json.dumps({"data": data}).encode())
        if status == 200:
            connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
            connection.request("GET", f"/gradio_api/call/{name}/{json.loads(content)['event_id']}")
            assert b"event: error" in connection.getresponse().read()
            connection.close()
    assert "cannot be read" in json.dumps(visitor.event("upload", path=path))


@pytest.mark.ui
def test_a_flood_of_one_mistake_leaves_no_line_each(served, served_log):
    """Half a header, no HTTP, a foreign name, what is no event, no picture, no such scene: nothing
    that was logged once comes again, and none of these is worth a traceback."""
    flood(served)
    before = served_log.stat().st_size
    for _ in range(8):
        flood(served)
    assert served_log.read_bytes()[before:] == b""
    assert "Traceback" not in served_log.read_text("utf-8", "replace")
