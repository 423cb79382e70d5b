"""The line before what takes time: fair by visitor, bounded, and told."""

import asyncio
import json

import pytest
from own_loop import finish

from app.serving.admission import Admission
from app.serving.line import Line
from app.serving.visitor import Visitor, address_of, is_operator
from cmpagl.errors import QueryError


def served(line, visitors):
    """The order in which visitors who stand in line are served, one after the other."""
    order, turns = [], []
    first = line.join(Visitor("first"), lambda: None)
    for n, visitor in enumerate(visitors):
        turns.append(line.join(visitor, lambda n=n: order.append(n)))
    line.leave(first)
    for _ in visitors:
        line.leave(turns[order[-1]])
    return order


def test_who_asks_much_waits_for_itself():
    """Addresses in turn, within one its sessions in turn, within one what came first."""
    a, b, c = Visitor("1", "a"), Visitor("1", "b"), Visitor("2", "c")
    assert served(Line(1, 99), [a, a, a, b, c, c]) == [0, 4, 3, 5, 1, 2]


def test_the_place_is_how_many_go_before():
    """Counted anew as others come and go; nobody is told less than what is true at that time."""
    line, flood, other = Line(1, 99), Visitor("1", "a"), Visitor("2", "b")
    running = line.join(flood, lambda: None)
    waiting = [line.join(flood, lambda: None) for _ in range(9)]
    turn = line.join(other, lambda: None)
    assert line.place(turn) == 2
    assert line.place(waiting[8]) == 10
    line.leave(waiting[3])
    assert line.place(waiting[8]) == 9
    line.leave(running)
    assert line.place(running) == line.place(waiting[0]) == 0
    assert line.place(turn) == 1


def test_a_full_line_sends_away_the_last_of_who_has_most():
    line, flood, other = Line(1, 3), Visitor("1", "a"), Visitor("2", "b")
    line.join(flood, lambda: None)
    waiting = [line.join(flood, lambda: None) for _ in range(3)]
    with pytest.raises(QueryError, match="busy"):
        line.join(flood, lambda: None)
    turn = line.join(other, lambda: None)
    assert [t.sent_away for t in waiting] == [False, False, True]
    assert line.place(turn) == 2


def test_a_thread_that_waits_too_long_is_told():
    line = Line(1, 9)
    line.join(Visitor("1"), lambda: None)
    with pytest.raises(QueryError, match="busy"), line.turn(Visitor("2"), 0.01):
        pass
    assert line.place(line.join(Visitor("3"), lambda: None)) == 1


@pytest.mark.parametrize(
    ("peer", "forwarded", "address", "operator"),
    [
        ("127.0.0.1", None, "127.0.0.1", True),
        ("127.0.0.1", b"1.1.1.1, 9.9.9.9", "9.9.9.9", False),
        ("10.0.0.7", b"127.0.0.1", "10.0.0.7", False),
        ("10.0.0.7", None, "10.0.0.7", False),
    ],
)
def test_whose_word_is_believed(peer, forwarded, address, operator, monkeypatch):
    """A proxy's on this machine, for its own entry alone; the operator comes through none."""
    monkeypatch.delenv("SPACE_ID", raising=False)
    headers = [(b"x-forwarded-for", forwarded)] if forwarded else []
    scope = {"client": (peer, 1), "headers": headers}
    assert address_of(scope) == address
    assert is_operator(scope) is operator


def event(ticket="ticket-1234", fn=7):
    body = {"fn_index": fn, "session_hash": "s", "event_data": {"ticket": ticket}}
    return json.dumps(body).encode()


async def _ask(app, path, body=b"", method="POST"):
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [], "client": ("1", 2)}
    await app(scope, receive, send)
    return sent[0]["status"], sent[-1]["body"]


def test_an_event_is_told_its_place_and_can_give_up():
    """A light one waits for nobody."""

    async def run():
        async def answer(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"done"})

        line = Line(1, 9)
        app = Admission(answer, line, [3])
        running = line.join(Visitor("0"), lambda: None)
        waiting = [asyncio.create_task(_ask(app, "/gradio_api/run/x", event()))]
        await asyncio.sleep(0.01)
        waiting.append(asyncio.create_task(_ask(app, "/gradio_api/run/x", event("ticket-2345"))))
        await asyncio.sleep(0.01)
        assert await _ask(app, "/gradio_api/run/x", event(fn=3)) == (200, b"done")
        asked = [await _ask(app, f"/line/ticket-{n}", method="GET") for n in (1234, 2345, 9999)]
        assert [json.loads(body)["place"] for _, body in asked] == [1, 2, 0]
        await _ask(app, "/line/ticket-1234")
        status, body = await waiting[0]
        assert status == 503
        assert json.loads(body)["error"] == "You gave up waiting."
        line.leave(running)
        assert await waiting[1] == (200, b"done")

    finish(run())


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, b"\xff"])
def test_an_event_that_is_none_is_told(body):
    app = Admission(None, Line(1, 9), [])
    assert finish(_ask(app, "/gradio_api/run/x", body))[0] == 400
