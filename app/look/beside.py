"""What stands beside the stage of Look, for its scripts: controls, and scenes to choose. Pure."""

from __future__ import annotations

from app.look.answer import LookAnswer, Strip
from app.look.contract import BlockButton, Controls, Picker, Research
from app.look.request import request_params
from app.look.said import panel_title, percent, scene_name
from app.query.titles import stage_title
from app.words.look import LOOK

__all__ = ["controls", "picker"]

_RANKED = {
    "strip": LOOK.strip,
    "strip_query": LOOK.strip_query,
    "strip_found": LOOK.strip_found,
    "first_hit": LOOK.first_hit,
    "true_scene": LOOK.true_scene,
}
"""Over scenes to choose from, by what they are."""


def controls(found: LookAnswer) -> Controls | None:
    """The place, what to put beside, what a map can tell; for researchers block and head."""
    if not found.panels:
        return None
    request = found.request
    looking = request.mode != "score"
    place_panels = {panel.slot: panel for panel in found.panels if panel.at is not None}
    return {
        "research": _research(found) if looking and found.shares else None,
        "places": [
            {
                "slot": slot,
                "title": panel_title(panel) if len(place_panels) > 1 else "",
                "row": panel.at[0] + 1,
                "column": panel.at[1] + 1,
                "grid": panel.map.grid,
            }
            for slot, panel in place_panels.items()
            if panel.at is not None and panel.map is not None
        ],
        "random": request.random,
        "suggestions": [
            {
                "id": hint.scene.image_id,
                "thumbnail": hint.scene.thumbnail,
                "text": f"{_ranked_by(_RANKED[hint.kind], found)} {scene_name(hint.scene)}",
            }
            for hint in found.hints
        ],
        "about": [LOOK.joins[found.join]] if found.join in LOOK.joins and looking else [],
    }


def _research(found: LookAnswer) -> Research:
    request = found.request
    head = request.head
    heads = [_button("", LOOK.mean, LOOK.mean_heads, head == 0, "head")]
    heads += [
        _button(str(n), str(n), LOOK.head_spoken.format(n=n), head == n, "head")
        for n in range(1, found.heads + 1)
    ]
    chosen = request.mode == "class"
    token = _button("class", LOOK.modes["class"], LOOK.hints["class"], chosen, "look")
    if chosen:
        token["params"] = {"look": "place"}
    return {
        "open": chosen or head > 0 or request.block != len(found.shares),
        "class_token": token,
        "blocks": _blocks(found),
        "heads": heads if found.heads > 1 else [],
    }


def _button(name: str, label: str, spoken: str, on: bool, param: str) -> BlockButton:
    return {
        "name": f"{param} {name}",
        "label": label,
        "spoken": spoken,
        "on": on,
        "params": {param: name or None},
        "share": None,
    }


def _blocks(found: LookAnswer) -> list[BlockButton]:
    buttons = []
    for n, share in enumerate(found.shares, start=1):
        said = LOOK.block_spoken_plain if share is None else LOOK.block_spoken
        spoken = said.format(n=n, share=percent(share or 0))
        button = _button(str(n), str(n), spoken, n == found.request.block, "block")
        button["share"] = share
        buttons.append(button)
    if buttons:
        buttons[-1]["params"] = {"block": None}  # the usual one
    return buttons


def _ranked_by(sentence: str, found: LookAnswer, **names: str) -> str:
    """A sentence with the name of what the query's scenes are ranked by."""
    return sentence.format(stage=stage_title(found.request.search.after), **names)


def picker(found: LookAnswer, scenes: Strip | None, problem: str = "") -> Picker | None:
    """The strip of scenes to choose from; None where nothing is open."""
    if scenes is None:
        return None
    shown = {panel.slot: panel.picture.scene for panel in found.panels if panel.picture.scene}
    names = {slot: scene.image_id for slot, scene in shown.items()}
    return {
        "title": _ranked_by(_RANKED[scenes.kind], found, text=scenes.text),
        "problem": problem or ("" if scenes.scenes else LOOK.none_found),
        "scene": names.get("at", found.request.scene),
        "beside": names.get("at2", found.request.beside),
        "request": request_params(found.request),
        "scenes": [
            {"id": s.image_id, "title": scene_name(s), "thumbnail": s.thumbnail}
            for s in scenes.scenes
        ],
    }
