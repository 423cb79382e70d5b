"""Whether an index that is there is of these very files and this model: a quick look."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cmpagl.data.dataset import ImageRecord, RetrievalDataset
from cmpagl.errors import GalleryError
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.store.gallery import Gallery, open_gallery
from cmpagl.store.location import Location
from cmpagl.store.penalties import tuned_ts

__all__ = ["fitting_index"]


def fitting_index(
    out: Location, dataset: RetrievalDataset, checkpoint: Checkpoint
) -> Gallery | None:
    """The index at ``out``, if it is of these very files and this model: none need be made then.

    No picture is read: their times decide, as a quick look before `grow_index`, which reads.
    """
    try:
        gallery = open_gallery(out, checkpoint)
        made = gallery.description.made
        stamps = {record.path: record.picture.stamp() for record in dataset.records}
        changed = any(stamp is None or stamp[1] > made * 1e9 for stamp in stamps.values())
    except (GalleryError, OSError):
        return None
    if gallery.description.ts != tuned_ts(checkpoint.config.ranking):
        return None
    skipped = {skipped.name for skipped in gallery.skipped}
    wanted = [record for record in dataset.records if record.image_id not in skipped]
    by_name = operator.attrgetter("image_id")  # an index that has grown has an order of its own
    wanted, kept = sorted(wanted, key=by_name), sorted(gallery.records, key=by_name)
    same = _resolved(wanted) == _resolved(kept)
    return gallery if same and not changed else None


def _resolved(records: Iterable[ImageRecord]) -> list[tuple[ImageRecord, dict[str, Any]]]:
    """The records with paths by which two of one file are equal, and where in a file each lies."""
    return [
        (
            replace(record, path=record.path.resolve(), source=None),
            record.picture.to_json(record.path.parent),
        )
        for record in records
    ]
