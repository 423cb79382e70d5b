"""What a run is given, by content: it goes on with the very same, or says what has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from cmpagl.data.dataset import ImageRecord, RetrievalDataset
from cmpagl.errors import DataError

__all__ = ["contents_of", "differing", "given_by"]


def contents_of(records: Sequence[ImageRecord]) -> tuple[str, ...]:
    """The digest of each image's picture; "" where it cannot be read, which is told elsewhere."""
    return tuple(_content(record) for record in records)


def _content(record: ImageRecord) -> str:
    try:
        return record.picture.digest()
    except DataError:
        return ""


def given_by(
    datasets: Sequence[RetrievalDataset], contents: Sequence[Sequence[str]]
) -> dict[str, str]:
    """A digest of each image with its captions, by what a sentence calls it, in order.

    Args:
        datasets: of the run, whose names differ, but for splits of one.
        contents: of each, see `contents_of`.
    """
    given = {}
    for dataset, own in zip(datasets, contents, strict=True):
        label = f"{dataset.name} {dataset.split or ''}".strip()
        for record, content in zip(dataset.records, own, strict=True):
            given[f"'{record.image_id}' of {label}"] = _digest(content, *record.captions)
    return given


def _digest(*parts: str) -> str:
    told = json.dumps(parts).encode()
    return hashlib.blake2b(told, digest_size=16).hexdigest()


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is told otherwise than before, each as a clause: changed, gone, new, or moved."""
    found = [f"{name} is gone" for name in before if name not in now]
    found += [
        f"{name} has changed" for name in before if now.get(name, before[name]) != before[name]
    ]
    found += [f"{name} is new" for name in now if name not in before]
    if not found:
        moved = (new for old, new in zip(before, now, strict=True) if old != new)
        found = [f"{name} has another place in the order" for name in moved]
    return found
