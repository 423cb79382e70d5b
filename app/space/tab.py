"""The tab Space: images and captions in one map. Looking around and selecting need no server."""

from __future__ import annotations

from app.kit.page import Page, Params, View, own_html
from app.kit.plotly import plotly_link
from app.kit.theme import FONT
from app.query.rank import PARAMS
from app.space.contract import Settings, SpaceProblem, SpaceShown
from app.space.palette import PALETTE
from app.space.service import map_answer
from app.space.view import picture
from app.words.space import MAP

__all__ = ["MAX_LINKED", "build"]

MAX_LINKED = 6000
"""Characters of a selection in a link; a longer one is not in it."""


def build(page: Page) -> View:
    """Lay the tab out; see `app/build.py` for what a view owes the page."""
    settings: Settings = {
        "plotly": plotly_link(),
        "palette": PALETTE,
        "font": FONT,
        "max_linked": MAX_LINKED,
    }
    space = own_html("space", words=MAP, settings=settings)

    def open_view(params: Params) -> SpaceShown | SpaceProblem:
        return picture(map_answer(page.explorer, params))

    return View(open=open_view, outputs=[space], params=PARAMS)
