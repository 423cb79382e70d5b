"""What a run is trained and validated on: data sets, their captions, their frozen features."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cmpagl.config.run import TrainConfig
from cmpagl.data.dataset import OnError, RetrievalDataset, Skipped, load_dataset, split_names
from cmpagl.errors import ConfigError, DataError, shortened
from cmpagl.model.encoder import ImageEncoder
from cmpagl.model.towers import view_numbers
from cmpagl.train.given import contents_of, given_by
from cmpagl.train.images import Captions, ImageRows, gather_captions, gather_images
from cmpagl.train.run_folder import RunFolder
from cmpagl.train.run_progress import RunProgress

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["RunData", "gather_run_data"]


@dataclass(frozen=True)
class RunData:
    """The data sets of a run, without what cannot be read of them."""

    train_sets: tuple[RetrievalDataset, ...]
    images: ImageRows  # of all training sets
    captions: Captions  # likewise
    val_sets: tuple[RetrievalDataset, ...]
    val_images: tuple[ImageRows, ...]  # of each


def gather_run_data(
    config: TrainConfig,
    data: Sequence[Path],
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
    """Read the data sets, and compute or open the frozen features of their images.

    Args:
        config: of the run.
        data: folders with a ``train`` split, or none: all of it; ``val`` is used where present, and
            a folder may have that alone.
        encoder: the image encoder with its starting weights.
        tokenizer: of the text tower.
        max_length: word pieces of a caption, at most.
        folder: of the run; its log names what is left out.
        cache: where features are kept.
        progress: told how far they are.
        start: a digest of each starting weights, by what a sentence calls them.
        on_error: what cannot be used ends the run ("raise"), or is named and left out ("skip").

    Raises:
        DataError: a folder cannot be trained on, or something in it cannot be read.
        ConfigError: numbers for other data folders than there are, or a run that goes on was begun
            with other pictures, captions or starting weights.
    """
    names = {path: split_names(path) for path in data}
    taught = [path for path in data if not names[path] or "train" in names[path]]
    for path in data:
        if not taught or (path not in taught and "val" not in names[path]):
            raise DataError(
                f"{path} has no split 'train': its splits are {', '.join(names[path])}, and what "
                "is measured on is not trained on; name a folder with one, or without splits."
            )
    sets = [_train_split(path, names[path], on_error) for path in taught]
    with_val = [path for path in data if "val" in names[path]]
    val_sets = [load_dataset(path, "val", on_error=on_error) for path in with_val]
    for dataset in (*sets, *val_sets):
        _name(dataset, dataset.skipped, folder)
    if sum(len(dataset.records) for dataset in sets) < 2:
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
    contents = [contents_of(dataset.records) for dataset in (*sets, *val_sets)]
    given = dict(start)
    for dataset, content in zip((*sets, *val_sets), contents, strict=True):
        given |= given_by(dataset, content)
    folder.hold_to(given)
    gather = partial(
        gather_images,
        vision=encoder,
        cache=cache,
        tuned_blocks=config.tuned_blocks,
        on_error=on_error,
        progress=progress.kept,
    )
    train_sets, images = gather(sets, contents[: len(sets)], views=view_numbers(config.views))
    views = view_numbers(config.model.views)
    seen = [
        gather([dataset], [content], views=views)
        for dataset, content in zip(val_sets, contents[len(sets) :], strict=True)
    ]
    usable_val = [one[0] for one, _ in seen]
    for before, after in zip((*sets, *val_sets), (*train_sets, *usable_val), strict=True):
        _name(after, after.skipped[len(before.skipped) :], folder)
    return RunData(
        tuple(train_sets),
        images,
        gather_captions(train_sets, tokenizer, max_length),
        tuple(usable_val),
        tuple(rows for _, rows in seen),
    )


def _name(dataset: RetrievalDataset, skipped: Sequence[Skipped], folder: RunFolder) -> None:
    """Tell what is left out, and why."""
    for one in skipped:
        folder.log(event="skipped", data=dataset.name, name=one.name, why=one.reason)
        line = f"{dataset.name}: {one.name} {one.reason.rstrip('.')}."
        print(shortened(line), file=sys.stderr)


def _train_split(path: Path, names: tuple[str, ...], on_error: OnError) -> RetrievalDataset:
    """The split to train on; of a data set without splits (no ``names``) all of it.

    Raises:
        DataError: its pictures have no captions.
    """
    dataset = load_dataset(path, "train" if names else None, on_error=on_error)
    if any(not record.captions for record in dataset.records):  # a plain folder
        raise DataError(
            f"The pictures of {path} have no captions, and what is learnt is which caption fits; "
            "give a data set that describes its pictures."
        )
    return dataset
