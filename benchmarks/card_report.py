r"""What marks and unwanted words do, as Markdown; and figures of that and of pointing, for docs/.

    python -m benchmarks.card_report [--checkpoint FOLDER]

It measures nothing: `benchmarks.feedback` wrote ``docs/results/feedback.json``, and
``python -m cmpagl diagnose`` the ``diagnosis.json`` of the checkpoint.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from app.kit.theme import LIGHT
from benchmarks.ablation_report import picture
from cmpagl.cli.paths import default_checkpoint
from cmpagl.diagnose.results import ALL, Diagnosis, load_diagnosis
from cmpagl.files import write_text

DOCS = Path(__file__).resolve().parent.parent / "docs"
MEASURED = DOCS / "results" / "feedback.json"
METHODS = {
    "none": "no marks",
    "rocchio": "Rocchio's formula (ships)",
    "nearest marked": "nearest marked scene",
    "logistic, kernel": "logistic regression in a kernel, the query as prior",
    "logistic, linear": "logistic regression, linear, the query as prior",
}
SETS = {"rsicd-val": "RSICD val", "ucm-val": "UCM val", "drawn": "drawn scenes"}
NOT = {
    "without": "no words excluded",
    "shipped": "as shipped",
    "minus 0.25 x score": "0.25 of its score taken off",
    "minus 0.5 x score": "0.5 of its score taken off",
    "minus 1 x score": "all of its score taken off",
}


def feedback_rows(found: Mapping[str, Any]) -> list[str]:
    """Both tables, by method and gallery, and of unwanted words."""
    queries = ", ".join(f"{SETS[name]} {n}" for name, n in found["queries"].items())
    lines = [
        f"Simulated marking, three rounds of five ({queries} queries): precision at 20 without and "
        "after each round, and recall at 50 without and after the last, on the half of each "
        "gallery that nobody marked. The last column is the mean over galleries and rounds, with "
        "settings that the other half of the queries chose (`python -m benchmarks.feedback`).",
        "",
        "| method | "
        + " | ".join(f"{title}, P@20 | R@50" for title in SETS.values())
        + " | mean P@20, held out |",
        "|---" * (2 * len(SETS) + 2) + "|",
    ]
    for name, label in METHODS.items():
        one = found["methods"][name]
        cells = []
        for title in SETS:
            rounds, recall = (one["sets"][title][key] for key in MEASURES)
            cells += [" / ".join(f"{n:.1f}" for n in rounds), f"{recall[0]:.1f} / {recall[-1]:.1f}"]
        lines.append(f"| {label} | {' | '.join(cells)} | {one['held_out']:.1f} |")
    unwanted = found["not"]
    lines += [
        "",
        f"Unwanted words, {unwanted['pairs']} queries on drawn truth (*a thing*, not *another*): "
        "percent of the first ten scenes.",
        "",
        "| | show what is unwanted | show what is wanted | wanted without the other |",
        "|---|---|---|---|",
        *(
            f"| {label} | " + " | ".join(f"{unwanted[name][key]:.1f}" for key in SHOWN) + " |"
            for name, label in NOT.items()
        ),
    ]
    return lines


MEASURES = ("precision_at_20", "recall_at_50")
SHOWN = ("unwanted", "wanted", "wanted_alone")


def feedback_figure(found: Mapping[str, Any]) -> go.Figure:
    """Precision at 20, over galleries, as more is marked."""
    figure = go.Figure()
    colours = (LIGHT["quiet"], LIGHT["accent"], LIGHT["before"], LIGHT["new"], LIGHT["down"])
    for (name, label), colour in zip(METHODS.items(), colours, strict=True):
        rounds = [one["precision_at_20"] for one in found["methods"][name]["sets"].values()]
        means = [sum(values) / len(rounds) for values in zip(*rounds, strict=True)]
        width = 4 if name == "rocchio" else 2
        dash = "dot" if name == "none" else "solid"
        figure.add_scatter(
            x=[0, 5, 10, 15],
            y=means,
            name=label,
            line={"color": colour, "width": width, "dash": dash},
        )
    figure.update_layout(
        template="plotly_white",
        title="Right scenes among the first 20, mean of three galleries",
        xaxis={"title": "scenes marked", "tickvals": [0, 5, 10, 15]},
        yaxis={"title": "precision at 20", "ticksuffix": " %"},
        width=900,
        height=460,
    )
    return figure


def pointing_figure(found: Diagnosis) -> go.Figure:
    """How often the map of a word's score peaks on what it names, by word, beside chance."""
    words = sorted(found.score_words, key=lambda one: one.maps["score"].value)
    labels = [f"{'all' if one.word == ALL else one.word} ({one.n_cases})" for one in words]
    values = [one.maps["score"] for one in words]
    figure = go.Figure()
    figure.add_bar(
        x=[one.value for one in values],
        y=labels,
        orientation="h",
        name="score of the word",
        marker={"color": LIGHT["accent"], "opacity": 0.5},
        error_x={
            "array": [one.high - one.value for one in values],
            "arrayminus": [one.value - one.low for one in values],
            "color": LIGHT["ink"],
        },
    )
    figure.add_scatter(
        x=[one.chance for one in words],
        y=labels,
        mode="markers",
        name="chance",
        marker={"color": LIGHT["down"], "symbol": "line-ns-open", "size": 16},
    )
    figure.update_layout(
        template="plotly_white",
        title="The strongest place lies on what the word names (cases), 95 % intervals",
        xaxis={"ticksuffix": " %", "range": [0, 100]},
        yaxis={"automargin": True},
        width=900,
        height=520,
    )
    return figure


def main() -> None:
    """Write docs/feedback.md and both figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=default_checkpoint())
    args = parser.parse_args()
    found = json.loads(MEASURED.read_text("utf-8"))
    title = [
        "# What marks and unwanted words do",
        "",
        "![Precision by scenes marked](feedback.png)",
    ]
    write_text(DOCS / "feedback.md", "\n".join([*title, "", *feedback_rows(found)]) + "\n")
    picture(feedback_figure(found), DOCS / "feedback.png")
    diagnosis = load_diagnosis(args.checkpoint)
    assert diagnosis is not None, "no diagnosis.json in the checkpoint's folder"
    picture(pointing_figure(diagnosis), DOCS / "pointing.png")


if __name__ == "__main__":
    main()
