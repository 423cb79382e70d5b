"""The tab Search: one question to the service for each change of the address."""

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
    asked_count,
    asked_params,
    asked_text,
    by_operator,
    navigate,
    own_html,
    visitor_of,
)
from app.kit.plotly import plotly_link
from app.query.request import MAX_TEXT, PARAMS
from app.search.across_view import across_shown
from app.search.form import form
from app.search.judging import MOST_QUERIES, judging_shown
from app.search.keeping import keep
from app.search.kept_contract import JudgeSettings, JudgingShown, KeepingSettings
from app.search.service import answer
from app.search.view import problem, ranking
from app.search.why import detail
from app.serving.bodies import EVENT_BYTES
from app.words.filters import FILTERS
from app.words.judging import JUDGING
from app.words.keeping import KEEPING
from app.words.large import LARGE
from app.words.search import SEARCH
from app.words.translation import as_json
from cmpagl.collections.collections import COLOURS, MOST_HISTORY
from cmpagl.errors import CmpaglError
from cmpagl.judge.judgments import MOST_GRADE
from cmpagl.judge.measures import DEPTH

__all__ = ["build"]

JUDGE: JudgeSettings = {
    "depth": DEPTH,
    "most_queries": MOST_QUERIES,
    "most_text": MAX_TEXT,
    "most_grade": MOST_GRADE,
    "most_bytes": EVENT_BYTES - 10_000,  # what Gradio says beside it
}


def build(page: Page) -> View:
    """Lay the tab out; see `app/build.py` for what a view owes the page."""
    settings = {"max_bytes": MAX_UPLOAD, "max_text": MAX_TEXT}
    words = {**as_json(SEARCH), "filters": as_json(FILTERS)}
    search = own_html("search", words=words, settings=settings, events=("upload",))
    with gr.Column(elem_id="search-results"):
        columns = own_html("ranking", words={**as_json(SEARCH), "fresh": KEEPING.fresh})
        everywhere = own_html("across", words=SEARCH)
        closing = {"close": SEARCH.close}
        limits: KeepingSettings = {"colours": COLOURS, "most_history": MOST_HISTORY}
        keeping = own_html(
            "keeping", words={**as_json(KEEPING), **closing}, settings=limits, events=("keep",)
        )
        judging = own_html(
            "judging", words={**as_json(JUDGING), **closing}, settings=JUDGE, events=("measure",)
        )
        drawing = {"plotly": plotly_link()}
        chosen = own_html(
            "detail",
            words={**as_json(SEARCH), "large": as_json(LARGE)},
            settings=drawing,
            events=("spread",),
            tag="aside",
        )

    def open_view(params: Params) -> tuple[Any, ...]:
        found = answer(page.explorer, params)
        shown = (form(found), ranking(found), detail(found.chosen, params))
        return *shown, across_shown(found)

    def tell_spread(event: gr.EventData) -> object:
        params, count = asked_params(event, "params"), asked_count(event)
        found = answer(page.explorer, params, spread=True).chosen
        return detail(found, params, count=count) if found else gr.skip()

    def take(event: gr.EventData, asked: gr.Request) -> tuple[Any, Any]:
        try:
            path = asked_text(event, "path")
            token = page.explorer.uploads.keep(path, get_upload_folder(), visitor_of(asked))
        except CmpaglError as error:
            return gr.skip(), problem(str(error))
        return navigate({"tab": "search", "upload": token, "like": None, "scene": None}), gr.skip()

    def keep_for(event: gr.EventData, asked: gr.Request) -> object:
        given = event._data if isinstance(event._data, dict) else {}
        try:
            return keep(page.explorer, given, operator=by_operator(asked))
        except CmpaglError:  # nothing is open yet
            return gr.skip()

    def measure(event: gr.EventData) -> JudgingShown:
        given = event._data if isinstance(event._data, dict) else {}
        try:
            return {**judging_shown(given), "count": asked_count(event)}
        except CmpaglError as error:
            raise gr.Error(str(error), print_exception=False) from error

    keeping.keep(keep_for, None, keeping, trigger_mode="multiple", **QUIET)
    # Each question is answered; the script passes over an answer that has been overtaken.
    judging.measure(measure, None, judging, trigger_mode="multiple", **QUIET)
    chosen.spread(tell_spread, None, chosen, trigger_mode="multiple", **QUIET)
    search.upload(take, None, [page.address, search], **QUIET)
    return View(
        open=open_view,
        outputs=[search, columns, chosen, everywhere],
        params=PARAMS,
        pictures=("upload",),
    )
