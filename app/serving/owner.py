"""Whose browser asks: a secret in a cookie, given to who adds pictures of their own.

What a visitor has added is shown to requests that carry it, and to nobody else.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from contextvars import ContextVar

from app.serving.asgi import Scope, header

__all__ = ["COOKIE", "OWNER", "cookie_for", "new_owner", "owner_of"]

OWNER: ContextVar[str] = ContextVar("owner", default="")
"""Who opens a view, as `owner_of` says it; "" is somebody who has added nothing."""

COOKIE = "cmpagl-visitor"
SECRET = re.compile(r"[A-Za-z0-9_-]{32}")


def new_owner() -> str:
    """A secret for a browser that has none yet."""
    return secrets.token_urlsafe(24)


def owner_of(scope: Scope) -> str:
    """A digest of the secret that a request carries; "" where it carries none.

    A digest, so that comparing it tells nothing about the secret by the time it takes.
    """
    for pair in ";".join(header(scope, b"cookie")).split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE and SECRET.fullmatch(value):
            return hashlib.sha256(value.encode()).hexdigest()
    return ""


def cookie_for(secret: str, scope: Scope) -> str:
    """The header that gives a browser its secret, until it is closed.

    Over HTTPS also inside another site's frame, as Spaces are shown, and there for it alone.
    """
    secure = scope.get("scheme") == "https" or header(scope, b"x-forwarded-proto")[-1:] == ["https"]
    frame = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"
    return f"{COOKIE}={secret}; Path=/; HttpOnly; {frame}"
