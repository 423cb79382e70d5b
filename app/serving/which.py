"""Which gallery a request is about: the one that its path names, ``/g/NAME/...``, or the first.

Everything that the page asks for is relative to its own address, so one prefix in that address
takes pictures, scripts, events and endpoints along, and no link of the first gallery changes.
Inside, the prefix is gone from the path: `GALLERY` has the name for whoever answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from app.serving.asgi import Application, Receive, Scope, Send, header

__all__ = ["GALLERY", "GALLERY_KEY", "NAME", "ROOT", "Prefixed", "about", "divided", "gallery_of"]

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""What a gallery may be called in an address."""

GALLERY: ContextVar[str] = ContextVar("gallery", default="")
"""The gallery of the request that is being answered; "" is the first one."""

PATH = re.compile(rf"/g/({NAME})(/.*)?")
GALLERY_KEY = "cmpagl.gallery"
"""Where a scope says which gallery is asked for."""

ROOT = "cmpagl.root"
"""Where it says under which path a proxy shows the page."""

FORWARDED = b"x-forwarded-host"


def divided(path: str) -> tuple[str, str]:
    """The gallery that a path names, and the path within it; ("", path) where it names none."""
    found = PATH.fullmatch(path)
    return (found[1], found[2] or "") if found else ("", path)


def gallery_of(scope: Scope) -> str:
    """The gallery of a request that has come through `Prefixed`."""
    return str(scope.get(GALLERY_KEY, ""))


@contextmanager
def about(gallery: str) -> Iterator[None]:
    """Answer for a gallery, also where an event is run outside its request, as a queue does."""
    before = GALLERY.set(gallery)
    try:
        yield
    finally:
        GALLERY.reset(before)


class Prefixed:
    """Tells what it is wrapped around, Gradio, under which prefix its page is seen."""

    def __init__(self, app: Application) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for its gallery."""
        gallery = gallery_of(scope)
        prefix = str(scope.get(ROOT, "")) + (f"/g/{gallery}" if gallery else "")
        if not prefix or scope["type"] != "http":
            return await self._app(scope, receive, send)
        inner: dict[str, Any] = {**scope, "root_path": prefix, "path": prefix + scope["path"]}
        inner["raw_path"] = inner["path"].encode("utf-8", "replace")
        # Gradio takes a forwarded name without the prefix; as the plain name it takes both.
        told = header(scope, FORWARDED)
        if told:
            name = told[0].split(",")[0].strip().encode("latin-1")
            kept = [
                pair for pair in scope["headers"] if pair[0].lower() not in (b"host", FORWARDED)
            ]
            inner["headers"] = [*kept, (b"host", name)]
        with about(gallery):
            await self._app(inner, receive, send)
        return None
