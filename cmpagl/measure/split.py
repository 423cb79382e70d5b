"""A split of a data set, encoded: what every ranking and every measurement starts from.

Shapes: I images, C captions, D distinct captions, N image tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cmpagl.data.dataset import OnError, RetrievalDataset, Skipped, iter_pixels
from cmpagl.errors import DataError
from cmpagl.model.embed import SplitEmbeddings, TextTokens, embed_images, embed_texts
from cmpagl.model.fusion import FusionEncoder
from cmpagl.model.towers import ImageTower, TextTower
from cmpagl.progress import Progress

__all__ = ["encode_split"]

_TEXTS_AT_ONCE = 512  # between two reports of progress


def encode_split(
    dataset: RetrievalDataset,
    image_tower: ImageTower,
    text_tower: TextTower,
    fusion: FusionEncoder,
    tokenizer: Tokenizer,
    *,
    on_error: OnError = "raise",
    workers: int = 2,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> tuple[SplitEmbeddings, RetrievalDataset]:
    """Encode a data set's images, and each of its distinct captions once.

    Args:
        dataset: every image with at least one caption.
        image_tower: in evaluation mode, as all of these.
        text_tower: likewise.
        fusion: projects the image tokens to what an index stores.
        tokenizer: of the text tower.
        on_error: "raise" ends at the first image that cannot be read; "skip" leaves it out with its
            captions and names it in the returned data set.
        workers: threads that decode.
        batch_size: images at once.
        progress: told of "images", then of "captions".

    Returns:
        the embeddings with tokens, and the data set that they are of.

    Raises:
        DataError: an image cannot be read, none can, or one has no caption.
    """
    silent = next((r for r in dataset.records if not r.captions), None)
    if silent is not None:
        raise DataError(
            f"{silent.image_id} has no caption, and retrieval is measured with captions; give a "
            "data set that describes its images."
        )
    kept: list[int] = []
    broken: list[Skipped] = []
    n_images = len(dataset)

    def squares() -> Iterator[NDArray[np.uint8]]:
        size = image_tower.vision.config.image_size
        decoded = iter_pixels(
            dataset.records, size, on_error=on_error, workers=workers, skipped=broken
        )
        for index, square in decoded:
            kept.append(index)
            yield square

    embeds, values, scales = [], [], []
    for batch in embed_images(image_tower, fusion, squares(), batch_size=batch_size):
        embeds.append(batch.image_embeds)
        values.append(batch.token_values)
        scales.append(batch.token_scales)
        if progress is not None:
            progress("images", kept[-1] + 1, n_images)
    if not kept:
        raise DataError(f"No image of {dataset.root} could be read: {broken[0].reason}")
    records = tuple(dataset.records[index] for index in kept)
    dataset = replace(dataset, records=records, skipped=(*dataset.skipped, *broken))

    distinct, group = dataset.distinct_captions
    by_length = sorted(range(len(distinct)), key=lambda i: (len(distinct[i]), distinct[i]))
    text_embeds = np.zeros((len(distinct), embeds[0].shape[1]), np.float32)
    tokens: list[TextTokens | None] = [None] * len(distinct)
    for start in range(0, len(distinct), _TEXTS_AT_ONCE):
        rows = by_length[start : start + _TEXTS_AT_ONCE]
        texts = [distinct[i] for i in rows]
        text_embeds[rows], some = embed_texts(text_tower, tokenizer, texts, keep_tokens=True)
        for i, text in zip(rows, some, strict=True):
            tokens[i] = text
        if progress is not None:
            progress("captions", start + len(rows), len(distinct))
    return SplitEmbeddings(
        image_embeds=np.concatenate(embeds),
        text_embeds=text_embeds,
        caption_to_image=dataset.caption_to_image,
        caption_group=group,
        token_values=np.concatenate(values),
        token_scales=np.concatenate(scales),
        text_tokens=tuple(text for text in tokens if text is not None),
    ), dataset
