"""The tab Map: images and captions in one map. Looking around and selecting need no server."""

from __future__ import annotations

from typing import Any

from app.kit.page import Page, Params, View, scripted_html
from app.query.rank import PARAMS
from app.space.service import map_answer
from app.space.view import picture
from app.words.space import MAP

__all__ = ["build"]


def build(page: Page) -> View:
    """Lay the tab out; see `app/build.py` for what a view owes the page."""
    parts = ("map-points", "map-dots", "map-canvas", "map-hand", "map-side", "map")
    space = scripted_html("map", words=MAP, scripts=parts)

    def open_view(params: Params) -> dict[str, Any]:
        return picture(map_answer(page.explorer, params))

    return View(open=open_view, outputs=[space], params=PARAMS)
