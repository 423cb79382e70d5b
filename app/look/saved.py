"""What stands on a map that is saved as a picture: enough to make it again. Pure."""

from __future__ import annotations

import re

from app.look.answer import LookAnswer, Panel
from app.look.contract import Png
from app.look.said import parts_shown, source
from app.words.look import LOOK

__all__ = ["png_shown"]


def png_shown(title: str, panel: Panel, found: LookAnswer) -> Png:
    """The name of the file, and the lines below the map."""
    return {"file": _file_name(title, panel, found), "lines": _caption(found, panel)}


def _caption(found: LookAnswer, panel: Panel) -> list[str]:
    request, shown = found.request, panel.map
    assert shown is not None
    scored = request.mode == "score"
    scene = panel.picture.scene
    block, head = request.block, request.head
    kind = [LOOK.modes[request.mode]]
    if not scored:
        kind.append(LOOK.png_block.format(n=block, most=len(found.shares)))
        heads = LOOK.png_head.format(n=head, most=found.heads) if head else LOOK.mean_heads
        kind.append(heads.lower())
    kind.append(LOOK.trained if panel.trained else LOOK.random_weights)
    lines = [
        LOOK.png_scene.format(name=scene.image_id if scene else LOOK.own_picture),
        ", ".join(kind),
    ]
    parts = ", ".join(part["text"] for part in parts_shown(shown) or [])
    if panel.at is not None:
        row, column = panel.at
        place = LOOK.png_place.format(row=row + 1, column=column + 1, grid=shown.grid)
        lines.append(f"{place}; {parts}" if parts else place)
    if scored:
        own = panel.query == found.panels[0].query
        word = found.words[request.word - 1] if own and request.word else LOOK.all_words
        lines += [LOOK.png_word.format(query=panel.query, word=word), parts]
    elif request.text:
        lines.append(LOOK.png_query.format(query=request.text))
    return [*lines, source(found), (LOOK.not_exact if scored else LOOK.not_causal)]


def _file_name(title: str, panel: Panel, found: LookAnswer) -> str:
    request = found.request
    parts = [title, request.mode]
    if request.mode == "score":
        parts += [panel.query[:30], f"word{request.word}"]
    else:
        parts += [f"block{request.block}", f"head{request.head}" if request.head else "mean"]
    if not panel.trained:
        parts.append("random")
    return re.sub(r"[^\w-]+", "-", "-".join(parts))[:80].strip("-") + ".png"
