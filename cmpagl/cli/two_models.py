"""Two models on one split: `python -m cmpagl evaluate --checkpoint A --checkpoint B ...`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from cmpagl.cli.account import small_gallery
from cmpagl.data.dataset import RetrievalDataset
from cmpagl.errors import UsageError, shortened
from cmpagl.export.spreadsheet import csv_text
from cmpagl.files import write_json, write_text
from cmpagl.measure.bootstrap import ONE_IMAGE, bootstrap
from cmpagl.measure.two_models import COMPARED, Ways, compare_models, only_one
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.progress import StageClock, counted
from cmpagl.rank.stage import FINAL

__all__ = ["compare"]

FORMAT = 1
SHOWN = ("i2t_r1", "i2t_r5", "i2t_r10", "t2i_r1", "t2i_r5", "t2i_r10")
DIFFERENCES = {
    "second over first": "{second} over {first}",
    "both over first": "both at once over {first}",
    "both over second": "both at once over {second}",
}


def compare(
    args: argparse.Namespace,
    dataset: RetrievalDataset,
    checkpoints: tuple[Checkpoint, Checkpoint],
    clock: StageClock,
) -> int:
    """Print one table of both models; write it and what only one found where asked.

    Raises:
        UsageError: both are the same model.
        CmpaglError: what `compare_models` refuses.
    """
    first, second = checkpoints
    if first.fingerprint == second.fingerprint:
        raise UsageError(f"{first.name} was given twice; give two models that differ.")
    names = _names(first.name, second.name)
    found, used = compare_models(
        checkpoints,
        dataset,
        on_error=args.on_error,
        progress=clock,
    )
    for left_out in used.skipped:
        print(shortened(f"left out: {left_out.name} {left_out.reason}"), file=sys.stderr)
    which = "all splits together" if args.split is None else f"split {args.split}"
    print(
        f"{used.name}, {which}: {counted(len(used.records), 'image')}, "
        f"{counted(len(used.captions), 'caption')}, {names[0]} and {names[1]}, {clock.total()}\n"
    )
    print("".join(f"{line}\n\n" for line in small_gallery(used)), end="")
    print("\n".join(_table(found, names)))
    for checkpoint in checkpoints:
        if not checkpoint.has_bank:
            print(
                f"{checkpoint.name} has no query bank, so {FINAL.name} is {COMPARED[0].name}; make "
                "one with `python -m cmpagl bank`."
            )
    final = found[-1]
    if args.json is not None:
        content = {
            "format": FORMAT,
            "dataset": used.name,
            "split": args.split,
            "first": {"checkpoint": names[0], "fingerprint": first.fingerprint},
            "second": {"checkpoint": names[1], "fingerprint": second.fingerprint},
            **{ways.stage.name: ways.to_json() for ways in found},
            **({"note": ONE_IMAGE} if len(used.records) == 1 else {}),
        }
        write_json(args.json, content)
    if args.csv is not None:
        rows = list(only_one(final, used, names))
        text = csv_text(rows, list(rows[0]), end="\n", plain=True) if rows else ""
        write_text(args.csv, text)
        print(f"{args.csv}: {len(rows):,} queries that only one of the two finds.")
    return 0


def _names(first: str, second: str) -> tuple[str, str]:
    """Two names that differ."""
    return (first, second) if first != second else (f"{first} (1)", f"{second} (2)")


def _table(found: Sequence[Ways], names: tuple[str, str]) -> list[str]:
    ways_named = (*names, "both at once")
    labels = [f"{label}, {ways.stage.name}" for ways in found for label in ways_named]
    differences = {
        key: said.format(first=names[0], second=names[1]) for key, said in DIFFERENCES.items()
    }
    width = max(len(text) for text in (*labels, *differences.values()))
    lines = [
        f"{'':{width}}     image -> text         text -> image          mR of six",
        f"{'model, ranking':{width}}   R@1   R@5  R@10     R@1   R@5  R@10      (95 % interval)",
    ]
    for ways in found:
        for label, one in zip(ways_named, ways.rankings, strict=True):
            spans = bootstrap(one)
            cells = [f"{spans[name].value:5.2f}" for name in SHOWN]
            lines.append(
                f"{f'{label}, {ways.stage.name}':{width}} {' '.join(cells[:3])}   "
                f"{' '.join(cells[3:])}   {spans['mR'].value:6.2f} "
                f"{spans['mR'].between('5.2f')}"
            )
        for key, gain in ways.gains().items():
            cells = [f"{gain[name].value:+5.2f}" for name in SHOWN]
            lines.append(
                f"{differences[key]:{width}} {' '.join(cells[:3])}   {' '.join(cells[3:])}   "
                f"{gain['mR'].value:+6.2f} {gain['mR'].between('+5.2f')}"
            )
        lines.append("")
    return lines
