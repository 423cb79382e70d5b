"""What a run is trained and validated on: data sets, their captions, their frozen features."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from cmpagl.config.run import TrainConfig
from cmpagl.data.dataset import (
    OnError,
    RetrievalDataset,
    Skipped,
    load_dataset,
    split_names,
)
from cmpagl.data.joining import distinct_names
from cmpagl.data.readable import require_readable
from cmpagl.errors import ConfigError, DataError, shortened
from cmpagl.model.encoder import ImageEncoder
from cmpagl.model.towers import view_numbers
from cmpagl.progress import bytes_in_words, counted
from cmpagl.train.features import feature_bytes
from cmpagl.train.given import contents_of, given_by
from cmpagl.train.images import Captions, ImageRows, gather_captions, gather_images
from cmpagl.train.run_folder import RunFolder
from cmpagl.train.run_progress import RunProgress

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["FoundData", "RunData", "find_run_data", "gather_run_data"]


@dataclass(frozen=True)
class FoundData:
    """The data sets of a run as their folders list them, no picture decoded."""

    train_sets: tuple[RetrievalDataset, ...]
    val_sets: tuple[RetrievalDataset, ...]

    @property
    def sets(self) -> tuple[RetrievalDataset, ...]:
        """All of them, those to train on first."""
        return (*self.train_sets, *self.val_sets)

    @cached_property
    def contents(self) -> tuple[tuple[str, ...], ...]:
        """Of each set, see `contents_of`: every picture is read once."""
        return tuple(contents_of(dataset.records) for dataset in self.sets)

    @property
    def given(self) -> dict[str, str]:
        """A digest of each image with its captions, by what a sentence calls it."""
        return given_by(self.sets, self.contents)


@dataclass(frozen=True)
class RunData:
    """The data sets of a run, without what cannot be read of them."""

    train_sets: tuple[RetrievalDataset, ...]
    images: ImageRows  # of all training sets
    captions: Captions  # likewise
    val_sets: tuple[RetrievalDataset, ...]
    val_images: tuple[ImageRows, ...]  # of each


def find_run_data(config: TrainConfig, data: Sequence[Path], on_error: OnError) -> FoundData:
    """List what a run is to be trained and validated on.

    Args:
        config: of the run.
        data: folders with a ``train`` split, or none: all of it; ``val`` is used where present, and
            a folder may have that alone.
        on_error: what cannot be used ends the run ("raise"), or is left out ("skip").

    Raises:
        DataError: a folder cannot be trained on.
        ConfigError: numbers for other data folders than there are.
    """
    names = {path: split_names(path) for path in data}
    taught = [path for path in data if not names[path] or "train" in names[path]]
    for path in data:
        if not taught or (path not in taught and "val" not in names[path]):
            raise DataError(
                f"{path} has no split 'train': its splits are {', '.join(names[path])}, and what "
                "is measured on is not trained on; name a folder with one, or without splits."
            )
    sets = {p: _captioned(p, "train" if names[p] else None, on_error) for p in taught}
    val_sets = {p: _captioned(p, "val", on_error) for p in data if "val" in names[p]}
    own = {path: dataset.name for path, dataset in (sets | val_sets).items()}
    called = dict(zip(own, distinct_names(list(own.values())), strict=True))
    if sum(map(len, sets.values())) < 2:
        raise DataError(
            f"{' and '.join(map(str, taught))}: fewer than 2 pictures to train on, of which "
            "nothing can be learnt; name a folder with more."
        )
    for name in ("data_groups", "data_repeats"):
        told = len(getattr(config, name))
        if told not in (0, len(sets)):
            raise ConfigError(
                f"{name} has {told} numbers and there are {len(sets)} data folders to train on; "
                "give one for each, or none."
            )
    train, val = (
        tuple(replace(one, name=called[path]) for path, one in some.items())
        for some in (sets, val_sets)
    )
    return FoundData(train, val)


def gather_run_data(
    config: TrainConfig,
    found: FoundData,
    encoder: ImageEncoder,
    tokenizer: Tokenizer,
    max_length: int,
    folder: RunFolder,
    cache: Path,
    progress: RunProgress,
    *,
    start: Mapping[str, str],
    on_error: OnError,
) -> RunData:
    """Compute or open the frozen features of the images of a run.

    Args:
        config: of the run.
        found: its data.
        encoder: the image encoder with its starting weights.
        tokenizer: of the text tower.
        max_length: word pieces of a caption, at most.
        folder: of the run; its log names what is left out.
        cache: where features are kept.
        progress: told how far they are.
        start: a digest of each starting weights, by what a sentence calls them.
        on_error: what cannot be used ends the run ("raise"), or is named and left out ("skip").

    Raises:
        DataError: something in a data set cannot be read, or too little can.
        ConfigError: a run that goes on was begun with other pictures, captions or starting weights,
            or the disk is too small.
    """
    for dataset in found.sets:
        _name(dataset, dataset.skipped, folder)
    folder.hold_to({**start, **found.given})
    _tell_shared(found, folder)
    captions = gather_captions(found.train_sets, tokenizer, max_length)
    if not folder.goes_on:  # before hours of work
        for dataset in found.sets:
            require_readable(
                dataset,
                encoder.config.preprocessing.size,
                least=2 if dataset in found.val_sets else 1,  # what is tuned on is divided
                on_error=on_error,
                tell=partial(progress.told, f"{dataset.name}, looking at pictures"),
            )
    views, val_views = view_numbers(config.views), view_numbers(config.model.views)
    seen_times = [(len(d.records), len(views)) for d in found.train_sets]
    seen_times += [(len(d.records), len(val_views)) for d in found.val_sets]
    _require_space(cache, feature_bytes(encoder, config.tuned_blocks), seen_times)
    gather = partial(
        gather_images,
        vision=encoder,
        cache=cache,
        tuned_blocks=config.tuned_blocks,
        on_error=on_error,
        progress=progress.kept,
    )
    n = len(found.train_sets)
    train_sets, images = gather(found.train_sets, found.contents[:n], views=views)
    seen = [
        gather([dataset], [content], views=val_views)
        for dataset, content in zip(found.val_sets, found.contents[n:], strict=True)
    ]
    usable_val = [one[0] for one, _ in seen]
    for before, after in zip(found.sets, (*train_sets, *usable_val), strict=True):
        _name(after, after.skipped[len(before.skipped) :], folder)
    if sum(map(len, train_sets)) < len(captions.count):  # without those that cannot be read
        captions = gather_captions(train_sets, tokenizer, max_length)
    return RunData(
        tuple(train_sets), images, captions, tuple(usable_val), tuple(rows for _, rows in seen)
    )


def _tell_shared(found: FoundData, folder: RunFolder) -> None:
    """Tell of pictures that are trained on and measured on, whatever they are called."""
    n = len(found.train_sets)
    trained = {content for own in found.contents[:n] for content in own if content}
    for dataset, own in zip(found.val_sets, found.contents[n:], strict=True):
        pairs = zip(dataset.records, own, strict=True)
        if shared := [record.image_id for record, content in pairs if content in trained]:
            folder.log(event="shared", data=dataset.name, names=shared[:100], number=len(shared))
            line = (
                f"{dataset.name}: {counted(len(shared), 'picture')} of val also in what is trained "
                f"on, such as {shared[0]!r}: figures on them say too much."
            )
            print(shortened(line), file=sys.stderr)


def _require_space(cache: Path, row: int, seen: Sequence[tuple[int, int]]) -> None:
    """Find out whether the features fit on the disk; what is kept there may be some of them.

    Raises:
        ConfigError: they do not.
    """
    needed = sum(row * images * views for images, views in seen)
    cache.mkdir(parents=True, exist_ok=True)
    there = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())
    free = shutil.disk_usage(cache).free
    if there + free < needed:
        raise ConfigError(
            f"The features of the frozen layers take {bytes_in_words(needed)}, and the disk of "
            f"{cache} has {bytes_in_words(free)} left; give --cache a folder on a larger one, or "
            "set views lower."
        )


def _name(dataset: RetrievalDataset, skipped: Sequence[Skipped], folder: RunFolder) -> None:
    """Tell what is left out, and why."""
    for one in skipped:
        folder.log(event="skipped", data=dataset.name, name=one.name, why=one.reason)
        line = f"{dataset.name}: {one.name} {one.reason.rstrip('.')}."
        print(shortened(line), file=sys.stderr)


def _captioned(path: Path, split: str | None, on_error: OnError) -> RetrievalDataset:
    """A split of a data set, or all of it.

    Raises:
        DataError: its pictures have no captions.
    """
    dataset = load_dataset(path, split, on_error=on_error)
    if any(not record.captions for record in dataset.records):  # a plain folder
        raise DataError(
            f"The pictures of {path} have no captions, and what is learnt is which caption fits; "
            "give a data set that describes its pictures."
        )
    return dataset
