"""Draw scenes as a data set: `python -m cmpagl draw --count 500 --seed 7 --out DIR`."""

from __future__ import annotations

import argparse
import sys
import time

from cmpagl.progress import counted, in_words
from cmpagl.scenes.dataset import write_dataset

__all__ = ["run"]

EVERY = 2.0  # seconds between two lines of progress


def run(args: argparse.Namespace) -> int:
    """Draw ``args.count`` scenes of ``args.seed`` into ``args.out`` and tell how it goes.

    Raises:
        ConfigError: An argument is out of range, or the folder holds something else.
        DataError: A scene found no room, or an earlier run left damaged notes.
    """
    started = time.monotonic()
    told = started

    def progress(what: str, done: int, wanted: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= EVERY:
            told = now
            print(f"{done} of {wanted} {what}", file=sys.stderr, flush=True)

    drawn = write_dataset(
        args.out,
        args.count,
        args.seed,
        split=args.split,
        image_format=args.format,
        workers=args.workers,
        progress=progress,
    )
    spent = in_words(time.monotonic() - started)
    kept = f", {args.count - drawn} were there already" if drawn < args.count else ""
    print(f"{args.out}: {counted(drawn, 'scene')} drawn in {spent}{kept}.")
    return 0
