"""What an ASGI application is given and gives, and how a request is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

__all__ = [
    "Application",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "given_first",
    "header",
    "redirect",
    "refuse",
]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


async def refuse(send: Send, status: int, sentence: str) -> None:
    """Answer with one sentence, and close the connection."""
    body = sentence.encode("utf-8")
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def redirect(send: Send, place: str) -> None:
    """Answer that what was asked for is elsewhere, for this time."""
    headers = [(b"location", place.encode("latin-1")), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def header(scope: Scope, name: bytes) -> list[str]:
    """Every value of a header, as text."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def given_first(message: Message, receive: Receive) -> Receive:
    """Give a message that has been read, then what comes after it."""
    given = False

    async def read() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return message

    return read
