"""Colours and style sheets as strings: one place for what the page looks like.

`LIGHT` and `DARK` are the page's own colours; every style sheet and script uses them as variables
(``var(--ink)``), so that a figure drawn by hand and a Gradio control look alike. Contrast on
``ground`` and ``panel``: text and ``quiet`` at least 4.5:1, ``edge`` of controls, marks and focus
rings at least 3:1; `tests/app/kit/test_theme.py` computes it.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["DARK", "FONT", "LIGHT", "style_sheet"]

APP = Path(__file__).resolve().parents[1]

FONT = "IBM Plex Sans"  # Gradio serves it

LIGHT = {
    "ground": "#f7f7f4",  # behind everything
    "panel": "#ffffff",  # what lies on it
    "raised": "#eef0ec",  # hovered, selected, wells
    "line": "#dfe2dc",  # hairlines that carry no meaning
    "edge": "#7b8681",  # borders of controls
    "ink": "#15201d",  # text
    "quiet": "#56625d",  # text that steps back
    "accent": "#0a6b5c",  # what can be done next, and the ranking after
    "accent-soft": "#d9ece7",
    "on-accent": "#ffffff",
    "before": "#5b6570",  # the ranking before
    "up": "#0a6b5c",
    "up-soft": "#d9ece7",
    "down": "#9a4516",
    "down-soft": "#f7e6da",
    "new": "#2b54a3",
    "new-soft": "#e0e8f7",
    "warn": "#7a5200",
    "warn-soft": "#fbeecb",
    "shadow": "rgba(21, 32, 29, 0.14)",
}

DARK = {
    "ground": "#0f1514",
    "panel": "#161e1c",
    "raised": "#1f2927",
    "line": "#2b3734",
    "edge": "#75847e",
    "ink": "#e9efec",
    "quiet": "#a3b1ac",
    "accent": "#62cfb6",
    "accent-soft": "#173a33",
    "on-accent": "#06201a",
    "before": "#9aa6b2",
    "up": "#62cfb6",
    "up-soft": "#173a33",
    "down": "#f0a272",
    "down-soft": "#40281a",
    "new": "#93b4f5",
    "new-soft": "#1d2c4c",
    "warn": "#eec873",
    "warn-soft": "#3b2f14",
    "shadow": "rgba(0, 0, 0, 0.5)",
}


def style_sheet() -> str:
    """All styles of the page: the colours, then ``page.css``, then a file a view."""
    first = "page.css"
    paths = sorted(APP.glob("*/static/*.css"), key=lambda path: (path.name != first, path.name))
    sheets = [path.read_text("utf-8") for path in paths]
    colours = [_variables(":root, body", LIGHT), _variables(".dark, body.dark", DARK)]
    printed = f":root, body, .dark, body.dark {{ @media print {_variables('', LIGHT)} }}"
    return "\n".join([*colours, printed, *sheets])


def _variables(selector: str, colours: dict[str, str]) -> str:
    return f"{selector} {{ {' '.join(f'--{name}: {value};' for name, value in colours.items())} }}"
