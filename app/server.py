"""Listening: the page behind an address, and the pictures of its gallery beside it."""

from __future__ import annotations

import gzip

from gradio.routes import App, FileResponse, HTTPException, Response

from app import build as ui
from app.api import publish as ui_api
from app.explorer.explorer import Explorer
from app.explorer.scenes import file_state, picture_jpeg, thumbnail_file
from app.space.service import map_file
from cmpagl.errors import CmpaglError

__all__ = ["serve"]

KEEP = {"Cache-Control": "private, max-age=86400"}  # a link names the version of its picture


def serve(
    explorer: Explorer, *, host: str = "127.0.0.1", port: int | None = None, mcp: bool = False
) -> str:
    """Listen in threads of their own and give the address, before anything is loaded."""
    demo = ui.build(explorer)
    demo.queue(max_size=ui_api.WAITING, default_concurrency_limit=ui_api.AT_ONCE)
    app, url, _ = demo.launch(
        server_name=host,
        server_port=port,
        mcp_server=mcp,
        prevent_thread_lock=True,
        quiet=True,
        show_error=False,
        **ui.launch_options(),
    )
    _add_pictures(app, explorer)
    _add_map(app, explorer)
    return str(url)


def _add_pictures(app: App, explorer: Explorer) -> None:
    """Serve thumbnails, pictures and what became of their files, by number.

    No path is shown, nothing else can be reached.
    """

    def send(number: int, kind: str) -> Response:
        try:
            if kind == "state":
                fresh = {"Cache-Control": "no-store"}
                return Response(file_state(explorer, number), 200, fresh, "text/plain")
            if kind == "thumbnail":
                return FileResponse(thumbnail_file(explorer, number), headers=KEEP)
            return Response(picture_jpeg(explorer, number), 200, KEEP, "image/jpeg")
        except CmpaglError as error:
            raise HTTPException(404, str(error)) from error

    app.add_api_route("/scenes/{number}/{kind}", send, response_model=None)


def _add_map(app: App, explorer: Explorer) -> None:
    """Serve the points of the map, compressed; a link names the version of its index."""
    headers = {**KEEP, "Content-Encoding": "gzip"}

    def send(name: str) -> Response:
        try:
            content = gzip.compress(map_file(explorer, name), 5)
        except CmpaglError as error:
            raise HTTPException(404, str(error)) from error
        kind = "application/json" if name == "names" else "application/octet-stream"
        return Response(content, 200, headers, kind)

    app.add_api_route("/map/{name}", send, response_model=None)
