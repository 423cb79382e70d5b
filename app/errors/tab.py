"""The tab Errors: what two rankings do to the gallery's own queries."""

from __future__ import annotations

import gradio as gr

from app.errors.contract import ErrorsShown, FileShown, Settings, TallyShown
from app.errors.export import errors_export
from app.errors.files import made_file
from app.errors.request import FIT, PARAMS, initial_params
from app.errors.service import errors_answer
from app.errors.tally import tally_shown
from app.errors.view import errors_view
from app.kit.page import (
    QUIET,
    Page,
    Params,
    View,
    asked_count,
    asked_params,
    asked_text,
    own_html,
)
from app.kit.plotly import plotly_link
from app.words.errors import ERRORS
from cmpagl.errors import CmpaglError

__all__ = ["build"]


def build(page: Page) -> View:
    """Lay the tab out; see `app/build.py` for what a view owes the page."""
    settings: Settings = {
        "initial": initial_params(),
        "plotly": plotly_link(),
        "fit": {"least": FIT.least, "most": FIT.most, "step": FIT.step},
    }
    errors = own_html("errors", words=ERRORS, settings=settings, events=("ask", "save"))
    file = own_html("errors-file", words=ERRORS)
    tally = own_html("errors-tally", words={}, events=("tally",))

    def open_view(params: Params) -> ErrorsShown:
        return errors_view(errors_answer(page.explorer, params))

    def ask(event: gr.EventData) -> ErrorsShown:
        return {**open_view(asked_params(event, "params")), "count": asked_count(event)}

    def save(event: gr.EventData) -> FileShown:
        params, kind, count = (
            asked_params(event, "params"),
            asked_text(event, "format"),
            asked_count(event),
        )
        verdicts = event._data.get("verdicts")
        try:
            found = errors_export(page.explorer, params, verdicts, pictures=kind == "html")
        except CmpaglError as error:
            return {"problem": str(error), "count": count}
        return made_file(found, kind, count)

    def count_verdicts(event: gr.EventData) -> TallyShown:
        params, verdicts = asked_params(event, "params"), event._data.get("verdicts")
        return tally_shown(page.explorer, params, verdicts, asked_count(event))

    errors.ask(ask, None, errors, **QUIET)
    errors.save(save, None, file, **QUIET)
    # Each question is answered; the script passes over an answer that has been overtaken.
    tally.tally(count_verdicts, None, tally, trigger_mode="multiple", **QUIET)
    return View(open=open_view, outputs=[errors], params=PARAMS)
