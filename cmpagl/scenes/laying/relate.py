"""Whether a candidate outline keeps a planned relation; distances are between drawn outlines."""

from __future__ import annotations

from cmpagl.scenes.laying.layout import SIZE, Item, Layout, gap, side_of
from cmpagl.scenes.laying.shapes import Points, bounds
from cmpagl.scenes.planning.truth import Relation

__all__ = ["in_middle", "keeps"]

THIRD = SIZE / 3.0
BESIDE = (2.0, 15.5)  # gap in pixels
FAR = 52.0


def _nearest(items: list[Item], shape: Points) -> float:
    """Pixels from an outline to the nearest of some items."""
    return min(gap(shape, item.shape) for item in items)


def in_middle(x: float, y: float) -> bool:
    """Whether a point lies in the middle third of the picture, both ways, with some to spare."""
    return THIRD + 2 < x < 2 * THIRD - 2 and THIRD + 2 < y < 2 * THIRD - 2


def _corner(x: float, y: float) -> tuple[int, int] | None:
    """Which corner's ninth of the picture holds the point: (-1 or 1, -1 or 1)."""
    across = -1 if x < THIRD - 2 else 1 if x > 2 * THIRD + 2 else 0
    down = -1 if y < THIRD - 2 else 1 if y > 2 * THIRD + 2 else 0
    return (across, down) if across and down else None


def keeps(layout: Layout, relation: Relation, shape: Points, placed: list[Item]) -> bool:
    """Whether one more subject with this outline keeps the relation.

    Args:
        layout: what stands already.
        relation: the planned relation.
        shape: the candidate's outline.
        placed: the subjects of the same kind that stand already.
    """
    x, y = _middle(shape)
    predicate = relation.predicate
    if relation.target == "scene":
        if predicate == "in a corner of":
            corner = _corner(x, y)
            others = {_corner(*_middle(item.shape)) for item in placed}
            return corner is not None and others <= {corner}
        if predicate == "in the middle of" and layout.count(relation.subject) == 1:
            return in_middle(x, y)
        return True
    items = layout.of(relation.target)
    if not items:
        return True
    if predicate == "beside":
        return BESIDE[0] <= _nearest(items, shape) <= BESIDE[1]
    if predicate == "far from":
        return _nearest(items, shape) >= FAR
    if predicate in ("on one side of", "on both sides of"):
        return _on_sides(predicate, items, x, y, placed, layout)
    if predicate == "in":
        return layout.within(layout.mask_of(relation.target), shape)
    return True


def _middle(shape: Points) -> tuple[float, float]:
    left, top, right, bottom = bounds(shape)
    return (left + right) / 2.0, (top + bottom) / 2.0


def _on_sides(
    predicate: str, items: list[Item], x: float, y: float, placed: list[Item], layout: Layout
) -> bool:
    lines = [item.line for item in items if item.line is not None]
    if not lines:
        return True
    here = [side_of(line, x, y) for line in lines]
    target = items[0].kind
    for item in placed:
        if target not in item.sides:
            item.sides[target] = [side_of(line, *_middle(item.shape)) for line in lines]
    sides = [item.sides[target] for item in placed]
    if predicate == "on one side of":
        return all(other == here for other in sides)
    # both sides: keep the first band balanced
    ahead = sum(other[0] for other in sides) * here[0]
    total = layout.count(placed[0].kind) if placed else 0
    return ahead <= (0 if total <= 10 else 3)
