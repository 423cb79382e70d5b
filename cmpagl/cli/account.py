"""What a command says of the folders it works on: first what it will use, last what it has used."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from cmpagl.data.dataset import RetrievalDataset, count_splits
from cmpagl.errors import shortened
from cmpagl.measure.bootstrap import ONE_IMAGE
from cmpagl.progress import counted

__all__ = ["account_lines", "constant_pictures", "small_gallery", "split_lines"]

_TEN = 10  # the k of R@10
_NAMED = 3  # constant pictures that are named one by one
# A WebP of one colour is smaller; no thumbnail of anything else is as small.
_ONE_COLOUR_BYTES = 400
_ONE_COLOUR_RANGE = 6  # WebP does not keep a colour exactly


def account_lines(dataset: RetrievalDataset, used: Mapping[str, int] | None = None) -> list[str]:
    """For each folder: how many pictures are used, how it was read, and what was passed over.

    Args:
        dataset: with its folders' accounts.
        used: pictures by the name of their folder; None: those that ``dataset`` lists.
    """
    if used is None:
        used = Counter(record.data_set or dataset.name for record in dataset.records)
    lines = []
    for name, account in dataset.accounts:
        first, *rest = account.lines()
        n = used.get(name, 0)
        of = f" of {account.pictures:,}" if account.pictures > n else ""
        pictures = "picture" if n == 1 else "pictures"
        lines.append(f"{name}: {n:,} {pictures} used{of}, {first}")
        lines += [f"{name}: {line}" for line in rest]
    return [shortened(line) for line in lines]


def split_lines(root: Path) -> list[str]:
    """What training reads of a data set, what it leaves, and whether the ranking is tuned on it.

    Raises:
        DataError: nothing is recognised there, or a description is damaged.
    """
    name, counts = count_splits(root)
    trained = [split for split in counts if split in ("train", "restval", "")]
    if not trained:  # which is refused
        return []
    left = ", ".join(f"{s} ({n:,})" for s, n in counts.items() if s not in (*trained, "val"))
    n, total = sum(counts[split] for split in trained), sum(counts.values())
    which = f" ({' and '.join(trained)})" if trained != [""] else ""
    line = f"{name}: trains on {n:,} of {counted(total, 'picture')}{which}"
    line += f"; leaves {left}" if left else ""
    if "val" in counts:
        return [shortened(f"{line}; tunes on val ({counts['val']:,})")]
    return [shortened(f"{line}; it has no split val, so nothing is tuned on it")]


def small_gallery(dataset: RetrievalDataset) -> list[str]:
    """Lines where a ranking's first ten are all there is to find, so that figures say little."""
    images, captions = len(dataset.records), len(set(dataset.captions))
    if min(images, captions) > _TEN:
        return []
    noun = "image" if images == 1 else "images"
    few = (
        f"The gallery has only {images:,} {noun} and {captions:,} distinct captions: among ten or "
        "fewer, R@10 is 100 whatever the model does."
    )
    return [few, ONE_IMAGE] if images == 1 else [few]


def constant_pictures(names: Iterable[str], thumbnails: Iterable[bytes]) -> list[str]:
    """A line that names the pictures of one colour, in which there is nothing to see; or none."""
    found = [name for name, one in zip(names, thumbnails, strict=True) if _is_one_colour(one)]
    if not found:
        return []
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    named = ", ".join(found[:_NAMED])
    return [shortened(f"pictures of one colour, nothing to see: {len(found):,} ({named}{more})")]


def _is_one_colour(thumbnail: bytes) -> bool:
    if len(thumbnail) > _ONE_COLOUR_BYTES:
        return False
    with Image.open(io.BytesIO(thumbnail)) as image:
        ranges = np.ptp(np.array(image.convert("RGB")).reshape(-1, 3), axis=0)
    return int(ranges.max()) <= _ONE_COLOUR_RANGE
