"""The galleries that the header offers to choose among."""

from __future__ import annotations

from app.explorer.explorer import Explorer
from app.explorer.reachable import reachable
from app.explorer.sets import recent_offered
from app.kit.contract import GalleryShown, RecentShown

__all__ = ["galleries_shown", "recent_shown"]


def recent_shown(explorer: Explorer, *, operator: bool) -> list[RecentShown]:
    """What was opened another time, for who runs the page."""
    found = recent_offered(explorer) if operator else []
    return [{"key": one.key, "name": one.title} for one in found]


def galleries_shown(
    explorer: Explorer, owner: str, gallery: str, *, more: bool = False
) -> list[GalleryShown]:
    """Those that a visitor may open, the first one first; none where there is no choice.

    Args:
        explorer: of the page.
        owner: who looks, by `app.serving.owner`.
        gallery: the one that is shown.
        more: there are others to choose.
    """
    there = reachable(explorer, owner)
    root = "../../" if gallery else "./"
    return [
        {
            "href": f"{root}g/{one.key}/" if one.key else root,
            "name": one.name,
            "here": one.key == gallery,
        }
        for one in (there if len(there) > 1 or more else [])
    ]
