"""The galleries that who asks may open, as the page calls them."""

from __future__ import annotations

from dataclasses import dataclass

from app.explorer.explorer import Explorer
from app.explorer.opened import Opened

__all__ = ["Reachable", "reachable"]


@dataclass(frozen=True)
class Reachable:
    """One of them."""

    key: str  # its name in addresses; "" is the first one
    name: str  # as the page calls it
    opened: Opened | None  # None: not yet, or it could not be opened


def reachable(explorer: Explorer, owner: str) -> list[Reachable]:
    """The first one, then the others that are everybody's or this visitor's own.

    Args:
        explorer: of the page.
        owner: who looks, by `app.serving.owner`.
    """
    first = explorer.first
    name = first.gallery.name if first else explorer.source.name
    found = [Reachable("", name, first)]
    for one in explorer.galleries.seen_by(owner):
        if one.owner and not one.opened:
            continue
        name = one.opened.gallery.name if one.opened and not one.owner else one.name
        taken = name in (other.name for other in found)
        found.append(Reachable(one.key, f"{name} ({one.key})" if taken else name, one.opened))
    return found
