"""What Errors' scripts draw: answers of `app.errors.service` as JSON with words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.errors.cases import cell_label, list_shown, picture_shown, review_shown
from app.errors.contract import (
    Classes,
    ClassShown,
    Compared,
    ErrorsShown,
    Flow,
    HubShown,
    HubsShown,
    Item,
    Metric,
    ProgressShown,
    Shown,
)
from app.errors.figure import confusion
from app.errors.measuring import Measuring
from app.errors.origin import (
    caution,
    foot,
    net,
    sizes,
    spread,
)
from app.errors.request import PARTS
from app.errors.service import ErrorsAnswer, HubItem
from app.query.titles import stage_title
from app.words.captions import tidy
from app.words.errors import ERRORS
from app.words.numbers import decimal, percent, signed, whole
from app.words.page import SIGNS
from cmpagl.measure.bootstrap import Interval
from cmpagl.measure.gallery import WITHIN
from cmpagl.measure.ledger import CELLS, DIRECTIONS, TableRow
from cmpagl.measure.pair import ClassRow, Hubs

__all__ = ["errors_view"]


def errors_view(answer: ErrorsAnswer) -> ErrorsShown:
    """The value of ``errors.js``."""
    request = answer.request
    shown: ErrorsShown = {
        "problem": answer.problem or None,
        "progress": _progress(answer.progress) if answer.progress else None,
        "bar": _bar(answer),
        "titles": [stage_title(request.before), stage_title(request.after)],
    }
    if answer.problem or answer.progress or answer.origin is None or answer.flow is None:
        return shown
    return {
        **shown,
        "notes": list(answer.notes),
        "sizes": sizes(answer.origin),
        "foot": foot(answer.origin),
        "caution": caution(answer.origin),
        "version": answer.origin.version,
        "table": [_row(row) for row in answer.table],
        "flow": _flow(answer),
        "part": request.part,
        "listed": list_shown(answer) if request.part in ("cases", "review") else None,
        "classes": _classes(answer) if request.part == "classes" else None,
        "hubs": _hubs(answer.hubs, answer) if answer.hubs else None,
        "review": review_shown(answer.review) if answer.review else None,
    }


def _progress(progress: Measuring) -> ProgressShown:
    words = {"stage": stage_title(progress.stage), "done": progress.done, "total": progress.total}
    text = ERRORS.progress[progress.what].format(**words)
    return {"text": text, "done": progress.done, "total": progress.total}


def _bar(answer: ErrorsAnswer) -> Compared:
    request = answer.request
    stages: list[Item] = [
        {"value": stage.name, "text": stage_title(stage)} for stage in answer.stages
    ]

    def options(names: tuple[Any, ...], words: Mapping[str, str] | None) -> list[Item]:
        return [{"value": str(n), "text": words[n] if words else str(n)} for n in names]

    return {
        "stages": stages,
        "before": request.before.name,
        "after": request.after.name,
        "direction": {"value": request.direction, "items": options(DIRECTIONS, ERRORS.ways)},
        "within": {"value": str(request.within), "items": options(WITHIN, None)},
        "part": {"value": request.part, "items": options(PARTS, ERRORS.parts)},
    }


def _row(row: TableRow) -> Metric:
    return {
        "name": row.name,
        "label": ERRORS.metrics[row.name],
        "before": _interval(row.before),
        "after": _interval(row.after),
        "gain": {
            **_interval(row.gain, change=True),
            "low": row.gain.low,
            "high": row.gain.high,
            "value": row.gain.value,
            "said": _verdict(row.gain),
            "kind": _kind(row.gain),
            "sign": SIGNS[_kind(row.gain)],
        },
        "equal": [decimal(row.equal_before), decimal(row.equal_after)],
    }


def _interval(interval: Interval, *, change: bool = False) -> Shown:
    show = signed if change else decimal
    return {"text": show(interval.value), "spread": spread(interval, show)}


def _kind(gain: Interval) -> str:
    low, high = gain.limits or (0.0, 0.0)
    return "up" if low > 0 else "down" if high < 0 else "same"


def _verdict(gain: Interval) -> str:
    return str(ERRORS.gain_said[_kind(gain)])


def _flow(answer: ErrorsAnswer) -> Flow:
    request, flow = answer.request, answer.flow or {}
    total = sum(flow.values())
    gain = next(r.gain for r in answer.table if r.name == f"{request.direction}_r{request.within}")
    kind = ERRORS.queries[request.direction]
    return {
        "cells": [
            {
                "name": cell,
                "n": flow[cell],
                "count": whole(flow[cell]),
                "share": percent(100 * flow[cell] / total, 1),
                "label": cell_label(cell, answer.models),
                "help": ERRORS.cell_help[cell].format(k=request.within),
                "chosen": request.part == "cases" and cell == request.cell,
            }
            for cell in CELLS
        ],
        "total": total,
        "sides": [
            whole(flow["broken"] + flow["right"]),
            whole(flow["fixed"] + flow["wrong"]),
            whole(flow["fixed"] + flow["right"]),
            whole(flow["broken"] + flow["wrong"]),
        ],
        "title": ERRORS.flow.format(n=whole(total), queries=kind, k=request.within),
        "net": net(flow, gain, kind),
        "alt": ERRORS.flow_alt,
    }


def _classes(answer: ErrorsAnswer) -> Classes:
    counts = [side.tolist() for side in answer.confusion or ()]
    before, after = counts or ([], [])
    cells = [
        [i, j, before[i][j], after[i][j]]
        for i in range(len(answer.classes))
        for j in range(len(answer.classes))
        if before[i][j] or after[i][j]
    ]
    return {
        "names": list(answer.classes),
        "rows": [_class_row(row) for row in answer.by_class],
        "cells": cells,
        "figures": {
            side: confusion(answer.classes, table)
            for side, table in zip(("before", "after"), counts, strict=False)
        },
    }


def _class_row(row: ClassRow) -> ClassShown:
    change = row.after - row.before
    kind = _moved(change)
    return {
        "name": row.name,
        "n": row.n,
        "before": row.before,
        "after": row.after,
        "change": change,
        "fixed": row.fixed,
        "broken": row.broken,
        "shown": [decimal(row.before), decimal(row.after)],
        "move": {"kind": kind, "sign": SIGNS[kind], "text": signed(change)},
    }


def _moved(change: float) -> str:
    """Whether a number with one digit went up, down, or stayed."""
    return "up" if change > 0.05 else "down" if change < -0.05 else "same"


def _hubs(hubs: Hubs, answer: ErrorsAnswer) -> HubsShown:
    request, models = answer.request, answer.models
    what = ERRORS.hub_items[request.direction]
    kind = ERRORS.queries[request.direction]
    words = {
        "k": hubs.k,
        "items": what,
        "queries": kind,
        "mean": decimal(hubs.mean),
        "before": decimal(hubs.skewness[0], 2),
        "after": decimal(hubs.skewness[1], 2),
        "never_before": whole(hubs.never[0]),
        "never_after": whole(hubs.never[1]),
        "n": whole(hubs.n_items),
    }
    skewness, never, columns = ERRORS.skewness, ERRORS.never, list(ERRORS.hub_columns)
    if models is not None:  # each side's hubs are its own model's
        skewness, never = ERRORS.skewness_by_model, ERRORS.never_by_model
        words |= {"first": models[0], "second": models[1]}
        columns[2:4] = models
    return {
        "help": ERRORS.hubs_help.format(**words),
        "columns": columns,
        "skewness": skewness.format(**words),
        "never": never.format(**words),
        "mean": hubs.mean,
        "items": [_hub(item) for item in answer.hub_items],
    }


def _hub(item: HubItem) -> HubShown:
    change = item.after - item.before
    kind = _moved(change)
    words = {"n": decimal(abs(change)).removesuffix(".0")}
    return {
        "scene": picture_shown(item.scene, ""),
        "caption": tidy(item.caption),
        "before": item.before,
        "after": item.after,
        "shown": [decimal(v).removesuffix(".0") for v in (item.before, item.after)],
        "change": {
            "kind": kind,
            "sign": SIGNS[kind],
            "text": ERRORS.hub_change[kind].format(**words),
        },
    }
