"""A page's explorer on an index that is made for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiny_index import build_index

from app.explorer.explorer import Explorer, Opened, Source
from cmpagl.data.dataset import RetrievalDataset
from cmpagl.model.checkpoint import Checkpoint
from cmpagl.search.retriever import Retriever


def opened_explorer(
    index: Path, dataset: RetrievalDataset, checkpoint: Checkpoint, **options: Any
) -> Explorer:
    """The index of a data set, made with ``options`` of `build_index` and open."""
    gallery = build_index(dataset, checkpoint, index, **options)
    explorer = Explorer(Source(checkpoint=checkpoint.folder, index=index))
    explorer._opened = Opened(gallery, Retriever(gallery, checkpoint))
    return explorer
