"""Several data sets as one, in which every image says where it comes from.

The joined one is named "rsicd + ucm", and its ids are "rsicd/airport_1.jpg": always with the name
of the data set before them, not only where two collide, so that what an image is called hangs on
its own data set alone and not on the names of pictures in another. One data set stays as it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cmpagl.data.dataset import ImageRecord, RetrievalDataset, Skipped
from cmpagl.errors import DataError

__all__ = ["common_root", "distinct_names", "join_datasets"]


def join_datasets(datasets: Sequence[RetrievalDataset]) -> RetrievalDataset:
    """Put data sets behind each other: images with their captions and classes, and what is skipped.

    Args:
        datasets: at least one, all of the same split. Of those that have one name, the second is
            called "NAME (2)", and so on.

    Raises:
        DataError: a picture is in two of them, or they lie on different drives.
        ValueError: their splits differ.
    """
    if len(datasets) == 1:
        return datasets[0]
    if len({dataset.split for dataset in datasets}) != 1:
        raise ValueError(f"data sets of different splits: {[d.split for d in datasets]}")
    # Without the slash that ends a name in an id.
    names = distinct_names([dataset.name.replace("/", "-") for dataset in datasets])
    records: list[ImageRecord] = []
    skipped: list[Skipped] = []
    for name, dataset in zip(names, datasets, strict=True):
        records += [
            replace(record, image_id=f"{name}/{record.image_id}", data_set=name)
            for record in dataset.records
        ]
        skipped += [replace(one, name=f"{name}/{one.name}") for one in dataset.skipped]
    _check_pictures(records)
    return RetrievalDataset(
        name=" + ".join(names),
        root=common_root([dataset.root for dataset in datasets]),
        split=datasets[0].split,
        records=tuple(records),
        skipped=tuple(skipped),
        accounts=tuple(
            (name, account)
            for name, dataset in zip(names, datasets, strict=True)
            for _, account in dataset.accounts
        ),
    )


def distinct_names(given: Sequence[str]) -> list[str]:
    """A name for each of several data sets, some of which are called alike."""
    names: list[str] = []
    for plain in given:
        name, number = plain, 1
        while name in names:
            number += 1
            name = f"{plain} ({number})"
        names.append(name)
    return names


def _check_pictures(records: Sequence[ImageRecord]) -> None:
    """A picture that is there twice would be its own best answer."""
    first: dict[object, ImageRecord] = {}
    for record in records:
        key = record.source or os.path.abspath(record.path)
        other = first.setdefault(key, record)
        if other is not record:
            raise DataError(
                f"{record.picture.name} is in two of the data sets, as {other.image_id!r} and as "
                f"{record.image_id!r}: give each folder once, and none that lies in another."
            )


def common_root(roots: Sequence[Path]) -> Path:
    """The folder that holds all of them.

    Raises:
        DataError: they lie on different drives.
    """
    try:
        return Path(os.path.commonpath([os.path.abspath(root) for root in roots]))
    except ValueError as error:
        places = ", ".join(map(str, roots))
        raise DataError(
            f"The folders {places} lie on different drives; copy them to one."
        ) from error
