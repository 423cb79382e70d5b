"""Events of the page stand in the line, and their visitor sees where.

An event that takes time carries a ticket that its page made up: by it the page asks for its place,
and gives up.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from app.serving.asgi import Application, Message, Receive, Scope, Send, given_first, refuse
from app.serving.events import BadEvent, clean_call, clean_event, packed, whole_letters
from app.serving.line import Line, Turn
from app.serving.visitor import Visitor, address_of, is_operator
from app.words.serving import SERVING
from cmpagl.errors import QueryError

__all__ = ["Admission", "Event"]

TOOLS = "/gradio_api/mcp"
RUN = "/gradio_api/run/"
JOIN = "/gradio_api/queue/join"
CALL = re.compile(r"/gradio_api/call/([a-z_0-9]{1,64})/?")
NAMED = re.compile(r"/gradio_api/call/v2/[a-z_0-9]{1,64}/?")  # its values have names
ANSWER = re.compile(r"/gradio_api/call/(?:v2/)?[a-z_0-9]{1,64}/([A-Za-z0-9_-]{1,64})")
DATA = "/gradio_api/queue/data"
PLACE = re.compile(r"/line/([A-Za-z0-9_-]{8,40})")
FORWARDED = b"x-forwarded-for"
FILES = re.compile(r"/(kept|earth)/(geojson|parquet|csv|zip)")
PATIENCE = 120.0  # seconds in the line

LOG = logging.getLogger("cmpagl.explorer")


@dataclass(frozen=True)
class Event:
    """One of the page's events."""

    inputs: int  # how many values it is given
    line: Line | None  # where it waits; None: for nobody
    heavy: bool = False  # keeps a core busy for long, whatever it asks


class Admission:
    """Lets events of the page go on in turn."""

    def __init__(
        self,
        app: Application,
        events: Mapping[int, Event],
        calls: Mapping[str | int, Sequence[Any]],
        uploads: Path,
        saving: Line | None = None,
        awaited: Callable[[str], bool] = lambda call: True,
    ) -> None:
        """Wrap an application that `Bodies` is wrapped around.

        Args:
            app: what answers.
            events: those of the page, by number; another is refused.
            calls: what the values of each endpoint are where a call leaves them out.
            uploads: the folder that pictures are uploaded to.
            saving: where who wants an answer or a collection as a file waits; None: nowhere.
            awaited: whether an answer of this name is still to be read, of a call or a session.
        """
        self._saving, self._awaited = saving, awaited
        self._app, self._events, self._calls, self._uploads = app, events, calls, uploads
        self._inputs = {number: event.inputs for number, event in events.items()}
        self._waiting: dict[str, tuple[Line, Turn, asyncio.Event]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request go on when it is its turn."""
        if scope["type"] == "http" and (asked := PLACE.fullmatch(scope["path"])):
            await self._tell(asked[1], scope["method"], send)
        elif scope["type"] == "http" and scope["path"].startswith(RUN):
            await self._admit(scope, receive, send)
        elif scope["type"] == "http" and self._saving and FILES.fullmatch(scope["path"]):
            await self._save(self._saving, scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "POST" and _calls(scope["path"]):
            await self._call(scope, receive, send)
        elif scope["type"] == "http" and (name := _answer_of(scope)) is not None:
            if not self._awaited(name):  # Gradio would break off, or go on for ever
                return await refuse(send, 404, SERVING.no_call)
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(TOOLS):
            if scope["method"] == "POST":
                message = await receive()
                whole = {**message, "body": whole_letters(message.get("body", b""))}
                receive = given_first(whole, receive)
            await self._app(_for_visitor(scope), receive, send)
        else:
            await self._app(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a call be queued; Gradio's queue asks the same line when it is its turn there."""
        message = await receive()
        if not NAMED.fullmatch(scope["path"]):
            named = CALL.fullmatch(scope["path"])
            name = named[1] if named else None
            try:
                body = clean_call(message.get("body", b""), name, self._calls, self._uploads)
            except BadEvent:
                return await refuse(send, 400, SERVING.no_body)
            message = {**message, "body": body}
        answer = _Answer(send)
        try:
            await self._app(scope, given_first(message, receive), answer.send)
        except Exception as error:  # what Gradio cannot read, it has no word for
            LOG.info("a call was not read: %s", type(error).__name__)
        if answer.failed is not None:
            await refuse(send, 400, SERVING.no_body)
        return None

    async def _tell(self, ticket: str, method: str, send: Send) -> None:
        """Answer where a ticket stands; with POST, let it go."""
        place = 0
        if ticket in self._waiting:
            line, turn, gone = self._waiting[ticket]
            place = line.place(turn)
            if method == "POST":
                gone.set()
        body = json.dumps({"place": place}).encode()
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()  # all of it, as `Bodies` gives it
        try:
            asked = clean_event(message.get("body", b""), self._inputs, self._uploads)
        except BadEvent:
            return await refuse(send, 400, SERVING.no_body)
        again = given_first({**message, "body": packed(asked)}, receive)
        event = self._events[asked["fn_index"]]
        line, told_more = event.line, asked["event_data"] or {}
        if line is None:
            return await self._answer(scope, again, send)
        ticket = str(told_more.get("ticket", ""))[:40]
        (told, tell), gone = _signal(), asyncio.Event()
        visitor = Visitor.of(scope, asked["session_hash"])
        try:
            turn = line.join(visitor, tell, heavy=event.heavy or _has_picture(told_more))
        except QueryError as error:
            return await _busy(send, str(error))
        if ticket:
            self._waiting[ticket] = (line, turn, gone)
        try:
            if not await self._wait(turn, told, gone):
                return await _busy(send, (SERVING.left if gone.is_set() else SERVING.busy))
            self._waiting.pop(ticket, None)
            await self._answer(scope, again, send)
        finally:
            self._waiting.pop(ticket, None)
            line.leave(turn)
        return None

    async def _save(self, line: Line, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a file be made: all of them at once would leave no thread for anything else."""
        told, tell = _signal()
        try:
            turn = line.join(Visitor.of(scope), tell)
        except QueryError as error:
            return await refuse(send, 503, str(error))
        try:
            if not await self._wait(turn, told, asyncio.Event()):
                return await refuse(send, 503, SERVING.busy)
            await self._app(scope, receive, send)
        finally:
            line.leave(turn)
        return None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an event; what is wrong with it is the visitor's fault, and no failure of ours."""
        answer = _Answer(send)
        await self._app(scope, receive, answer.send)
        if answer.failed is None:
            return
        try:
            sentence = json.loads(answer.failed).get("error")
        except (ValueError, AttributeError):
            sentence = None
        status = 400 if sentence else 500
        await _told(send, status, str(sentence or SERVING.failed), SERVING.failed_title)

    async def _wait(self, turn: Turn, told: asyncio.Event, gone: asyncio.Event) -> bool:
        """Whether the turn came, before the visitor or patience went."""
        waits: list[asyncio.Task[Any]] = [asyncio.ensure_future(e.wait()) for e in (told, gone)]
        try:
            await asyncio.wait(waits, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        return turn.running and not gone.is_set()


def _signal() -> tuple[asyncio.Event, Callable[[], None]]:
    """An event, and what sets it from any thread."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        loop.call_soon_threadsafe(told.set)

    return told, tell


def _has_picture(told: Mapping[str, Any]) -> bool:
    """Whether an event asks about a visitor's picture, which must be seen first."""
    params = told.get("params")
    return isinstance(params, dict) and bool(params.get("upload"))


def _answer_of(scope: Scope) -> str | None:
    """Of which call or session a request reads the answer; None: of none."""
    if scope["method"] not in ("GET", "HEAD"):
        return None
    if asked := ANSWER.fullmatch(scope["path"]):
        return asked[1]
    query = bytes(scope.get("query_string", b"")).decode("latin-1")
    found = parse_qs(query).get("session_hash") if scope["path"] == DATA else None
    return found[-1] if found else None


def _calls(path: str) -> bool:
    return path == JOIN or bool(CALL.fullmatch(path) or NAMED.fullmatch(path))


def _for_visitor(scope: Scope) -> Scope:
    """A tool's call, which Gradio makes once more, from this machine: for who asked at first."""
    if is_operator(scope):
        return scope
    kept = [pair for pair in scope["headers"] if pair[0].lower() != FORWARDED]
    return {**scope, "headers": [*kept, (FORWARDED, address_of(scope).split("/")[0].encode())]}


class _Answer:
    """Hands an answer on, but for one that failed: that is kept."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.failed: bytes | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in (422, 500):
            self.failed = b""
        elif self.failed is None:
            await self._send(message)
        else:
            self.failed += message.get("body", b"")


async def _busy(send: Send, sentence: str) -> None:
    await _told(send, 503, sentence, SERVING.busy_title)


async def _told(send: Send, status: int, sentence: str, title: str) -> None:
    """Answer an event as Gradio answers one that failed: its page shows the sentence."""
    told = {"error": sentence, "visible": True, "duration": 10, "title": title}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})
