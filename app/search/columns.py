"""What Search's columns show of their rankings: cards, moves, and what stands behind another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.explorer.explorer import Opened
from app.explorer.scenes import Scene, scene
from app.query.request import SearchRequest
from cmpagl.rank.stage import SECOND, Stage
from cmpagl.search.alike import stacks
from cmpagl.search.ranking import Move, Ranking, moves

if TYPE_CHECKING:
    pass

__all__ = ["Card", "Column", "columns_of"]


@dataclass(frozen=True)
class Card:
    """One result in one column: a scene, or a caption."""

    item: int  # number of the scene, or of the distinct caption
    name: str  # what a link calls it
    scene: Scene | None
    caption: str
    rank: int
    score: float
    move: Move | None
    truth: bool
    share: float = 1.0  # how far its score is from an average one to the column's best, 0 to 1
    mark: bool | None = None  # good or bad, as the person marked it
    behind: str | None = None  # the name of a better one that shows nearly the same


@dataclass(frozen=True)
class Column:
    """One ranking, as far as it is shown."""

    stage: Stage
    cards: tuple[Card, ...]
    off: str = ""  # why its reranker takes no part: "smr_off", "no_bank"; "" where it does


def columns_of(
    opened: Opened, request: SearchRequest, truths: set[int], rankings: tuple[Ranking, Ranking]
) -> dict[str, Column]:
    """What is shown of both rankings; a result on the left only says that it is gone."""
    before, after = rankings
    if request.find == "scenes":
        shown = np.concatenate([one.items[: request.k] for one in rankings])
        opened.gallery.records.load(shown)
    there = {move.item: move for move in moves(before, after, request.k)}
    marks = {mark.version[:8]: mark.good for mark in request.marks}
    columns = {}
    for side, ranking in (("before", before), ("after", after)):
        cards = []
        shares = _shares(ranking)
        behind = _behind(opened, request, ranking)
        for place, item in enumerate(ranking.items[: request.k].tolist()):
            move = there[item]
            told = move if side == "after" or move.kind == "dropped" else None
            rank, score = int(ranking.ranks[place]), float(ranking.scores[place])
            card = _card(opened, request.find, item, rank, score, told, item in truths)
            mark = marks.get(card.scene.version) if card.scene else None
            cards.append(
                replace(card, share=float(shares[place]), mark=mark, behind=behind.get(item))
            )
        columns[side] = Column(ranking.stage, tuple(cards), _off(opened, ranking))
    return columns


def _behind(opened: Opened, request: SearchRequest, ranking: Ranking) -> dict[int, str]:
    """In the grid, which results stand behind which, by the name in links."""
    if request.layout != "grid" or request.find == "captions":
        return {}
    gallery = opened.gallery
    shown = ranking.items[: request.k]
    seen = opened.by(ranking.stage.model).gallery
    places = stacks(seen.embeds_of(shown), np.arange(len(shown)))
    found = {int(shown[one]): int(shown[head]) for one, head in places.items()}
    return {item: gallery.records[head].image_id for item, head in found.items()}


def _shares(ranking: Ranking) -> NDArray[np.float64]:
    """How far each score ``(n,)`` is from the mean of all to the best, 0 to 1."""
    mean, best = ranking.scores.mean(), ranking.scores.max()
    return np.asarray(np.clip((ranking.scores - mean) / ((best - mean) or 1.0), 0.0, 1.0))


def _off(opened: Opened, ranking: Ranking) -> str:
    """Why the stage's reranker takes no part; "" where it does, or there is none."""
    if ranking.stage.reranker is None:
        return ""
    shown = ranking.parts or (ranking,)
    models = ("", SECOND) if ranking.parts else (ranking.stage.model,)
    if not any(opened.by(model).retriever.checkpoint.has_bank for model in models):
        return "no_bank"
    return "" if any(one.reranker_on for one in shown) else "smr_off"


def _card(
    opened: Opened, find: str, item: int, rank: int, score: float, move: Move | None, truth: bool
) -> Card:
    if find == "captions":
        caption = opened.gallery.distinct_captions[item]
        return Card(item, str(item), None, caption, rank, score, move, truth)
    shown = scene(opened.gallery, item)
    return Card(item, shown.image_id, shown, "", rank, score, move, truth)
