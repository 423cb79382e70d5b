"""Which classes are taken for which, as a plotly figure. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.kit.figure import FigureShown, figure_shown, plain
from app.words.errors import ERRORS

__all__ = ["confusion"]

CELLS = (18, 40, 560)  # pixels: of a cell, at least and at most; of all, where that allows it
MARGIN, LONGEST = 132, 20  # pixels beside the cells; characters of a label
FAINTEST = 0.12  # of a cell's ink


def confusion(names: Sequence[str], counts: Sequence[Sequence[int]]) -> FigureShown:
    """Classes of queries, down, against classes of first hits, across.

    A cell's ink is the root of its share of the row, in one colour where both classes are the same
    and in another where not; empty cells are left out.

    Args:
        names: of the classes. Untrusted.
        counts: (C, C) queries of class i whose first hit is of class j.
    """
    import plotly.graph_objects as go

    inks: dict[bool, list[list[float | None]]] = {True: [], False: []}
    texts = []
    for i, row in enumerate(counts):
        total = sum(row)
        shares = [(n / total) ** 0.5 if n else None for n in row]
        ink = [None if s is None else FAINTEST + (1 - FAINTEST) * s for s in shares]
        for same, rows in inks.items():
            rows.append([value if (i == j) is same else None for j, value in enumerate(ink)])
        texts.append([_said(names, i, j, n, total) for j, n in enumerate(row)])
    figure = go.Figure()
    for same, colour in ((True, "var(--accent)"), (False, "var(--down)")):
        figure.add_heatmap(
            z=inks[same],
            zmin=0,
            zmax=1,
            colorscale=[[0, "var(--panel)"], [1, colour]],
            showscale=False,
            text=texts,
            hovertemplate="%{text}<extra></extra>",
            hoverongaps=False,
            xgap=2,
            ygap=2,
        )
    least, most, whole = CELLS
    size = len(names) * max(least, min(most, whole // len(names)))
    figure.update_layout(dragmode=False)
    figure.update_xaxes(side="top", tickangle=-90, **_axis(names))
    figure.update_yaxes(autorange="reversed", **_axis(names))
    shown = figure_shown(figure, height=MARGIN + size + 8, left=MARGIN, top=MARGIN)
    shown["layout"]["plot_bgcolor"] = "var(--panel)"
    return shown


def _said(names: Sequence[str], of: int, hit: int, n: int, total: int) -> str:
    words = {"of": plain(names[of]), "hit": plain(names[hit]), "n": n, "total": total}
    return str(ERRORS.confusion_cell.format(**words))


def _axis(names: Sequence[str]) -> dict[str, Any]:
    short = [name if len(name) <= LONGEST else name[: LONGEST - 1] + "…" for name in names]
    return {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [plain(name) for name in short],
        "tickfont": {"size": 11},
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "showline": True,
        "mirror": True,
        "linecolor": "var(--line)",
        "fixedrange": True,
    }
