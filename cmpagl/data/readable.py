"""Whether the pictures of a data set can be decoded, found out before hours of work."""

from __future__ import annotations

from collections.abc import Callable

from cmpagl.data.dataset import OnError, RetrievalDataset, Skipped, iter_pixels
from cmpagl.errors import DataError

__all__ = ["require_readable"]


def require_readable(
    dataset: RetrievalDataset,
    size: int,
    *,
    least: int,
    on_error: OnError,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Decode all pictures of a data set, or as many as are needed.

    Args:
        dataset: whose pictures.
        size: pixels a side that they are squashed to.
        least: so many must be readable.
        on_error: "raise": every picture must be, "skip": the least will do.
        tell: called with (done, total) after each.

    Raises:
        DataError: one cannot be read and ``on_error`` is "raise", or fewer than ``least`` can.
    """
    broken: list[Skipped] = []
    good = 0
    for _ in iter_pixels(dataset.records, size, on_error=on_error, skipped=broken):
        good += 1
        tell(good, len(dataset))
        if on_error == "skip" and good == least:
            return
    if good < least:
        split = f"The split {dataset.split!r} of " if dataset.split else ""
        why = f": {broken[0].reason.rstrip('.')}" if broken else ""
        raise DataError(
            f"{split}{dataset.root} has {good} pictures that can be read, and needs {least}{why}; "
            "restore some, or leave the folder out."
        )
