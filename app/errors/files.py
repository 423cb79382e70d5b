"""What Errors found as files: CSV, JSON, and the report. Pure."""

from __future__ import annotations

import json
from typing import Any

from app.errors.contract import FileShown
from app.errors.export import Export, Side
from app.errors.one_case import Case
from app.errors.origin import caution
from app.errors.report import report
from app.query.titles import stage_title
from cmpagl.export.spreadsheet import BYTE_ORDER_MARK, csv_text

__all__ = ["errors_csv", "json_text", "made_file"]

Json = dict[str, Any]

COLUMNS = (
    "direction",
    "query",
    "true_scene",
    "class",
    "rank_before",
    "rank_after",
    "outcome",
    "first_before",
    "first_after",
    "first_before_right",
    "first_after_right",
    "text_cosine",
    "same_caption",
    "verdict",
    "within",
    "before",
    "after",
    "data_set",
    "split",
    "checkpoint",
    "limits",
)
JOINED = "scene_data_set"  # one more column, where the gallery joins several data sets


def made_file(export: Export, kind: str, count: int = 0) -> FileShown:
    """The value of ``errors-file.js``: a file's name, its kind and its content.

    Args:
        export: what was found.
        kind: "csv", "html"; anything else is "json".
        count: of the question that this answers.
    """
    makers = {"csv": (errors_csv, "text/csv"), "html": (report, "text/html")}
    make, mime = makers.get(kind, (json_text, "application/json"))
    ending = kind if kind in makers else "json"
    request = export.request
    parts = (export.origin.data, "errors", request.before.name, request.after.name)
    name = "_".join("".join(c if c.isalnum() or c in "-_" else "-" for c in p) for p in parts)
    return {
        "name": f"{name[:120]}.{ending}",
        "kind": f"{mime};charset=utf-8",
        "text": make(export),
        "count": count,
    }


def errors_csv(export: Export) -> str:
    """Every query of both directions, a row each."""
    joined = any(case.scene.data_set for side in export.sides.values() for case in side.cases)
    request, origin = export.request, export.origin
    tail = {
        "within": request.within,
        "before": request.before.name,
        "after": request.after.name,
        "data_set": origin.data,
        "split": origin.split,
        "checkpoint": origin.checkpoint,
        "limits": caution(origin),
    }
    rows = [
        {
            **_row(direction, case, outcome, export.verdicts.get(case.key, "")),
            **tail,
            JOINED: case.scene.data_set or "",
        }
        for direction, side in export.sides.items()
        for case, outcome in zip(side.cases, side.outcomes, strict=True)
    ]
    return BYTE_ORDER_MARK + csv_text(rows, (*COLUMNS, JOINED) if joined else COLUMNS)


def _row(direction: str, case: Case, outcome: str, verdict: str) -> Json:
    by_text = direction == "t2i"
    firsts = [hit.image_id for hit in case.hits] if by_text else list(case.captions)
    return {
        "direction": direction,
        "query": case.text if by_text else case.scene.image_id,
        "true_scene": case.scene.image_id,
        "class": case.scene.class_name or "",
        "rank_before": case.before,
        "rank_after": case.after,
        "outcome": outcome,
        "first_before": firsts[0],
        "first_after": firsts[1],
        "first_before_right": case.right[0],
        "first_after_right": case.right[1],
        "text_cosine": round(case.cosine, 4),
        "same_caption": case.identical,
        "verdict": verdict,
    }


def json_text(export: Export) -> str:
    """Everything, with the names of the columns above."""
    request, origin = export.request, export.origin
    content = {
        "data_set": origin.data,
        "split": origin.split or None,
        "checkpoint": origin.checkpoint,
        "version": origin.version,
        "limits": caution(origin),
        "n_scenes": origin.n_scenes,
        "n_captions": origin.n_captions,
        "n_distinct_captions": origin.n_distinct,
        "n_scenes_without_caption": origin.n_silent,
        "before": {"stage": request.before.name, "title": stage_title(request.before)},
        "after": {"stage": request.after.name, "title": stage_title(request.after)},
        "within": request.within,
        "fit": request.fit,
        "recall": {
            row.name: {
                "before": row.before.to_json(),
                "after": row.after.to_json(),
                "gain": row.gain.to_json(),
                "equal_right": {"before": row.equal_before, "after": row.equal_after},
            }
            for row in export.table
        },
        **{direction: _side(export, direction, side) for direction, side in export.sides.items()},
    }
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _side(export: Export, direction: str, side: Side) -> Json:
    hubs = side.hubs
    return {
        "flow": {str(k): dict(flow) for k, flow in side.flows.items()},
        "classes": [
            {
                "class": row.name,
                "n": row.n,
                "before": row.before,
                "after": row.after,
                "fixed": row.fixed,
                "broken": row.broken,
            }
            for row in side.classes
        ],
        "confused": [
            {"class": of, "first_hit": hit, "before": before, "after": after}
            for of, hit, before, after in side.confused
        ],
        "hubs": {
            "within": hubs.k,
            "mean": hubs.mean,
            "skewness": dict(zip(("before", "after"), hubs.skewness, strict=True)),
            "never_found": dict(zip(("before", "after"), hubs.never, strict=True)),
            "most_found": [
                {"item": name, "before": hub.before, "after": hub.after}
                for name, hub in zip(side.hub_names, hubs.items, strict=True)
            ],
        },
        "for_review": [side.cases[number].key for number in side.reviewed],
        "queries": [
            {
                "key": case.key,
                **_row(direction, case, outcome, export.verdicts.get(case.key, "")),
                **({JOINED: case.scene.data_set} if case.scene.data_set else {}),
            }
            for case, outcome in zip(side.cases, side.outcomes, strict=True)
        ],
    }
