"""What a gallery itself says is right: the scenes of a text, the captions of a scene.

Shapes: n right answers.
"""

from __future__ import annotations

import numpy as np

from cmpagl.data.dataset import normalise_caption
from cmpagl.rank.arrays import IntArray
from cmpagl.store.gallery import Gallery

__all__ = ["true_captions", "true_scenes"]


def true_scenes(gallery: Gallery, text: str) -> IntArray:
    """The scenes that a text describes, ``(n,)`` ascending; none where it is no known caption.

    Args:
        gallery: whose captions are read.
        text: compared word for word, in the form in which the model reads captions.
    """
    wanted = normalise_caption(text)
    if not wanted or wanted not in gallery.distinct_captions:
        return np.empty(0, np.int64)
    own = gallery.caption_groups == gallery.distinct_captions.index(wanted)
    return np.unique(gallery.caption_to_image[own])


def true_captions(gallery: Gallery, scene: int) -> IntArray:
    """The distinct captions of a scene by number, ``(n,)`` ascending; none where it has none."""
    return np.unique(gallery.caption_groups[gallery.caption_to_image == scene])
