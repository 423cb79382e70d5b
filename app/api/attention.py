"""The endpoint ``/attention``: where the model looked, as numbers, for programs."""

from __future__ import annotations

from typing import Annotated, TypedDict

from app.api.search import check_length
from app.explorer.explorer import Explorer
from app.look.answer import LookAnswer
from app.look.maps import GridMap, score_map
from app.look.service import look
from app.look.tower_outputs import encodings_of
from app.words.look import LOOK
from app.words.page import limits_said
from cmpagl.errors import QueryError

__all__ = ["AttentionAnswer", "AttentionMapJson", "attention"]


MOST_WORDS = 12
"""Words of a query whose maps are given: each has its own way back through the tower."""

# The words beside a field are what callers read of it: they stand in the endpoint's schema.


class AttentionMapJson(TypedDict):
    """A map: rows from the top, null where nothing is drawn."""

    values: Annotated[list[list[float | None]], "rows from the top; null where nothing is drawn"]
    cells: Annotated[
        list[list[float | None]] | None, "whole weights of the cells; only from a place"
    ]
    parts: Annotated[
        dict[str, float] | None,
        "of a place: window, beyond and class; of a score: how the shares divide, for and against",
    ]


class AttentionAnswer(TypedDict):
    """What `attention` answers."""

    scene: Annotated[str, "image id"]
    data_set: Annotated[str, "that the scene was taken from"]
    split: Annotated[str | None, "of the data set; null where all its images are open"]
    checkpoint: Annotated[str, "the model"]
    block: Annotated[int, "of the image tower, from 1"]
    head: Annotated[int, "from 1; 0 is the mean over heads"]
    row: Annotated[int, "of the place that is looked from, from 1 at the top"]
    column: Annotated[int, "of the same place, from 1 at the left"]
    grid: Annotated[int, "rows and columns of the map from the place"]
    place: Annotated[AttentionMapJson, "where that place looked"]
    share: Annotated[
        AttentionMapJson | None, "of each place: how much of its weight lies beyond its window"
    ]
    class_token: Annotated[AttentionMapJson | None, "where the class token looked"]
    score: Annotated[AttentionMapJson | None, "which places raise the query's score; adds up to 1"]
    words: Annotated[
        dict[str, AttentionMapJson], "the same of each word alone, of the first twelve"
    ]
    notes: Annotated[list[str], "what was noticed about the request"]
    limits: Annotated[str, "what these maps cannot tell"]


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
        query: a sentence; with it, which places raise its score and those of its words alone.

    Raises:
        QueryError: nothing is open, there is no such scene, or the sentence is too long.
    """
    check_length(query)
    asked = {"scene": scene, "block": block, "head": head, "q": query}
    params = {name: str(value) for name, value in asked.items() if value}
    if row or column:
        params["at"] = f"{row},{column}"
    if not scene:
        raise QueryError(LOOK.no_scene.format(name=""))
    found = {mode: look(explorer, {**params, "look": mode}) for mode in ("place", "share", "class")}
    place = found["place"]
    errors = [sentence for kind, sentence in place.problems if kind == "error"]
    if errors:
        raise QueryError(errors[0])
    panel = place.panels[0]
    if panel.at is None or panel.map is None:
        raise QueryError(LOOK.no_maps)
    score, words = _of_query(explorer, place, query) if query else (None, {})
    return AttentionAnswer(
        scene=scene,
        data_set=place.data_name,
        split=place.split,
        checkpoint=place.checkpoint,
        block=place.request.block,
        head=place.request.head,
        row=panel.at[0] + 1,
        column=panel.at[1] + 1,
        grid=panel.map.grid,
        place=_json(panel.map),
        share=_optional(found["share"].panels[0].map),
        class_token=_optional(found["class"].panels[0].map),
        score=score,
        words=words,
        notes=[*(sentence for _, sentence in place.problems), LOOK.not_causal],
        limits=limits_said(LOOK.not_causal, drawn=explorer.opened().drawn),
    )


def _of_query(
    explorer: Explorer, place: LookAnswer, query: str
) -> tuple[AttentionMapJson | None, dict[str, AttentionMapJson]]:
    """Maps of a query's score with a scene and of its words alone; none if it cannot be read."""
    retriever = explorer.opened().retriever
    towers = encodings_of(retriever).towers(retriever, trained=True)
    picture = place.panels[0].picture
    try:
        words = [word.text for word in towers.encode_query(query).words[:MOST_WORDS]]
        maps = towers.shares_of_words(picture.source, picture.version, query, MOST_WORDS)
    except QueryError:  # as its notes say
        return None, {}
    whole, *alone = (_json(score_map(shares)) for shares in maps)
    named = zip(words, alone, strict=True)
    return whole, {f"{n} {word}": found for n, (word, found) in enumerate(named, start=1)}


def _optional(found: GridMap | None) -> AttentionMapJson | None:
    return None if found is None else _json(found)


def _json(found: GridMap) -> AttentionMapJson:
    weights = found.cell_weights
    return AttentionMapJson(
        values=_rows(found.values),
        cells=None if weights is None else _rows(weights),
        parts=found.parts,
    )


def _rows(values: tuple[float | None, ...]) -> list[list[float | None]]:
    side = round(len(values) ** 0.5)
    return [list(values[start : start + side]) for start in range(0, len(values), side)]
