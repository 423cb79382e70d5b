"""Where Errors' figures come from, how sure they are, and what they cannot tell. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from app.explorer.explorer import Opened
from app.words.errors import ERRORS
from app.words.numbers import counted, listed, signed, whole
from app.words.page import STATUS, limits_said, source_said
from cmpagl.measure.bootstrap import Interval

__all__ = ["Origin", "caution", "foot", "net", "origin", "sizes", "spread"]


@dataclass(frozen=True)
class Origin:
    """What was measured; every view and every export names it."""

    data: str
    split: str
    checkpoint: str
    version: str  # of index and checkpoint: whose verdicts belong together
    drawn: bool  # the scenes are drawn, not photographed
    n_scenes: int
    n_captions: int
    n_distinct: int
    n_silent: int  # scenes without a caption, which are left out


def origin(opened: Opened) -> Origin:
    """What the gallery is."""
    gallery = opened.gallery
    return Origin(
        data=gallery.name,
        split=gallery.split or "",
        checkpoint=listed(opened.names),
        version=gallery.version,
        drawn=opened.drawn,
        n_scenes=int(np.count_nonzero(gallery.records.caption_counts)),
        n_captions=gallery.n_captions,
        n_distinct=len(gallery.distinct_captions),
        n_silent=int(np.count_nonzero(gallery.records.caption_counts == 0)),
    )


def foot(told: Origin) -> str:
    """Data set, split and checkpoint in a line."""
    return source_said(told.data, told.split, told.checkpoint)


def caution(told: Origin) -> str:
    """The limits of every number here."""
    return limits_said(ERRORS.limits, drawn=told.drawn)


def sizes(told: Origin) -> str:
    """How many scenes and captions."""
    words = {
        "scenes": counted(STATUS.scenes, told.n_scenes),
        "captions": counted(STATUS.captions, told.n_captions),
        "distinct": whole(told.n_distinct),
    }
    return str(ERRORS.sizes.format(**words))


def spread(interval: Interval, show: Callable[[float], str]) -> str:
    """The limits of an interval, or that one scene is too few for it."""
    if interval.limits is None:
        return str(ERRORS.too_few)
    low, high = map(show, interval.limits)
    return str(ERRORS.spread.format(low=low, high=high))


def net(flow: Mapping[str, int], gain: Interval, queries: str) -> str:
    """How many more queries the second ranking gets right, and the recall it gains so."""
    said, limits = ERRORS.net_one, {}
    if gain.limits is not None:
        said, limits = ERRORS.net, dict(zip(("low", "high"), map(signed, gain.limits), strict=True))
    n = signed(flow["fixed"] - flow["broken"], 0)
    return str(said.format(n=n, queries=queries, gain=signed(gain.value), **limits))
