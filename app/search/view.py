"""What Search's scripts draw: answers of `app.search.service` as JSON with words. Pure.

`ranking` gives the value of ``ranking.js``; `app.search.form` that of ``search.js``,
`app.search.why` that of ``detail.js``.
"""

from __future__ import annotations

from app.explorer.scenes import Scene
from app.kit.contract import Move as MoveShown
from app.query.request import NUMBERS, SearchRequest
from app.query.titles import stage_help, stage_title
from app.search.columns import Card, Column
from app.search.contract import (
    Bench,
    CardShown,
    ColumnShown,
    MarkShown,
    Problem,
    Ranking,
    StageName,
    StartScene,
)
from app.search.form import slider, worth
from app.search.service import Answer
from app.words.captions import tidy
from app.words.numbers import counted
from app.words.page import SIGNS, limits_said, source_said
from app.words.search import MOVED, SEARCH
from cmpagl.export.answer import asked_as
from cmpagl.search.ranking import Move

__all__ = ["problem", "ranking", "short_title"]


_SIDES = {"before": SEARCH.before, "after": SEARCH.after}
_TAUGHT = {
    ("examples", "before"): SEARCH.examples_before,
    ("examples", "after"): SEARCH.examples_after,
    ("exclusion", "before"): SEARCH.exclusion_before,
    ("exclusion", "after"): SEARCH.exclusion_after,
}
"""What stands over the columns where a ranking was taught, by what taught it and by side."""


def ranking(answer: Answer) -> Ranking:
    """Both columns, or the scenes to start from."""
    stages: list[StageName] = [
        {"name": stage.name, "title": stage_title(stage)} for stage in answer.stages
    ]
    data, split, checkpoint = answer.source
    limits = limits_said(SEARCH.limits, drawn=answer.drawn)
    foot = f"{source_said(data, split, checkpoint)}. {limits}"
    foot = foot if data and not answer.across else ""
    return {
        "bench": _bench(answer) if answer.columns else None,
        "start": [_start(scene) for scene in answer.start],
        "columns": [_column(answer, side, column) for side, column in answer.columns.items()],
        "stages": stages,
        "selected": answer.request.scene or None,
        "summary": _summary(answer),
        "query": _query(answer),
        "words": answer.request.text if answer.columns else "",
        "right": list(answer.right),
        "source": {"data": data, "split": split, "checkpoint": checkpoint},
        "limits": limits,
        "foot": foot,
    }


def _query(answer: Answer) -> str:
    """What was searched for, in a file: the words, the scene, both, and what was taught."""
    request = answer.request
    picture = SEARCH.own_picture if request.upload else request.like
    good = sum(marked.good for marked in answer.marks)
    taught = request.excluded, good, len(answer.marks) - good
    return asked_as([request.text, picture], *(taught if request.find == "scenes" else ()))


def _start(scene: Scene) -> StartScene:
    return {"id": scene.image_id, "title": scene.title, "thumbnail": scene.thumbnail}


def _bench(answer: Answer) -> Bench:
    request = answer.request
    marks: list[MarkShown] = [
        {
            "id": marked.scene.image_id,
            "title": short_title(marked.scene),
            "thumbnail": marked.scene.thumbnail,
            "mark": _mark(marked.good),
        }
        for marked in answer.marks
    ]
    return {
        "layout": request.layout,
        "size": slider("size", NUMBERS["size"], request.size),
        "marks": marks,
        "excluded": request.excluded,
        "teachable": request.find == "scenes",
    }


def _mark(good: bool) -> str:
    return "good" if good else "bad"


def _column(answer: Answer, side: str, column: Column) -> ColumnShown:
    request = answer.request
    title = stage_title(column.stage)
    label, explanation = _SIDES[side], stage_help(column.stage)
    if column.off:
        explanation = SEARCH.no_bank if column.off == "no_bank" else worth(answer) or SEARCH.smr_off
    if request.taught:  # the same stage on both sides; what was taught makes the difference
        kind = "examples" if answer.marks else "exclusion"
        label, explanation = _TAUGHT[kind, side], title
    elif request.drop:  # likewise; words make the difference
        struck = ", ".join(answer.words[i] for i in request.drop if i < len(answer.words))
        label = SEARCH.all_words if side == "before" else SEARCH.without + " " + struck
        explanation = title
    left = answer.columns.get("before")
    beside = left and side == "after" and request.layout == "compare"
    told = {card.name for card in left.cards} if left and beside else set()
    return {
        "side": side,
        "stage": column.stage.name,
        "initial": getattr(SearchRequest(), side).name,
        "label": label,
        "title": title,
        "fixed": bool(request.drop) or request.taught,
        "help": explanation,
        "cards": [_card(card, told=card.name in told) for card in column.cards],
    }


def _card(card: Card, *, told: bool) -> CardShown:
    """A card; where the left column has told its caption, the right one does not say it again."""
    scene = card.scene
    title = short_title(scene) if scene else tidy(card.caption)
    move = _move(card.move)
    spoken = SEARCH.card.format(rank=card.rank, title="{title}").replace("{title}", title)
    truth = (SEARCH.truth if scene else SEARCH.truth_caption) if card.truth else None
    class_name = scene.class_name if scene else None
    parts = [spoken, move["text"] if move else None, class_name, truth]
    return {
        "id": card.name,
        "rank": str(card.rank),
        "was": card.move.before if card.move else card.rank,
        "value": round(card.score, 6),
        "share": round(card.share, 3),
        "title": title if scene else card.caption,
        "alt": "",
        "spoken": ", ".join(part for part in parts if part),
        "thumbnail": scene.thumbnail if scene else None,
        "label": class_name,
        "line": title if not scene or not (told and class_name) else None,
        "move": move,
        "truth": truth,
        "version": scene.version if scene else None,
        "mark": None if card.mark is None else _mark(card.mark),
        "behind": card.behind,
    }


def short_title(scene: Scene) -> str:
    """A short title of a scene: what its first caption says, or its file's name."""
    return tidy(scene.captions[0]) if scene.captions else scene.title


def _move(move: Move | None) -> MoveShown | None:
    if move is None:
        return None
    rank = move.after if move.kind == "dropped" else move.before
    text = MOVED[move.kind].format(n=abs(move.by), rank=rank)
    return {"kind": move.kind, "sign": SIGNS[move.kind], "text": text}


def _summary(answer: Answer) -> str:
    column = answer.columns.get("after")
    if column is None:
        return ""
    if not column.cards:
        return str(SEARCH.nothing_left)
    kinds = [card.move.kind for card in column.cards if card.move]
    counts = {kind: kinds.count(kind) for kind in ("up", "down", "new")}
    return counted(SEARCH.summary, len(column.cards), **counts)


def problem(sentence: str) -> Problem:
    """For the search form: something that went wrong, the rest stays as it is."""
    return {"problem": sentence}
