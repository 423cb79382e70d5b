"""Measure retrieval on a split: `python -m cmpagl evaluate --data DIR --split val`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from cmpagl.cli.account import small_gallery
from cmpagl.cli.arguments import chosen_checkpoints
from cmpagl.cli.two_models import compare
from cmpagl.config.ranking import RankingConfig
from cmpagl.data.dataset import load_dataset
from cmpagl.errors import UsageError, shortened
from cmpagl.files import write_json
from cmpagl.measure.evaluate import Evaluation, by_class, evaluate_split
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.progress import StageClock, counted
from cmpagl.rank.stage import FINAL, STAGES, as_offered, offered

__all__ = ["format_table", "run"]

FORMAT = 2  # 1 called published rerankers with the split as bank "csls", with training queries
# "csls_bank"; they are "csls_transductive" and "csls" now


def format_table(evaluation: Evaluation) -> str:
    """The table for a terminal, about 120 columns wide; of rankings that are equal, one row."""
    shown = offered(evaluation.ranking, tuple(evaluation.stages))
    width = max(len(stage.name) for stage in shown)
    lines = [
        f"{'':{width}}     image -> text         text -> image          mR of six  "
        "       gain over   equal   ties at",
        f"{'ranking':{width}}   R@1   R@5  R@10     R@1   R@5  R@10      "
        "(95 % interval)      aligned   right   worst    best",
    ]
    for stage in shown:
        result = evaluation.stages[stage]
        m, mean, gain = result.metrics, result.intervals["mR"], result.gain_mR
        lines.append(
            f"{stage.name:{width}} {m.i2t_r1:5.2f} {m.i2t_r5:5.2f} {m.i2t_r10:5.2f}   "
            f"{m.t2i_r1:5.2f} {m.t2i_r5:5.2f} {m.t2i_r10:5.2f}   "
            f"{m.mR:6.2f} {mean.between('5.2f'):16}   {gain.value:+6.2f}  "
            f"{result.equal_right.mR:6.2f}  {result.pessimistic.mR:6.2f}  "
            f"{result.optimistic.mR:6.2f}"
        )
    return "\n".join(lines)


def _off_notes(ranking: RankingConfig, *, has_bank: bool) -> list[str]:
    """One sentence for each stage that is off, and why."""
    if not has_bank:
        return [NO_BANK]
    notes = []
    parts = {name: FINAL.off(ranking, name) for name in ("t2i", "i2t")}
    off = [name for name, switched_off in parts.items() if "reranker" in switched_off]
    if off:
        notes.append(f"SMR is off for {' and '.join(off)}: it gained nothing on validation data.")
    off = [name for name, switched_off in parts.items() if "fusion" in switched_off]
    if off:
        notes.append(
            f"Fusion has weight 0 in the final ranking for {' and '.join(off)}: it gained nothing "
            "on validation data, or was not tuned."
        )
    if left := [stage for stage in STAGES if stage.fusion_off(ranking)]:
        equal = (f"{stage.name} is {as_offered(stage, ranking).name}" for stage in left)
        notes.append(f"Rankings with it that equal one in the table: {', '.join(equal)}.")
    return notes


NO_BANK = (
    "This model has no query bank, so rerankers with training queries change nothing; make one "
    "with `python -m cmpagl bank`."
)


def run(args: argparse.Namespace) -> int:
    """Print the table of a split of ``args.data``, or of all; write it to ``args.json`` if asked.

    Raises:
        CmpaglError: what `load_dataset`, `open_checkpoint` and `evaluate_split` refuse.
    """
    clock = StageClock({"images": "images", "captions": "captions"}, sys.stderr)
    sources = chosen_checkpoints(args.checkpoint)
    if args.csv is not None and len(sources) < 2:
        raise UsageError("--csv tells two models apart; give --checkpoint twice, or leave it out.")
    checkpoint = open_checkpoint(sources[0])
    dataset = load_dataset(args.data, args.split, on_error=args.on_error)
    if args.limit is not None:
        dataset = replace(dataset, records=dataset.records[: args.limit])
    if len(sources) == 2:
        return compare(args, dataset, (checkpoint, open_checkpoint(sources[1])), clock)
    evaluation, used = evaluate_split(
        checkpoint,
        dataset,
        on_error=args.on_error,
        progress=clock,
    )
    which = "all splits together" if args.split is None else f"split {args.split}"
    for left_out in used.skipped:
        print(shortened(f"left out: {left_out.name} {left_out.reason}"), file=sys.stderr)
    print(
        f"{used.name}, {which}: {counted(evaluation.n_images, 'image')}, "
        f"{counted(evaluation.n_captions, 'caption')} ({evaluation.n_distinct:,} distinct), "
        f"checkpoint {checkpoint.name}, {clock.total()}\n"
    )
    print("".join(f"{line}\n\n" for line in small_gallery(used)), end="")
    print(format_table(evaluation))
    for note in _off_notes(evaluation.ranking, has_bank=checkpoint.has_bank):
        print(note)
    if args.json is not None:
        content = {
            "format": FORMAT,
            "dataset": used.name,
            "split": args.split,
            "checkpoint": checkpoint.name,
            "fingerprint": checkpoint.fingerprint,
            **evaluation.to_json(),
            "smr_by_class": by_class(evaluation.stages[FINAL].retrieval, used),
        }
        write_json(args.json, content)
    return 0
