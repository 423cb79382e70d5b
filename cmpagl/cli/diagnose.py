"""Ask a model about scenes whose truth is known: `python -m cmpagl diagnose --json FILE`.

Scenes are drawn for the purpose, so no model has seen them, and measured are: recall over all and
by class, hard pairs by what tells them apart (`cmpagl.diagnose.scene_recall`), and how often a map
peaks inside what a word names (`cmpagl.diagnose.pointing`). A folder of drawn scenes, such as the
gallery that ships, can be measured beside them (`cmpagl.diagnose.gallery_recall`).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cmpagl.diagnose.gallery_recall import QUERIES_FILE, measure_gallery, read_queries
from cmpagl.diagnose.pointing import class_hits, measure_pointing
from cmpagl.diagnose.results import ALL, Diagnosis, PairResult, RecallResult
from cmpagl.diagnose.scene_recall import encode_scenes, measure_scenes
from cmpagl.diagnose.scenes import FreshScene, draw_fresh, draw_further, pointing_cases
from cmpagl.diagnose.score_maps import score_hits
from cmpagl.files import write_json
from cmpagl.measure.bootstrap import Interval
from cmpagl.measure.metrics import RECALL_AT
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.progress import Progress, StageClock

__all__ = ["diagnose", "format_diagnosis", "run"]

CASES = 200  # of pointing wanted for each word
SHARE = 3  # but no more than one for this many scenes,
SCORED = 200  # of the scenes with a case are asked for maps of a score, which take a second each
FEW = 30  # and none are drawn for below this many: a quick look stays quick

_STAGES = {
    "gallery images": "scenes of the folder encoded",
    "gallery captions": "captions of the folder encoded",
    "scenes": "scenes drawn",
    "further": "further scenes drawn for rare words",
    "images": "scenes encoded",
    "captions": "captions encoded",
    "maps": "scenes with their maps",
    "random maps": "scenes with the maps of random weights",
    "score maps": "scenes with the maps of scores",
    "random score maps": "scenes with the maps of scores of random weights",
}


def diagnose(
    checkpoint: Checkpoint,
    count: int,
    seed: int,
    *,
    folder: Path | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Diagnosis:
    """Draw ``count`` scenes of ``seed`` and measure what a model makes of them.

    Args:
        checkpoint: the model, its bank and its tuned ranking.
        count: scenes for recall and hard pairs. For pointing, further scenes are drawn until every
            word has `CASES` cases, or ``count / SHARE`` if that is less; none if it is below `FEW`.
        seed: one that no training used.
        folder: of drawn scenes that are measured too, by `QUERIES_FILE` as well if it has one.
        workers: processes that draw at once; the numbers do not depend on it.
        progress: told how far it is, in words of `_STAGES`.

    Raises:
        CheckpointError: a part of the checkpoint is damaged.
        DataError: a scene found no room, or ``folder`` cannot be used.
    """

    def tell(what: str, done: int, total: int) -> None:
        if progress is not None:
            progress(what, done, total)

    gallery = None
    if folder is not None:
        by_hand = folder / QUERIES_FILE
        gallery = measure_gallery(
            checkpoint,
            folder,
            queries=read_queries(by_hand) if by_hand.exists() else None,
            progress=lambda what, done, total: tell(f"gallery {what}", done, total),
        )
    model, tokenizer, bank = checkpoint.model(), checkpoint.tokenizer(), checkpoint.bank()
    size = model.config.vision.image_size
    scenes = draw_fresh(range(count), seed, size, workers=workers, progress=tell)
    further = draw_further(
        scenes,
        seed,
        size,
        cases_per_word=min(CASES, count // SHARE) if count >= FEW else 0,
        workers=workers,
        progress=lambda _, done, total: tell("further", done, total),
    )
    embeds = encode_scenes(model, tokenizer, scenes, tell)
    found = measure_scenes(model, bank, embeds, [scene.truth for scene in scenes])
    return Diagnosis(
        checkpoint=checkpoint.name,
        fingerprint=checkpoint.fingerprint,
        seed=seed,
        n_scenes=count,
        n_captions=len(embeds.caption_to_image),
        n_pointing_scenes=count + len(further),
        recall=found.recall,
        classes=found.classes,
        pairs=found.pairs,
        words=measure_pointing(model, tokenizer, [*scenes, *further], tell, find=class_hits),
        gallery=gallery,
        score_words=measure_pointing(
            model,
            tokenizer,
            _with_cases(scenes)[:SCORED],
            tell,
            find=score_hits,
            what=("score maps", "random score maps"),
        ),
    )


def _with_cases(scenes: Sequence[FreshScene]) -> list[FreshScene]:
    """Those that something can be asked about."""
    return [scenes[n] for n in sorted({case.scene for case in pointing_cases(scenes)})]


def format_diagnosis(result: Diagnosis) -> str:
    """The tables for a terminal, about 110 columns wide; all numbers in percent."""
    tables = [
        _recall(result.recall),
        _classes(result),
        _pairs("Hard pairs", result.pairs),
        *_pointing(result),
        *_gallery(result),
    ]
    return "\n\n".join("\n".join(lines) for lines in tables if lines)


def _recall(recall: Mapping[str, RecallResult]) -> list[str]:
    lines = [
        f"{'Recall':24} image -> text         text -> image       mean of six",
        "ranking                R@1   R@5  R@10     R@1   R@5  R@10     (95 % interval)",
    ]
    for name, one in recall.items():
        m = one.metrics
        lines.append(
            f"{name:18} {m.i2t_r1:7.1f} {m.i2t_r5:5.1f} {m.i2t_r10:5.1f} "
            f"{m.t2i_r1:7.1f} {m.t2i_r5:5.1f} {m.t2i_r10:5.1f}   {_said(one.intervals['mR'])}"
        )
    return lines


def _classes(result: Diagnosis) -> list[str]:
    names = list(result.recall)
    asked = {
        "t2i_r1": "text -> image R@1",
        "t2i_r10": "text -> image R@10",
        "i2t_r10": "image -> text R@10",
    }
    lines = [
        f"Recall by class, {' -> '.join(names)}",
        f"{'class':22}scenes   " + "".join(f"{words:26}" for words in asked.values()).rstrip(),
    ]
    for one in sorted(result.classes, key=lambda c: -c.stages[names[-1]].t2i_r10):
        columns = [
            " -> ".join(f"{getattr(one.stages[name], metric):5.1f}" for name in names)
            for metric in asked
        ]
        values = "".join(f"{column:26}" for column in columns).rstrip()
        lines.append(f"{one.class_name:22}{one.n_scenes:6}   {values}")
    return lines


def _pairs(title: str, pairs: Sequence[PairResult]) -> list[str]:
    if not pairs:
        return []
    names = list(pairs[0].stages)
    lines = [
        f"{title}: the caption that names the difference scores its own scene higher (chance 50)",
        f"{'differ in':10} pairs  cases   " + "".join(f"{name:24}" for name in names).rstrip(),
    ]
    for one in pairs:
        values = "".join(f"{_said(one.stages[name]):24}" for name in names).rstrip()
        lines.append(f"{one.differs:10}{one.n_pairs:6} {one.n_cases:6}   {values}")
    return lines


def _gallery(result: Diagnosis) -> list[list[str]]:
    found = result.gallery
    if found is None:
        return []
    by_hand = []
    if found.n_queries:
        by_hand = [
            f"{found.name}: {found.n_queries} queries written by hand, text -> image",
            f"{'ranking':18}" + "".join(f"{f'R@{k}':24}" for k in RECALL_AT).rstrip(),
            *(
                f"{name:18}" + "".join(f"{_said(by[f'r{k}']):24}" for k in RECALL_AT).rstrip()
                for name, by in found.queries.items()
            ),
        ]
    size = f"{found.name}: {found.n_images:,} scenes, {found.n_captions:,} captions"
    recall = _recall(found.recall)
    return [[size, *recall], by_hand, _pairs(f"{found.name}: hard pairs", found.pairs)]


def _pointing(result: Diagnosis) -> list[list[str]]:
    tables = []
    for words, n_scenes, what in (
        (result.words, result.n_pointing_scenes, "Pointing"),
        (result.score_words, min(SCORED, result.n_scenes), "Pointing of the maps of a score"),
    ):
        every = next((one for one in words if one.word == ALL), None)
        if every is None:
            continue
        by_map = [
            f"{what}: the map peaks inside a box of the named thing; {every.n_cases:,} cases in "
            f"{n_scenes:,} scenes, chance {every.chance:.1f}, "
            f"centre of the picture {every.centre:.1f}",
            f"{'map':14}{'this model':24}random weights",
            *(
                f"{name:14}{_said(value):24}{_said(every.random[name])}"
                for name, value in every.maps.items()
            ),
        ]
        shown = list(every.maps)[:1] if what != "Pointing" else list(every.maps)[-1:]
        by_word = [
            f"{what}, by word",
            f"{'word':16}cases  chance centre   " + "".join(f"{n:24}" for n in shown).rstrip(),
        ]
        for one in words:
            if one.word != ALL:
                values = "".join(f"{_said(one.maps[name]):24}" for name in shown).rstrip()
                by_word.append(
                    f"{one.word:16}{one.n_cases:5}  {one.chance:6.1f} {one.centre:6.1f}   {values}"
                )
        tables += [by_map, by_word]
    return tables


def _said(value: Interval) -> str:
    return f"{value.value:5.1f} {value.between('4.1f')}"


def run(args: argparse.Namespace) -> int:
    """Print the tables for ``args.checkpoint``; write them to ``args.json`` if asked.

    Raises:
        CmpaglError: what `open_checkpoint` and `diagnose` refuse.
    """
    checkpoint = open_checkpoint(args.checkpoint)
    clock = StageClock(_STAGES, sys.stderr)
    workers = 1 if args.count < 50 else os.cpu_count() or 1
    result = diagnose(
        checkpoint, args.count, args.seed, folder=args.data, workers=workers, progress=clock
    )
    print(
        f"checkpoint {result.checkpoint}, {result.n_scenes:,} scenes of seed {result.seed} with "
        f"{result.n_captions:,} captions (drawn, not photographs), {clock.total()}\n"
    )
    print(format_diagnosis(result))
    if args.json is not None:
        write_json(args.json, result.to_json())
    return 0
