"""How a score falls as places are hidden, as a plotly figure. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from app.kit.figure import FigureShown, figure_shown

__all__ = ["deletion"]

HEIGHT = 190  # pixels


def deletion(
    hidden: Sequence[float], lines: Sequence[tuple[str, Sequence[float]]], most: float
) -> FigureShown:
    """A line for each way to hide places.

    Args:
        hidden: shares of the places in percent, (n,).
        lines: what each is called, and its scores (n,).
        most: the greatest share that will be hidden.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for (name, scores), colour in zip(lines, ("var(--accent)", "var(--before)"), strict=True):
        figure.add_scatter(
            x=list(hidden),
            y=list(scores),
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2},
            marker={"color": colour, "size": 7},
            hovertemplate="%{x:.0f} %: %{y:.3f}<extra></extra>",
        )
    figure.update_layout(dragmode=False)
    axes = {"fixedrange": True, "gridcolor": "var(--line)", "automargin": True}
    figure.update_xaxes(range=[-1, most + 1], ticksuffix=" %", **axes)
    figure.update_yaxes(tickformat=".2f", **axes)
    return figure_shown(figure, height=HEIGHT, left=48)
