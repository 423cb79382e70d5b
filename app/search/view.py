"""What Search's scripts draw: answers of `app.search.service` as JSON with words. Pure.

`form`, `ranking` and `detail` give the values of the three components of the same names in
``app/static`` (``search.js``, ``ranking.js``, ``detail.js``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.explorer.scenes import Scene
from app.query.request import NUMBERS, SMR_NUMBERS, Number, SearchRequest
from app.query.titles import stage_help, stage_title
from app.search.explain import Detail
from app.search.service import Answer, Card, Column
from app.words.page import limits_said, source_said
from app.words.search import EXAMPLES, SEARCH
from cmpagl.config.ranking import FORMS
from cmpagl.rank.stage import ALIGNED_SMR, FINAL
from cmpagl.search.ranking import Move, SceneExplanation, WordEffect

__all__ = ["detail", "form", "problem", "ranking"]

Json = dict[str, Any]
SIGNS = {"up": "▲", "down": "▼", "new": "+", "dropped": "−", "same": "="}


def form(answer: Answer) -> Json:
    """The search form: the query, what was noticed about it, and how to rank."""
    request = answer.request
    like = answer.like
    mixed = bool(request.text) and request.pictured
    most = max((1.0 - effect.cosine for effect in answer.effects.values()), default=0.0) or 1.0
    notes = [{"kind": note.kind, "text": note.text} for note in answer.notes]
    return {
        "text": request.text,
        "like": like and {"title": like.title, "thumbnail": like.thumbnail},
        "upload": answer.preview and {"thumbnail": answer.preview},
        "weight": _slider("w", NUMBERS["w"], request.weight) if mixed else None,
        "words": [
            _word(word, i in request.drop, answer.effects.get(i), most)
            for i, word in enumerate(answer.words)
        ],
        "notes": notes,
        "only": len(request.only),
        "cue": answer.cue and {"kind": answer.cue.kind, "text": answer.cue.text},
        "examples": list(EXAMPLES) if request.empty else [],
        "captions": list(answer.caption_examples) if request.empty else [],
        "options": None if request.empty else _options(answer),
    }


def _word(word: str, dropped: bool, effect: WordEffect | None, most: float) -> Json:
    """A word of the query; its weight is how far the query turns without it, as a share of most."""
    if effect is None:
        return {"text": word, "dropped": dropped, "weight": None, "title": SEARCH["strike_title"]}
    title = SEARCH["effect_same" if effect.first_rank == 1 else "effect"]
    return {
        "text": word,
        "dropped": dropped,
        "weight": max(0.0, 1.0 - effect.cosine) / most,
        "title": title.format(rank=effect.first_rank, n=len(effect.entered)),
    }


def _options(answer: Answer) -> Json:
    request = answer.request
    choices = []
    if request.pictured and answer.has_captions:
        items = [_item(name, SEARCH[f"find_{name}"]) for name in ("scenes", "captions")]
        choices.append(_choice("find", request.find, "scenes", items))
    if len(answer.classes) > 1 and request.find == "scenes":
        items = [_item("", SEARCH["all_classes"]), *(_item(name, name) for name in answer.classes)]
        choices.append(_choice("class", request.class_name, "", items))
    if len(answer.data_sets) > 1 and request.find == "scenes":
        items = [_item("", SEARCH["all_sets"]), *(_item(name, name) for name in answer.data_sets)]
        choices.append(_choice("set", request.data_set, "", items))
    sliders = [_slider("k", NUMBERS["k"], request.k)]
    if request.find == "scenes":
        least = _slider("min", NUMBERS["min"], request.least)
        any_score = {"text_at_least": SEARCH["any"], "title": SEARCH["min_title"]}
        sliders.append({**least, **any_score})
    config, tuned = answer.config, answer.tuned
    forms = [_item(name, SEARCH["forms"][name]) for name in FORMS]
    tuning = {
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
        "note": SEARCH["bank"].format(size=f"{answer.bank_size:,}") if answer.bank_size else "",
    }
    return {"choices": choices, "sliders": sliders, "tuning": tuning}


def _item(value: str, text: str) -> Json:
    return {"value": value, "text": text}


def _choice(name: str, value: str, initial: str, items: list[Json]) -> Json:
    return {"name": name, "label": SEARCH[name], "value": value, "initial": initial, "items": items}


def _slider(name: str, number: Number, value: float, initial: float | None = None) -> Json:
    return {
        "name": name,
        "label": SEARCH["weight" if name == "w" else name],
        "min": number.least,
        "max": number.most,
        "step": number.step,
        "value": value,
        "initial": number.initial if initial is None else initial,
    }


def ranking(answer: Answer) -> Json:
    """Both columns, or the scenes to start from."""
    stages = [{"name": stage.name, "title": stage_title(stage)} for stage in answer.stages]
    data, split, checkpoint = answer.source
    limits = limits_said(SEARCH["limits"], drawn=answer.drawn)
    foot = f"{source_said(data, split, checkpoint)}. {limits}"
    return {
        "start": [_start(scene) for scene in answer.start],
        "columns": [_column(answer, side, column) for side, column in answer.columns.items()],
        "stages": stages,
        "selected": answer.request.scene or None,
        "summary": _summary(answer),
        "query": _query(answer),
        "source": {"data": data, "split": split, "checkpoint": checkpoint},
        "limits": limits,
        "foot": foot if data else "",
    }


def _query(answer: Answer) -> str:
    """What was searched for, in a file: the words, the scene, both."""
    request = answer.request
    picture = SEARCH["own_picture"] if request.upload else request.like
    return " + ".join(filter(None, [request.text, picture]))


def _start(scene: Scene) -> Json:
    return {"id": scene.image_id, "title": scene.title, "thumbnail": scene.thumbnail}


def _column(answer: Answer, side: str, column: Column) -> Json:
    request = answer.request
    title, explanation = stage_title(column.stage), stage_help(column.stage)
    explanation = SEARCH[column.off] if column.off else explanation
    label = SEARCH[side]
    if request.drop:  # the same stage on both sides; words make the difference
        struck = ", ".join(answer.words[i] for i in request.drop if i < len(answer.words))
        label = SEARCH["all_words"] if side == "before" else SEARCH["without"] + " " + struck
        explanation = title
    return {
        "side": side,
        "stage": column.stage.name,
        "initial": getattr(SearchRequest(), side),
        "label": label,
        "title": title,
        "fixed": bool(request.drop),
        "help": explanation,
        "cards": [_card(card) for card in column.cards],
    }


def _card(card: Card) -> Json:
    scene = card.scene
    title = scene.title if scene else card.caption
    move = _move(card.move)
    spoken = SEARCH["card"].format(rank=card.rank, score=_score(card.score), title="{title}")
    parts = [spoken.replace("{title}", title), *([move["text"]] if move else [])]
    if scene and scene.class_name:
        parts.append(scene.class_name)
    truth = SEARCH["truth" if scene else "truth_caption"] if card.truth else None
    if truth:
        parts.append(truth)
    return {
        "id": card.name,
        "rank": str(card.rank),
        "was": card.move.before if card.move else card.rank,
        "score": _score(card.score),
        "value": round(card.score, 6),
        "unit": SEARCH["score_unit"],
        "title": title,
        "alt": "",
        "spoken": ", ".join(parts),
        "thumbnail": scene.thumbnail if scene else None,
        "label": scene.class_name if scene else None,
        "line": (scene.captions[0] if scene.captions else title) if scene else None,
        "move": move,
        "truth": truth,
    }


def _move(move: Move | None) -> Json | None:
    if move is None:
        return None
    rank = move.after if move.kind == "dropped" else move.before
    text = SEARCH[move.kind].format(n=abs(move.by), rank=rank)
    return {"kind": move.kind, "sign": SIGNS[move.kind], "text": text}


def _score(score: float) -> str:
    return f"{score:.3f}".replace("-", "−")


def _summary(answer: Answer) -> str:
    column = answer.columns.get("after")
    if column is None:
        return ""
    if not column.cards:
        return SEARCH["nothing_left"]
    kinds = [card.move.kind for card in column.cards if card.move]
    counts = {kind: kinds.count(kind) for kind in ("up", "down", "new")}
    return SEARCH["summary"].format(n=len(column.cards), **counts)


def problem(sentence: str) -> Json:
    """For the search form: something that went wrong, the rest stays as it is."""
    return {"problem": sentence}


def detail(
    found: Detail | None, params: Mapping[str, str] | None = None, *, count: int | None = None
) -> Json | None:
    """The chosen result; None where none is chosen.

    Args:
        found: with its spread, or without one that can be asked for.
        params: of the link that it is for: what the spread is asked for with.
        count: of the script's question for the spread that this answers; None where it is none.
    """
    if found is None:
        return None
    shown = found.scene
    return {
        "scene": {
            "id": shown.image_id if shown else "",
            "title": shown.title if shown else found.caption,
            "label": shown.class_name if shown else None,
            "data_set": shown.data_set if shown else None,
            "alt": shown.captions[0] if shown and shown.captions else "",
            "picture": shown.picture if shown else None,
            "whole": found.state not in ("missing", "unreadable"),  # not the small copy
            "captions": list(shown.captions) if shown else [],
        },
        "state": found.state and SEARCH[found.state],
        "why": {
            "headline": _headline(found),
            "sentences": _sentences(found),
            "chart": _chart(found),
            "table": _table(found),
        },
        "ask_spread": dict(params) if params and found.varies and found.spread is None else None,
        "count": count,
    }


def _headline(found: Detail) -> str:
    before, after = found.before, found.after
    if before is None or after is None:
        return SEARCH["headline_out"]
    kind = "up" if after < before else "down" if after > before else "same"
    words = {"before": before, "after": after, "n": abs(before - after)}
    return SEARCH[f"headline_{kind}"].format(**words)


def _sentences(found: Detail) -> list[str]:
    sentences = []
    rival = found.rival
    if rival is not None and found.before is not None:
        overtook = rival.before < found.before
        words = {"before": rival.before, "after": rival.after}
        start, end = SEARCH["overtook" if overtook else "lost_to"].split("{title}")
        sentences.append(start.format(**words) + rival.title + end.format(**words))
    if found.spread is not None:
        low, high = found.spread
        sentences.append(SEARCH["spread" if low < high else "no_spread"].format(low=low, high=high))
    elif found.varies:
        sentences.append(SEARCH["spread_waits"])
    if found.baseline and found.after is not None:
        smr, final = (stage_title(stage) for stage in (ALIGNED_SMR, FINAL))
        sentences.append(SEARCH["no_terms"].format(smr=smr, final=final))
    terms = found.terms.smr if found.terms else None
    if terms is not None and terms.config.reorders and not terms.in_top:
        sentences.append(SEARCH["outside_top"].format(k=terms.config.top_k))
    return sentences


def _series(found: Detail) -> list[tuple[str, SceneExplanation]]:
    """The chosen one and the one beside it, each with its terms."""
    series = []
    if found.terms is not None:
        title = found.scene.title if found.scene else SEARCH["this_caption"]
        series.append((title, found.terms))
    if found.rival is not None and found.rival.terms is not None:
        series.append((found.rival.title, found.rival.terms))
    return series


def _chart(found: Detail) -> Json | None:
    """A waterfall from the first score to the last, of all whose steps are of one kind."""
    series = [(title, terms.steps) for title, terms in _series(found)]
    if not series or len(series[0][1]) < 2:
        return None
    names = list(series[0][1])
    series = [(title, steps) for title, steps in series if list(steps) == names]
    rows = [
        {
            "label": SEARCH["terms"][name],
            "total": False,
            "bars": [_bar(list(steps.values()), i) for _, steps in series],
        }
        for i, name in enumerate(names)
    ]
    totals = [_bar([sum(steps.values())], 0) for _, steps in series]
    rows.append({"label": SEARCH["terms"]["sum"], "total": True, "bars": totals})
    return {
        "title": SEARCH["chart_ratio" if "a" in names else "chart"],
        "alt": SEARCH["chart_alt"],
        "series": [title for title, _ in series],
        "steps": rows,
    }


def _bar(values: list[float], i: int) -> Json:
    """From where the sum stood to where it stands after step ``i``."""
    start = sum(values[:i])
    sign = "+" if i and values[i] >= 0 else ""
    return {"from": start, "to": start + values[i], "text": sign + _score(values[i])}


def _table(found: Detail) -> Json | None:
    """Every term in figures."""
    series = _series(found)
    if not series:
        return None
    shown = [_figures(terms) for _, terms in series]
    names = [name for name in shown[0] if any(figures.get(name) for figures in shown)]
    return {
        "caption": SEARCH["chart_alt"],
        "head": [SEARCH["term"], *(title for title, _ in series)],
        "rows": [
            [SEARCH["terms"][name], *(figures.get(name, "") for figures in shown)] for name in names
        ],
    }


def _figures(terms: SceneExplanation) -> dict[str, str]:
    smr = terms.smr
    figures = {"rank_before": str(terms.rank_before), "score": _score(terms.score)}
    if smr is not None and smr.soft_extreme is not None:
        figures |= {"liked": _score(smr.soft_extreme), "softened": _score(smr.softened)}
    if smr is not None:
        figures |= {name: _score(getattr(smr, name)) for name in ("a", "e", "f", "b")}
        figures["rank_backward"] = f"{smr.rank_backward:.0f} / {smr.bank_size:,}"
    if terms.match_logit is not None:
        figures["match"] = _score(terms.match_logit)
    if terms.match_standardised is not None:
        figures["fusion"] = _score(terms.fusion_term)
    return {**figures, "final": _score(terms.final), "rank_after": str(terms.rank_after)}
