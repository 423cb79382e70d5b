"""Prepare scenes for search: `python -m cmpagl index --data DIR --out DIR`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import replace

from cmpagl.cli.account import account_lines, constant_pictures
from cmpagl.collections.here import find_here
from cmpagl.data.chips import chosen_chips
from cmpagl.data.dataset import RetrievalDataset, load_dataset
from cmpagl.data.joining import join_datasets
from cmpagl.data.stretch import chosen_reading
from cmpagl.errors import GalleryError, shortened
from cmpagl.measure.here import write_here
from cmpagl.model.checkpoint import Checkpoint, open_checkpoint
from cmpagl.progress import StageClock, counted
from cmpagl.search.retriever import Retriever
from cmpagl.store.adding import add_model, remove_models
from cmpagl.store.beside import models_in
from cmpagl.store.build import STAGES, Growth, grow_index
from cmpagl.store.gallery import Gallery
from cmpagl.store.location import Location

__all__ = ["run"]

NAMED = 20  # vanished pictures that are named one by one


def run(args: argparse.Namespace) -> int:
    """Index the folders ``args.data`` as one into ``args.out`` and tell how it goes.

    Raises:
        CmpaglError: the data, the checkpoint or the place cannot be used.
    """
    checkpoint = open_checkpoint(args.checkpoint)
    chips = chosen_chips(args.chip, args.overlap)
    reading = chosen_reading(args.bands, args.stretch)
    datasets = [
        load_dataset(data, args.split, on_error=args.on_error, reading=reading, chips=chips)
        for data in args.data
    ]
    if args.limit is not None:  # of each, so that a quick look is one at all of them
        datasets = [replace(d, records=d.records[: args.limit]) for d in datasets]
    dataset = join_datasets(datasets)
    for line in account_lines(dataset):
        print(line, file=sys.stderr)
    clock = StageClock(STAGES, sys.stderr)
    first = None if args.replace else _first_model(args.out, checkpoint)
    if first is not None:
        return _add(args, dataset, checkpoint, first, clock)
    growth = grow_index(
        dataset,
        checkpoint,
        args.out,
        on_error=args.on_error,
        with_map=not args.no_map,
        tokens=args.tokens,
        prune=args.prune,
        refit_map=args.refit_map,
        mode=args.mode,
        precision=args.precision,
        views=args.views,
        engine=args.engine,
        progress=clock,
    )
    if args.replace:
        remove_models(args.out)
    gallery = growth.gallery
    for skipped in gallery.skipped:
        print(shortened(f"skipped: {skipped.name}: {skipped.reason}"), file=sys.stderr)
    _tell_vanished(growth)
    if growth.precision is not None and growth.precision.gain is not None:
        gain = f"bfloat16 is {growth.precision.gain:.2f} times as quick as float32 here"
        print(f"embedded in {growth.precision.name}: {gain}.", file=sys.stderr)
    new, names = set(growth.embedded), gallery.records.values("image_id")
    numbers = [number for number, name in enumerate(names) if name in new]
    seen = constant_pictures((str(names[n]) for n in numbers), gallery.thumbnails(numbers))
    used = Counter(name or dataset.name for name in gallery.records.values("data_set"))
    for line in (*account_lines(dataset, used), *seen):
        print(line, file=sys.stderr)
    captions = counted(gallery.n_captions, "caption") if gallery.n_captions else "no captions"
    grown = "" if growth.new == len(gallery) else f", {growth.new:,} new, {growth.moved:,} moved"
    _measure(gallery, checkpoint)
    images = counted(len(gallery), "image")
    print(f"{args.out}: {images}, {captions}{grown}, indexed in {clock.total()}.")
    return 0


def _measure(gallery: Gallery, checkpoint: Checkpoint) -> None:
    """Keep what reranking is worth here, where captions or judgments tell; else nothing is off."""
    if not checkpoint.has_bank:
        return
    retriever = Retriever(gallery, checkpoint)
    here = find_here(retriever)
    if here is None:
        return
    write_here(retriever, here)
    told = f"{here.judged:,} judged queries" if here.judged else "these captions"
    for direction, gain in here.gains.items():
        off = "; off here by default" if direction != "mR" and here.off(direction) else ""
        print(
            f"reranking, {direction}: {gain.value:+.1f} points of recall on {told} "
            f"{gain.between('+.1f')}{off}",
            file=sys.stderr,
        )


def _first_model(out: Location, checkpoint: Checkpoint) -> str | None:
    """The model that a whole index there was made with, where it is another one."""
    try:
        first = models_in(out)[0]
    except GalleryError:
        return None
    return None if first.fingerprint == checkpoint.fingerprint else first.name


def _add(
    args: argparse.Namespace,
    dataset: RetrievalDataset,
    checkpoint: Checkpoint,
    first: str,
    clock: StageClock,
) -> int:
    """Add the model beside the index's own, and tell of pictures that the index does not hold.

    Raises:
        GalleryError: something was asked for that the first model alone is indexed with.
    """
    given = ("prune", "refit_map", "tokens", "views")
    own = [f"--{name.replace('_', '-')}" for name in given if getattr(args, name)]
    own += ["--engine"] if args.engine != "local" else []
    if own:
        raise GalleryError(
            f"The index {args.out} was made with '{first}', beside which '{checkpoint.name}' is "
            f"added; leave {', '.join(own)} out, or give --replace to make it anew with "
            f"'{checkpoint.name}' alone."
        )
    added = add_model(
        args.out,
        checkpoint,
        with_map=not args.no_map,
        precision=args.precision,
        progress=clock,
    )
    gallery = added.gallery
    unknown = sum(gallery.records.find(r.image_id) is None for r in dataset.records)
    if unknown:
        print(
            f"{counted(unknown, 'picture')} of --data not in the index; index with {first} first.",
            file=sys.stderr,
        )
    _measure(gallery, checkpoint)
    print(
        f"{args.out}: {checkpoint.name} added beside {first}, {counted(len(gallery), 'image')}, "
        f"{added.new:,} new, in {clock.total()}."
    )
    return 0


def _tell_vanished(growth: Growth) -> None:
    """Name what is in the data no more."""
    done = "taken out" if growth.pruned else "kept; --prune takes it out"
    for name in growth.vanished[:NAMED]:
        print(shortened(f"vanished: {name}: {done}"), file=sys.stderr)
    if len(growth.vanished) > NAMED:
        print(f"vanished: {len(growth.vanished) - NAMED:,} others: {done}", file=sys.stderr)
