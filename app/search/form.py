"""What Search's form shows: the value of ``search.js``. Pure."""

from __future__ import annotations

from app.kit.contract import Note
from app.query.request import NUMBERS, SMR_NUMBERS, Number, initial_k
from app.search.contract import (
    Choice,
    Form,
    Item,
    Options,
    QueryWord,
    Slider,
    Tuning,
)
from app.search.service import Answer
from app.words.captions import tidy
from app.words.numbers import counted, signed, whole
from app.words.search import EXAMPLES, SEARCH
from cmpagl.config.ranking import FORMS
from cmpagl.search.ranking import WordEffect

__all__ = ["form", "slider", "worth"]

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
        "weight": slider("w", NUMBERS["w"], request.weight) if mixed else None,
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
    sliders = [slider("k", NUMBERS["k"], request.k, initial_k(request.layout))]
    if request.find == "scenes":
        least = slider("min", NUMBERS["min"], request.least)
        least |= {"text_at_least": SEARCH.any, "title": SEARCH.min_title}
        sliders.append(least)
    config, tuned = answer.config, answer.tuned
    forms = [_item(name, SEARCH.forms[name]) for name in FORMS]
    tuning: Tuning = {
        "choices": [_choice("form", config.form, tuned.form, forms)],
        "sliders": [
            slider(
                name,
                NUMBERS[name],
                getattr(config, NUMBERS[name].field),
                getattr(tuned, NUMBERS[name].field),
            )
            for name in SMR_NUMBERS
        ],
        "changed": config != tuned,
        "note": SEARCH.bank.format(size=whole(answer.bank_size)) if answer.bank_size else "",
        "worth": worth(answer),
        "tunable": answer.tunable,
    }
    return {"choices": choices, "sliders": sliders, "tuning": tuning}


def worth(answer: Answer) -> str:
    """What reranking gains by this gallery's captions or judgments, in the query's direction."""
    here = answer.here
    gain = here.gains.get("mR", here.gains.get(answer.direction)) if here else None
    if here is None or gain is None:
        return ""
    off = here.off(answer.direction)
    kind = ("tuned_off" if off else "tuned") if here.tuned else "off" if off else "on"
    low, high = gain.limits or (gain.value, gain.value)  # of a hundred scenes or twenty queries
    words = {"gain": gain.value, "low": low, "high": high}
    said = (SEARCH.judged if here.judged else SEARCH.here)[kind]
    told = {name: signed(value, 1) for name, value in words.items()}
    return str(said.format(n=whole(here.judged), **told))


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


def slider(name: str, number: Number, value: float, initial: float | None = None) -> Slider:
    """A number to set, as it is now."""
    return {
        "name": name,
        "label": _LABELS[name],
        "min": number.least,
        "max": number.most,
        "step": number.step,
        "value": value,
        "initial": number.initial if initial is None else initial,
    }
