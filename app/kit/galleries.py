"""The galleries that the header offers to choose among."""

from __future__ import annotations

from app.explorer.explorer import Explorer
from app.explorer.reachable import reachable
from app.kit.contract import GalleryShown

__all__ = ["galleries_shown"]


def galleries_shown(explorer: Explorer, owner: str, gallery: str) -> list[GalleryShown]:
    """Those that a visitor may open, the first one first; none where there is no choice.

    Args:
        explorer: of the page.
        owner: who looks, by `app.serving.owner`.
        gallery: the one that is shown.
    """
    there = reachable(explorer, owner)
    root = "../../" if gallery else "./"
    return [
        {
            "href": f"{root}g/{one.key}/" if one.key else root,
            "name": one.name,
            "here": one.key == gallery,
        }
        for one in (there if len(there) > 1 else [])
    ]
