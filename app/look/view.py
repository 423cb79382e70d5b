"""What Look's scripts draw: answers of `app.look.service` as JSON with words. Pure.

`stage`, `controls` and `picker` give the values of the three components ``look.js``,
``look-controls.js`` and ``look-picker.js``.
"""

from __future__ import annotations

import re

from plotly.colors import sequential

from app.explorer.scenes import Scene
from app.kit.contract import GoParams, Note, Table
from app.kit.theme import FONT, LIGHT
from app.look.answer import LookAnswer, Panel
from app.look.contract import (
    Cells,
    PanelShown,
    Part,
    Png,
    Scale,
    Stage,
    StageSettings,
    Waiting,
)
from app.look.maps import GridMap, Key
from app.look.request import MODES, request_params
from app.query.request import MAX_TEXT
from app.words.look import LOOK
from app.words.numbers import decimal, whole
from app.words.page import source_said
from cmpagl.diagnose.results import WordResult

__all__ = ["panel_title", "percent", "scene_name", "stage", "stage_settings"]

_PARTS = {"window": LOOK.part_window, "beyond": LOOK.part_beyond, "class": LOOK.part_class}
"""Where a place's attention goes."""

PALETTES = {"viridis": sequential.Viridis, "cividis": sequential.Cividis}
NOTHING = GridMap(1, (None,), ())

OPACITY = 0.6  # of a map over its picture, until a person moves it


def percent(share: float) -> str:
    """A share as people read it, with the digits that matter."""
    digits = 0 if share >= 0.0995 else 1 if share >= 0.00995 else 2
    return f"{100 * share:.{digits}f} %"


def stage_settings() -> StageSettings:
    """What ``look.js`` paints with: colours from low to high, the first palette's at the start."""
    return {
        "palettes": PALETTES,
        "palette": next(iter(PALETTES)),
        "opacity": OPACITY,
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
        "modes": [{"name": m, "label": LOOK.modes[m], "on": m == mode} for m in MODES],
        "hint": LOOK.hints[mode],
        "query": request.text,
        "words": [
            {
                "name": str(word.number or ""),
                "text": word.text or LOOK.all_words,
                "on": word.number == request.word,
                "grid": word.map.grid,
                "map": list(word.map.values),
            }
            for word in found.words
        ],
        "panels": [_panel(found, panel) for panel in found.panels],
        "scale": _scale(found) if found.panels and not lacking else None,
        "foot": [_not_causal(found), _source(found)] if found.panels else [],
        "spoken": _spoken(found),
    }


def _lacking(found: LookAnswer) -> str | None:
    """Why there is no map, in one sentence."""
    if not found.panels or found.panels[0].map is not None:
        return None
    words = found.request.mode == "words"
    if not found.shares and not words:
        return str(LOOK.no_maps)
    if words and not found.layers:
        return str(LOOK.no_fusion)
    reasons = {"share": LOOK.no_share, "class": LOOK.no_class}
    return reasons.get(found.request.mode, LOOK.no_words)


def panel_title(panel: Panel) -> str:
    """What a panel is called."""
    return scene_name(panel.picture.scene) if panel.picture.scene else LOOK.own_picture


def scene_name(scene: Scene) -> str:
    """What a scene is called: its file's name without folder and ending."""
    return scene.image_id.rpartition("/")[2].rpartition(".")[0] or scene.image_id


def _panel(found: LookAnswer, panel: Panel) -> PanelShown:
    request = found.request
    shown = panel.map or NOTHING
    title = panel_title(panel)
    weights = LOOK.trained if panel.trained else LOOK.random_weights
    mode = LOOK.modes[request.mode]
    scene = panel.picture.scene
    remove: GoParams | None = None
    if not panel.trained:
        remove = {"random": None}
    elif panel.slot == "at2":
        remove = {"beside": None, "at2": None}
    compared = len(found.panels) > 1
    return {
        "key": f"{panel.slot} {panel.trained}",
        "slot": panel.slot,
        "title": title,
        "label": weights if compared else (scene.class_name or "" if scene else ""),
        "trained": panel.trained,
        "picture": panel.picture.link,
        "alt": scene.captions[0] if scene and scene.captions else title,
        "spoken": LOOK.grid.format(title=title, map=mode, grid=shown.grid),
        "grid": shown.grid,
        "map": list(shown.values),
        "cells": _cells(shown),
        "window": shown.window,
        "at": panel.at,
        "parts": _parts(shown),
        "table": _table(found, title, shown),
        "remove": remove,
        "png": _png(title, panel, found) if panel.map else None,
    }


def _cells(shown: GridMap) -> Cells | None:
    if not shown.cells:
        return None
    side = round(len(shown.cells) ** 0.5)
    return {"side": side, "values": shown.cells, "whole": shown.cell_weights or ()}


def _png(title: str, panel: Panel, found: LookAnswer) -> Png:
    lines = _caption(found, panel, panel.map or NOTHING)
    return {"file": _file_name(title, panel, found), "lines": lines}


def _parts(shown: GridMap) -> list[Part] | None:
    if not shown.parts:
        return None
    return [
        {
            "kind": part,
            "share": shown.parts[part],
            "text": _PARTS[part].format(share=percent(shown.parts[part])),
        }
        for part in _PARTS
        if part in shown.parts
    ]


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
    units = {"share": LOOK.unit_share, "words": LOOK.unit_word, "class": LOOK.unit_weight}
    unit = units.get(mode, LOOK.unit_branch if found.join == "scale" else LOOK.unit_patch)
    several = len(found.panels) > 1 or len(found.words) > 1
    return {
        "least": found.low,
        "most": found.high,
        "low": percent(found.low) if found.low else "0 %",
        "high": percent(found.high),
        "unit": unit + (f", {LOOK.one_scale}" if several else ""),
    }


def _spoken(found: LookAnswer) -> str | None:
    """What a screen reader is told when another place was chosen."""
    if found.request.mode != "place" or not found.panels:
        return None
    panel = found.panels[0]
    if panel.at is None or panel.map is None:
        return None
    parts = ", ".join(part["text"] for part in _parts(panel.map) or [])
    row, column = panel.at
    return str(LOOK.spoken.format(row=row + 1, column=column + 1, parts=parts))


def _not_causal(found: LookAnswer) -> str:
    return f"{LOOK.not_causal} {_pointing(found)}"


def _pointing(found: LookAnswer) -> str:
    """How often such a map points at the right thing, as far as it was measured."""
    request, result = found.request, found.pointing
    name = "fusion" if request.mode != "class" else f"block {request.block}"
    if request.mode == "words" and request.layer and result and len(result.maps) > 2:
        name = f"fusion {request.layer}"
    if not isinstance(result, WordResult) or name not in result.maps:
        return str(LOOK.pointing_none)
    share = result.maps[name]
    kind = LOOK.pointing_class if request.mode == "class" else LOOK.pointing_word
    sentence = LOOK.pointing.format(
        map=kind,
        n=whole(result.n_cases),
        share=percent(share.value),
        low=decimal(share.low, 0),
        high=decimal(share.high, 0),
        chance=percent(result.chance),
    )
    if name in result.random:
        sentence += LOOK.pointing_random.format(share=percent(result.random[name].value))
    return f"{sentence}."


def _source(found: LookAnswer) -> str:
    return source_said(found.data_name, found.split, found.checkpoint)


def _caption(found: LookAnswer, panel: Panel, shown: GridMap) -> list[str]:
    """What stands below a saved map: enough to make it again."""
    request = found.request
    words = request.mode == "words"
    scene = panel.picture.scene
    depth, head = (request.layer, request.layer_head) if words else (request.block, request.head)
    most = found.layers if words else len(found.shares)
    one, all_of_them = (LOOK.png_layer, LOOK.mean_layers) if words else (LOOK.png_block, "")
    block = one.format(n=depth, most=most) if depth else all_of_them
    heads = LOOK.png_head.format(n=head, most=found.heads) if head else LOOK.mean_heads
    mode = LOOK.modes[request.mode]
    weights = LOOK.trained if panel.trained else LOOK.random_weights
    lines = [
        LOOK.png_scene.format(name=scene.image_id if scene else LOOK.own_picture),
        ", ".join([mode, block, heads.lower(), weights]),
    ]
    if panel.at is not None:
        row, column = panel.at
        place = LOOK.png_place.format(row=row + 1, column=column + 1, grid=shown.grid)
        parts = ", ".join(part["text"] for part in _parts(shown) or [])
        lines.append(f"{place}; {parts}" if parts else place)
    if words:
        word = next((w.text for w in found.words if w.number == request.word), "")
        word = word or LOOK.all_words
        lines.append(LOOK.png_word.format(query=request.text, word=word))
    elif request.text:
        lines.append(LOOK.png_query.format(query=request.text))
    return [*lines, _source(found), LOOK.not_causal]


def _file_name(title: str, panel: Panel, found: LookAnswer) -> str:
    request = found.request
    parts = [title, request.mode]
    if request.mode == "words":
        parts.append(f"word{request.word}")
    else:
        parts += [f"block{request.block}", f"head{request.head}" if request.head else "mean"]
    if not panel.trained:
        parts.append("random")
    return re.sub(r"[^\w-]+", "-", "-".join(parts))[:80].strip("-") + ".png"
