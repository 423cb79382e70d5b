r"""Tables and figures of the ablation, from the files that its runs left.

    python -m benchmarks.ablation_report [--results docs/results/ablation]

Written anew each time: ``docs/ablation.md``, its figures, and the table in the README. A figure is
drawn by plotly and pictured by the Chromium that the tests use. A difference to the reference is
taken seed by seed; its interval is Student's t over the seeds, so with three it is wide.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from scipy.stats import t as student

from app.kit.theme import LIGHT
from cmpagl.files import atomic_path, write_text
from tests.find_chromium import find_chromium

DOCS = Path("docs")
README = Path("README.md")
MARKS = ("<!-- ablation: written by benchmarks.ablation_report -->", "<!-- end of ablation -->")
REFERENCE = "joint"
WHOLE_RATIO = "ratio, backward rank and extreme difference"  # its terms alone stay in docs/
FORMS = ("soft", WHOLE_RATIO, "soft, then ratio")
SIZE = (900, 420)  # pixels of a figure

Runs = Mapping[str, Mapping[int, dict[str, Any]]]  # row -> seed -> what the run left


class Estimate(NamedTuple):
    """A mean over seeds and half its 95 % interval; NaN where one seed says nothing of it."""

    mean: float
    half: float
    n: int

    def said(self, *, signed: bool = False) -> str:
        """For a table."""
        mean = f"{self.mean:+.2f}" if signed else f"{self.mean:.2f}"
        return mean if np.isnan(self.half) else f"{mean} ± {self.half:.2f}"


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and half the width of Student's 95 % interval."""
    n = len(values)
    half = float("nan")
    if n > 1:
        half = float(student.ppf(0.975, n - 1) * np.std(values, ddof=1) / n**0.5)
    return Estimate(float(np.mean(values)), half, n)


def load_runs(folder: Path) -> Runs:
    """Every run's file by row and seed, in the order of the rows."""
    from benchmarks.ablation import ROWS

    found: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    files = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    order = {row.name: at for at, row in enumerate(ROWS)}
    for run in sorted(files, key=lambda one: (order[one["row"]], one["seed"])):
        found[run["row"]][run["seed"]] = run
    return found


def against(runs: Runs, row: str) -> str:
    """The row that a row is compared with; itself, where others are compared with it."""
    return str(next(iter(runs[row].values()))["against"])


def differences(runs: Runs, row: str) -> list[float]:
    """The mR of a row less that of the row it is compared with, for every seed that both have."""
    against_row = runs.get(against(runs, row), {})
    both = sorted(set(runs[row]) & set(against_row))
    return [runs[row][seed]["mR"] - against_row[seed]["mR"] for seed in both]


def verdict(gain: Estimate) -> str:
    """What a difference says, in words."""
    if np.isnan(gain.half):
        return "one seed, says nothing yet"
    if abs(gain.mean) <= gain.half:
        return "no difference beyond the seeds"
    return "better" if gain.mean > 0 else "worse"


def trained_table(runs: Runs, claim: str) -> list[str]:
    """The rows of a claim as Markdown."""
    lines = [
        "| row | val mR | against the first | matched / other distance | |",
        "|---|---|---|---|---|",
    ]
    for name, by_seed in runs.items():
        some = list(by_seed.values())
        if some[0]["claim"] != claim:
            continue
        gain = estimate(differences(runs, name) or [float("nan")])
        matched, other = (
            estimate([run["distances"][kind] for run in some]) for kind in ("matched", "unmatched")
        )
        first = name == against(runs, name)
        said = ("", "") if first else (gain.said(signed=True), verdict(gain))
        lines.append(
            f"| {some[0]['label']} | {estimate([r['mR'] for r in some]).said()} | {said[0]} | "
            f"{matched.mean:.3f} / {other.mean:.3f} | {said[1]} |"
        )
    return [*lines, ""]


def fusion_table(runs: Runs) -> list[str]:
    """The matching head's own order within the reference's shortlist."""
    lines = [
        "| the best 32 by alignment, in the order of | val mR | against chance |",
        "|---|---|---|",
    ]
    for by_seed in runs.values():
        some = list(by_seed.values())
        if some[0]["claim"] != "fusion":
            continue
        gain = estimate([run["mR"] - run["chance_mR"] for run in some])
        lines.append(
            f"| {some[0]['label']} | {estimate([r['mR'] for r in some]).said()} | "
            f"{gain.said(signed=True)} |"
        )
        last = some
    chance, whole = (estimate([run[key] for run in last]) for key in ("chance_mR", "reference_mR"))
    lines.append(f"| chance | {chance.said()} | |")
    lines.append(f"| alignment itself | {whole.said()} | {whole.mean - chance.mean:+.2f} |")
    return [*lines, ""]


def rerank_gains(runs: Runs) -> dict[str, dict[str, Estimate]]:
    """Form or baseline -> bank -> gain in mR over the aligned ranking."""
    some = list(runs[REFERENCE].values())
    return {
        name: {
            bank: estimate([run["rerank"][name][bank] - run["mR"] for run in some])
            for bank in ("bank", "transductive")
        }
        for name in some[0]["rerank"]
    }


def rerank_table(runs: Runs) -> list[str]:
    """Every form and baseline with both banks, as Markdown."""
    return [
        "| reranker | training queries as the bank | the split's own queries |",
        "|---|---|---|",
        *(
            f"| {name} | {by['bank'].said(signed=True)} | {by['transductive'].said(signed=True)} |"
            for name, by in rerank_gains(runs).items()
        ),
        "",
    ]


def bars(names: Sequence[str], series: Mapping[str, Sequence[Estimate]], title: str) -> go.Figure:
    """Horizontal bars with intervals, one colour for each series."""
    figure = go.Figure()
    for colour, (label, values) in zip(
        (LIGHT["accent"], LIGHT["before"]), series.items(), strict=False
    ):
        figure.add_bar(
            y=list(names),
            x=[value.mean for value in values],
            error_x={"array": [np.nan_to_num(value.half) for value in values], "thickness": 1.5},
            orientation="h",
            name=label,
            marker_color=colour,
        )
    figure.update_layout(
        width=SIZE[0],
        height=max(SIZE[1] // 2, 90 + 44 * len(names)),
        title={"text": title, "x": 0.01, "font": {"size": 15}},
        font={"family": "sans-serif", "color": LIGHT["ink"], "size": 13},
        paper_bgcolor=LIGHT["panel"],
        plot_bgcolor=LIGHT["panel"],
        margin={"l": 10, "r": 20, "t": 50, "b": 30},
        showlegend=len(series) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"},
    )
    figure.update_xaxes(gridcolor=LIGHT["line"], zerolinecolor=LIGHT["edge"], zeroline=True)
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def picture(figure: go.Figure, path: Path) -> None:
    """Save a figure as PNG."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": SIZE[0] + 40, "height": 900})
        page.set_content(figure.to_html(config={"staticPlot": True}))
        page.locator(".main-svg").first.wait_for()
        with atomic_path(path) as temporary:
            temporary.write_bytes(page.locator(".svg-container").screenshot())
        browser.close()


def short_table(runs: Runs) -> list[str]:
    """The README's section: one line for each thing changed."""
    lines = [
        "## What each part is worth",
        "",
        "The paper claims that each part helps. One small training run per row and seed, with the",
        "same budget, on RSICD val ([docs/ablation.md](docs/ablation.md),",
        "`python -m benchmarks.ablation --data rsicd`):",
        "",
        "| instead of | this | change in val mR | |",
        "|---|---|---|---|",
    ]

    def add(first: str, this: str, gain: Estimate) -> None:
        lines.append(f"| {first} | {this} | {gain.said(signed=True)} | {verdict(gain)} |")

    for name, by_seed in runs.items():
        one, first = next(iter(by_seed.values())), against(runs, name)
        if one["claim"] == "fusion":
            gain = estimate([run["mR"] - run["chance_mR"] for run in by_seed.values()])
            add("chance, within the best 32 by alignment", one["label"], gain)
        elif name != first in runs:
            gain = estimate(differences(runs, name) or [float("nan")])
            add(next(iter(runs[first].values()))["label"], one["label"], gain)
    for name, by_bank in rerank_gains(runs).items():
        if not name.startswith("ratio, ") or name == WHOLE_RATIO:
            what = f"SMR, {name}" if name in FORMS else name
            add("the aligned ranking", f"{what}, bank of training queries", by_bank["bank"])
    return lines


def into_readme(table: Sequence[str]) -> None:
    """Put the table between its marks."""
    text = README.read_text("utf-8")
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    write_text(README, "\n".join([before + MARKS[0], "", *table, "", MARKS[1] + after]))


def document(runs: Runs) -> str:
    """The whole page."""
    reference = list(runs[REFERENCE].values())
    one = reference[0]
    config, vision = one["config"], one["config"]["model"]["vision"]
    seconds = [run["seconds"] for by_seed in runs.values() for run in by_seed.values()]
    seeds = {name: len(by_seed) for name, by_seed in runs.items()}
    least, most = min(seeds.values()), max(seeds.values())
    counted = f"{most} seeds" if least == most else f"{least} to {most} seeds"
    lines = [
        "# What each part is worth",
        "",
        "Written by `python -m benchmarks.ablation`; each run's figures are in "
        "[results/ablation](results/ablation).",
        "",
        f"One budget for all rows of a table: {one['train_images']:,} images of RSICD's train "
        f"split (every fourth one), {vision['image_size']} x {vision['image_size']} pixels, "
        f"{config['head_epochs']} epochs of the heads on frozen features, then "
        f"{config['align_epochs']} epochs in which the last {config['tuned_blocks']} image blocks "
        f"are tuned with them (batches of {config['batch_size']}). The rows of the loss stop after "
        "the heads, those of the text tower leave the image blocks alone. Measured on the whole "
        "val split, upright pictures only, expected ties. A run took "
        f"{min(seconds) / 60:.1f} to {max(seconds) / 60:.1f} minutes on two cores; {counted}. "
        "± is half of Student's 95 % interval over the seeds. These models are far smaller in "
        "training than the one that ships, so the differences count here, not the levels.",
        "",
        "## Gswin: local, global, both, or full attention",
        "",
        "![Change in mR by kind of attention](ablation-gswin.png)",
        "",
        *trained_table(runs, "gswin"),
        "## The loss: contrast, triplets, intra-class distance",
        "",
        *trained_table(runs, "loss"),
        "## The text tower",
        "",
        *trained_table(runs, "text"),
    ]
    if any(next(iter(by_seed.values()))["claim"] == "fusion" for by_seed in runs.values()):
        lines += [
            "## Pre-alignment before fusion",
            "",
            "The matching head reads the tokens of aligned towers, with negatives that alignment "
            "finds hard, or those of the towers as they came, for as many epochs more as alignment "
            "takes.",
            "",
            *fusion_table(runs),
        ]
    lines += [
        "## SMR and the other rerankers",
        "",
        "Gain over the reference's aligned ranking. No value was tuned: every form stands at what "
        "a search starts from, every baseline at what it was published with.",
        "",
        "![Gain in mR by reranker](ablation-rerank.png)",
        "",
        *rerank_table(runs),
    ]
    return "\n".join(lines).rstrip() + "\n"


def write_report(folder: Path) -> None:
    """Write everything that the module's docstring names."""
    runs = load_runs(folder)
    if REFERENCE not in runs:
        return
    write_text(DOCS / "ablation.md", document(runs))
    into_readme(short_table(runs))
    trained = ("gswin", "loss", "text")
    firsts = {name: next(iter(by_seed.values())) for name, by_seed in runs.items()}
    rows = [
        name
        for name, one in firsts.items()
        if one["claim"] in trained and name != one["against"] in firsts
    ]
    if rows:
        labels = [
            f"{firsts[name]['label']} ({firsts[firsts[name]['against']]['label']})" for name in rows
        ]
        gains = [estimate(differences(runs, name) or [0.0]) for name in rows]
        title = "change in val mR against the row in brackets"
        picture(bars(labels, {"change": gains}, title), DOCS / "ablation-gswin.png")
    found = rerank_gains(runs)
    series = {
        "training queries": [by["bank"] for by in found.values()],
        "the split's own queries": [by["transductive"] for by in found.values()],
    }
    title = "gain in val mR over the aligned ranking"
    picture(bars(list(found), series, title), DOCS / "ablation-rerank.png")


def main() -> None:
    """Draw the report from what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=DOCS / "results" / "ablation")
    write_report(parser.parse_args().results)


if __name__ == "__main__":
    main()
