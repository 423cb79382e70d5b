"""The line before what takes time: fair by visitor, bounded, and told."""

import asyncio
import json
from pathlib import Path

import pytest
from own_loop import finish

from app.serving.admission import Admission, Event
from app.serving.events import PICTURE
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


def test_pictures_never_take_all_places_and_nobody_passes_one_that_is_first():
    line, order = Line(3, 99, heavy_at_once=2), []

    def join(name, *, heavy=False):
        return line.join(Visitor(name), lambda: order.append(name), heavy=heavy)

    running = [join("picture 1", heavy=True), join("picture 2", heavy=True)]
    text = join("text 1")
    assert order == ["picture 1", "picture 2", "text 1"]
    third, behind = join("picture 3", heavy=True), join("text 2")
    assert [line.place(turn) for turn in (third, behind)] == [1, 2]
    line.leave(text)
    assert len(order) == 3
    line.leave(running[0])
    assert order[3:] == ["picture 3", "text 2"]
    line.leave(behind)
    assert join("text 3").running
    assert not join("picture 4", heavy=True).running


@pytest.mark.parametrize(
    ("peer", "forwarded", "address", "operator"),
    [
        ("127.0.0.1", None, "127.0.0.1", True),
        ("127.0.0.1", b"1.1.1.1, 9.9.9.9", "9.9.9.9", False),
        ("10.0.0.7", b"127.0.0.1", "10.0.0.7", False),
        ("10.0.0.7", None, "10.0.0.7", False),
        ("::1", b"2001:db8::1:2:3", "2001:db8::/64", False),
        ("2001:db8::9:8:7", None, "2001:db8::/64", False),
        ("::ffff:10.0.0.7", None, "10.0.0.7", False),
    ],
)
def test_whose_word_is_believed(peer, forwarded, address, operator, monkeypatch):
    """A proxy's on this machine, for its own entry alone; the operator comes through none. Who has
    a network of IPv6 is one address."""
    monkeypatch.delenv("SPACE_ID", raising=False)
    headers = [(b"x-forwarded-for", forwarded)] if forwarded else []
    scope = {"client": (peer, 1), "headers": headers}
    assert address_of(scope) == address
    assert is_operator(scope) is operator


def event(ticket="ticket-1234", fn=7, **other):
    told = {"fn_index": fn, "session_hash": "s", "data": [], "event_data": {"ticket": ticket}}
    return json.dumps({**told, **other}).encode()


def admission(app, line=None):
    """Before an app with an event that waits, number 7, and one that does not, number 3."""
    events = {7: Event(0, line or Line(1, 9)), 3: Event(0, None)}
    calls = {"search_image": [PICTURE, "b"], 5: [PICTURE, "b"]}
    return Admission(app, events, calls, Path("/up"))


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

    async def ask():
        async def answer(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"done"})

        line = Line(1, 9)
        app = admission(answer, line)
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

    finish(ask())


NESTED = b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"[]",
            b"{",
            b"[" * 100_000,
            b"\xff",
            b"null",
            NESTED,
            b'{"fn_index": %s}' % (b"9" * 5000),
        ),
        *(event(fn=number) for number in (8, -1, 7.0, True, "7", None, [7])),
        *(event(data=data) for data in (None, {}, "", [1], [[]])),
        *(event(event_data=told) for told in ([], "x", 1)),
        *(event(event_data={"path": path}) for path in ("/etc/passwd", "../x", "a/../../x", "\0")),
        event(event_data={"params": {"q": {"path": "x"}}}),
        *(event(session_hash=name) for name in (1, "", "a b", "a" * 65, "../x", ["s"])),
        *(event(trigger_id=number) for number in ("1", 1.5, [])),
        event(data=json.loads("[" * 50 + "]" * 50)),
    ],
)
def test_an_event_that_is_none_is_told(body):
    """In one sentence, and nothing behind is asked."""
    status, said = finish(_ask(admission(None), "/gradio_api/run/x", body))
    assert (status, said) == (400, b"The request cannot be read.")


def test_only_what_the_page_sends_is_handed_on():
    """Neither other fields of Gradio nor a link's ``path``; half a letter is a question mark."""
    seen = []

    async def answer(scope, receive, send):
        seen.append(json.loads((await receive())["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    told = {"path": "ab/x.png", "text": "half \ud83d", "params": {"q": "a", "path": "x"}}
    body = event(event_data=told, batched=True, event_id="x", simple_format=True, oauth_token="x")
    assert finish(_ask(admission(answer), "/gradio_api/run/x", body)) == (200, b"done")
    assert sorted(seen[0]) == ["data", "event_data", "fn_index", "session_hash", "trigger_id"]
    found = {"path": "/up/ab/x.png", "text": "half ?", "params": {"q": "a"}}
    assert seen[0]["event_data"] == found


@pytest.mark.parametrize(
    ("status", "body", "told", "sentence"),
    [
        (500, b'{"error": "No such scene."}', 400, "No such scene."),
        (500, b'{"error": null}', 500, "This did not work"),
        (500, b"Internal Server Error", 500, "This did not work"),
        (422, b'{"detail": []}', 500, "This did not work"),
    ],
)
def test_a_failure_is_one_sentence(status, body, told, sentence):
    """The visitor's fault is told with 400, ours with 500; never what Gradio says of it."""

    async def answer(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    found, said = finish(_ask(admission(answer), "/gradio_api/run/x", event(fn=3)))
    assert found == told
    assert json.loads(said)["error"].startswith(sentence)


OUTSIDE = b'{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}'


def test_a_call_that_is_none_is_told():
    """Also one that Gradio finds no words for."""

    async def fail(scope, receive, send):
        await send({"type": "http.response.start", "status": 500, "headers": []})
        raise KeyError("x")

    path = "/gradio_api/call/search_image"
    call = b'{"data": [%s]}'
    pictures = (b"1", b"[]", b"{}", b'{"path": "x"}', b'{"path": 1, "meta": 1}', OUTSIDE)
    for body in (b"{", b"{}", b'{"data": {}}', *(call % one for one in (b"1, 2, 3", *pictures))):
        assert finish(_ask(admission(fail), path, body)) == (400, b"The request cannot be read.")
    for place, body in (("call/none", b'{"data": []}'), ("queue/join", b'{"fn_index": 6}')):
        assert finish(_ask(admission(fail), "/gradio_api/" + place, body))[0] == 400


def test_a_call_may_leave_values_out():
    """They are the usual ones; a picture is named by its place in the folder of uploads."""
    seen = []

    async def answer(scope, receive, send):
        seen.append(json.loads((await receive())["body"])["data"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    picture = {"path": "ab/x.png", "meta": {"_type": "gradio.FileData"}}
    call = json.dumps({"data": [picture]}).encode()
    assert finish(_ask(admission(answer), "/gradio_api/call/search_image", call))[0] == 200
    call = json.dumps({"data": [None, "half \ud83d"], "fn_index": 5}).encode()
    assert finish(_ask(admission(answer), "/gradio_api/queue/join", call))[0] == 200
    (first, usual), (second, given) = seen
    assert (first["path"], usual) == ("/up/ab/x.png", "b")
    assert (second, given) == (None, "half ?")


def test_files_are_made_one_after_the_other_and_by_address():
    """However many one address asks for, pictures of scenes are answered and others' turn comes."""
    reached, going_on = [], []

    async def app(scope, receive, send):
        reached.append((scope["client"][0], scope["path"]))
        if scope["path"] == "/kept/zip":
            await going_on[0].wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def all_of_them():
        going_on.append(asyncio.Event())
        admission = Admission(app, {}, {}, Path("/"), Line(1, 3))
        sent = []

        async def send(message):
            sent.append(message["type"])

        def ask(path, address, method="POST"):
            scope = {"type": "http", "method": method, "path": path, "headers": []}
            return asyncio.ensure_future(admission({**scope, "client": (address, 1)}, None, send))

        asked = [ask("/kept/zip", "1") for _ in range(9)] + [ask("/earth/csv", "2", "GET")]
        await asyncio.wait_for(ask("/scenes/0/thumbnail", "3", "GET"), 5)
        going_on[0].set()
        await asyncio.wait_for(asyncio.gather(*asked), 5)

    finish(all_of_them())
    one = ("1", "/kept/zip")
    assert reached == [("3", "/scenes/0/thumbnail"), one, one, ("2", "/earth/csv"), one]


@pytest.mark.parametrize(
    ("peer", "said", "inner"),
    [
        ("192.0.2.7", b"", b"192.0.2.7"),
        ("192.0.2.7", b"192.0.2.9", b"192.0.2.7"),
        ("127.0.0.1", b"1.1.1.1, 192.0.2.9", b"192.0.2.9"),
        ("2001:db8::5", b"", b"2001:db8::"),
        ("127.0.0.1", b"", None),
    ],
)
def test_a_tools_call_is_its_visitors(peer, said, inner):
    """Gradio asks once more, from this machine: in the name of who asked, for the line's sake."""
    seen = []

    async def app(scope, receive, send):
        seen.append(dict(scope["headers"]).get(b"x-forwarded-for"))

    headers = [(b"X-Forwarded-For", said)] if said else []
    scope = {"type": "http", "method": "POST", "path": "/gradio_api/mcp/", "headers": headers}
    admission = Admission(app, {}, {}, Path("/"))

    async def receive():
        return {"type": "http.request", "body": b"{}"}

    finish(admission({**scope, "client": (peer, 1)}, receive, None))
    assert seen == [inner]
    if inner:
        again = {"client": ("127.0.0.1", 2), "headers": [(b"x-forwarded-for", inner)]}
        assert address_of(again) == address_of({**scope, "client": (peer, 1)})
