"""The captions of an opened index: as written, and those that differ word for word.

Of a model that reads no text, none count: they are shown with their scenes, and searched by others.
Of a held index, distinct captions are counted in order of first use, and all are at hand as a list.
Of a far one they are counted as their table has them, and a text is read when it is asked for.

Shapes: n images, m captions as written, d distinct ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import overload

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from cmpagl.data.dataset import normalise_caption
from cmpagl.errors import GalleryError
from cmpagl.store.digest import key_of
from cmpagl.store.stored_rows import StoredRows, list_offsets

__all__ = ["GalleryCaptions"]

IntArray = npt.NDArray[np.int64]


class GalleryCaptions:
    """Which captions belong to which scenes."""

    def __init__(self, scenes: StoredRows, captions: StoredRows, *, read: bool = True) -> None:
        """Of the two tables of an index; nothing is read yet.

        Args:
            scenes: whose captions they are.
            captions: that differ word for word.
            read: whether the model reads text; else there are none to search.
        """
        self._scenes, self._captions, self._read = scenes, captions, read

    @cached_property
    def written(self) -> list[str]:
        """All captions as written, image after image."""
        if not self._read:
            return []
        found: list[str] = pc.list_flatten(self._scenes.column("captions")).to_pylist()
        return found

    @cached_property
    def offsets(self) -> IntArray:
        """(n + 1,): where each image's captions begin among all, and where the last end."""
        if not self._read:
            return np.zeros(len(self._scenes) + 1, np.int64)
        return list_offsets(self._scenes.column("caption_keys"))

    @cached_property
    def to_image(self) -> IntArray:
        """(m,): the image that each caption belongs to."""
        counts = np.diff(self.offsets)
        return np.repeat(np.arange(len(counts), dtype=np.int64), counts)

    @property
    def groups(self) -> IntArray:
        """(m,): the distinct caption that each caption is."""
        return self._distinct[0]

    @property
    def rows(self) -> IntArray | None:
        """(d,): the rows of the table by number; None where they are the numbers."""
        rows = self._distinct[1]
        return None if np.array_equal(rows, np.arange(len(self._captions))) else rows

    @cached_property
    def distinct(self) -> Sequence[str]:
        """The d captions that differ word for word, normalised."""
        if self._captions.far and self._read:
            return _FarTexts(self._captions)
        found: list[str] = self._captions.column("text").take(self._distinct[1]).to_pylist()
        return found

    @property
    def keys(self) -> npt.NDArray[np.uint64]:
        """(d,): the keys of the distinct captions in the store."""
        return self._keys if self.rows is None else self._keys[self.rows]

    @cached_property
    def all_keyed(self) -> tuple[npt.NDArray[np.uint64], list[str]]:
        """The keys and texts of all rows of the table, whether the model reads them or not."""
        return self._keys, self._captions.column("text").to_pylist()

    def number_of(self, text: str) -> int | None:
        """The distinct caption that a text is, whatever its case; None: none."""
        if not self._read:
            return None
        key = key_of(normalise_caption(text))
        if self._captions.far:
            found = self._captions.where(f"key = {key}")
        else:
            found = np.flatnonzero(self._keys == key)
        return int(self._number_of_row[found[0]]) if len(found) else None

    def scenes_of(self, text: str) -> IntArray:
        """The images that have a text as a caption, ascending; it reads as the model's texts do."""
        known = normalise_caption(text)
        if not (self._read and known):
            return _none()
        own = np.flatnonzero(self._flat_keys == key_of(known))
        return np.unique(np.searchsorted(self.offsets, own, side="right") - 1)

    def of_scene(self, image: int) -> IntArray:
        """The distinct captions of an image by number, ascending; none of none."""
        if not (self._read and 0 <= image < len(self._scenes)):
            return _none()
        if not self._captions.far:
            start, end = self.offsets[image : image + 2]
            return np.unique(self.groups[start:end])
        keys = self._scenes.row(image)["caption_keys"] or []
        return self._captions.where(f"key IN ({', '.join(map(str, keys))})") if keys else _none()

    @cached_property
    def _flat_keys(self) -> npt.NDArray[np.uint64]:
        return np.asarray(pc.list_flatten(self._scenes.column("caption_keys")).to_numpy())

    @cached_property
    def _keys(self) -> npt.NDArray[np.uint64]:
        return np.asarray(self._captions.column("key").to_numpy())

    @cached_property
    def _number_of_row(self) -> IntArray | range:
        """The number of each row of the table."""
        if self._captions.far:
            return range(len(self._captions))
        rows = self._distinct[1]
        numbers = np.empty(len(rows), np.int64)
        numbers[rows] = np.arange(len(rows))
        return numbers

    @cached_property
    def _distinct(self) -> tuple[IntArray, IntArray]:
        """Which distinct caption each is, (m,); their rows in the table, (d,)."""
        if not self._read:
            return _none(), _none()
        keys, there = self._flat_keys, self._keys
        by_key = np.argsort(there)
        if self._captions.far:
            place = np.searchsorted(there, keys, sorter=by_key)
            found = by_key[np.minimum(place, len(by_key) - 1)] if len(there) else _none()
            if len(keys) and not (len(there) and np.array_equal(there[found], keys)):
                raise self._others(len(np.unique(keys)))
            return found.astype(np.int64), np.arange(len(there))
        distinct, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        order = np.argsort(first)  # of first use
        number = np.empty(len(order), np.int64)
        number[order] = np.arange(len(order))
        if len(there) != len(distinct) or not np.array_equal(there[by_key], distinct):
            raise self._others(len(distinct))
        at = np.searchsorted(there[by_key], distinct[order])
        return number[inverse], by_key[at].astype(np.int64)

    def _others(self, wanted: int) -> GalleryError:
        return GalleryError(
            f"{self._captions.path} has {len(self._captions):,} captions where the scenes have "
            f"{wanted:,}, or others; make the index again."
        )


def _none() -> IntArray:
    return np.empty(0, np.int64)


class _FarTexts(Sequence[str]):
    """The texts of a far table of captions."""

    def __init__(self, captions: StoredRows) -> None:
        self._captions = captions

    def __len__(self) -> int:
        return len(self._captions)

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> list[str]: ...
    def __getitem__(self, number: int | slice) -> str | list[str]:
        if isinstance(number, slice):
            numbers = range(*number.indices(len(self)))
            self._captions.load(numbers)
            return [self[n] for n in numbers]
        at = int(number) + len(self) if number < 0 else int(number)
        if not 0 <= at < len(self):
            raise IndexError(f"there is no caption {number}")
        text: str = self._captions.row(at)["text"]
        return text
