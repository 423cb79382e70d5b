"""A visitor's picture on the GPU that a Space lends, where there is one; else where the model is.

Hugging Face's ZeroGPU lends a GPU to functions that its package `spaces` wraps. Such a function
runs in a process forked from this one, and what it is given and gives back is pickled: so the fork
finds the model by number, and only a path and a query travel. Sentences stay on the CPU, which
encodes one in less time than lending takes, and so does all ranking.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.explorer.uploads import DECODING
from cmpagl.data.picture import SIDE, read_image

try:
    from spaces import GPU
except ImportError:  # anywhere but on such a Space
    GPU = None

if TYPE_CHECKING:
    from cmpagl.search.query import Query
    from cmpagl.search.retriever import Retriever

__all__ = ["query_picture"]

SECONDS = 15  # that the GPU is asked for; a picture takes less than one

_models: list[Retriever] = []


def query_picture(retriever: Retriever, path: Path) -> Query:
    """`Retriever.query_image`, on a lent GPU where there is one.

    Raises:
        DataError: the file cannot be read.
    """
    if _lent is None:
        with DECODING:
            picture = read_image(path, side=SIDE)
        return retriever.query_image(picture)
    if retriever not in _models:
        retriever.load(images=True)  # before the fork, so that it is there in every one
        _models.append(retriever)
    query: Query = _lent(_models.index(retriever), path)
    return query


def _on_gpu(number: int, path: Path) -> Query:
    """In the fork: only there the GPU can be seen, and what is moved to it ends with the fork."""
    import torch

    retriever = _models[number]
    if torch.cuda.is_available():
        image_tower, _, fusion, _ = retriever.towers()
        image_tower.to("cuda"), fusion.to("cuda")
    return retriever.query_image(path)


_lent = GPU(duration=SECONDS)(_on_gpu) if GPU is not None else None
