"""Prepare scenes for search: `python -m cmpagl index --data DIR --out DIR`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from cmpagl.data.dataset import load_dataset
from cmpagl.data.joining import join_datasets
from cmpagl.model.checkpoint import open_checkpoint
from cmpagl.progress import StageClock
from cmpagl.store.build import STAGES, build_index

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Index the folders ``args.data`` as one into ``args.out`` and tell how it goes.

    Raises:
        CmpaglError: the data, the checkpoint or the place cannot be used.
    """
    checkpoint = open_checkpoint(args.checkpoint)
    datasets = [load_dataset(data, args.split, on_error=args.on_error) for data in args.data]
    if args.limit is not None:  # of each, so that a quick look is one at all of them
        datasets = [replace(d, records=d.records[: args.limit]) for d in datasets]
    dataset = join_datasets(datasets)
    clock = StageClock(STAGES, sys.stderr)
    gallery = build_index(
        dataset,
        checkpoint,
        args.out,
        on_error=args.on_error,
        with_map=not args.no_map,
        progress=clock,
    )
    for skipped in gallery.skipped:
        print(f"skipped: {skipped.name}: {skipped.reason}", file=sys.stderr)
    captions = f"{len(gallery.captions):,} captions" if gallery.captions else "no captions"
    print(f"{args.out}: {len(gallery):,} images, {captions}, indexed in {clock.total()}.")
    return 0
