"""Signing in: who tries one password after the other waits longer each time, by address."""

from __future__ import annotations

import time
from collections import OrderedDict
from math import ceil

from app.serving.asgi import Application, Message, Receive, Scope, Send, refuse
from app.serving.visitor import address_of
from app.words.serving import SERVING

__all__ = ["FREE", "LONGEST", "Attempts", "Door"]

FREE = 5  # attempts of an address that need not wait
LONGEST = 300.0  # seconds between two
FORGOTTEN = 3600.0  # seconds without an attempt after which an address begins anew
REMEMBERED = 10_000  # addresses; of more, those that tried last


class Attempts:
    """When each address may try again; an attempt counts as wrong until it is told otherwise.

    So that many at the same time are no way around it.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self._tried: OrderedDict[str, tuple[int, float, float]] = OrderedDict()
        # Of each address, the longest quiet first: attempts, when the last was, when the next may.

    def wait(self, address: str, now: float | None = None) -> float:
        """Seconds until an address may try; 0 is now, and this attempt is written down."""
        now = time.monotonic() if now is None else now
        count, last, following = self._tried.get(address, (0, now, now))
        if now - last > FORGOTTEN:
            count, following = 0, now
        if now < following:
            return following - now
        count = min(count + 1, FREE + 20)
        wait = min(LONGEST, 2.0 ** (count - FREE)) if count >= FREE else 0.0
        self._tried[address] = (count, now, now + wait)
        self._tried.move_to_end(address)
        while len(self._tried) > REMEMBERED:
            self._tried.popitem(last=False)
        return 0.0

    def forget(self, address: str) -> None:
        """The last attempt was right."""
        self._tried.pop(address, None)


class Door:
    """Lets an address try to sign in when its wait is over."""

    def __init__(self, app: Application) -> None:
        """Wrap what signs in."""
        self._app, self._attempts = app, Attempts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        signs_in = scope["type"] == "http" and scope["method"] == "POST"
        if not (signs_in and scope["path"].rstrip("/") == "/login"):
            return await self._app(scope, receive, send)
        address = address_of(scope)
        wait = self._attempts.wait(address)
        if wait:
            return await refuse(send, 429, SERVING.attempts.format(n=ceil(wait)))

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                self._attempts.forget(address)
            await send(message)

        return await self._app(scope, receive, told)
