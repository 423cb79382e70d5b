"""The tab Look: where the model looked in a scene, drawn over it."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from app.kit.page import (
    MAX_UPLOAD,
    QUIET,
    Page,
    Params,
    View,
    asked_params,
    asked_text,
    navigate,
    own_html,
    visitor_of,
)
from app.look.answer import LookAnswer, Strip
from app.look.beside import controls, picker
from app.look.contract import Picker
from app.look.nearby import strip
from app.look.request import MAX_FIND, PARAMS, LookRequest, read_request
from app.look.service import HIDDEN, look
from app.look.view import stage, stage_settings
from app.words.look import LOOK
from cmpagl.errors import CmpaglError

__all__ = ["build"]


def build(page: Page) -> View:
    """Lay the tab out; see `app/build.py` for what a view owes the page."""
    limits = {"max_bytes": MAX_UPLOAD, "max_find": MAX_FIND}
    picking = ("find", "take")
    choice = own_html("look-picker", words=LOOK, settings=limits, events=picking, tag="section")
    with gr.Row(elem_id="look-body"):
        maps = own_html("look", words=LOOK, settings=stage_settings(), events=("read", "hide"))
        side = own_html("look-controls", words=LOOK, tag="aside")

    def scenes(request: LookRequest, text: str = "") -> Strip | None:
        return strip(page.explorer, request, text) if page.explorer.ready else None

    def show(found: LookAnswer) -> tuple[Any, Any, Any]:
        beside = gr.skip() if found.pending else controls(found)
        return picker(found, scenes(found.request)), stage(found), beside

    def open_view(params: Params) -> tuple[Any, Any, Any]:
        return show(look(page.explorer, params, wait=False))

    def read(event: gr.EventData) -> tuple[Any, Any, Any]:
        return show(look(page.explorer, asked_params(event)))

    def hide(event: gr.EventData) -> Any:  # noqa: ANN401 (as the others give)
        said = asked_params(event)
        steps = said.get("steps", "")
        check = int(steps) if steps.isascii() and steps.isdigit() and len(steps) < 3 else 0
        return stage(look(page.explorer, said, check=min(check, len(HIDDEN))))

    def find(event: gr.EventData) -> Picker | None:
        said = asked_params(event)
        request = read_request(said)
        return picker(LookAnswer(request), scenes(request, said.get("text", "")))

    def take(event: gr.EventData, asked: gr.Request) -> tuple[Any, Any]:
        try:
            path = asked_text(event, "path")
            token = page.explorer.uploads.keep(path, get_upload_folder(), visitor_of(asked))
        except CmpaglError as error:
            request = LookRequest()
            return gr.skip(), picker(LookAnswer(request), scenes(request), str(error))
        return navigate({"tab": "look", "own": token, "scene": None}), gr.skip()

    outputs = [choice, maps, side]
    maps.read(read, None, outputs, **QUIET)
    maps.hide(hide, None, maps, trigger_mode="multiple", **QUIET)
    choice.find(find, None, choice, **QUIET)
    choice.take(take, None, [page.address, choice], **QUIET)
    return View(open=open_view, outputs=outputs, params=PARAMS, pictures=("own", "upload"))
