"""A query bank for any model: `python -m cmpagl bank --checkpoint hf:OWNER/NAME --out DIR`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from cmpagl.errors import UsageError
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.progress import StageClock, counted
from cmpagl.train.model_bank import BankPlan, make_bank

__all__ = ["run"]

STAGES = {
    "scenes": "scenes drawn",
    "images": "images",
    "captions": "captions",
    "settings": "searches for settings",
}


def run(args: argparse.Namespace) -> int:
    """Make the bank of ``args.checkpoint``, and say where it is and what reranking gains.

    Raises:
        CmpaglError: the model, the data or the place cannot be used.
    """
    checkpoint = open_checkpoint(args.checkpoint)
    out = args.out or _own_folder(checkpoint, str(args.checkpoint))
    plan = BankPlan(
        data=tuple(args.bank_data or ()), scenes=args.scenes, images=args.images, seed=args.seed
    )
    clock = StageClock(STAGES, sys.stderr)
    with tempfile.TemporaryDirectory(prefix="cmpagl-bank-") as work:
        made, sentences = make_bank(
            checkpoint,
            out,
            plan,
            Path(work),
            on_error=args.on_error,
            workers=args.workers,
            progress=clock,
        )
    for sentence in sentences:
        print(sentence)
    said = made.provenance["bank"]
    print(
        f"{out}: the bank of {made.name}, {counted(said['captions'], 'caption')} and "
        f"{counted(said['images'], 'image')}, made in {clock.total()}. "
        f"Use it with --checkpoint {out}."
    )
    return 0


def _own_folder(checkpoint: Checkpoint, source: str) -> Path:
    """Where a model's bank lies when no place is named: in its folder.

    Raises:
        UsageError: the model has a bank, or lies in a cache that is not ours to write.
    """
    if checkpoint.has_bank and checkpoint.kept is None:
        raise UsageError(
            f"{checkpoint.name} has a query bank of its own; give --out to make another one beside "
            "it."
        )
    if checkpoint.form:
        raise UsageError(
            f"{checkpoint.name} is a form of the model in its folder, so its bank needs a place of "
            "its own; give --out."
        )
    if not Path(source).is_dir():
        raise UsageError(
            f"{source} is on the hub, so its bank needs a place of its own; give --out."
        )
    return Path(source)
