"""What fusion reads of a gallery's scenes: kept in the index, or read again from their pictures.

Shapes: n scenes, N image tokens of F channels.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from cmpagl.data.picture import load_pixels
from cmpagl.errors import QueryError
from cmpagl.store.gallery import Gallery

__all__ = ["SceneTokens"]

TOKENS_AT_ONCE, TOKENS_KEPT = 32, 2048
"""Scenes read again for fusion: in a batch, and remembered (18 kB each)."""

Tokens = tuple[NDArray[np.int8], NDArray[np.float16]]


class SceneTokens:
    """Gives them for numbers of scenes, whichever thread asks."""

    def __init__(
        self,
        gallery: Gallery,
        side: int,
        read: Callable[[Sequence[NDArray[np.uint8]]], Tokens],
    ) -> None:
        """Remember where they come from.

        Args:
            gallery: whose scenes they are.
            side: pixels of the square that the model sees.
            read: the tokens of squares, by the model.
        """
        self._gallery, self._side, self._read = gallery, side, read
        self._known: dict[int, Tokens] = {}
        self._lock = threading.Lock()

    def __call__(self, scenes: NDArray[np.int64]) -> Tokens:
        """``(n, N, F)`` and ``(n, N)``.

        Raises:
            QueryError: nothing is kept of them, and a picture cannot be read or is another one now.
        """
        if self._gallery.has_tokens:
            return self._gallery.tokens(scenes)
        with self._lock:
            new = [n for n in dict.fromkeys(scenes.tolist()) if n not in self._known]
            for start in range(0, len(new), TOKENS_AT_ONCE):
                some = new[start : start + TOKENS_AT_ONCE]
                found = self._read([self._square_of(scene) for scene in some])
                self._known.update(zip(some, zip(*found, strict=True), strict=True))
            pairs = [self._known[n] for n in scenes.tolist()]
            for old in list(self._known)[: max(0, len(self._known) - TOKENS_KEPT)]:
                del self._known[old]
        values, scales = zip(*pairs, strict=True)
        return np.stack(values), np.stack(scales)

    def _square_of(self, scene: int) -> NDArray[np.uint8]:
        record = self._gallery.records[scene]
        if self._gallery.picture_state(scene) != "unchanged":
            raise QueryError(
                f"The picture of {record.image_id} has vanished or changed, and this index keeps "
                "nothing that could be matched instead: rank without fusion, or index with "
                "--tokens."
            )
        return load_pixels(record.picture, self._side)
