"""Where things lie on the server: told to who runs it, and to nobody else.

Sentences of the library name folders, which help who can reach them. Whatever leaves for a visitor
passes here, so none of those sentences has to know who reads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from app.serving.asgi import Application, Message, Receive, Scope, Send, header
from app.serving.visitor import is_operator

__all__ = ["Places", "without_places"]

TEXTS = ("application/json", "text/plain", "text/html", "text/event-stream")
LEAST = 3  # parts of a path that tells something: /data could be anybody's


class Places:
    """Names folders of the server by their last part, in every text that leaves for a visitor."""

    def __init__(self, app: Application, places: Callable[[], Mapping[str, str]]) -> None:
        """Wrap an application; ``places`` gives absolute paths, and what is shown instead."""
        self._app, self._places = app, places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or is_operator(scope):
            return await self._app(scope, receive, send)
        is_text = False

        async def told(message: Message) -> None:
            nonlocal is_text
            if message["type"] == "http.response.start":
                said: Scope = {"headers": message.get("headers", ())}
                kind = ";".join(header(said, b"content-type"))
                is_text = kind.startswith(TEXTS) and not header(said, b"content-encoding")
                if is_text:  # its length may change
                    kept = [p for p in said["headers"] if p[0].lower() != b"content-length"]
                    message = {**message, "headers": kept}
            elif is_text and message.get("body"):
                places = tuple(sorted(self._places().items()))
                message = {**message, "body": without_places(message["body"], places)}
            await send(message)

        return await self._app(scope, receive, told)


def without_places(text: bytes, places: tuple[tuple[str, str], ...]) -> bytes:
    """A text in which each place is called by what is shown instead."""
    pattern, shown = _known(places)
    return pattern.sub(lambda found: shown[found[0].lstrip(b"/")], text)


@lru_cache(maxsize=4)
def _known(places: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[bytes], dict[bytes, bytes]]:
    shown = {
        written.lstrip("/").encode(): instead.encode()
        for path, instead in places
        if path.count("/") >= LEAST - 1
        for written in (path, json.dumps(path)[1:-1])  # as a text, and as JSON may write it
    }
    longest = sorted(shown, key=len, reverse=True)
    one = b"|".join(map(re.escape, longest)) or rb"(?!)"
    return re.compile(rb"(?<![\w/])/?(?:" + one + rb")(?![\w-])"), shown
