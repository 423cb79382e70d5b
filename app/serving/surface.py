"""The surface: only the routes that the page and its endpoints need, to who may ask them.

An ASGI wrapper around all of Gradio, whose other routes (a relay of foreign addresses, recordings,
links to stored states, direct runs, its own monitoring) no request reaches.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from app.serving.asgi import Application, Message, Receive, Scope, Send, header, redirect, refuse
from app.serving.names import Names
from app.serving.which import GALLERY_KEY, ROOT, divided
from app.words.serving import SERVING

__all__ = ["HEADERS", "Surface"]

LOG = logging.getLogger("cmpagl.explorer")

API = "/gradio_api"
ENDPOINT = r"[a-z_0-9]{1,64}"
ID = r"[A-Za-z0-9_-]{1,64}"

READ = (
    r"/",
    r"/(assets|static)/[^\\]{1,300}",
    r"/(config|theme\.css|favicon\.ico|robots\.txt|manifest\.json)",
    r"/scenes/[0-9]{1,9}/(thumbnail|picture|state|around)",
    r"/map/[a-z_]{1,40}",
    r"/columns",
    r"/earth/(places|coast|ground|geojson|parquet|csv)",
    r"/line/[A-Za-z0-9_-]{8,40}",
    r"/add/state",
    r"/scripts/[0-9a-f]{12}/[a-z_]{1,40}/static/[a-z_-]{1,40}\.js",
    r"/plotly/[0-9.]{1,20}/plotly\.min\.js",
    rf"{API}/(theme\.css|info/?|openapi\.json|app_id/?|user/?|login_check/?|startup-events)",
    rf"{API}/heartbeat/{ID}",
    rf"{API}/queue/data",
    rf"{API}/call/(v2/)?{ENDPOINT}/{ID}",
    rf"{API}/upload_progress",
)
"""Paths that may be read, whole."""

WRITTEN = (
    rf"{API}/(run|call|call/v2)/{ENDPOINT}/?",
    rf"{API}/(queue/join|upload|cancel|reset/?)",
    r"/line/[A-Za-z0-9_-]{8,40}",
    r"/add/(begin|file|end|stop|resume|forget|keep|open)",
    r"/kept/(geojson|parquet|zip)",
)
"""Paths that may be written to, whole."""

TOOLS = rf"{API}/mcp(/|/schema)?"
SIGNING_IN = (r"/login/?", r"/logout")
UNSIGNED = (
    r"/|/login/?|/(assets|static|scripts|plotly)/.*"
    r"|/(theme\.css|favicon\.ico|robots\.txt|manifest\.json)"
    r"|/gradio_api/(login_check/?|startup-events)"  # the second Gradio asks itself, to begin
)
"""What someone sees who has not signed in, where signing in is asked for."""

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",  # and in a page, see `_Page`, the lines that came with it
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self' blob:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    # The hub shows Spaces in a frame, a notebook of this machine what `cmpagl.explore` opens.
    "frame-ancestors": "'self' https://huggingface.co http://localhost:* http://127.0.0.1:*",
}

POLICY_NAME = "Content-Security-Policy"
SCRIPT = re.compile(rb"(<script)(?=[\s>])(.*?</script)", re.DOTALL | re.IGNORECASE)

HEADERS = {
    POLICY_NAME: "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # a link holds what was searched for
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
"""On every answer."""

KEPT = ("/assets/", "/static/", "/scripts/", "/plotly/", "/theme.css", "/favicon", "/manifest")
"""What is the same for everybody: its answers may be kept where nothing else is said."""
PAGE_KEPT, KEPT_NOWHERE = b"private, no-cache", b"no-store"

LONGEST_LINK = 60_000  # bytes behind the path; Gradio opens no address of more than 65,536

FOREIGN = {b"access-control-allow-credentials", b"access-control-allow-origin"}
"""Headers of Gradio's that no answer needs: who asks from elsewhere is refused."""


class Surface:
    """Answers what is allowed, with `HEADERS`; everything else is refused in one sentence."""

    def __init__(
        self,
        app: Application,
        names: Names,
        *,
        tools: bool = False,
        root_path: str = "",
        signed_in: Callable[[Scope], bool] | None = None,
        sees: Callable[[Scope, str], bool] = lambda scope, gallery: not gallery,
        own_name: str = "",
        more: Iterable[str] = (),
        first: str = "",
    ) -> None:
        """Wrap an application.

        Args:
            app: what answers.
            names: hosts and origins that may ask.
            tools: whether the endpoints are MCP tools as well.
            root_path: the prefix under which a proxy shows the page, whether it strips it or not.
            signed_in: where signing in is asked for: whether a request comes from who has.
            sees: whether who asks may see a gallery (`app/serving/which.py`); "" is the first.
            own_name: what the first would be called beside others: a link from there is its own.
            more: further paths that may be read, as patterns.
            first: HTML that is put before the first script of a page.
        """
        self._app, self._names, self._signed_in = app, names, signed_in
        self._root, self._sees, self._first = root_path.rstrip("/"), sees, first
        self._own_name = own_name
        signing = SIGNING_IN if signed_in is not None else ()
        self._read = _any_of((*READ, *more, *signing[1:], *((TOOLS,) if tools else ())))
        self._written = _any_of((*WRITTEN, *signing[:1], *((TOOLS,) if tools else ())))
        self._ended = _any_of((TOOLS,) if tools else ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # the page opens no WebSocket
            await send({"type": "websocket.close", "code": 1008})
            return
        if self._root and scope["path"].startswith(self._root + "/"):
            scope["path"] = scope["path"][len(self._root) :]
            scope["raw_path"] = scope["path"].encode("utf-8", "replace")
        scope[ROOT], (scope[GALLERY_KEY], scope["path"]) = self._root, divided(scope["path"])
        refused = self._refused(scope)
        told = _Page(send, self._first, shared=scope["path"].startswith(KEPT))
        if refused is not None:
            await refuse(told, *refused)
            return
        elsewhere = self._elsewhere(scope)
        if elsewhere is not None:
            await redirect(told, elsewhere)
            return
        try:
            await self._app(scope, receive, told)
        except Exception:
            if told.begun:
                raise
            LOG.exception("an answer failed")
            await refuse(told, 500, SERVING.failed)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """Status and sentence where a request is refused."""
        hosts = header(scope, b"host")
        given = [*hosts, *_listed(header(scope, b"x-forwarded-host"))]
        if len(hosts) != 1:
            return 400, SERVING.host.format(name="")
        for host in given:
            if not self._names.host(host):
                return 403, SERVING.host.format(name=host[:80])
        for origin in header(scope, b"origin"):
            if not self._names.origin(origin, given):
                return 403, SERVING.origin.format(name=origin[:80])
        if len(scope.get("query_string", b"")) > LONGEST_LINK:
            return 414, SERVING.long_link
        if scope["path"] and not self._known(scope["method"], scope["path"]):
            return 404, SERVING.route
        open_to_all = self._signed_in is None or re.fullmatch(UNSIGNED, scope["path"])
        if not open_to_all and self._signed_in is not None and not self._signed_in(scope):
            return 401, SERVING.sign_in
        gallery, opens = scope[GALLERY_KEY], scope["path"] in ("", "/")
        if gallery and not opens and not self._sees(scope, gallery):
            return 404, SERVING.no_gallery
        return None

    def _elsewhere(self, scope: Scope) -> str | None:
        """Where a page is that is asked for without its last slash, or is not shown to who asks."""
        gallery, path = scope[GALLERY_KEY], scope["path"]
        if not gallery or path not in ("", "/"):
            return None
        asked = bytes(scope.get("query_string", b"")).decode("latin-1")
        query = f"?{asked}" if asked else ""
        if not self._sees(scope, gallery):
            return f"{self._root}/{query if gallery == self._own_name else '?lost=1'}"
        return None if path else f"{self._root}/g/{gallery}/{query}"

    def _known(self, method: str, path: str) -> bool:
        rules = {"GET": self._read, "HEAD": self._read, "POST": self._written}
        rule = rules.get(method, self._ended if method == "DELETE" else None)
        plain = unquote(path)  # Gradio decodes some paths once more
        return rule is not None and all(rule.fullmatch(p) and ".." not in p for p in (path, plain))


class _Page:
    """Sends an answer with `HEADERS`; in a page, the scripts that came with it may run, no others.

    Gradio's page has its settings in lines of script that differ from answer to answer: each answer
    gets a word of its own, which these lines carry and nothing that is put in later knows. What it
    would compile in the page (templates of components, handlers) `compiled.js` does instead.
    """

    def __init__(self, send: Send, first: str, *, shared: bool = False) -> None:
        """Send to; ``first`` is put before a page's first script; ``shared`` is of everybody."""
        self._send, self._shared = send, shared
        self.begun = self._unread = False
        self._first = first.encode()
        self._word = ""
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """Hand on one message; the content of a page once it is whole."""
        if self._unread:
            return
        if message["type"] == "http.response.start" and _is_plain(message):
            self._unread = True  # of who has no more to say than that it failed
            self.begun = True
            await refuse(_Page(self._send, ""), 500, SERVING.failed)
            return
        if message["type"] == "http.response.start" and message["status"] == 422:
            self._unread = True  # a list of Gradio's own, of what it could not read
            await refuse(_Page(self._send, ""), 400, SERVING.no_body)
            return
        if message["type"] == "http.response.start":
            self.begun = True
            headers = _with_ours(message.get("headers", ()))
            kind = b"".join(value for name, value in headers if name.lower() == b"content-type")
            html = kind.startswith(b"text/html")
            if not (self._shared or any(name.lower() == b"cache-control" for name, _ in headers)):
                headers.append((b"cache-control", PAGE_KEPT if html else KEPT_NOWHERE))
            if html:
                self._word = secrets.token_urlsafe(16)
                ours = HEADERS[POLICY_NAME].replace(
                    "script-src 'self'", f"script-src 'self' 'nonce-{self._word}'"
                )
                own = {POLICY_NAME.lower().encode(), b"content-length"}
                headers = [pair for pair in headers if pair[0].lower() not in own]
                headers.append((POLICY_NAME.lower().encode(), ours.encode()))
            message = {**message, "headers": headers}
        elif self._word:
            self._parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            marked = b'\\1 nonce="' + self._word.encode() + b'"\\2'
            whole = b"".join(self._parts).replace(b"<script", self._first + b"<script", 1)
            message = {**message, "body": SCRIPT.sub(marked, whole)}
        await self._send(message)


def _is_plain(message: Message) -> bool:
    """Whether it is Starlette's own answer to a bug: three words."""
    said = {"headers": message.get("headers", ())}
    plain = header(said, b"content-length") == [str(len("Internal Server Error"))]
    return message["status"] == 500 and plain


def _listed(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",")]


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)")


def _with_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    ours = {name.lower().encode(): value.encode() for name, value in HEADERS.items()}
    left = [pair for pair in headers if pair[0].lower() not in ours.keys() | FOREIGN]
    return [*left, *ours.items()]
