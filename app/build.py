"""The shell of the page: header, tabs, address bar, and how they are wired to the views.

What a view is
--------------
A tab is a folder ``app/NAME/`` and a line in `TABS`. Its ``tab.py`` has one function
``build(page: Page) -> View``, called inside its `gr.Tab`. It lays out components, wires its own
events with handlers of at most five lines, and gives back how it is opened. The work is in its
``service.py`` (functions of an `Explorer`, dataclasses out, no Gradio) and ``view.py`` (dataclass
to JSON, pure: the types of ``contract.py``; ``figure.py`` where it draws with plotly). Its scripts
and styles are ``static/*.js`` and ``static/*.css``; its words stand in ``app/words``.

How something is opened
-----------------------
One way only: the address bar. Its parameters are the state of all views together, as text:

    tab        search (left out), look, space (map in old links), earth, errors, about
    q          the text query
    scene      the image id (`ImageRecord.image_id`) of the scene that is selected or looked at
    ...        each view's own, named in its `View.params`

- To open something in another view, JavaScript calls ``go({tab: "look", scene: id})`` of ``go.js``:
  given parameters replace those of the address, null removes one, the rest stays. For "search with
  this result": ``go({tab: "search", like: id, q: null})``. Python takes no part in it.
- `View.open(params)` is called with the parameters (a ``dict[str, str]``: never trusted) when the
  model is ready and the view must show something else than it does: first load, `go`, back,
  forward. It returns the values of `View.outputs`. It must accept anything and never raise for a
  visitor's fault: a view says what is wrong in one sentence in a place of its own.
- What Python opens (a picture was handed in) is a value of `Page.address`: ``navigate(params)``.

Scenes are handed to scripts as `app.explorer.scenes.Scene`: name, class, captions, and the links of
its thumbnail and picture, which `app.server` answers.

How a script is written
-----------------------
A script is an ES module, a file ``app/NAME/static/*.js`` that the page itself answers, with
explicit imports: ``import { el } from "../../kit/static/dom.js"``. What every script may use stands
in ``app/kit/static``, a file a concern; no tab imports another tab's. `own_html` makes the
component: its ``js_on_load`` says which module is imported and what it is given, and
``app/kit/static/compiled.js`` does so::

    export function mount({ root, props, trigger, watch, upload, words, settings }) {
      const draw = () => refill(root, el("p", null, say(words.n_scenes, { n: props.value.n })));
      draw();                                     // props.value may be there, or null
      watch("value", draw);                       // and whenever Python sets it
    }

What a component keeps is a variable of its ``mount``, not of its module. ``words`` are sentences,
``settings`` what Python has settled (limits, defaults, colours); events that the script triggers
are named once more in `own_html`, because Gradio must know them. Addresses carry a digest of all
scripts (`app/kit/scripts.py`).

What must hold everywhere
-------------------------
Text of people and data sets is only ever set as textContent (see `own_html`). Components listen to
what people do (``input``, ``release``, ``submit``, ``select``), not to ``change``, which also fires
when Python sets a value. ``trigger_mode="always_last"`` repeats an old event's `gr.EventData`, so
it is only for handlers without. Light handlers have ``queue=False``; every handler of the page has
``api_visibility="private"``: the public endpoints are those of `app/api/publish.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

import gradio as gr

from app.adding.desk import Desk
from app.api import publish as ui_api
from app.explorer.explorer import Explorer
from app.explorer.sets import go_on
from app.kit.contract import StatusShown
from app.kit.galleries import galleries_shown, recent_shown
from app.kit.gradio_theme import gradio_theme
from app.kit.page import (
    MAX_UPLOAD,
    QUIET,
    Page,
    Params,
    View,
    asked_scope,
    asked_text,
    by_operator,
    calling,
    own_html,
)
from app.kit.plotly import plotly_routes
from app.kit.scripts import script_link, script_routes
from app.kit.theme import style_sheet
from app.serving.owner import OWNER, owner_of
from app.serving.which import gallery_of
from app.words.adding import ADDING
from app.words.page import PAGE, STATUS
from app.words.serving import LINE
from app.words.translation import LANGUAGE, as_json

__all__ = ["build", "launch_options"]

LOG = logging.getLogger("cmpagl.explorer")

TABS = (
    "search",
    "look",
    "space",
    "earth",
    "errors",
    "about",
)
"""The tabs from left to right, each a folder ``app/NAME`` with a ``tab.py``; the page starts with
the first."""

OLD_NAMES = {"map": "space"}
"""Names of tabs in links that were copied long ago, and what those tabs are called now."""

LOOK_AGAIN = 30.0
"""Seconds between two looks of an open page for a newer version of its index."""


def build(explorer: Explorer, desk: Desk | None = None) -> gr.Blocks:
    """The whole page for one explorer, which may still be opening, with a desk to add pictures."""
    demo = gr.Blocks(
        title=PAGE.title, analytics_enabled=False, fill_width=True, delete_cache=(3600, 7200)
    )
    with demo:
        words = {**as_json(PAGE), **as_json(STATUS)}
        asks = ("stop", "resume", "renew", "tune")
        header = own_html("header", words=words, events=asks, tag="header")
        adding = own_html("adding", words=ADDING)
        page = Page(explorer, _address_bar())
        with gr.Tabs(elem_id="explorer-tabs") as tabs:
            views = {name: _tab(name, page) for name in TABS}
        page.address.props |= {
            "names": {name: list(view.params) for name, view in views.items()},
            "pictures": sorted({name for view in views.values() for name in view.pictures}),
        }
        ui_api.publish(explorer)
        _wire_opening(page, tabs, views)
        _wire_status(demo, page, header, adding, desk)
    return demo


def launch_options() -> dict[str, Any]:
    """What `gr.Blocks.launch` is given for looks, sizes and privacy."""
    return {
        "theme": gradio_theme(),
        "css": style_sheet(),
        "head": f'<meta name="explorer-language" content="{LANGUAGE}">'
        f'<script type="module" src="{script_link("page")}"></script>',
        "footer_links": ["api"],
        "app_kwargs": {"routes": [*script_routes(), *plotly_routes()]},
        "max_file_size": MAX_UPLOAD,
        "run_history": False,
        "ssr_mode": False,
        "enable_monitoring": False,
    }


def _address_bar() -> gr.HTML:
    """The address bar's script, which opens every view."""
    events = ("show", *(f"open_{name}" for name in TABS))
    settings = {"tabs": list(TABS), "old_names": OLD_NAMES}
    return own_html("address", words=LINE, settings=settings, events=events)


def _tab(name: str, page: Page) -> View:
    module = import_module(f"app.{name}.tab")
    title = PAGE.tabs.get(name, name.capitalize())  # words may have none for it yet
    with gr.Tab(title, id=name, elem_id=f"explorer-tab-{name}") as tab:
        view: View = module.build(page)
    tab.select(None, js=calling("go", "choose", name), api_visibility="private")
    return view


def _wire_opening(page: Page, tabs: gr.Tabs, views: dict[str, View]) -> None:
    def show(event: gr.EventData) -> gr.Tabs:
        return gr.Tabs(selected=asked_text(event, "tab"))

    page.address.show(show, outputs=tabs, **QUIET)
    for name, view in views.items():
        listen = getattr(page.address, f"open_{name}")
        outputs = [page.address, *view.outputs]
        # address.js asks one thing at a time, whatever Gradio's trigger mode.
        listen(_opener(name, view), list(view.inputs), outputs, trigger_mode="multiple", **QUIET)


def _opener(name: str, view: View) -> Callable[..., object]:
    def open_view(event: gr.EventData, request: gr.Request, *inputs: object) -> tuple[object, ...]:
        OWNER.set(owner_of(asked_scope(request)))  # each event runs in a context of its own
        asked = event._data if isinstance(event._data, dict) else {}
        answered = {"answered": name, "count": asked.get("count")}
        given = asked.get("params")
        given = given if isinstance(given, dict) else {}
        params = {str(key): str(value) for key, value in given.items()}
        return answered, *_safely(view, params, inputs)

    return open_view


def _safely(view: View, params: Params, inputs: tuple[object, ...]) -> tuple[object, ...]:
    """The values of a view's outputs; at a bug, all stay as they are, and it is told."""
    try:
        values = view.open(params, *inputs)
    except Exception:
        LOG.exception("opening a view failed: %s", params)
        gr.Warning(PAGE.bug)
        return (gr.skip(),) * len(view.outputs)
    return tuple(values) if len(view.outputs) > 1 else (values,)


def _wire_status(
    demo: gr.Blocks, page: Page, header: gr.HTML, adding: gr.HTML, desk: Desk | None
) -> None:
    timer = gr.Timer(1.0)

    def tell(request: gr.Request) -> tuple[Any, Any, Any, Any]:
        scope = asked_scope(request)
        owner, gallery = owner_of(scope), gallery_of(scope)
        page.explorer.renew_if_lost()
        status = page.explorer.status
        ready = {"ready": True} if page.explorer.ready else gr.skip()
        waits = not status.settled or status.phase == "stopped"  # another visitor may go on
        recent = recent_shown(page.explorer, operator=by_operator(request))
        said: StatusShown = {
            "phase": status.phase,
            "sentence": status.sentence,
            "done": status.done,
            "total": status.total,
            "operator": by_operator(request),
            "opened": page.explorer.number,
            "newer": page.explorer.newer,
            "galleries": galleries_shown(page.explorer, owner, gallery, more=bool(recent)),
            "recent": recent,
        }
        handed = desk and desk.shown(owner, gallery, operator=by_operator(request))
        # Once open, only a newer version of the index can change anything, and that is rare.
        return said, handed, ready, gr.Timer(1.0 if waits else LOOK_AGAIN)

    def stop(request: gr.Request) -> None:
        if not by_operator(request):  # it was the operator who started it
            return
        key = gallery_of(asked_scope(request))
        if key:
            page.explorer.galleries.find(key).stopping.set()
        else:
            page.explorer.stop()

    def resume(request: gr.Request) -> None:
        if not by_operator(request):
            return
        key = gallery_of(asked_scope(request))
        if key:
            go_on(page.explorer, page.explorer.galleries.find(key))
        else:
            page.explorer.start()

    gr.on([demo.load, timer.tick], tell, None, [header, adding, page.address, timer], **QUIET)

    def renew(request: gr.Request) -> gr.Timer:
        if by_operator(request):
            page.explorer.renew()
        return gr.Timer(1.0)

    def tune(request: gr.Request) -> gr.Timer:
        if by_operator(request):  # for all visitors at once
            page.explorer.tune()
        else:
            gr.Info(STATUS.tune_operator)
        return gr.Timer(1.0)

    header.renew(renew, None, timer, **QUIET)
    header.tune(tune, None, timer, **QUIET)
    header.stop(stop, None, None, **QUIET)
    header.resume(resume, None, None, **QUIET)
