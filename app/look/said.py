"""What is said of a picture and its map in few words, wherever Look says it. Pure."""

from __future__ import annotations

from app.explorer.scenes import Scene
from app.look.answer import LookAnswer, Panel
from app.look.contract import Part
from app.look.maps import GridMap
from app.words.look import LOOK
from app.words.page import source_said

__all__ = ["panel_title", "parts_shown", "percent", "scene_name", "source"]

_PARTS = {
    "window": LOOK.part_window,
    "beyond": LOOK.part_beyond,
    "class": LOOK.part_class,
    "for": LOOK.part_for,
    "against": LOOK.part_against,
}


def percent(share: float) -> str:
    """A share as people read it, with the digits that matter."""
    digits = 0 if share >= 0.0995 else 1 if share >= 0.00995 else 2
    return f"{100 * share:.{digits}f} %"


def panel_title(panel: Panel) -> str:
    """What a panel is called."""
    return scene_name(panel.picture.scene) if panel.picture.scene else LOOK.own_picture


def scene_name(scene: Scene) -> str:
    """What a scene is called: its file's name without folder and ending."""
    return scene.image_id.rpartition("/")[2].rpartition(".")[0] or scene.image_id


def source(found: LookAnswer) -> str:
    """What is looked at by which model."""
    return source_said(found.data_name, found.split, found.checkpoint)


def parts_shown(shown: GridMap) -> list[Part] | None:
    """How a look or a score divides."""
    if not shown.parts:
        return None
    return [
        {
            "kind": part,
            "share": shown.parts[part],
            "text": said.format(share=percent(shown.parts[part])),
        }
        for part, said in _PARTS.items()
        if part in shown.parts
    ]
