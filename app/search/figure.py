"""The terms of a score as a plotly figure: a waterfall from the first to their sum. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from app.kit.figure import FigureShown, figure_shown
from app.search.contract import Step

__all__ = ["waterfall"]

COLOURS = ("var(--accent)", "var(--before)")  # of the chosen one, and of the one beside it
ROW, GAP = 16, 14  # pixels of a bar and between steps


def waterfall(steps: Sequence[Step]) -> FigureShown:
    """A row for each step, in it a bar for each of the compared, from where its sum stood.

    Args:
        steps: from the first term to their sum; all with the same number of bars.
    """
    import plotly.graph_objects as go

    labels = [step["label"] for step in steps]
    n_series = len(steps[0]["bars"])
    figure = go.Figure()
    for i, colour in enumerate(COLOURS[:n_series]):
        bars = [step["bars"][i] for step in steps]
        figure.add_bar(
            orientation="h",
            y=labels,
            base=[bar["start"] for bar in bars],
            x=[bar["end"] - bar["start"] for bar in bars],
            text=[bar["text"] for bar in bars],
            textposition="outside",
            textfont={"size": 11, "color": "var(--quiet)"},
            cliponaxis=False,
            marker={"color": colour, "opacity": [1.0 if step["total"] else 0.62 for step in steps]},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    ends = [end for step in steps for bar in step["bars"] for end in (bar["start"], bar["end"])]
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = 0.34 * ((high - low) or 1.0)  # for the numbers beside the bars
    figure.update_layout(barmode="group", bargap=GAP / (n_series * ROW + GAP), dragmode=False)
    figure.update_xaxes(
        range=[low - (room if low < 0 else 0.0), high + room],
        showticklabels=False,
        showgrid=False,
        zeroline=True,
        zerolinecolor="var(--edge)",
        fixedrange=True,
    )
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True, showgrid=False)
    return figure_shown(figure, height=len(steps) * (n_series * ROW + GAP) + 16)
