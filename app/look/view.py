"""What Look's scripts draw: answers of `app.look.service` as JSON with words. Pure.

`stage`, `controls` and `picker` give the values of the three components ``look.js``,
``look-controls.js`` and ``look-picker.js``.
"""

from __future__ import annotations

from plotly.colors import sequential

from app.kit.contract import GoParams, Note, Table
from app.kit.plotly import plotly_link
from app.kit.theme import FONT, LIGHT
from app.look.answer import LookAnswer, Panel
from app.look.check import check_shown
from app.look.contract import (
    Cells,
    PanelShown,
    Scale,
    Stage,
    StageSettings,
    Waiting,
)
from app.look.maps import GridMap, Key
from app.look.request import MODES, request_params
from app.look.said import panel_title, parts_shown, percent, source
from app.look.saved import png_shown
from app.query.request import MAX_TEXT
from app.words.captions import tidy
from app.words.look import LOOK
from app.words.numbers import decimal, whole
from cmpagl.diagnose.results import WordResult

__all__ = ["stage", "stage_settings"]

SHOWN_MODES = MODES[:3]  # the last is for researchers

PALETTES = {"viridis": sequential.Viridis, "cividis": sequential.Cividis}
NOTHING = GridMap(1, (None,), ())

OPACITY = 0.6  # of a map over its picture, until a person moves it


def stage_settings() -> StageSettings:
    """What ``look.js`` paints with: colours from low to high, the first palette's at the start."""
    return {
        "palettes": PALETTES,
        "palette": next(iter(PALETTES)),
        "opacity": OPACITY,
        "plotly": plotly_link(),
        "max_text": MAX_TEXT,
        "png": {"ink": LIGHT["ink"], "font": f"'{FONT}', system-ui, sans-serif"},
    }


def stage(found: LookAnswer) -> Stage | Waiting:
    """The pictures with their maps, and everything that is told about them."""
    if found.pending:
        return {
            "pending": LOOK.loading,
            "request": request_params(found.request),
            "notes": [],
        }
    request = found.request
    mode = request.mode
    notes: list[Note] = [{"kind": kind, "text": text} for kind, text in found.problems]
    lacking = _lacking(found)
    if lacking:
        notes.append({"kind": "info", "text": lacking})
    return {
        "pending": None,
        "notes": notes,
        "mode": mode,
        "modes": [
            {"name": m, "label": LOOK.modes[m], "on": m == mode, "params": _mode(m, found)}
            for m in SHOWN_MODES
        ],
        "hint": LOOK.hints[mode],
        "query": request.text,
        "than": request.than,
        "words": [
            {"name": str(n or ""), "text": text, "on": n == request.word}
            for n, text in enumerate((LOOK.all_words, *found.words) if found.words else ())
        ],
        "panels": [_panel(found, panel) for panel in found.panels],
        "scale": _scale(found) if found.panels and not lacking else None,
        "foot": [_not_causal(found), source(found)] if found.panels else [],
        "check": check_shown(found) if found.check else None,
        "request": request_params(request),
        "spoken": _spoken(found),
    }


def _mode(name: str, found: LookAnswer) -> GoParams:
    """A place needs no name where there is no query."""
    return {"look": None if name == "place" and not found.request.text else name}


def _lacking(found: LookAnswer) -> str | None:
    """Why there is no map, in one sentence."""
    if not found.panels or found.panels[0].map is not None:
        return None
    if not found.shares and found.request.mode != "score":
        return str(LOOK.no_maps)
    reasons = {"share": LOOK.no_share, "class": LOOK.no_class}
    return reasons.get(found.request.mode, LOOK.no_words)


def _panel(found: LookAnswer, panel: Panel) -> PanelShown:
    request = found.request
    shown = panel.map or NOTHING
    title = panel_title(panel)
    weights = LOOK.trained if panel.trained else LOOK.random_weights
    mode = LOOK.modes[request.mode]
    scene = panel.picture.scene
    remove: GoParams | None = None
    second = panel.query != found.panels[0].query
    if not panel.trained:
        remove = {"random": None}
    elif second:
        remove = {"than": None}
    elif panel.slot == "at2":
        remove = {"beside": None, "at2": None}
    label = scene.class_name or "" if scene else ""
    if request.random:
        label = weights
    elif request.than and panel.query:
        label = f"“{panel.query}”"
    if shown.score is not None:
        said = LOOK.cosine.format(score=decimal(shown.score, 3))
        label = f"{label}, {said}" if label else said
    return {
        "key": f"{panel.slot} {panel.trained} {second}",
        "slot": panel.slot,
        "title": title,
        "label": label,
        "trained": panel.trained,
        "picture": panel.picture.link,
        "alt": tidy(scene.captions[0]) if scene and scene.captions else title,
        "spoken": LOOK.grid.format(title=title, map=mode, grid=shown.grid),
        "grid": shown.grid,
        "map": list(shown.values),
        "cells": _cells(shown),
        "window": shown.window,
        "at": panel.at,
        "parts": parts_shown(shown),
        "nothing": (LOOK.lowers if request.mode == "score" else LOOK.nothing_there),
        "table": _table(found, title, shown),
        "remove": remove,
        "png": png_shown(title, panel, found) if panel.map else None,
    }


def _cells(shown: GridMap) -> Cells | None:
    if not shown.cells:
        return None
    side = round(len(shown.cells) ** 0.5)
    return {"side": side, "values": shown.cells, "whole": shown.cell_weights or ()}


def _table(found: LookAnswer, title: str, shown: GridMap) -> Table:
    value = LOOK.table_share if found.request.mode == "share" else LOOK.table_value
    head = [LOOK.table_place, value]
    rows = [[_key(key), percent(key.weight)] for key in shown.strongest]
    if shown.cells:
        head.append(LOOK.table_patch)
        for row, key in zip(rows, shown.strongest, strict=True):
            row.append("" if key.box is None else percent(key.per_patch))
    return {"caption": LOOK.table_caption.format(title=title), "head": head, "rows": rows}


def _key(key: Key) -> str:
    if key.box is None:
        return str(LOOK.row_class)
    top, left, rows, columns = key.box
    if key.kind == "place":
        return str(LOOK.row_place.format(row=top + 1, column=left + 1))
    ends = {"top": top + 1, "bottom": top + rows, "left": left + 1, "right": left + columns}
    return str(LOOK.row_cell.format(**ends))


def _scale(found: LookAnswer) -> Scale:
    mode = found.request.mode
    units = {"share": LOOK.unit_share, "score": LOOK.unit_score, "class": LOOK.unit_weight}
    unit = units.get(mode, LOOK.unit_branch if found.join == "scale" else LOOK.unit_patch)
    several, high = len(found.panels) > 1, percent(found.high)
    return {
        "least": found.low,
        "most": found.high,
        "low": percent(found.low) if found.low else "0 %",
        "high": LOOK.or_more.format(share=high) if several and mode == "score" else high,
        "unit": unit + (f", {LOOK.one_scale}" if several else ""),
    }


def _spoken(found: LookAnswer) -> str | None:
    """What a screen reader is told when another place was chosen."""
    if found.request.mode != "place" or not found.panels:
        return None
    panel = found.panels[0]
    if panel.at is None or panel.map is None:
        return None
    parts = ", ".join(part["text"] for part in parts_shown(panel.map) or [])
    row, column = panel.at
    return str(LOOK.spoken.format(row=row + 1, column=column + 1, parts=parts))


def _not_causal(found: LookAnswer) -> str:
    mode = found.request.mode
    said = LOOK.not_exact if mode == "score" else LOOK.not_causal
    return f"{said} {_pointing(found)}" if mode in ("score", "class") else said


def _pointing(found: LookAnswer) -> str:
    """How often such a map points at the right thing, as far as it was measured."""
    request, result = found.request, found.pointing
    name = "score" if request.mode != "class" else f"block {request.block}"
    if not isinstance(result, WordResult) or name not in result.maps:
        return str(LOOK.pointing_none)
    share = result.maps[name]
    if share.limits is None:
        return str(LOOK.pointing_one)
    low, high = share.limits
    kind = LOOK.pointing_class if request.mode == "class" else LOOK.pointing_word
    sentence = LOOK.pointing.format(
        map=kind,
        n=whole(result.n_cases),
        share=percent(share.value / 100),
        low=decimal(low, 0),
        high=decimal(high, 0),
        chance=percent(result.chance / 100),
    )
    if name in result.random:
        sentence += LOOK.pointing_random.format(share=percent(result.random[name].value / 100))
    return f"{sentence}."
