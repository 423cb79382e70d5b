"""The lists of Errors as its scripts draw them: cases, and errors that may be none. Pure."""

from __future__ import annotations

import math

from app.errors.contract import (
    CaseShown,
    ListShown,
    Picture,
    Ranks,
    ReviewShown,
)
from app.errors.one_case import Case
from app.errors.request import ErrorsRequest
from app.errors.service import AT_ONCE, ErrorsAnswer, Review
from app.explorer.scenes import Scene
from app.kit.contract import GoParams
from app.query.titles import stage_title
from app.words.captions import tidy
from app.words.errors import ERRORS
from app.words.numbers import decimal, rank, whole
from app.words.page import SIGNS
from app.words.search import MOVED
from cmpagl.rank.stage import ALIGNED, FINAL

__all__ = ["list_shown", "picture_shown", "review_shown"]

MOST_SHOWN = 60  # results of Search, so that the true scene is among them where that can be
FEWEST_SHOWN = 12

_ALIKE = {
    ("identical", False): ERRORS.identical,
    ("alike", False): ERRORS.alike,
    ("identical", True): ERRORS.review_identical,
    ("alike", True): ERRORS.review_alike,
}
"""What is said of a first hit that says the same, in the list of cases and in that to review."""


def cell_label(cell: str, models: tuple[str, str] | None) -> str:
    """What a cell of the ledger is called; of two models, by which of them finds."""
    before, after = models or ("", "")
    labels = ERRORS.cells_by_model if models else ERRORS.cells
    return str(labels[cell]).format(before=before, after=after)


def list_shown(answer: ErrorsAnswer) -> ListShown:
    """Some of the cases, from `ErrorsRequest.start` on."""
    request = answer.request
    start = min(request.start, max(0, (answer.n_cases - 1) // AT_ONCE * AT_ONCE))
    end = start + len(answer.cases)
    words = {"from": start + 1, "to": end, "n": whole(answer.n_cases)}
    ranged = ERRORS.range if request.part == "cases" else ERRORS.range_review
    cell = cell_label(request.cell, answer.models)
    named = cell if request.part == "cases" else ERRORS.parts["review"]
    return {
        "title": f"{named}: {whole(answer.n_cases)}",
        "range": ranged.format(**words) if answer.cases else ERRORS.none,
        "earlier": max(0, start - AT_ONCE) if start else None,
        "later": end if end < answer.n_cases else None,
        "classes": list(answer.classes),
        "of": request.of,
        "hit": request.hit,
        "cases": [_case(case, request) for case in answer.cases],
    }


def picture_shown(scene: Scene, label: str) -> Picture:
    """A scene, and what it is to the query."""
    return {
        "id": scene.image_id,
        "title": scene.title,
        "class_name": scene.class_name,
        "thumbnail": scene.thumbnail,
        "label": label,
    }


def _case(case: Case, request: ErrorsRequest) -> CaseShown:
    by_text = request.direction == "t2i"
    moved = case.before - case.after
    kind = "up" if moved > 0 else "down" if moved < 0 else "same"
    shown: Ranks = {"before": rank(case.before), "after": rank(case.after)}
    side = 0 if request.part == "cases" and request.cell == "fixed" else 1
    wrong = case.hits[side] if not case.right[side] or request.part == "review" else None
    where = stage_title((request.before, request.after)[side])
    alike = "identical" if case.identical else "alike" if case.cosine >= request.fit else ""
    alike = alike if side == 1 and wrong else ""  # it is told of the first hit after
    told = _ALIKE[alike, request.part == "review"] if alike else ""
    return {
        "key": case.key,
        "text": tidy(case.text) if by_text else case.scene.title,
        "quoted": by_text,
        "class_name": case.scene.class_name,
        "truth": picture_shown(
            case.scene, f"✓ {ERRORS.truth}" if by_text else str(ERRORS.query_scene)
        ),
        "wrong": picture_shown(wrong, "× " + ERRORS.first.format(stage=where)) if wrong else None,
        "wrong_caption": tidy(case.captions[side]) if wrong and not by_text else "",
        "ranks": shown,
        "move": {
            "kind": kind,
            "sign": SIGNS[kind],
            "text": MOVED[kind].format(n=rank(abs(moved))),
        },
        "spoken": ERRORS.case_spoken.format(**shown),
        "alike": told.format(cosine=decimal(case.cosine, 3)),
        "nearest": tidy(case.nearest),
        "against": tidy(case.against),
        "search": _search(case, request),
    }


def _search(case: Case, request: ErrorsRequest) -> GoParams:
    """The parameters with which Search shows this very case, and nothing but it."""
    cleared = ("upload", "w", "min", "class", "set", "only", "drop", "form")
    tuning = ("top", "xi", "alpha", "lf", "lb", "le")
    far = math.ceil(max(case.before, case.after)) + 1
    by_text = request.direction == "t2i"
    return {
        **dict.fromkeys((*cleared, *tuning)),
        "tab": "search",
        "q": case.text if by_text else None,
        "like": None if by_text else case.scene.image_id,
        "find": None if by_text else "captions",
        "scene": case.scene.image_id if by_text else None,
        "before": None if request.before == ALIGNED else request.before.name,
        "after": None if request.after == FINAL else request.after.name,
        "k": str(min(MOST_SHOWN, far)) if far > FEWEST_SHOWN else None,
    }


def review_shown(review: Review) -> ReviewShown:
    """What is to be judged, and from which likeness on."""
    usual = "" if math.isnan(review.usual) else ERRORS.fit_usual.format(c=decimal(review.usual, 2))
    return {
        "fit": review.least,
        "help": f"{ERRORS.review_help} {usual}".strip(),
        "count": ERRORS.review_count.format(n=whole(review.n), identical=review.n_identical),
    }
