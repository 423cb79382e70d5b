"""What is sent to the page: bounded, in time, one picture at a time, and no more than a share."""

import asyncio
import contextlib
import http.client
import re
import shutil
import socket
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import pytest
from browser import PATIENCE
from own_loop import finish

from app.kit.page import MAX_UPLOAD
from app.serving.bodies import Bodies, Ledger, Memory
from app.serving.listen import _Connection
from app.serving.surface import HEADERS
from app.words.serving import SERVING

UPLOAD = "gradio_api/upload"


@pytest.mark.parametrize(
    ("path", "size"), [("gradio_api/run/predict", 2_000_000), (UPLOAD, MAX_UPLOAD + 20_000)]
)
def test_a_large_body_is_refused_by_its_length_and_as_it_comes(served, path, size):
    """Without being read whole: the sentence is there before the body is."""
    place = urlsplit(served)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE / 1000)
    connection.putrequest("POST", "/" + path)
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert answer.read().endswith(b"send less.")
    chunks = (bytes(100_000) for _ in range(size // 100_000 + 2))
    with contextlib.suppress(httpx.TransportError):  # closed while more was being sent
        assert httpx.post(served + path, content=chunks, timeout=60).status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 400])
def test_a_length_that_is_none_is_refused(served, length):
    place = urlsplit(served)
    with socket.create_connection((place.hostname, place.port), 60) as connection:
        head = (
            f"POST /{UPLOAD} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {length}\r\n\r\n"
        )
        connection.sendall(head.encode())
        status = connection.recv(100).split(b" ")[1]
    assert status in (b"400", b"413")


def test_one_file_at_a_time_in_its_own_field(served):
    one = ("files", ("a.png", b"x", "image/png"))
    assert httpx.post(served + UPLOAD, files=[one], timeout=60).status_code == 200
    for files, data in (
        ([one, one], {}),
        ([("other", one[1])], {}),
        ([one], {"more": "x"}),
        ([], {"files": "x"}),
    ):
        answer = httpx.post(served + UPLOAD, files=files, data=data, timeout=60)
        assert (answer.status_code, answer.text) == (400, "Give one picture at a time.")


def _asks(bodies, path, receive, address="9.9.9.9", headers=()):
    """The answer that is sent, as status and content, by the time that all is done."""
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    return bodies({**scope, "client": (address, 1)}, receive, send), sent


def test_bodies_take_so_much_memory(tmp_path, monkeypatch):
    """Of each address and of all, while they arrive and while they are answered; others go on."""
    monkeypatch.setattr(Memory, "EACH", 2_500_000)
    monkeypatch.setattr(Memory, "ALL", 4_000_000)
    reached, answered = [], []

    async def app(scope, receive, send):
        reached.append(scope["client"][0])
        await answered[0].wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {"type": "http.request", "body": bytes(900_000)}

    async def all_of_them():
        answered.append(asyncio.Event())
        bodies = Bodies(app, tmp_path, MAX_UPLOAD)
        asked = [_asks(bodies, "/gradio_api/mcp/", receive, a) for a in "aaabbc"]
        tasks = [asyncio.create_task(one) for one, _ in asked]
        while len(reached) + sum(bool(sent) for _, sent in asked) < len(tasks):
            await asyncio.sleep(0)
        answered[0].set()
        await asyncio.gather(*tasks)
        last, sent = _asks(bodies, "/gradio_api/mcp/", receive, "a")
        await last
        return [one[0]["status"] for one in (*(sent for _, sent in asked), sent)]

    assert finish(all_of_them()) == [200, 200, 503, 200, 200, 503, 200]


def test_what_is_refused_is_told_to_who_is_still_sending(served):
    """Were the connection closed at once, what is under way would tear it down, and the answer."""
    place = urlsplit(served)
    size = MAX_UPLOAD + 1_000_000
    with socket.create_connection((place.hostname, place.port), 60) as connection:
        head = f"POST /{UPLOAD} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
        connection.sendall(head.encode() + bytes(size))
        said = connection.makefile("rb").read().decode()
    assert said.startswith("HTTP/1.1 413 ")
    assert said.endswith("send less.")


def test_a_tools_picture_is_counted_where_it_comes_in(tmp_path, monkeypatch):
    """By who sent it; not once more where Gradio uploads it to itself."""
    monkeypatch.setattr(Ledger, "EACH", 100)

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def call():
        return {"type": "http.request", "body": b'{"image": "data:,' + bytes(60) + b'"}'}

    async def upload():
        return {"type": "http.request", "body": FORM + b"--x--\r\n"}

    bodies, own = Bodies(app, tmp_path, MAX_UPLOAD), [(b"x-gradio-user", b"mcp")]
    statuses = []
    for path, receive, address, headers in (
        *[("mcp/", call, "9.9.9.9", []), ("mcp/", call, "9.9.9.9", [])],
        *[("mcp/", call, "8.8.8.8", []), ("upload", upload, "127.0.0.1", own)],
        ("upload", upload, "8.8.8.8", own),
    ):
        asked, sent = _asks(bodies, "/gradio_api/" + path, receive, address, headers)
        finish(asked)
        statuses.append(sent[0]["status"])
    assert statuses == [200, 429, 200, 200, 429]


def test_slow_uploads_keep_nobody_from_giving_a_picture(tmp_path):
    """However many have begun and do not go on."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def begun():
        await asyncio.Event().wait()

    async def whole():
        return {"type": "http.request", "body": FORM + b"--x--\r\n"}

    async def all_of_them():
        bodies = Bodies(app, tmp_path, MAX_UPLOAD)
        slow = [
            asyncio.create_task(_asks(bodies, "/gradio_api/upload", begun)[0]) for _ in range(40)
        ]
        await asyncio.sleep(0)
        asked, sent = _asks(bodies, "/gradio_api/upload", whole)
        await asyncio.wait_for(asked, 5)
        for task in slow:
            task.cancel()
        return sent[0]["status"]

    assert finish(all_of_them()) == 200


def test_an_hours_share_is_for_each_and_for_all():
    ledger = Ledger()
    each = Ledger.EACH // 2
    assert [ledger.takes("a", each, now=float(n)) for n in range(3)] == [True, True, False]
    others = [ledger.takes(str(n), each, now=10.0) for n in range(20)]
    assert others.count(True) == Ledger.ALL // each - 2
    assert ledger.takes("a", each, now=Ledger.KEPT + 11)


ASKED = b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
STREAM = b"GET /gradio_api/heartbeat/held HTTP/1.1\r\nHost: localhost\r\n\r\n"
BODY = b"POST /kept/zip HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"


@pytest.mark.parametrize(
    "said", [b"GET / HTTP/1.1\r\nHost: ", ASKED + b"GET / HT", STREAM, BODY], ids=range(4)
)
def test_one_address_cannot_take_every_connection(served, said):
    """Half a header, the first or a later one, streams, bodies of nothing, more than there is room
    for: the page answers."""
    place = urlsplit(served)
    held = []
    try:
        for _ in range(450):
            held.append(socket.create_connection((place.hostname, place.port), 60))
            with contextlib.suppress(ConnectionError):
                held[-1].sendall(said)
        began = time.monotonic()
        assert httpx.get(served + "scenes/0/thumbnail", timeout=60).status_code == 200
        assert time.monotonic() - began < 10
    finally:
        for connection in held:
            connection.close()


def test_who_makes_way():
    """The address with most connections: of it who asks nothing, or who has asked longest ago."""

    def one(address, asks, since):
        made = object.__new__(_Connection)
        made.address, made._since = address, since
        made.cycle = SimpleNamespace(response_complete=not asks)
        made.connections = everyone
        everyone.add(made)
        return made

    everyone: set[object] = set()
    first, stream = one("a", False, 1.0), one("b", True, 2.0)
    newcomer = one("c", False, 9.0)
    assert newcomer._one_too_many() is first  # each has one: who is being answered stays
    everyone.remove(first)
    assert newcomer._one_too_many() is newcomer
    later = one("b", True, 3.0)
    assert newcomer._one_too_many() is stream
    idle = one("b", False, 4.0)
    assert later._one_too_many() is idle


def test_what_is_no_http_is_refused_as_everything_else(served):
    """In a sentence, with the headers that every answer has."""
    place = urlsplit(served)
    with socket.create_connection((place.hostname, place.port), 60) as connection:
        connection.sendall(b"\x16\x03\x01\r\n\r\n")
        said = connection.makefile("rb").read().decode()
    head, _, body = said.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 400 ")
    assert all(f"{name}: {value}" in head for name, value in HEADERS.items())
    assert body == SERVING.no_http


def test_a_picture_is_named_by_its_place_alone(served):
    """Where the server's folder for it lies is not told; nor is a file of it given out."""
    files = [("files", ("a.png", b"x", "image/png"))]
    (name,) = httpx.post(served + UPLOAD, files=files, timeout=60).json()
    assert re.fullmatch(r"[0-9a-f]{64}/a\.png", name)
    assert httpx.get(f"{served}gradio_api/file={name}", timeout=60).status_code == 404


FORM = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nx\r\n'


def test_a_full_disk_takes_no_picture_and_words_go_on(tmp_path, monkeypatch):
    """One sentence, before anything is written; what needs no disk is answered as ever."""
    free = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr("app.serving.bodies.shutil.disk_usage", lambda place: free)

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    async def receive():
        return {"type": "http.request", "body": FORM + b"--x--\r\n"}

    bodies = Bodies(app, tmp_path, MAX_UPLOAD)
    answers = []
    for path in ("gradio_api/run/predict", UPLOAD):
        sent = []

        async def send(message, sent=sent):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "headers": [], "client": ("9.9.9.9", 1)}
        finish(bodies({**scope, "path": f"/{path}"}, receive, send))
        answers.append((sent[0]["status"], sent[-1]["body"].decode()))
    assert answers == [(200, "done"), (507, SERVING.disk_full)]
