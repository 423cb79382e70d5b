"""The page's scripts as files: which there are, their version, and the route that answers them.

Every ``app/*/static/*.js`` is an ES module. Its address is its path below ``app/`` after the
version of all scripts together, ``scripts/VERSION/search/static/search.js``: an import such as
``../../kit/static/dom.js`` stays within the version, so a browser never mixes two, and may keep
each file for as long as it likes.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from gradio.routes import APIRouter, Response

__all__ = ["APP", "script_files", "script_link", "script_routes", "scripts_version"]

APP = Path(__file__).resolve().parents[1]

KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}  # an address names its version


@cache
def script_files() -> dict[str, bytes]:
    """Every script by its path below ``app/``, such as ``kit/static/dom.js``."""
    paths = sorted(APP.glob("*/static/*.js"))
    return {path.relative_to(APP).as_posix(): path.read_bytes() for path in paths}


@cache
def scripts_version() -> str:
    """A digest of all scripts, their names and what they hold."""
    digest = hashlib.sha256()
    for path, content in script_files().items():
        digest.update(f"{path}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()[:12]


def script_link(name: str) -> str:
    """The address, relative to the page, of the one script ``app/*/static/NAME.js``."""
    (path,) = (path for path in script_files() if Path(path).stem == name)
    return f"scripts/{scripts_version()}/{path}"


def script_routes() -> list[Any]:
    """What answers those addresses; a version that is not this one's is not there."""

    def send(version: str, path: str) -> Response:
        content = script_files().get(path)
        if content is None or version != scripts_version():
            return Response("No such script.", 404, media_type="text/plain")
        return Response(content, 200, KEEP, "text/javascript; charset=utf-8")

    router = APIRouter()
    router.add_api_route("/scripts/{version}/{path:path}", send, response_model=None)
    return router.routes
