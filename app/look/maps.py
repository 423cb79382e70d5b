"""Maps that can be drawn: where the model looked, and where a score came from.

Weights are those of `cmpagl.model.attention`, shares those of `cmpagl.model.score_shares`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.look.request import Place

if TYPE_CHECKING:
    from app.look.tower_outputs import EncodedImage, Shares
    from cmpagl.model.attention import AttentionMap

__all__ = ["GridMap", "Key", "class_map", "place_map", "score_map", "share_map"]

STRONGEST = 5

Values = tuple[float | None, ...]
Box = tuple[int, int, int, int]
"""Top, left, rows and columns, in places of the grid."""


@dataclass(frozen=True)
class Key:
    """One thing that was looked at; ``box`` is where it lies, None for the class token."""

    kind: str  # "place", "cell" or "class"
    box: Box | None
    weight: float
    per_patch: float  # what each patch of a cell gets; else the weight


@dataclass(frozen=True)
class GridMap:
    """An attention map: a value per place, None where nothing is drawn; perhaps cells below."""

    grid: int  # places a side
    values: Values
    strongest: tuple[Key, ...]
    cells: Values | None = None  # weight per patch beyond the window, on the scale of ``values``
    cell_weights: Values | None = None  # whole
    window: Box | None = None  # what is local to the place that is looked from
    parts: dict[str, float] | None = None
    """How a look divides, "window", "beyond", "class"; or a score, "for" and "against"."""
    score: float | None = None  # the cosine that the places add to, of a map of a score

    @property
    def shown(self) -> list[float]:
        """Every value that is drawn."""
        return [value for value in (*self.values, *(self.cells or ())) if value is not None]


# Heads and layers count from 1, and 0 is the mean over them.


def place_map(image: EncodedImage, block: int, head: int, at: Place) -> GridMap:
    """What one place looked at in a block, from 0: its window's places, and below them the cells.

    A cell stands for all of its patches beyond the window, so colours compare weights per patch.
    """
    from cmpagl.model.attention import token_attention

    used = image.blocks[block]
    grid = used.grid
    looked = token_attention(image.blocks, block, at[0] * grid + at[1], head=_or_mean(head))
    sums = {"window": looked.local, "beyond": looked.global_}
    parts = {name: float(part.values.sum()) for name, part in sums.items() if part is not None}
    if looked.to_class is not None:
        parts["class"] = looked.to_class
    two_branches = sum(parts.values()) > 1.5  # with a softmax each
    keys: list[Key] = []
    seen, values = np.zeros((grid, grid), bool), np.full((grid, grid), np.nan)
    if looked.local is not None:
        seen = looked.local.values > 0
        values[seen] = looked.local.values[seen]
        keys += _strongest(values, values, "place", 1)
    cells, whole = None, None
    if looked.global_ is not None and used.global_ is not None:
        side = round(used.global_.shape[-1] ** 0.5)
        step = grid // side
        # The cells of a branch of their own know nothing of the window.
        counted = np.ones_like(seen) if two_branches else ~seen
        patches = counted.reshape(side, step, side, step).sum(axis=(1, 3))
        whole = looked.global_.values[::step, ::step].astype(np.float64) * step**2
        whole[patches == 0] = np.nan
        cells = whole / np.maximum(patches, 1)
        keys += _strongest(cells, whole, "cell", step)
    if looked.to_class is not None:
        keys.append(Key("class", None, looked.to_class, looked.to_class))
    if two_branches and looked.share is not None:  # it says how they mix
        parts = {name: (1 - looked.share) * part for name, part in parts.items()}
        parts["beyond"] = looked.share
    keys.sort(key=lambda key: -key.per_patch)
    return GridMap(
        grid,
        _values(values),
        tuple(keys[:STRONGEST]),
        None if cells is None else _values(cells),
        None if whole is None else _values(whole),
        _box(seen) if seen.any() else None,
        parts,
    )


def share_map(image: EncodedImage, block: int, head: int) -> GridMap | None:
    """How far each place looked beyond its window; None where nothing lies beyond it."""
    from cmpagl.model import attention

    return _plain(attention.share_map(image.blocks, block, head=_or_mean(head)))


def class_map(image: EncodedImage, block: int, head: int) -> GridMap | None:
    """What the class token looked at; None in a tower without one."""
    from cmpagl.model import attention

    return _plain(attention.class_map(image.blocks, block, head=_or_mean(head)))


def score_map(found: Shares) -> GridMap:
    """Which places raise a score.

    Values are shares of all that raises it; a place that lowers it is not drawn.
    """
    shares = found.places.astype(np.float64)
    raising, lowering = shares.clip(min=0).sum(), -shares.clip(max=0).sum()
    values = np.where(shares > 0, shares / (raising or 1.0), np.nan)
    whole = (raising + lowering) or 1.0
    return GridMap(
        len(shares),
        _values(values),
        tuple(_strongest(values, values, "place", 1)),
        parts={"for": float(raising / whole), "against": float(lowering / whole)},
        score=found.score,
    )


def _or_mean(number: int) -> int | None:
    return None if number == 0 else number - 1


def _plain(found: AttentionMap | None) -> GridMap | None:
    if found is None:
        return None
    strongest = tuple(_strongest(found.values, found.values, "place", 1))
    return GridMap(len(found.values), _values(found.values), strongest)


def _strongest(
    values: NDArray[np.floating], weights: NDArray[np.floating], kind: str, size: int
) -> list[Key]:
    """The greatest values per patch of a square of keys, each ``size`` places wide."""
    flat, whole, side = values.ravel(), weights.ravel(), len(values)
    order = np.argsort(-np.nan_to_num(flat, nan=-1.0), kind="stable")[:STRONGEST]
    return [
        Key(
            kind,
            (int(i) // side * size, int(i) % side * size, size, size),
            float(whole[i]),
            float(flat[i]),
        )
        for i in order
        if not np.isnan(flat[i])
    ]


def _box(seen: NDArray[np.bool_]) -> Box:
    rows, columns = np.nonzero(seen)
    top, left = int(rows.min()), int(columns.min())
    return top, left, int(rows.max()) - top + 1, int(columns.max()) - left + 1


def _values(values: NDArray[np.floating]) -> Values:
    return tuple(None if np.isnan(v) else round(float(v), 6) for v in values.ravel())
