"""A model card's tables, each from what was measured."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

from cmpagl.config.ranking import RankingConfig
from cmpagl.diagnose.results import (
    ALL,
    Diagnosis,
    GalleryRecall,
    PairResult,
    RecallResult,
)
from cmpagl.measure.bootstrap import Interval
from cmpagl.measure.metrics import RECALL_AT
from cmpagl.rank.stage import (
    ALIGNED,
    ALIGNED_SMR,
    ALIGNED_SMR_TRANSDUCTIVE,
    FINAL,
    FINAL_TRANSDUCTIVE,
    FUSED,
    Stage,
    as_offered,
    offered,
)

RARITY = {
    "unseen": "a word that it does not have",
    "rare": "one that it has at most five times",
    "between": "one that it has up to a hundred times",
    "frequent": "more frequent words only",
}
CLASS_IMAGES = 10  # a class with fewer images is not ranked
CLASSES_SHOWN = 4  # best and worst, each

STAGES = {
    ALIGNED: "aligned",
    ALIGNED_SMR: "aligned + SMR, bank only",
    FUSED: "aligned + fusion",
    FINAL: "**final: SMR (bank only) + fusion**",
    ALIGNED_SMR_TRANSDUCTIVE: "aligned + SMR, transductive",
    FINAL_TRANSDUCTIVE: "SMR (transductive) + fusion",
}
POINTING = {"score": "score of the word alone", "sentence": "score of the sentence"}
LAST = "**final: aligned + SMR, bank only**"


def _stages(ranking: RankingConfig) -> dict[Stage, str]:
    """The rows of `STAGES` that differ; the one that the final ranking equals is called so."""
    last = {} if FINAL in offered(ranking) else {as_offered(FINAL, ranking): LAST}
    return {stage: last.get(stage, STAGES[stage]) for stage in offered(ranking, tuple(STAGES))}


def held_out_sentences(sentences: Sequence[str], ranking: RankingConfig) -> list[str]:
    """What tuning said of these stages."""
    names = {stage.name for stage in _stages(ranking)}
    return [one for one in sentences if re.split("[ :]", one, maxsplit=1)[0] in names]


def evaluation_table(name: str, content: dict[str, Any], ranking: RankingConfig) -> list[str]:
    """One data set's stages as a Markdown table."""
    lines = [
        f"### {name}: {content['n_images']:,} images, {content['n_captions']:,} captions",
        "",
        "| ranking | i2t R@1 / 5 / 10 | t2i R@1 / 5 / 10 | mR [95 %] | gain [95 %] | equal right |",
        "|---|---|---|---|---|---|",
    ]
    for stage, label in _stages(ranking).items():
        found = content[stage.name]
        recalls = [
            " / ".join(f"{found[f'{way}_r{k}']:.1f}" for k in (1, 5, 10)) for way in ("i2t", "t2i")
        ]
        interval, gain = found["intervals"]["mR"], found["gain_mR"]
        gained = (
            ""
            if stage is ALIGNED
            else f"{gain['value']:+.2f} [{gain['low']:+.2f}, {gain['high']:+.2f}]"
        )
        lines.append(
            f"| {label} | {recalls[0]} | {recalls[1]} | {found['mR']:.2f} "
            f"[{interval['low']:.1f}, {interval['high']:.1f}] | {gained} | "
            f"{found['equal_right_mR']:.1f} |"
        )
    data = f"--data {content['dataset']} --split {content['split']}"
    lines += ["", f"By `python -m cmpagl evaluate {data}`.", ""]
    return [*lines, *class_rows(name, content.get("smr_by_class", {}))]


def class_rows(name: str, by_class: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The classes that are found best and worst, of those with enough images to say so."""
    known = {one: row for one, row in by_class.items() if row["n_images"] >= CLASS_IMAGES}
    if len(known) < 2 * CLASSES_SHOWN:
        return []
    mean = {one: (row["i2t_r10"] + row["t2i_r10"]) / 2 for one, row in known.items()}
    order = sorted(known, key=lambda one: (-mean[one], one))
    lines = [
        f"| {name}, final ranking, by class | images | i2t R@10 | t2i R@10 |",
        "|---|---|---|---|",
    ]
    for label, some in (("best", order[:CLASSES_SHOWN]), ("worst", order[-CLASSES_SHOWN:])):
        lines += [
            f"| {label}: {one} | {known[one]['n_images']} | {known[one]['i2t_r10']:.0f} | "
            f"{known[one]['t2i_r10']:.0f} |"
            for one in some
        ]
    return [*lines, ""]


def diagnosis_tables(found: Diagnosis, without: Set[str]) -> list[str]:
    """What drawn scenes tell, as Markdown: recall, hard pairs, where the maps point.

    Args:
        found: all of it.
        without: names of rankings that are left out: they equal others.
    """
    lines = [
        "## Results on drawn scenes",
        "",
        f"{found.n_scenes:,} fresh scenes of seed {found.seed} with {found.n_captions:,} captions, "
        f"{found.n_pointing_scenes:,} for pointing: drawn, not photographed, so that their content "
        "is known exactly (`python -m cmpagl diagnose`). The model has trained on other drawn "
        "scenes, so this tells little about photographs. Percent, [95 % interval].",
        "",
        *recall_rows("fresh scenes", found.recall, without),
        *pair_rows("fresh scenes", found.pairs, without),
        *drawn_class_rows(found),
    ]
    if found.gallery is not None:
        lines += gallery_rows(found.gallery, without)
    return lines + pointing_rows(found)


def pointing_rows(found: Diagnosis) -> list[str]:
    """Where the maps point, as Markdown."""
    lines = []
    for title, words in (
        ("where the score came from", found.score_words),
        ("where the class token looked", found.words),
    ):
        every = next((one for one in words if one.word == ALL), None)
        if every is None:
            continue
        lines += [
            f"### Pointing: {title}",
            "",
            "Does a map peak inside a box of the thing that a word names? "
            f"{every.n_cases:,} cases; chance {every.chance:.1f}, the picture's centre "
            f"{every.centre:.1f}.",
            "",
            "| map | this model | random weights |",
            "|---|---|---|",
            *(
                f"| {POINTING.get(name, name)} | {_said(value)} | {_said(every.random[name])} |"
                for name, value in every.maps.items()
            ),
            "",
        ]
    if found.score_words:
        lines += [
            "| word | cases | chance | centre | score of the word |",
            "|---|---|---|---|---|",
            *(
                f"| {one.word} | {one.n_cases} | {one.chance:.1f} | {one.centre:.1f} | "
                f"{_said(one.maps['score'])} |"
                for one in found.score_words
                if one.word != ALL
            ),
            "",
        ]
    return lines


def drawn_class_rows(found: Diagnosis) -> list[str]:
    """Recall of each class of fresh scenes, before and after SMR, as Markdown."""
    lines = [
        "| fresh scenes, by class, R@10 | i2t aligned | i2t SMR | t2i aligned | t2i SMR |",
        "|---|---|---|---|---|",
    ]
    for one in sorted(found.classes, key=lambda one: one.class_name):
        values = [
            f"{getattr(one.stages[stage.name], f'{way}_r10'):.0f}"
            for way in ("i2t", "t2i")
            for stage in (ALIGNED, FINAL)
        ]
        lines.append(f"| {one.class_name} ({one.n_scenes}) | {' | '.join(values)} |")
    return [*lines, ""]


def limit_rows(found: Mapping[str, Any]) -> list[str]:
    """What `benchmarks.limits` measured, a sentence for each limit."""
    no, side, coarse = found["negation"], found["sides"], found["coarse"]
    n_scenes = found["gallery"]["scenes"]
    lines = [
        "## What it cannot do, measured",
        "",
        f"On the {n_scenes} drawn scenes of the gallery, aligned scores (`python -m "
        "benchmarks.limits`):",
        "",
        f'- **Negation**: of the first ten scenes for "a scene with ponds" (or another of '
        f'{no["things"]} things) {no["with"]:.0f} % show the thing; for "a scene without ponds", '
        f"where none should, {no['without']:.0f} %; chance is {no['chance']:.0f} %.",
        f'- **Left and right**: asked for a thing "on the left side of the picture", in '
        f"{side['left']:.0f} % of the first ten that show it it lies left; asked for it on the "
        f"right, in {side['right']:.0f} %. The two answers share {side['shared']:.0f} % of their "
        f"scenes ({side['things']} things).",
        "- **Coarse pictures**: recall at ten of the captions is "
        + ", ".join(
            f"{value:.1f} % with {'all pixels' if share == '1' else f'{share} of the side'}"
            for share, value in coarse.items()
        )
        + ".",
    ]
    if rare := found.get("rare_words"):
        told = [
            f"{row['t2i_r10']:.1f} % for captions with {RARITY[name]} ({row['captions']:,})"
            for name, row in rare.items()
            if name in RARITY
        ]
        lines.append(
            f"- **Rare words** ({rare['data'].upper()} val, a caption by the word in it that the "
            f"train split has least often): recall at ten is {', '.join(told)}."
        )
    told = ["none" if share is None else f"{share:.1f}" for share in found["shares"]]
    lines += [
        "",
        "## How far it looks",
        "",
        "Mean share of each block's attention that goes beyond a token's own window, in percent, "
        f"first block to last: {', '.join(told)}. Below 2 or above 98, one of the two paths would "
        "be idle.",
    ]
    return [*lines, ""]


def gallery_rows(found: GalleryRecall, without: Set[str]) -> list[str]:
    """The gallery that ships: its captions, the queries by hand, its hard pairs."""
    name = f"{found.name}, {found.n_images:,} scenes"
    lines = recall_rows(f"{name}, {found.n_captions:,} captions", found.recall, without)
    if found.n_queries:
        lines += [
            f"| {name}: {found.n_queries} queries by hand | R@1 | R@5 | R@10 |",
            "|---|---|---|---|",
            *(
                f"| {stage} | {' | '.join(_said(by[f'r{k}']) for k in RECALL_AT)} |"
                for stage, by in found.queries.items()
                if stage not in without
            ),
            "",
        ]
    return lines + pair_rows(name, found.pairs, without)


def recall_rows(name: str, recall: Mapping[str, RecallResult], without: Set[str]) -> list[str]:
    """Recall by ranking as a Markdown table."""
    lines = [
        f"| {name} | i2t R@1 / 5 / 10 | t2i R@1 / 5 / 10 | t2i R@10 [95 %] |",
        "|---|---|---|---|",
    ]
    for stage, one in recall.items():
        if stage in without:
            continue
        m = one.metrics
        lines.append(
            f"| {stage} | {m.i2t_r1:.1f} / {m.i2t_r5:.1f} / {m.i2t_r10:.1f} | "
            f"{m.t2i_r1:.1f} / {m.t2i_r5:.1f} / {m.t2i_r10:.1f} | "
            f"{_said(one.intervals['t2i_r10'])} |"
        )
    return [*lines, ""]


def pair_rows(name: str, pairs: tuple[PairResult, ...], without: Set[str]) -> list[str]:
    """Hard pairs by what they differ in; nothing without any."""
    if not pairs:
        return []
    stages = [stage for stage in pairs[0].stages if stage not in without]
    return [
        f"| {name}: hard pairs differ in (chance 50) | pairs | {' | '.join(stages)} |",
        "|---|---|" + "---|" * len(stages),
        *(
            f"| {one.differs} | {one.n_pairs} | "
            f"{' | '.join(_said(one.stages[stage]) for stage in stages)} |"
            for one in pairs
        ),
        "",
    ]


def _said(value: Interval) -> str:
    return f"{value.value:.1f} [{value.low:.1f}, {value.high:.1f}]"
