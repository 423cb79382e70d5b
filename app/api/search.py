"""The public endpoints as plain functions: typed, and each answers to its first argument alone.

`app/api/publish.py` publishes them for `gradio_client` and, with ``--mcp``, as tools. What is wrong
with an argument is a `QueryError` of one sentence; nothing is quietly replaced, as it is in a link.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypedDict

from app.explorer.explorer import Explorer
from app.query.request import MAX_TEXT
from app.search.columns import Card
from app.search.service import Answer, answer
from app.words.api import API
from app.words.page import limits_said
from cmpagl.errors import QueryError

__all__ = [
    "RankedScene",
    "RerankResults",
    "SearchResults",
    "check_length",
    "neighbors",
    "rerank",
    "search",
]

# The words beside a field are what callers read of it: they stand in the endpoint's schema.


class RankedScene(TypedDict):
    """One result."""

    rank: Annotated[int, "from 1; equal scores share a rank"]
    score: Annotated[float, "of the stage; comparable within one list only"]
    scene: Annotated[str, "image id"]
    class_name: Annotated[str | None, "null where the data set names none"]
    data_set: Annotated[str, "that the scene comes from; one of several where they are joined"]
    captions: Annotated[list[str], "of the scene, as its data set has them"]
    thumbnail: Annotated[str, "link, relative to the address of the page"]
    move: Annotated[str | None, "in rerank alone: up, down, same, new or dropped"]
    rank_elsewhere: Annotated[int | None, "in rerank alone: its rank in the other list"]


class SearchResults(TypedDict):
    """A ranking, best first."""

    stage: Annotated[str, "what the scenes are ranked by"]
    data_set: Annotated[str, "that was searched"]
    split: Annotated[str | None, "of the data set; null where all its images were searched"]
    checkpoint: Annotated[str, "the model"]
    results: Annotated[list[RankedScene], "best first"]
    notes: Annotated[list[str], "whether anything fits, and what was noticed about the query"]
    limits: Annotated[str, "what these results cannot tell"]


class RerankResults(TypedDict):
    """Two rankings of one query."""

    before: Annotated[SearchResults, "the ranking before"]
    after: Annotated[SearchResults, "the ranking after"]


def search(
    explorer: Explorer,
    *,
    text: str = "",
    upload: str = "",
    weight: float = 0.5,
    top: int = 10,
    stage: str = "smr",
    class_name: str = "",
    least: float = -1.0,
    data_set: str = "",
) -> SearchResults:
    """Rank scenes for words, an uploaded picture (its token), or both.

    Raises:
        QueryError: nothing is open, nothing is asked for, or an argument is not allowed.
    """
    asked = {"q": text, "upload": upload, "w": weight, "k": top, "class": class_name}
    return _one(explorer, {**asked, "min": least, "set": data_set, "after": stage})


def neighbors(
    explorer: Explorer, scene: str, *, top: int = 10, stage: str = "smr"
) -> SearchResults:
    """Rank scenes by how like they are to one of the gallery, which is no answer to itself.

    Raises:
        QueryError: as in `search`, or there is no such scene.
    """
    return _one(explorer, {"like": scene, "k": top, "after": stage})


def rerank(
    explorer: Explorer,
    text: str,
    *,
    before: str = "aligned",
    after: str = "smr",
    top: int = 10,
    settings: Mapping[str, str | float | None],
) -> RerankResults:
    """Rank scenes for words in two ways, and tell what moved.

    Args:
        explorer: what is open.
        text: the query.
        before: a stage.
        after: another.
        top: length of both lists.
        settings: of SMR by their names in a link; None or "" is the tuned value.

    Raises:
        QueryError: as in `search`.
    """
    params = {"q": text, "before": before, "after": after, "k": top, **settings}
    found = _ask(explorer, params)
    asked = {"before": before, "after": after}
    sides = {side: _results(explorer, found, side, name) for side, name in asked.items()}
    return RerankResults(before=sides["before"], after=sides["after"])


def check_length(text: str) -> None:
    """Refuse a text that a link would quietly cut.

    Raises:
        QueryError: it has more than `MAX_TEXT` characters.
    """
    if len(text) > MAX_TEXT:
        raise QueryError(API.too_long.format(n=len(text), most=MAX_TEXT))


def _one(explorer: Explorer, params: Mapping[str, object]) -> SearchResults:
    found = _ask(explorer, params)
    results = _results(explorer, found, "after", str(params["after"]))
    for result in results["results"]:
        result["move"] = result["rank_elsewhere"] = None
    return results


def _ask(explorer: Explorer, params: Mapping[str, object]) -> Answer:
    check_length(str(params.get("q", "")))
    given = {name: str(value) for name, value in params.items() if value not in (None, "")}
    found = answer(explorer, given)
    problems = [note.text for note in found.notes if note.kind == "error"]
    if problems or found.request.problems:
        raise QueryError((*problems, *found.request.problems)[0])
    if not found.columns:
        raise QueryError(API.nothing_asked)
    return found


def _results(explorer: Explorer, found: Answer, side: str, stage: str) -> SearchResults:
    """One column, under the name that its stage was asked for by: another may rank alike."""
    column = found.columns[side]
    opened = explorer.opened()
    pieces = opened.retriever.checkpoint.config.text.max_length
    cue = [found.cue.text] if found.cue else []
    return SearchResults(
        stage=stage or column.stage.name,
        data_set=opened.gallery.name,
        split=opened.gallery.split,
        checkpoint=opened.gallery.checkpoint_name,
        results=[_result(card, opened.gallery.name) for card in column.cards],
        notes=[*cue, *(note.text for note in found.notes)],
        limits=limits_said(API.limits.format(pieces=pieces), drawn=opened.drawn),
    )


def _result(card: Card, data_set: str) -> RankedScene:
    assert card.scene is not None
    move = card.move
    elsewhere = None
    if move is not None:
        elsewhere = move.after if move.kind == "dropped" else move.before
    return RankedScene(
        rank=card.rank,
        score=card.score,
        scene=card.scene.image_id,
        class_name=card.scene.class_name,
        data_set=card.scene.data_set or data_set,
        captions=list(card.scene.captions),
        thumbnail=card.scene.thumbnail,
        move=move.kind if move else None,
        rank_elsewhere=elsewhere,
    )
