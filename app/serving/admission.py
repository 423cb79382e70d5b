"""Events of the page stand in the line, and their visitor sees where.

An event that takes time carries a ticket that its page made up: by it the page asks for its place,
and gives up.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Collection
from typing import Any

from app.serving.asgi import Application, Message, Receive, Scope, Send, refuse
from app.serving.line import Line, Turn
from app.serving.visitor import Visitor
from app.words.serving import SERVING
from cmpagl.errors import QueryError

__all__ = ["Admission"]

RUN = "/gradio_api/run/"
CALLS = ("/gradio_api/queue/join", "/gradio_api/call/")
HALF_LETTER = re.compile(rb"\\u[dD][89a-fA-F]")
PLACE = re.compile(r"/line/([A-Za-z0-9_-]{8,40})")
PATIENCE = 120.0  # seconds in the line


class Admission:
    """Lets events of the page go on in turn."""

    def __init__(self, app: Application, line: Line, light: Collection[int]) -> None:
        """Wrap an application that `Bodies` is wrapped around.

        Args:
            app: what answers.
            line: where to wait.
            light: numbers of the events that wait for nobody.
        """
        self._app, self._line, self._light = app, line, frozenset(light)
        self._waiting: dict[str, tuple[Turn, asyncio.Event]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request go on when it is its turn."""
        if scope["type"] == "http" and (asked := PLACE.fullmatch(scope["path"])):
            await self._tell(asked[1], scope["method"], send)
        elif scope["type"] == "http" and scope["path"].startswith(RUN):
            await self._admit(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(CALLS):
            message = await receive() if scope["method"] == "POST" else None
            whole = receive if message is None else _first(_whole_letters(message), receive)
            await self._app(scope, whole, send)
        else:
            await self._app(scope, receive, send)

    async def _tell(self, ticket: str, method: str, send: Send) -> None:
        """Answer where a ticket stands; with POST, let it go."""
        turn, gone = self._waiting.get(ticket, (None, None))
        place = self._line.place(turn) if turn is not None else 0
        if method == "POST" and gone is not None:
            gone.set()
        body = json.dumps({"place": place}).encode()
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = _whole_letters(await receive())  # all of it, as `Bodies` gives it
        try:
            asked = json.loads(message.get("body", b""))
        except (ValueError, RecursionError):
            return await refuse(send, 400, SERVING["no_body"])
        if not isinstance(asked, dict):
            return await refuse(send, 400, SERVING["no_body"])
        again = _first(message, receive)
        if asked.get("fn_index") in self._light:
            return await self._app(scope, again, send)
        event = asked.get("event_data")
        ticket = str(event.get("ticket", ""))[:40] if isinstance(event, dict) else ""
        loop, told, gone = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

        def tell() -> None:
            loop.call_soon_threadsafe(told.set)

        visitor = Visitor.of(scope, asked.get("session_hash"))
        try:
            turn = self._line.join(visitor, tell)
        except QueryError as error:
            return await _busy(send, str(error))
        if ticket:
            self._waiting[ticket] = (turn, gone)
        try:
            if not await self._wait(turn, told, gone):
                return await _busy(send, SERVING["left" if gone.is_set() else "busy"])
            self._waiting.pop(ticket, None)
            await self._app(scope, again, send)
        finally:
            self._waiting.pop(ticket, None)
            self._line.leave(turn)
        return None

    async def _wait(self, turn: Turn, told: asyncio.Event, gone: asyncio.Event) -> bool:
        """Whether the turn came, before the visitor or patience went."""
        waits: list[asyncio.Task[Any]] = [asyncio.ensure_future(e.wait()) for e in (told, gone)]
        try:
            await asyncio.wait(waits, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        return turn.running and not gone.is_set()


def _whole_letters(message: Message) -> Message:
    """A body in which half a letter, as of a cut emoji, is a question mark: none can be encoded."""
    body = message.get("body", b"")
    if not HALF_LETTER.search(body):
        return message
    with contextlib.suppress(ValueError, RecursionError):  # told by who reads it
        whole = json.dumps(json.loads(body), ensure_ascii=False)
        return {**message, "body": whole.encode("utf-8", "replace")}
    return message


async def _busy(send: Send, sentence: str) -> None:
    """Answer an event as Gradio answers one that failed: its page shows the sentence."""
    told = {"error": sentence, "visible": True, "duration": 10, "title": SERVING["busy_title"]}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


def _first(message: Message, receive: Receive) -> Receive:
    given = False

    async def read() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return message

    return read
