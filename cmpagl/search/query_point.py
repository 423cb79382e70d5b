"""A live query among a gallery's own points: where it lies on the maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from cmpagl.search.query import Query
    from cmpagl.store.gallery import Gallery

__all__ = ["place_query"]


def place_query(gallery: Gallery, query: Query) -> dict[str, tuple[float, float]]:
    """Where a query lies on the joint maps; a mixed one where its weighted embedding would.

    Returns:
        x and y by space, "aligned" and "centred", as far as the gallery's map has them.
    """
    modality: Literal["text", "image"]
    if query.parts is not None:
        text, image = query.parts[0].text_embeds, query.parts[1].image_embeds
        weight = query.weight or 0.0
        embeds = np.asarray(
            weight * np.asarray(text) + (1 - weight) * np.asarray(image), np.float32
        )
        modality = "text" if weight >= 0.5 else "image"
    elif query.text_embeds is not None:
        embeds, modality = np.asarray(query.text_embeds), "text"
    else:
        embeds, modality = np.asarray(query.image_embeds), "image"
    places = {}
    for space in ("aligned", "centred"):
        if gallery.map is None or (space == "centred" and gallery.map.centred is None):
            continue
        placed = gallery.place_on_map(embeds[None], modality, centred=space == "centred")
        x, y = placed[0].tolist()
        places[space] = (x, y)
    return places
