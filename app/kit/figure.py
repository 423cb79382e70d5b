"""plotly figures that Python makes and ``chart.js`` draws: what all of them have in common.

Colours are names of the page's, ``var(--accent)``: the script puts in what they are in light and in
dark. plotly reads a little markup in every text, so what is no sentence of ours goes through
`plain`.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, TypedDict

from app.kit.theme import FONT

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["FigureShown", "figure_shown", "plain"]


class FigureShown(TypedDict):
    """A figure as plotly.js takes it."""

    data: list[Any]
    layout: dict[str, Any]


def plain(text: str) -> str:
    """A text of a person or a data set as a figure shows it letter by letter."""
    return escape(text, quote=False)


def figure_shown(figure: Figure, *, height: int, left: int = 8, top: int = 8) -> FigureShown:
    """A figure in the page's looks, for a script.

    Args:
        figure: without looks of its own.
        height: in pixels; the width is its place's.
        left: the left margin in pixels, where labels stand.
        top: the upper margin.
    """
    figure.update_layout(
        template=None,
        height=height,
        margin={"l": left, "r": 8, "t": top, "b": 8},
        font={"family": f"'{FONT}', system-ui, sans-serif", "size": 12, "color": "var(--ink)"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hoverlabel={"bgcolor": "var(--raised)", "bordercolor": "var(--edge)"},
        showlegend=False,
    )
    made = figure.to_plotly_json()
    return {"data": made["data"], "layout": made["layout"]}
