"""A retrieval data set in memory: images in a fixed order, each with its captions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cmpagl.data.columns import Columns
from cmpagl.data.picture import FilePicture, Picture
from cmpagl.data.scan import Account

__all__ = ["ImageRecord", "RetrievalDataset", "Skipped", "normalise_caption"]


@dataclass(frozen=True)
class Skipped:
    """Something that was left out: ``name`` as the data set writes it, ``reason`` a clause."""

    name: str
    reason: str


@dataclass(frozen=True)
class ImageRecord:
    """One image; ``image_id`` is its posix path below the images' folder, unique in the set."""

    image_id: str
    path: Path  # the file that it is, or lies in
    captions: tuple[str, ...]
    class_name: str | None
    data_set: str | None = None  # the name of the one it comes from, where several are joined
    source: Picture | None = None  # how to open it; None: it is the file at ``path``
    columns: Columns = ()  # what the data set's own table says of it further

    @property
    def picture(self) -> Picture:
        """The picture, to open, to tell from others or to keep in an index."""
        return FilePicture(self.path) if self.source is None else self.source


@dataclass(frozen=True)
class RetrievalDataset:
    """Images in the order of their description (plain folder: sorted), 0..n captions each."""

    name: str
    root: Path
    split: str | None
    records: tuple[ImageRecord, ...]
    skipped: tuple[Skipped, ...] = ()
    # Of each folder, by its data set's name; what an index keeps are the records.
    accounts: tuple[tuple[str, Account], ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        """The number of images."""
        return len(self.records)

    @cached_property
    def data_sets(self) -> tuple[str, ...]:
        """The names of the data sets that the images come from, in order; mostly its own alone."""
        return tuple(dict.fromkeys(record.data_set or self.name for record in self.records))

    @cached_property
    def captions(self) -> list[str]:
        """All captions as written, image after image."""
        return [caption for record in self.records for caption in record.captions]

    @cached_property
    def caption_to_image(self) -> NDArray[np.int64]:
        """(n_captions,): the index of the image that each caption belongs to."""
        counts = [len(record.captions) for record in self.records]
        return np.repeat(np.arange(len(counts), dtype=np.int64), counts)

    @cached_property
    def distinct_captions(self) -> tuple[list[str], NDArray[np.int64]]:
        """Captions that differ word for word, normalised, in order of first use; and the way back.

        Returns:
            ``distinct`` and ``inverse`` (n_captions,): ``distinct[inverse[j]]`` is caption j as
            `normalise_caption` writes it. Encode each of ``distinct`` once: equal captions tie.
        """
        places: dict[str, int] = {}
        inverse = [places.setdefault(normalise_caption(c), len(places)) for c in self.captions]
        return list(places), np.array(inverse, dtype=np.int64)

    @property
    def caption_groups(self) -> NDArray[np.int64]:
        """(n_captions,): equal numbers where captions are the same word for word."""
        return self.distinct_captions[1]


def normalise_caption(caption: str) -> str:
    """Write a caption in the one form in which "the same word for word" is decided.

    Lower case, white space collapsed, a closing full stop and the space before it dropped (a
    caption of nothing but full stops stays as it is).
    """
    words = " ".join(caption.lower().split())
    return words.rstrip(" .") or words
