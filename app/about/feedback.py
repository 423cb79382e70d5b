"""What marks and unwanted words were measured to do: `benchmarks/feedback.py`, as tables.

What is missing from the file is not told; the page may be installed without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.about.contract import Measured
from app.kit.contract import Table
from app.words.about import ABOUT
from app.words.numbers import decimal, whole

__all__ = ["MEASURED", "feedback_shown"]

MEASURED = Path(__file__).resolve().parents[2] / "docs" / "results" / "feedback.json"
SHIPPED = "rocchio"
"""The method by which the page learns from marks, as the benchmark calls it."""


def feedback_shown(path: Path = MEASURED) -> Measured | None:
    """The benchmark's figures as tables; None where they are not installed."""
    try:
        found: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    except OSError:
        return None
    words = {
        "model": found["checkpoint"],
        "queries": whole(sum(found["queries"].values())),
        "galleries": len(found["queries"]),
        "pairs": whole(found["not"]["pairs"]),
    }
    return {
        "intro": ABOUT.feedback_intro.format(**words),
        "tables": [_methods(found["methods"]), _galleries(found), _unwanted(found["not"], words)],
    }


def _methods(methods: Mapping[str, Any]) -> Table:
    """Each way to learn, over all galleries; the best first, which is the one that ships."""
    rows = []
    for name, one in sorted(methods.items(), key=lambda item: -item[1]["held_out"]):
        rounds = [figures["precision_at_20"] for figures in one["sets"].values()]
        means = [sum(of_round) / len(rounds) for of_round in zip(*rounds, strict=True)]
        rows.append(
            [
                ABOUT.feedback_methods.get(name, name),
                *(decimal(mean, 1) for mean in means),
                decimal(one["held_out"], 1),
            ]
        )
    return _table("methods", ABOUT.feedback_columns, rows)


def _galleries(found: Mapping[str, Any]) -> Table:
    """What ships, gallery by gallery."""
    rows = []
    for name, figures in found["methods"][SHIPPED]["sets"].items():
        recall = figures["recall_at_50"]
        rows.append(
            [
                ABOUT.feedback_galleries.get(name, name),
                whole(found["queries"][name]),
                *(decimal(value, 1) for value in figures["precision_at_20"]),
                decimal(recall[0], 1),
                decimal(recall[-1], 1),
            ]
        )
    return _table("galleries", ABOUT.feedback_gallery_columns, rows)


def _unwanted(found: Mapping[str, Any], words: Mapping[str, object]) -> Table:
    names = ("unwanted", "wanted", "wanted_alone")
    rows = [
        [
            ABOUT.unwanted_rows[name],
            *(decimal(found[way][name], 1) for way in ("without", "shipped")),
        ]
        for name in names
    ]
    table = _table("unwanted", ABOUT.unwanted_columns, rows)
    table["caption"] = table["caption"].format(**words)
    return table


def _table(name: str, head: Any, rows: list[list[str]]) -> Table:  # noqa: ANN401 (words)
    return {"caption": ABOUT.tables[name], "head": list(head), "rows": rows}
