"""Where things lie on the server: told to who runs it, and to nobody else.

Sentences of the library name folders, which help who can reach them. Whatever leaves for a visitor
passes here, so none of those sentences has to know who reads it. Folders that the page reads are
known, and called by their names, blanks and all; any other path is told by its form, and called by
its last part. Which files there are is not asked: what becomes of a text must not tell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from app.serving.asgi import Application, Message, Receive, Scope, Send, header
from app.serving.visitor import is_operator

__all__ = ["Places", "without_places"]

EVENTS = "text/event-stream"
JSON = "application/json"
TEXTS = (JSON, "text/plain", "text/html", EVENTS)

ROOTS = {"Applications", "Library", "Users", "Volumes", "app", "bin", "boot", "content", "data"}
ROOTS |= {"dev", "etc", "export", "home", "kaggle", "lib", "lib64", "lustre", "media", "mnt", "net"}
ROOTS |= {"nfs", "nix", "opt", "private", "proc", "root", "run", "sbin", "scratch", "shared"}
ROOTS |= {"snap", "srv", "storage", "sys", "tmp", "usr", "var", "work", "workspace", "workspaces"}
"""Folders that paths begin with; those of the page's own folders are added."""
OURS = {"add", "assets", "columns", "earth", "g", "gradio_api", "kept", "line", "login", "logout"}
OURS |= {"map", "plotly", "scenes", "scripts", "static"}
"""What addresses of the page begin with."""

PART = rb"(?:[^\s\"'`<>|:;,()\[\]{}\\/]|\\+u[0-9a-fA-F]{4})+"
AFTER = rb"(?<![\w/.~\]-])"  # no part of a longer path, of an address or of a word
HOME = rb"(?<![\w/.~])~(?:[A-Za-z_][\w.-]*)?(?:/%s)+/?" % PART
FILE = rb"(?<!\w)file:/{1,3}(?:%s/?)+" % PART
DRIVE = re.compile(  # in a text as it is read: JSON writes two for a backslash
    r"(?<![A-Za-z0-9])[A-Za-z]:[\\/](?![\\/])(?:[^\s\"'<>|:*?\\/]+[\\/]+)*[^\s\"'<>|:*?\\/]*"
    r"|(?<!\\)\\\\[\w.$-]+(?:\\[^\s\"'<>|:*?\\/]+)+"
)
MAYBE_DRIVE = re.compile(rb"\b[A-Za-z]:(?:\\\\|/[^/])|\\\\")


class Places:
    """Names folders of the server by their last part, in every text that leaves for a visitor."""

    def __init__(self, app: Application, places: Callable[[], Mapping[str, str]]) -> None:
        """Wrap an application; ``places`` gives absolute paths, and what is shown instead."""
        self._app, self._places = app, places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or is_operator(scope):
            return await self._app(scope, receive, send)
        kind = ""

        async def told(message: Message) -> None:
            nonlocal kind
            if message["type"] == "http.response.start":
                said: Scope = {"headers": message.get("headers", ())}
                kind = ";".join(header(said, b"content-type"))
                if not kind.startswith(TEXTS) or header(said, b"content-encoding"):
                    kind = ""
                if kind:  # its length may change
                    kept = [p for p in said["headers"] if p[0].lower() != b"content-length"]
                    message = {**message, "headers": kept}
            elif kind and message.get("body"):
                places = tuple(sorted(self._places().items()))
                message = {**message, "body": without_places(message["body"], places, kind)}
            await send(message)

        return await self._app(scope, receive, told)


def without_places(text: bytes, places: tuple[tuple[str, str], ...], kind: str = "") -> bytes:
    """A text, of a media type, in which each place is called by what is shown instead."""
    known, shown, others = _patterns(places)
    text = known.sub(lambda found: shown[found[0].lstrip(b"/")], text)
    text = others.sub(lambda found: _last(found[0]), text)
    if not MAYBE_DRIVE.search(text):
        return text
    if kind.startswith(JSON):
        return _in_json(text)
    if kind.startswith(EVENTS):
        lines = text.split(b"\n")
        return b"\n".join(
            b"data: " + _in_json(line[6:]) if line.startswith(b"data: ") else line for line in lines
        )
    return _without_drives(text.decode("utf-8", "surrogateescape")).encode(
        "utf-8", "surrogateescape"
    )


@lru_cache(maxsize=4)
def _patterns(
    places: tuple[tuple[str, str], ...],
) -> tuple[re.Pattern[bytes], dict[bytes, bytes], re.Pattern[bytes]]:
    """What finds known places, how each is called, and what finds other paths."""
    shown = {
        written.lstrip("/").encode(): instead.encode()
        for path, instead in places
        if path.strip("/")
        for written in (path, json.dumps(path)[1:-1])  # as a text, and as JSON may write it
    }
    longest = sorted(shown, key=len, reverse=True)
    deep = _one_of(name for name in longest if b"/" in name)
    flat = _one_of(name for name in longest if b"/" not in name)
    # Of a path of one part, its stroke is what tells that it is none of the text's words.
    known = rb"(?<![\w/])/?%s(?![\w-])|%s/%s(?![\w/-])" % (deep, AFTER, flat)
    roots = {path.split("/")[1] for path, _ in places if path.startswith("/")} - OURS
    begins = _one_of(root.encode() for root in (ROOTS | roots) - {""})
    others = rb"%s|%s|%s/%s(?:/%s)+/?" % (FILE, HOME, AFTER, begins, PART)
    return re.compile(known), shown, re.compile(others)


def _one_of(names: Iterable[bytes]) -> bytes:
    return b"(?:%s)" % (b"|".join(map(re.escape, names)) or rb"(?!)")


def _last(path: bytes) -> bytes:
    """The last part of a path; of a person's own folder, no name."""
    parts = [part for part in path.split(b"/") if part and part != b"file:"]
    if len(parts) == 2 and parts[0] in (b"home", b"Users"):
        return b"~"
    return parts[-1] if parts else b""


def _in_json(text: bytes) -> bytes:
    """JSON without paths of Windows, also in JSON that a text in it holds."""
    try:
        return json.dumps(_walked(json.loads(text))).encode()
    except (ValueError, RecursionError):
        return text


def _walked(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {name: _walked(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_walked(held) for held in value]
    if not isinstance(value, str):
        return value
    if value[:1] in ("{", "["):
        return _in_json(value.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
    return _without_drives(value)


def _without_drives(text: str) -> str:
    return DRIVE.sub(lambda found: re.split(r"[\\/]", found[0].rstrip("\\/"))[-1], text)
