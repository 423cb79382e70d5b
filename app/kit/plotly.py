"""plotly.js for the page: the file of the installed plotly package, and the route that answers it.

The page's figures are drawn by it. It is large, so a script imports it when a figure is first
shown, not with the page; its address names its version, so a browser fetches it once.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gradio.routes import APIRouter, Response

__all__ = ["plotly_link", "plotly_routes"]

HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",  # an address names its version
    "Content-Encoding": "gzip",
}


def plotly_link() -> str:
    """The address of plotly.js, relative to the page."""
    return f"plotly/{version('plotly')}/plotly.min.js"


@cache
def _compressed() -> bytes:
    """plotly.js as gzip; the package itself need not be imported for it."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("plotly is not installed: pip install -r requirements.txt")
    path = Path(spec.origin).parent / "package_data" / "plotly.min.js"
    return gzip.compress(path.read_bytes(), 6)


def plotly_routes() -> list[Any]:
    """What answers that address."""

    def send(wanted: str) -> Response:
        if wanted != version("plotly"):
            return Response("No such version.", 404, media_type="text/plain")
        return Response(_compressed(), 200, HEADERS, "text/javascript; charset=utf-8")

    router = APIRouter()
    router.add_api_route("/plotly/{wanted}/plotly.min.js", send, response_model=None)
    return router.routes
