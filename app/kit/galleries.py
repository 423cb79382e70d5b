"""The galleries that the header offers to choose among."""

from __future__ import annotations

from app.explorer.explorer import Explorer
from app.kit.contract import GalleryShown

__all__ = ["galleries_shown"]


def galleries_shown(explorer: Explorer, owner: str, gallery: str) -> list[GalleryShown]:
    """Those that a visitor may open, the first one first; none where there is no choice.

    Args:
        explorer: of the page.
        owner: who looks, by `app.serving.owner`.
        gallery: the one that is shown.
    """
    there = [one for one in explorer.galleries.seen_by(owner) if not one.owner or one.opened]
    if not there:
        return []
    root = "../../" if gallery else "./"
    first = explorer.first
    name = first.gallery.name if first else explorer.source.name
    shown: list[GalleryShown] = [{"href": root, "name": name, "here": not gallery}]
    for one in there:
        name = one.opened.gallery.name if one.opened and not one.owner else one.name
        taken = name in (other["name"] for other in shown)
        name = f"{name} ({one.key})" if taken else name
        shown.append({"href": f"{root}g/{one.key}/", "name": name, "here": one.key == gallery})
    return shown
