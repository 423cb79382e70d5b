"""The tab Errors: what two rankings do to the gallery's own queries."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.errors.export import errors_export
from app.errors.files import made_file
from app.errors.request import PARAMS
from app.errors.service import errors_answer
from app.errors.view import errors_view
from app.kit.page import QUIET, Page, Params, View, scripted_html
from app.words.errors import ERRORS
from cmpagl.errors import CmpaglError

__all__ = ["build"]


def build(page: Page) -> View:
    """Lay the tab out; see `app/build.py` for what a view owes the page."""
    parts = ("errors-charts", "errors-cases", "errors-classes", "errors")
    errors = scripted_html("errors", words=ERRORS, scripts=parts)
    file = scripted_html("errors-file", words=ERRORS)

    def open_view(params: Params) -> dict[str, Any]:
        return errors_view(errors_answer(page.explorer, params))

    def ask(event: gr.EventData) -> dict[str, Any]:
        found = open_view({str(k): str(v) for k, v in event._data["params"].items()})
        return {**found, "count": event._data["count"]}

    def save(event: gr.EventData) -> dict[str, Any]:
        asked, kind = event._data, str(event._data["format"])
        params = {str(k): str(v) for k, v in asked["params"].items()}
        try:
            found = errors_export(page.explorer, params, asked["verdicts"], pictures=kind == "html")
        except CmpaglError as error:
            return {"problem": str(error), "count": asked["count"]}
        return {**made_file(found, kind), "count": asked["count"]}

    errors.ask(ask, None, errors, **QUIET)
    errors.save(save, None, file, **QUIET)
    return View(open=open_view, outputs=[errors], params=PARAMS)
