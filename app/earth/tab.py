"""The tab Earth: where scenes lie, and a place to search in."""

from __future__ import annotations

from app.earth.contract import EarthProblem, EarthShown, Settings
from app.earth.service import SHOWN, STEPS, UNKNOWN, earth_answer
from app.earth.view import earth_view
from app.kit.page import Page, Params, View, own_html
from app.kit.plotly import plotly_link
from app.kit.theme import FONT
from app.query.area import DIGITS
from app.query.request import PARAMS
from app.words.earth import EARTH
from app.words.filters import FILTERS
from app.words.large import LARGE
from app.words.translation import as_json
from cmpagl.export.answer import COLOURS, LAST

__all__ = ["build"]

ASKED = tuple(name for name in PARAMS if name not in ("scene", "k", "find", "layout", "size"))
"""The link's parameters that decide what is shown; the chosen scene the script reads itself."""


def build(page: Page) -> View:
    """Lay the tab out; see `app/build.py` for what a view owes the page."""
    settings: Settings = {
        "plotly": plotly_link(),
        "colours": [[most, colour] for most, colour in COLOURS],
        "last": LAST,
        "font": FONT,
        "digits": DIGITS,
        "steps": STEPS,
        "unknown": UNKNOWN,
        "most": SHOWN,
    }
    words = {**as_json(LARGE), **as_json(EARTH), "filters": as_json(FILTERS)}
    earth = own_html("earth", words=words, settings=settings)

    def open_view(params: Params) -> EarthShown | EarthProblem:
        return earth_view(earth_answer(page.explorer, params))

    return View(open=open_view, outputs=[earth], params=ASKED)
