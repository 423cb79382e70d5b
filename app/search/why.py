"""Why a result stands where it stands, for ``detail.js``: words, a chart and its table. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from app.explorer.scenes import Scene
from app.kit.contract import Table
from app.query.titles import stage_title
from app.search.contract import Bar, CaptionShown, Chart, DetailShown, Fact, Step
from app.search.explain import Detail
from app.search.figure import waterfall
from app.words.captions import tidy
from app.words.numbers import decimal, whole
from app.words.search import SEARCH
from cmpagl.rank.stage import ALIGNED_SMR
from cmpagl.search.ranking import SceneExplanation

__all__ = ["detail", "score_text"]

_STATES = {
    "missing": SEARCH.missing,
    "changed_file": SEARCH.changed_file,
    "unreadable": SEARCH.unreadable,
}
"""What became of a picture's file."""

_HEADLINES = {
    "up": SEARCH.headline_up,
    "down": SEARCH.headline_down,
    "same": SEARCH.headline_same,
}


MOST_TITLE = 60  # characters of a title within a sentence


def score_text(score: float) -> str:
    """A score as the page shows it."""
    return decimal(score, 3)


def detail(
    found: Detail | None, params: Mapping[str, str] | None = None, *, count: int | None = None
) -> DetailShown | None:
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
            "title": shown.title if shown else tidy(found.caption),
            "label": shown.class_name if shown else None,
            "facts": _facts(found),
            "alt": tidy(shown.captions[0]) if shown and shown.captions else "",
            "picture": shown.picture if shown else None,
            "whole": found.state not in ("missing", "unreadable"),  # not the small copy
            "captions": _captions(shown) if shown else [],
            "version": shown.version if shown else None,
            "mark": None if found.mark is None else "good" if found.mark else "bad",
            "around": shown.around if shown and found.ground.cut and not found.state else "",
            "place": found.ground.place,
            "across": found.ground.across,
            "north": found.ground.north,
        },
        "state": _STATES[found.state] if found.state else None,
        "why": {
            "headline": _headline(found),
            "sentences": _sentences(found),
            "chart": _chart(found),
            "table": _table(found),
        },
        "ask_spread": dict(params) if params and found.varies and found.spread is None else None,
        "count": count,
    }


def _captions(shown: Scene) -> list[CaptionShown]:
    return [{"text": tidy(caption), "query": caption} for caption in shown.captions]


def _facts(found: Detail) -> list[Fact]:
    """Its file, its data set, its ranks and its score."""
    shown, facts = found.scene, {}
    if shown is not None:
        facts["file"] = shown.image_id
        facts["set"] = shown.data_set or ""
        facts["place"] = found.ground.place
    if found.before is not None and found.after is not None:
        facts["rank_before"], facts["rank_after"] = str(found.before), str(found.after)
    if found.score is not None:
        facts["score"] = score_text(found.score)
    return [{"name": SEARCH.facts[name], "value": value} for name, value in facts.items() if value]


def _headline(found: Detail) -> str:
    before, after = found.before, found.after
    if before is None or after is None:
        return str(SEARCH.headline_out)
    kind = "up" if after < before else "down" if after > before else "same"
    words = {"before": before, "after": after, "n": abs(before - after)}
    return _HEADLINES[kind].format(**words)


def _short(title: str) -> str:
    """A caption or a name as a part of a sentence."""
    whole = tidy(title).rstrip(" .!?")
    return whole if len(whole) <= MOST_TITLE else whole[:MOST_TITLE].rsplit(" ", 1)[0] + "…"


def _sentences(found: Detail) -> list[str]:
    sentences = []
    rival = found.rival
    if rival is not None and found.before is not None:
        overtook = rival.before < found.before
        words = {"before": rival.before, "after": rival.after}
        start, end = (SEARCH.overtook if overtook else SEARCH.lost_to).split("{title}")
        sentences.append(start.format(**words) + _short(rival.title) + end.format(**words))
    if found.spread is not None:
        low, high = found.spread
        sentences.append(
            (SEARCH.spread if low < high else SEARCH.no_spread).format(low=low, high=high)
        )
    elif found.varies:
        sentences.append(SEARCH.spread_waits)
    if found.baseline and found.after is not None:
        sentences.append(SEARCH.no_terms.format(smr=stage_title(ALIGNED_SMR)))
    terms = found.terms.smr if found.terms else None
    if terms is not None and terms.config.reorders and not terms.in_top:
        sentences.append(SEARCH.outside_top.format(k=terms.config.top_k))
    return sentences


def _series(found: Detail) -> list[tuple[str, SceneExplanation]]:
    """The chosen one and the one beside it, each with its terms."""
    series = []
    if found.terms is not None:
        title = SEARCH.this_scene if found.scene else SEARCH.this_caption
        series.append((title, found.terms))
    if found.rival is not None and found.rival.terms is not None:
        series.append((_short(found.rival.title), found.rival.terms))
    return series


def _chart(found: Detail) -> Chart | None:
    """A waterfall from the first score to the last, of all whose steps are of one kind."""
    series = [(title, terms.steps) for title, terms in _series(found)]
    if not series or len(series[0][1]) < 2:
        return None
    names = list(series[0][1])
    series = [(title, steps) for title, steps in series if list(steps) == names]
    rows: list[Step] = [
        {
            "label": SEARCH.terms[name],
            "total": False,
            "bars": [_bar(list(steps.values()), i) for _, steps in series],
        }
        for i, name in enumerate(names)
    ]
    totals = [_bar([sum(steps.values())], 0) for _, steps in series]
    rows.append({"label": SEARCH.terms["sum"], "total": True, "bars": totals})
    return {
        "title": SEARCH.chart_ratio if "a" in names else SEARCH.chart,
        "alt": SEARCH.chart_alt,
        "series": [title for title, _ in series],
        "figure": waterfall(rows),
    }


def _bar(values: list[float], i: int) -> Bar:
    """From where the sum stood to where it stands after step ``i``."""
    start = sum(values[:i])
    sign = "+" if i and values[i] >= 0 else ""
    return {"start": start, "end": start + values[i], "text": sign + score_text(values[i])}


def _table(found: Detail) -> Table | None:
    """Every term in figures."""
    series = _series(found)
    if not series:
        return None
    shown = [_figures(terms) for _, terms in series]
    names = [name for name in shown[0] if any(figures.get(name) for figures in shown)]
    return {
        "caption": SEARCH.chart_alt,
        "head": [SEARCH.term, *(title for title, _ in series)],
        "rows": [
            [SEARCH.terms[name], *(figures.get(name, "") for figures in shown)] for name in names
        ],
    }


def _figures(terms: SceneExplanation) -> dict[str, str]:
    smr = terms.smr
    figures = {"rank_before": str(terms.rank_before)}
    if "first_model" not in terms.steps:  # of two models there is no one similarity
        figures["score"] = score_text(terms.score)
    if smr is not None and smr.soft_extreme is not None:
        figures |= {"liked": score_text(smr.soft_extreme), "softened": score_text(smr.softened)}
    if smr is not None:
        figures |= {name: score_text(getattr(smr, name)) for name in ("a", "e", "f", "b")}
        figures["rank_backward"] = f"{whole(round(smr.rank_backward))} / {whole(smr.bank_size)}"
    alone = ("first_model", "second_model", "examples", "unwanted")
    figures |= {name: score_text(terms.steps[name]) for name in alone if name in terms.steps}
    if terms.match_logit is not None:
        figures["match"] = score_text(terms.match_logit)
    if terms.match_standardised is not None:
        figures["fusion"] = score_text(terms.fusion_term)
    return {**figures, "final": score_text(terms.final), "rank_after": str(terms.rank_after)}
