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
    if not normalise_caption(text):
        return np.empty(0, np.int64)
    return gallery.captioned.scenes_of(text)


def true_captions(gallery: Gallery, scene: int) -> IntArray:
    """The distinct captions of a scene by number, ``(n,)`` ascending; none where it has none."""
    return gallery.captioned.of_scene(scene)
