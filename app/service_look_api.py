"""The endpoint ``/attention``: where the model looked, as numbers, for programs."""

from __future__ import annotations

from typing import TypedDict

from app.service import Explorer
from app.service_look import look
from app.service_look_maps import Drawn
from app.words import LOOK
from cmpagl.errors import QueryError

__all__ = ["AttentionAnswer", "AttentionMapJson", "attention"]


class AttentionMapJson(TypedDict):
    """A map: rows from the top, null where nothing is drawn."""

    values: list[list[float | None]]
    cells: list[list[float | None]] | None  # whole weights of the cells; only from a place
    parts: dict[str, float] | None  # "window", "beyond", "class"; only from a place


class AttentionAnswer(TypedDict):
    """What `attention` answers."""

    scene: str
    checkpoint: str
    block: int
    head: int
    row: int
    column: int
    grid: int
    place: AttentionMapJson
    share: AttentionMapJson | None
    class_token: AttentionMapJson | None
    words: dict[str, AttentionMapJson]
    notes: list[str]


def attention(
    explorer: Explorer,
    scene: str,
    row: int = 0,
    column: int = 0,
    block: int = 0,
    head: int = 0,
    query: str = "",
) -> AttentionAnswer:
    """Where the model looked in a scene of the gallery.

    Args:
        explorer: what is open.
        scene: image id.
        row: of the place that is looked from, from 1 at the top; 0 is the middle.
        column: of the same place, from 1 at the left; 0 is the middle.
        block: of the image tower, from 1; 0 is the last one.
        head: from 1; 0 is the mean over heads.
        query: a sentence; with it, where fusion looked from each of its words.

    Raises:
        QueryError: nothing is open, or there is no such scene.
    """
    asked = {"scene": scene, "block": block, "head": head, "q": query}
    params = {name: str(value) for name, value in asked.items() if value}
    if row or column:
        params["at"] = f"{row},{column}"
    if not scene:
        raise QueryError(LOOK["no_scene"].format(name=""))
    found = {mode: look(explorer, {**params, "look": mode}) for mode in ("place", "share", "class")}
    place = found["place"]
    errors = [sentence for kind, sentence in place.problems if kind == "error"]
    if errors:
        raise QueryError(errors[0])
    panel = place.panels[0]
    assert panel.at is not None
    assert panel.drawn is not None
    words = look(explorer, {**params, "look": "words"}).words if query else ()
    return AttentionAnswer(
        scene=scene,
        checkpoint=place.checkpoint,
        block=place.request.block,
        head=place.request.head,
        row=panel.at[0] + 1,
        column=panel.at[1] + 1,
        grid=panel.drawn.grid,
        place=_json(panel.drawn),
        share=_optional(found["share"].panels[0].drawn),
        class_token=_optional(found["class"].panels[0].drawn),
        words={f"{word.number} {word.text}": _json(word.drawn) for word in words if word.number},
        notes=[*(sentence for _, sentence in place.problems), LOOK["not_causal"]],
    )


def _optional(drawn: Drawn | None) -> AttentionMapJson | None:
    return None if drawn is None else _json(drawn)


def _json(drawn: Drawn) -> AttentionMapJson:
    weights = drawn.cell_weights
    return AttentionMapJson(
        values=_rows(drawn.values),
        cells=None if weights is None else _rows(weights),
        parts=drawn.parts,
    )


def _rows(values: tuple[float | None, ...]) -> list[list[float | None]]:
    side = round(len(values) ** 0.5)
    return [list(values[start : start + side]) for start in range(0, len(values), side)]
