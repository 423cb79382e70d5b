"""More pictures beside those that a gallery has: one data set of both."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from pathlib import Path

from cmpagl.data.dataset import ImageRecord, RetrievalDataset
from cmpagl.data.joining import common_root
from cmpagl.data.picture import Picture
from cmpagl.errors import DataError

__all__ = ["with_more"]


def with_more(
    records: Iterable[ImageRecord], root: Path, more: RetrievalDataset, known: Container[str]
) -> RetrievalDataset:
    """The pictures that are there, as they are called, and those of ``more`` that are new.

    Args:
        records: of the pictures that are there; one whose file is gone is left out.
        root: the folder of these.
        more: what is added. Where an id is taken, all of its ids begin with its name.
        known: content digests of the pictures that are there.

    Raises:
        DataError: the two lie on different drives.
    """
    kept = [record for record in records if record.picture.stamp() is not None]
    new = [record for record in more.records if _digest(record.picture) not in known]
    taken = {record.image_id for record in kept}
    if any(record.image_id in taken for record in new):
        new = [replace(record, image_id=f"{more.name}/{record.image_id}") for record in new]
    still = [record for record in new if record.image_id in taken]
    if still:
        raise DataError(
            f"The gallery has another picture called {still[0].image_id!r}; rename the folder "
            f"{more.root.name}, and add it again."
        )
    return replace(more, root=common_root([root, more.root]), records=(*kept, *new))


def _digest(picture: Picture) -> str | None:
    """None: it cannot be read, which whoever embeds it will say."""
    try:
        return picture.digest()
    except DataError:
        return None
