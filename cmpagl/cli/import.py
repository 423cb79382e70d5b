"""Search vectors that others have made: `python -m cmpagl import --vectors FILE --out DIR`."""

from __future__ import annotations

import argparse
import sys

from cmpagl.data.dataset import load_dataset
from cmpagl.data.vectors import read_vectors
from cmpagl.errors import DataError, shortened
from cmpagl.progress import StageClock
from cmpagl.store.build import STAGES
from cmpagl.store.importing import import_vectors

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Make an index of the vectors in ``args.vectors`` and describe what made them beside it.

    Raises:
        CmpaglError: the vectors, the pictures, the text tower or the place cannot be used.
    """
    vectors = read_vectors(args.vectors, column=args.column, names=args.ids, cell=args.cell)
    dataset = None if args.data is None else load_dataset(args.data, on_error=args.on_error)
    texts = None if args.text_vectors is None else read_vectors(args.text_vectors, of_texts=True)
    if texts is not None and texts.numbered:
        raise DataError(
            f"{args.text_vectors} does not say what texts its vectors are of, so none can be asked "
            "with; put the texts into it, or into a file beside it, a text a line."
        )
    clock = StageClock(STAGES, sys.stderr)
    imported = import_vectors(
        vectors,
        args.vectors,
        args.out,
        text_tower=args.text_tower,
        texts=texts,
        dataset=dataset,
        with_map=not args.no_map,
        on_error=args.on_error,
        progress=clock,
    )
    for one in (*(dataset.skipped if dataset is not None else ()), *imported.skipped):
        print(shortened(f"skipped: {one.name}: {one.reason}"), file=sys.stderr)
    if vectors.left_out:
        print(f"left out: {vectors.left_out:,} rows without a finite vector", file=sys.stderr)
    if imported.unmatched:
        print(f"left out: {imported.unmatched:,} vectors of no picture of --data", file=sys.stderr)
    asked = "words and scenes" if args.text_tower else "scenes alone"
    if texts is not None:
        asked = f"{len(texts.names):,} texts and scenes"
    print(
        f"{args.out}: {len(imported.gallery):,} vectors of {vectors.embeds.shape[1]} numbers, "
        f"imported in {clock.total()}; {asked} can be asked with. Use it with --index {args.out}."
    )
    return 0
