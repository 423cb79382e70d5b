"""The addresses by which a page's script hands pictures in: ``add/...``, beside Gradio's own.

Files come in slices, each a request of its own that `app/serving/bodies.py` bounds; so a large one
needs no memory, and one that is broken off goes on where it was.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from app.adding.desk import Desk
from app.adding.visitor_pictures import Own
from app.explorer.sets import open_recent, open_set
from app.serving.asgi import Application, Receive, Scope, Send, refuse
from app.serving.owner import cookie_for, new_owner, owner_of
from app.serving.visitor import address_of, is_operator
from app.words.adding import ADDING
from cmpagl.errors import QueryError

__all__ = ["Adding"]

PATH = "/add/"


class Adding:
    """Answers what begins with ``/add/``; everything else goes on."""

    def __init__(self, app: Application, desk: Desk) -> None:
        """Wrap an application."""
        self._app, self._desk = app, desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            return await self._app(scope, receive, send)
        body = b"" if scope["method"] in ("GET", "HEAD") else await _body(receive)
        what = scope["path"].removeprefix(PATH)
        try:
            status, said, cookie = await asyncio.to_thread(self._answer, scope, what, body)
        except QueryError as error:
            return await refuse(send, 409, str(error))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return await refuse(send, 400, ADDING.bad_request)
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        headers += [(b"set-cookie", cookie.encode())] if cookie else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(said).encode()})
        return None

    def _answer(self, scope: Scope, what: str, body: bytes) -> tuple[int, object, str]:
        """Status, JSON and perhaps a cookie.

        Raises:
            QueryError: it may not be.
            ValueError, TypeError, KeyError: what was sent is not what the script sends.
        """
        owner = owner_of(scope)
        if what == "begin":
            return self._begin(scope, owner, json.loads(body))
        if what == "open":
            return self._open(scope, json.loads(body))
        own = self._desk.find(owner) if owner else None
        if what == "state":
            return 200, None if own is None else own.shown(), ""
        if own is None:
            raise QueryError(ADDING.gone)
        if what == "file":
            asked = parse_qs(bytes(scope["query_string"]).decode("ascii"), strict_parsing=True)
            self._desk.take(own, asked["name"][0], int(asked["at"][0]), body)
        else:
            self._do(scope, own, what, body)
        return 200, own.shown(), ""

    def _begin(self, scope: Scope, owner: str, asked: Mapping[str, Any]) -> tuple[int, object, str]:
        cookie = ""
        if not owner:
            secret = new_owner()
            cookie = cookie_for(secret, scope)
            owner = owner_of({"headers": [(b"cookie", cookie.split(";")[0].encode())]})
        own = self._desk.begin(owner, address_of(scope), int(asked["bytes"]))
        return 200, own.shown(), cookie

    def _open(self, scope: Scope, asked: Mapping[str, Any]) -> tuple[int, object, str]:
        if not is_operator(scope):
            raise QueryError(ADDING.open_operator)
        explorer = self._desk.explorer
        if "recent" in asked:
            return 200, {"gallery": open_recent(explorer, str(asked["recent"]))}, ""
        return 200, {"gallery": open_set(explorer, str(asked["set"]))}, ""

    def _do(self, scope: Scope, own: Own, what: str, body: bytes) -> None:
        if what in ("end", "resume"):
            self._desk.prepare(own)
        elif what == "stop":
            self._desk.stop(own)
        elif what == "forget":
            self._desk.forget(own.owner)
            own.tell(ADDING.forgotten, phase="gone")
            own.searchable = False
        elif what == "keep":
            if not is_operator(scope):
                raise QueryError(ADDING.keep_operator)
            self._desk.keep(own, str(json.loads(body)["folder"]))


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)
