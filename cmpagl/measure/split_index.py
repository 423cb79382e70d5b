"""A split encoded by way of an index, whose making goes on after a kill."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cmpagl.data.dataset import RetrievalDataset
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.model.embed import SplitEmbeddings, embed_texts
from cmpagl.progress import Progress
from cmpagl.store.build import grow_index
from cmpagl.store.fitting import fitting_index

__all__ = ["encode_by_index"]


def encode_by_index(
    dataset: RetrievalDataset, checkpoint: Checkpoint, out: Path, progress: Progress | None
) -> SplitEmbeddings:
    """A split as `encode_split` gives it, by way of an index, whose making goes on after a kill."""
    began: dict[str, int] = {}

    def tell(what: str, done: int, total: int) -> None:
        # Who stops where nothing new is kept never gets beyond: with the last picture, known ones
        # are told of as well; and what follows the captions is kept with the whole alone.
        new = done > began.setdefault(what, done) and (what, done) != ("images", total)
        if progress is not None and new and what in ("images", "captions"):
            progress(what, done, total)

    gallery = fitting_index(out, dataset, checkpoint)
    if gallery is None or not gallery.has_tokens:
        gallery = grow_index(
            dataset, checkpoint, out, with_map=False, tokens=True, prune=True, progress=tell
        ).gallery
    # An index that has grown has an order of its own.
    found = [gallery.records.find(record.image_id) for record in dataset.records]
    rows = np.array([row for row in found if row is not None])
    values, scales = gallery.tokens(rows)
    texts, group = dataset.distinct_captions
    number = {text: n for n, text in enumerate(gallery.distinct_captions)}
    _, tokens = embed_texts(
        checkpoint.text_tower(), checkpoint.tokenizer(), texts, keep_tokens=True
    )
    return SplitEmbeddings(
        image_embeds=np.ascontiguousarray(gallery.image_embeds[rows]),
        text_embeds=np.ascontiguousarray(gallery.caption_embeds[[number[t] for t in texts]]),
        caption_to_image=dataset.caption_to_image,
        caption_group=group,
        token_values=values,
        token_scales=scales,
        text_tokens=tuple(tokens),
    )
