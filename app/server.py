"""Listening: the page behind an address, and the pictures of its gallery beside it."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from dataclasses import dataclass
from os.path import expanduser
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from gradio import File, http_server
from gradio.routes import App, HTTPException, Response, fastapi
from gradio.utils import get_upload_folder

from app import build as ui
from app.adding.desk import Desk
from app.adding.routes import Adding
from app.api import publish as ui_api
from app.api.links import bound_links
from app.earth.coast import coast_file
from app.earth.files import saved_file
from app.earth.service import ground_jpeg, places_file
from app.explorer.around import around_jpeg
from app.explorer.explorer import Explorer
from app.explorer.galleries import link_name
from app.explorer.scenes import (
    LEAST_VERSION,
    check_unchanged,
    file_state,
    picture_jpeg,
    scene_of_link,
    thumbnail_webp,
)
from app.kit.page import MAX_UPLOAD
from app.kit.scripts import script_link
from app.query.filters import columns_file
from app.search.kept_files import kept_file
from app.serving.admission import Admission, Event
from app.serving.asgi import Application, Scope, header
from app.serving.bodies import Bodies
from app.serving.door import FREE, LONGEST, Door
from app.serving.events import PICTURE
from app.serving.listen import Listener
from app.serving.names import Names
from app.serving.owner import owner_of
from app.serving.places import Places
from app.serving.state import keep_no_state
from app.serving.surface import Surface
from app.serving.which import Prefixed
from app.space.service import map_file, map_version
from app.words.page import STATUS
from app.words.serving import SERVING
from cmpagl.errors import CmpaglError, QueryError
from cmpagl.files import cache_folder

__all__ = ["Reach", "serve"]

LIGHT = ("tell", "show", "stop", "resume")  # events of the page that stand in no line
TAKING = ("take",)  # events by which a picture is given: they wait for each other alone
HEAVY = ("open_look",)  # events that always let the model see a picture

KEEP = {"Cache-Control": "private, max-age=86400"}  # a link names the version of its picture
FRESH = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Reach:
    """Where the page is reached, and by whom."""

    host: str = "127.0.0.1"  # the address to listen on
    port: int | None = None  # None: the first free one
    allowed: tuple[str, ...] = ()  # further names of the page
    root_path: str = ""  # the prefix under which a proxy shows it
    accounts: tuple[tuple[str, str], ...] = ()  # names and passwords; none: nobody signs in
    mcp: bool = False


def serve(explorer: Explorer, reach: Reach | None = None, desk: Desk | None = None) -> str:
    """Listen in threads of their own and give the address, before anything is loaded.

    Args:
        explorer: what the page shows.
        reach: where it is reached, and by whom.
        desk: where visitors hand in pictures; None: nowhere.

    Raises:
        UsageError: the address is none, or taken.
    """
    reach = reach or Reach()
    bound_links(MAX_UPLOAD)
    names = Names(reach.host, reach.allowed, os.environ.get("SPACE_HOST"))
    demo = ui.build(explorer, desk)
    demo.queue(max_size=ui_api.WAITING, default_concurrency_limit=ui_api.AT_ONCE, api_open=False)

    def wrap(app: App) -> Application:
        keep_no_state(app)
        app.root_path = ""  # `Prefixed` says it, with the gallery
        _add_pictures(app, explorer)
        _add_map(app, explorer)
        _add_earth(app, explorer)
        _add_columns(app, explorer)
        _add_kept(app, explorer)
        lines = dict.fromkeys(LIGHT) | dict.fromkeys(TAKING, explorer.taking)
        events = {
            number: Event(
                len(fn.inputs),
                lines.get(str(fn.name), explorer.line),
                heavy=any(event in HEAVY for _, event in fn.targets),
            )
            for number, fn in demo.fns.items()
            if fn.fn is not None and not fn.queue
        }
        calls: dict[str | int, list[object]] = {}
        for number, fn in demo.fns.items():
            if fn.api_visibility == "public":
                inputs = fn.inputs
                values = [
                    PICTURE if isinstance(c, File) else getattr(c, "value", None) for c in inputs
                ]
                calls |= {str(fn.api_name): values, number: values}
        queue = demo._queue

        def awaited(name: str) -> bool:
            waiting = queue.pending_event_ids_session.get(name)
            return bool(waiting) and name in queue.pending_messages_per_session

        uploads = Path(get_upload_folder()).resolve()
        admitted: Application = Admission(
            Prefixed(app), events, calls, uploads, explorer.saving, awaited
        )
        if desk is not None:
            admitted = Adding(admitted, desk)
        if reach.accounts:
            admitted = Door(admitted)
        places = Places(Bodies(admitted, uploads, MAX_UPLOAD), lambda: _places(explorer))
        return Surface(
            places,
            names,
            tools=reach.mcp,
            root_path=reach.root_path,
            signed_in=(lambda scope: _signed_in(app, scope)) if reach.accounts else None,
            sees=lambda scope, gallery: explorer.galleries.may_see(gallery, owner_of(scope)),
            own_name=link_name(index, ()) if (index := explorer.source.index) else "",
            first=f'<script src="{script_link("compiled")}"></script>',
        )

    http_server.start_server = Listener(wrap).start_server  # type: ignore[assignment]
    _, url, _ = demo.launch(
        server_name=reach.host,
        server_port=reach.port,
        root_path=reach.root_path,
        auth=list(reach.accounts) or None,
        auth_message=SERVING.door.format(n=FREE, most=round(LONGEST / 60)),
        mcp_server=reach.mcp,
        prevent_thread_lock=True,
        quiet=True,
        show_error=False,
        share=False,
        _frontend=False,  # what Gradio would ask itself over the network, a proxy perhaps
        **ui.launch_options(),
    )
    return str(url)


def _places(explorer: Explorer) -> dict[str, str]:
    """Where on this machine lies what the page reads, and what a visitor is told instead."""
    source, beside = explorer.source, explorer.galleries.all()
    opened = [one for one in (explorer.first, *(b.opened for b in beside)) if one is not None]
    found = [source.checkpoint, source.second, source.index, *source.data, *source.beside]
    found += [folder for one in beside for folder in (one.folder, *one.data)]
    found += [folder for one in opened for folder in (one.gallery.folder, one.gallery.root)]
    found += [Path(gettempdir()), Path(__file__).resolve().parents[1], cache_folder()]
    whole = {path: path.resolve() for path in found if isinstance(path, Path)}
    named = {str(path): path.name for pair in whole.items() for path in pair if path.is_absolute()}
    return {expanduser("~"): "~", **named}


def _signed_in(app: App, scope: Scope) -> bool:
    """Whether a request carries what Gradio gave to who signed in."""
    kinds = ("access-token", "access-token-unsecure")
    names = {f"{kind}-{app.cookie_id}" for kind in kinds}
    for pair in ";".join(header(scope, b"cookie")).split(";"):
        name, _, value = pair.strip().partition("=")
        if name in names and value in app.tokens:
            return True
    return False


def _add_pictures(app: App, explorer: Explorer) -> None:
    """Serve thumbnails, pictures and what became of their files, by number.

    No path is shown, nothing else can be reached.
    """

    def send(number: int, kind: str, v: str = "") -> Response:
        keep = KEEP if len(v) >= LEAST_VERSION else FRESH
        try:
            gallery = explorer.opened().gallery  # one, also where it is renewed meanwhile
            number = scene_of_link(gallery, number, v)
            if kind == "state":
                return Response(file_state(gallery, number), 200, FRESH, "text/plain")
            if kind == "thumbnail":
                return Response(thumbnail_webp(gallery, number), 200, keep, "image/webp")
            check_unchanged(gallery, number, v)
            if kind == "around":
                content, across = around_jpeg(gallery, number)
                told = {} if across is None else {"X-Metres-Across": f"{across:.6g}"}
                return Response(content, 200, {**keep, **told}, "image/jpeg")
            return Response(picture_jpeg(gallery, number), 200, keep, "image/jpeg")
        except CmpaglError as error:
            raise HTTPException(404, str(error)) from error

    app.add_api_route("/scenes/{number}/{kind}", send, response_model=None)


def _kept(asked: str, version: str) -> Mapping[str, str]:
    """How long a file of the gallery may be kept: as long as its link names the version.

    Raises:
        QueryError: the link names another one, of which the page has other files.
    """
    if asked and asked != version:
        raise QueryError(STATUS.earlier)
    return KEEP if asked else FRESH


def _add_map(app: App, explorer: Explorer) -> None:
    """Serve the points of the map, compressed; a link names the version of its index."""

    def send(name: str, v: str = "") -> Response:
        try:
            opened = explorer.opened()
            headers = {**_kept(v, map_version(opened)), "Content-Encoding": "gzip"}
            content = gzip.compress(map_file(opened, name), 5)
        except CmpaglError as error:
            raise HTTPException(404, str(error)) from error
        kind = "application/json" if name == "names" else "application/octet-stream"
        return Response(content, 200, headers, kind)

    app.add_api_route("/map/{name}", send, response_model=None)


def _add_columns(app: App, explorer: Explorer) -> None:
    """Serve what scenes can be filtered by; a link names the version of its index."""

    def send(v: str = "") -> Response:
        try:
            gallery = explorer.opened().gallery
            headers = _kept(v, gallery.version)
            content = columns_file(gallery)
        except CmpaglError as error:
            raise HTTPException(404, str(error)) from error
        return Response(content, 200, headers, "application/json")

    app.add_api_route("/columns", send, response_model=None)


def _add_kept(app: App, explorer: Explorer) -> None:
    """Make files of the scenes that a person has collected; what is sent is kept nowhere."""

    def send(kind: str, asked: Any = fastapi.Body()) -> Response:  # noqa: ANN401, B008
        try:
            content, media_type = kept_file(explorer, kind, asked)
        except CmpaglError as error:
            raise HTTPException(404, str(error)) from error
        return Response(content, 200, {"Cache-Control": "no-store"}, media_type)

    app.add_api_route("/kept/{kind}", send, methods=["POST"], response_model=None)


def _add_earth(app: App, explorer: Explorer) -> None:
    """Serve where scenes lie, the rasters below them, and answers as files."""

    def send(what: str, request: fastapi.Request, number: int = -1, v: str = "") -> Response:
        try:
            if what in ("places", "coast", "ground"):
                gallery = explorer.opened().gallery
                headers = _kept(v, gallery.version)
                if what == "ground":
                    return Response(ground_jpeg(gallery, number), 200, headers, "image/jpeg")
                headers = {**headers, "Content-Encoding": "gzip"}
                if what == "places":
                    content = gzip.compress(places_file(gallery), 5)
                    return Response(content, 200, headers, "application/octet-stream")
                content = gzip.compress(coast_file(gallery), 5)
                return Response(content, 200, headers, "application/json")
            file, kind, name = saved_file(explorer, dict(request.query_params), what)
            saved = {"Content-Disposition": f'attachment; filename="{name}"'}
            return Response(file, 200, saved, kind)
        except CmpaglError as error:
            raise HTTPException(404, str(error)) from error

    app.add_api_route("/earth/{what}", send, response_model=None)
