"""The images and captions that one training run reads: several data sets as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cmpagl.config.model import LONGEST_WORD
from cmpagl.data.dataset import OnError, RetrievalDataset, Skipped
from cmpagl.errors import DataError
from cmpagl.model.encoder import ImageEncoder
from cmpagl.model.text import CONTINUES, TextBatch, goes_on, pad_word_pieces, tokenize_ids
from cmpagl.model.weights import weights_digest
from cmpagl.progress import Progress
from cmpagl.train.features import FrozenFeatures, cache_frozen_features

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = [
    "IMAGES_AT_ONCE",
    "TEXTS_AT_ONCE",
    "Captions",
    "ImageRows",
    "frequent_words",
    "gather_captions",
    "gather_images",
]

IMAGES_AT_ONCE = 64  # embedded together
TEXTS_AT_ONCE = 512  # of these, texts of like length are encoded together


@dataclass(frozen=True)
class ImageRows:
    """Frozen features of several data sets, addressed as one list of images."""

    parts: tuple[tuple[FrozenFeatures, ...], ...]  # per data set, per view
    stored: tuple[NDArray[np.int64], ...]  # per data set, which rows of its parts are images here
    starts: NDArray[np.int64]  # first row of each data set, and the total

    def __len__(self) -> int:
        return int(self.starts[-1])

    @property
    def views(self) -> int:
        """Views kept of each image."""
        return len(self.parts[0])

    def batches(
        self,
        size: int,
        rng: np.random.Generator,
        *,
        groups: Sequence[int] = (),
        repeats: Sequence[int] = (),
    ) -> list[NDArray[np.int64]]:
        """The images of each step of one epoch, ascending rows; what fills no batch waits.

        Args:
            size: images in a batch; a smaller group is one batch.
            rng: decides the order.
            groups: of each data set; a batch holds images of one group. None: all are one.
            repeats: of each data set, how often its images are taken up; one that comes twice
                into a batch counts once. None: all once.
        """
        of_set = np.asarray(groups or [0] * len(self.parts))
        of_row = np.repeat(of_set, np.diff(self.starts))
        times = np.repeat(np.asarray(repeats or [1] * len(self.parts)), np.diff(self.starts))
        found = []
        for group in np.unique(of_set):
            rows = np.flatnonzero(of_row == group)
            order = rng.permutation(np.repeat(rows, times[rows]))
            last = max(0, len(order) - size)
            found += [np.unique(order[at : at + size]) for at in range(0, last + 1, size)]
        return [found[number] for number in rng.permutation(len(found))] if groups else found

    def _read(self, rows: NDArray[np.int64], views: NDArray[np.int64], tokens: bool) -> Tensor:
        part = np.searchsorted(self.starts, rows, side="right") - 1
        found = []
        for p, row, view in zip(part, rows - self.starts[part], views, strict=True):
            features = self.parts[p][view]
            found.append((features.tokens if tokens else features.pooled)[self.stored[p][row]])
        return torch.from_numpy(np.stack(found).astype(np.float32))

    def tokens(self, rows: NDArray[np.int64], views: NDArray[np.int64]) -> Tensor:
        """Input of the first tuned block, (n, T + N, C) float32."""
        return self._read(rows, views, tokens=True)

    def pooled(self, rows: NDArray[np.int64], views: NDArray[np.int64]) -> Tensor:
        """Pooled vectors of the untouched tower, (n, P) float32."""
        return self._read(rows, views, tokens=False)


@dataclass(frozen=True)
class Captions:
    """Distinct captions over all data sets, and which image has which."""

    texts: tuple[str, ...]
    word_pieces: tuple[tuple[int, ...], ...]
    of_image: Tensor  # (images, most captions of one image) text ids, filled up with -1
    count: NDArray[np.int64]  # (images,) captions of each image

    @cached_property
    def by_length(self) -> list[int]:
        """All ids from the shortest to the longest: batches of these are hardly padded."""
        return sorted(range(len(self.texts)), key=lambda i: (len(self.word_pieces[i]), i))

    def batch(self, ids: Sequence[int]) -> TextBatch:
        """The word pieces of some captions, padded."""
        return pad_word_pieces([self.word_pieces[i] for i in ids])


def gather_captions(
    datasets: Sequence[RetrievalDataset], tokenizer: Tokenizer, max_length: int
) -> Captions:
    """Number the distinct captions of all data sets; equal captions share an id."""
    ids: dict[str, int] = {}
    rows: list[list[int]] = []
    for dataset in datasets:
        texts, inverse = dataset.distinct_captions
        own: list[list[int]] = [[] for _ in dataset.records]
        for image, text in zip(dataset.caption_to_image, inverse, strict=True):
            own[image].append(ids.setdefault(texts[text], len(ids)))
        rows += own
    most = max(len(row) for row in rows)
    table = torch.full((len(rows), most), -1)
    for i, row in enumerate(rows):
        table[i, : len(row)] = torch.tensor(row)
    pieces = tuple(tuple(p) for p in tokenize_ids(tokenizer, list(ids), max_length)[0])
    return Captions(tuple(ids), pieces, table, np.array([len(row) for row in rows]))


def frequent_words(
    captions: Captions, tokenizer: Tokenizer, at_least: int
) -> tuple[tuple[int, ...], ...]:
    """The words of letters that many captions have, each as its word pieces, ascending.

    Args:
        captions: distinct ones.
        tokenizer: what cut them, into BERT's word pieces.
        at_least: captions that have a word; 0: no word is asked for.
    """
    if not at_least:
        return ()
    counts: Counter[tuple[int, ...]] = Counter()
    for pieces in captions.word_pieces:
        words: list[tuple[int, ...]] = []
        for piece in pieces:
            if words and goes_on(tokenizer, piece):
                words[-1] += (piece,)
            else:
                words.append((piece,))
        counts.update(set(words))
    return tuple(
        word
        for word in sorted(counts)
        if counts[word] >= at_least and len(word) <= LONGEST_WORD and _letters(tokenizer, word)
    )


def _letters(tokenizer: Tokenizer, word: Sequence[int]) -> bool:
    """Whether a word is of letters alone, and none that a tokenizer adds."""
    return "".join(str(tokenizer.id_to_token(p)).removeprefix(CONTINUES) for p in word).isalpha()


def gather_images(
    datasets: Sequence[RetrievalDataset],
    contents: Sequence[Sequence[str]],
    vision: ImageEncoder,
    cache: Path,
    *,
    tuned_blocks: int,
    views: Sequence[int],
    on_error: OnError = "raise",
    progress: Progress,
) -> tuple[list[RetrievalDataset], ImageRows]:
    """Compute or open the frozen features of all data sets, view by view.

    ``contents`` are the digests of each one's pictures, see `contents_of`; the rest is that of
    `cache_frozen_features`.

    Returns:
        the data sets without the images that cannot be read, these named among their ``skipped``,
        and the features of the others.

    Raises:
        DataError: an image cannot be read and ``on_error`` is "raise", or a data set has no other.
    """
    digest = weights_digest(vision)
    found: list[list[FrozenFeatures]] = [[] for _ in datasets]
    for view in views:
        for k, dataset in enumerate(datasets):
            label = f"{dataset.name} {dataset.split}, view {view}"
            found[k].append(
                cache_frozen_features(
                    vision,
                    dataset.records,
                    cache,
                    contents=contents[k],
                    tuned_blocks=tuned_blocks,
                    view=view,
                    digest=digest,
                    on_error=on_error,
                    progress=partial(progress, label),
                )
            )
    usable, stored = [], []
    for dataset, parts in zip(datasets, found, strict=True):
        broken = {row: why for part in parts for row, why in part.broken.items()}
        rows = np.setdiff1d(np.arange(len(dataset.records)), list(broken))
        if not len(rows):
            raise DataError(
                f"No image of {dataset.root} could be read: {next(iter(broken.values()))}"
            )
        records = tuple(dataset.records[row] for row in rows)
        named = tuple(Skipped(dataset.records[row].image_id, why) for row, why in broken.items())
        usable.append(replace(dataset, records=records, skipped=(*dataset.skipped, *named)))
        stored.append(rows)
    starts = np.cumsum([0, *(len(rows) for rows in stored)])
    return usable, ImageRows(tuple(tuple(f) for f in found), tuple(stored), starts)
