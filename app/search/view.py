"""What Search's scripts draw: answers of `app.search.service` as JSON with words. Pure.

`form` and `ranking` give the values of ``search.js`` and ``ranking.js``; `app.search.why` that of
``detail.js``.
"""

from __future__ import annotations

from app.explorer.scenes import Scene
from app.kit.contract import Move as MoveShown
from app.kit.contract import Note
from app.query.request import NUMBERS, SMR_NUMBERS, Number, SearchRequest, initial_k
from app.query.titles import stage_help, stage_title
from app.search.columns import Card, Column
from app.search.contract import (
    Bench,
    CardShown,
    Choice,
    ColumnShown,
    Form,
    Item,
    MarkShown,
    Options,
    Problem,
    QueryWord,
    Ranking,
    Slider,
    StageName,
    StartScene,
    Tuning,
)
from app.search.service import Answer
from app.words.captions import tidy
from app.words.numbers import counted, signed, whole
from app.words.page import SIGNS, limits_said, source_said
from app.words.search import EXAMPLES, MOVED, SEARCH
from cmpagl.config.ranking import FORMS
from cmpagl.search.ranking import Move, WordEffect

__all__ = ["form", "problem", "ranking", "short_title"]

_LABELS = {
    "k": SEARCH.k,
    "w": SEARCH.weight,
    "min": SEARCH.min,
    "size": SEARCH.size,
    "class": SEARCH.class_,
    "set": SEARCH.set,
    "find": SEARCH.find,
    "form": SEARCH.form,
    "top": SEARCH.top,
    "xi": SEARCH.xi,
    "alpha": SEARCH.alpha,
    "lf": SEARCH.lf,
    "lb": SEARCH.lb,
    "le": SEARCH.le,
}
"""Of the choices and sliders, by their names in a link."""

_SIDES = {"before": SEARCH.before, "after": SEARCH.after}
_TAUGHT = {
    ("examples", "before"): SEARCH.examples_before,
    ("examples", "after"): SEARCH.examples_after,
    ("exclusion", "before"): SEARCH.exclusion_before,
    ("exclusion", "after"): SEARCH.exclusion_after,
}
"""What stands over the columns where a ranking was taught, by what taught it and by side."""


def form(answer: Answer) -> Form:
    """The search form: the query, what was noticed about it, and how to rank."""
    request = answer.request
    like = answer.like
    mixed = bool(request.text) and request.pictured
    most = max((1.0 - effect.cosine for effect in answer.effects.values()), default=0.0) or 1.0
    notes: list[Note] = [{"kind": note.kind, "text": note.text} for note in answer.notes]
    return {
        "text": request.text,
        "like": {"title": like.title, "thumbnail": like.thumbnail} if like else None,
        "upload": {"thumbnail": answer.preview} if answer.preview else None,
        "weight": _slider("w", NUMBERS["w"], request.weight) if mixed else None,
        "words": [
            _word(word, i in request.drop, answer.effects.get(i), most)
            for i, word in enumerate(answer.words)
        ],
        "notes": notes,
        "only": len(request.only),
        "cue": {"kind": answer.cue.kind, "text": answer.cue.text} if answer.cue else None,
        "examples": list(EXAMPLES) if request.empty and not answer.lacks_words else [],
        "captions": [
            {"text": tidy(text), "query": text}
            for text in (answer.caption_examples if request.empty else ())
        ],
        "options": None if request.empty or answer.across else _options(answer),
        "lacks": {
            "words": SEARCH.no_words if answer.lacks_words else None,
            "picture": SEARCH.no_pictures if answer.lacks_pictures else None,
        },
        "filters": None if request.empty else answer.filters,
    }


def _word(word: str, dropped: bool, effect: WordEffect | None, most: float) -> QueryWord:
    """A word of the query; its weight is how far the query turns without it, as a share of most."""
    if effect is None:
        return {"text": word, "dropped": dropped, "weight": None, "title": SEARCH.strike_title}
    title = SEARCH.effect_same if effect.first_rank == 1 else SEARCH.effect
    return {
        "text": word,
        "dropped": dropped,
        "weight": max(0.0, 1.0 - effect.cosine) / most,
        "title": counted(title, len(effect.entered), rank=effect.first_rank),
    }


def _options(answer: Answer) -> Options:
    request = answer.request
    choices = []
    if request.pictured and answer.has_captions:
        items = [_item("scenes", SEARCH.find_scenes), _item("captions", SEARCH.find_captions)]
        choices.append(_choice("find", request.find, "scenes", items))
    if len(answer.classes) > 1 and request.find == "scenes":
        items = [_item("", SEARCH.all_classes), *(_item(name, name) for name in answer.classes)]
        choices.append(_choice("class", request.class_name, "", items))
    if len(answer.data_sets) > 1 and request.find == "scenes":
        items = [_item("", SEARCH.all_sets), *(_item(name, name) for name in answer.data_sets)]
        choices.append(_choice("set", request.data_set, "", items))
    sliders = [_slider("k", NUMBERS["k"], request.k, initial_k(request.layout))]
    if request.find == "scenes":
        least = _slider("min", NUMBERS["min"], request.least)
        least |= {"text_at_least": SEARCH.any, "title": SEARCH.min_title}
        sliders.append(least)
    config, tuned = answer.config, answer.tuned
    forms = [_item(name, SEARCH.forms[name]) for name in FORMS]
    tuning: Tuning = {
        "choices": [_choice("form", config.form, tuned.form, forms)],
        "sliders": [
            _slider(
                name,
                NUMBERS[name],
                getattr(config, NUMBERS[name].field),
                getattr(tuned, NUMBERS[name].field),
            )
            for name in SMR_NUMBERS
        ],
        "changed": config != tuned,
        "note": SEARCH.bank.format(size=whole(answer.bank_size)) if answer.bank_size else "",
        "worth": _worth(answer),
        "tunable": answer.here is not None,
    }
    return {"choices": choices, "sliders": sliders, "tuning": tuning}


def _worth(answer: Answer) -> str:
    """What reranking gains by this gallery's own captions, in the query's direction."""
    here = answer.here
    if here is None:
        return ""
    name = "mR" if here.tuned else answer.direction
    gain = here.gains[name]
    off = here.off(answer.direction)
    kind = "tuned" if here.tuned else "off" if off else "on"
    return str(
        SEARCH.here[f"{kind}_off" if here.tuned and off else kind].format(
            gain=signed(gain.value, 1), low=signed(gain.low, 1), high=signed(gain.high, 1)
        )
    )


def _item(value: str, text: str) -> Item:
    return {"value": value, "text": text}


def _choice(name: str, value: str, initial: str, items: list[Item]) -> Choice:
    return {
        "name": name,
        "label": _LABELS[name],
        "value": value,
        "initial": initial,
        "items": items,
    }


def _slider(name: str, number: Number, value: float, initial: float | None = None) -> Slider:
    return {
        "name": name,
        "label": _LABELS[name],
        "min": number.least,
        "max": number.most,
        "step": number.step,
        "value": value,
        "initial": number.initial if initial is None else initial,
    }


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
    """What was searched for, in a file: the words, the scene, both."""
    request = answer.request
    picture = SEARCH.own_picture if request.upload else request.like
    return " + ".join(filter(None, [request.text, picture]))


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
        "size": _slider("size", NUMBERS["size"], request.size),
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
        explanation = (
            SEARCH.no_bank if column.off == "no_bank" else _worth(answer) or SEARCH.smr_off
        )
    if request.taught:  # the same stage on both sides; what was taught makes the difference
        kind = "examples" if answer.marks else "exclusion"
        label, explanation = _TAUGHT[kind, side], title
    elif request.drop:  # likewise; words make the difference
        struck = ", ".join(answer.words[i] for i in request.drop if i < len(answer.words))
        label = SEARCH.all_words if side == "before" else SEARCH.without + " " + struck
        explanation = title
    left = answer.columns.get("before")
    told = {card.name for card in left.cards} if left and side == "after" else set()
    return {
        "side": side,
        "stage": column.stage.name,
        "initial": getattr(SearchRequest(), side),
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
