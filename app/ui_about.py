"""The tab About: what is open, what it was made with, and the model card."""

from __future__ import annotations

from typing import Any

from app.service_about import about_answer
from app.ui_page import Page, Params, View, own_html
from app.views_about import about_view
from app.words import ABOUT

__all__ = ["build"]


def build(page: Page) -> View:
    """Lay the tab out; see `app/ui.py` for what a view owes the page."""
    about = own_html("about", words=ABOUT, tag="article")

    def open_view(params: Params) -> dict[str, Any]:
        return about_view(about_answer(page.explorer))

    return View(open=open_view, outputs=[about])
