"""The tab About: what is open, what it was made with, and the model card."""

from __future__ import annotations

from app.about.contract import About
from app.about.service import about_answer
from app.about.view import about_view
from app.kit.page import Page, Params, View, own_html
from app.words.about import ABOUT

__all__ = ["build"]


def build(page: Page) -> View:
    """Lay the tab out; see `app/build.py` for what a view owes the page."""
    about = own_html("about", words=ABOUT, tag="article")

    def open_view(params: Params) -> About:
        return about_view(about_answer(page.explorer))

    return View(open=open_view, outputs=[about])
