"""A further model over the gallery that is open: the same scenes as that one sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.explorer.opened import Opened, measured
from app.explorer.pace import Tell

if TYPE_CHECKING:
    from pathlib import Path

    from cmpagl.store.gallery import Gallery

__all__ = ["open_second"]


def open_second(
    gallery: Gallery, model: Path, *, prepare: bool, tell: Tell, stopping: Callable[[], bool]
) -> Opened:
    """Open the gallery with a further model, whose vectors its index holds.

    Args:
        gallery: as the first model sees it.
        model: folder or hub id.
        prepare: embed what the index lacks first, as it is the page's own.
        tell: hears how far that is.
        stopping: whether the operator wants no more.

    Raises:
        Stopped: ``stopping`` said so.
        CmpaglError: the index has no vectors of that model, or they cannot be made.
    """
    from app.explorer.preparing import prepare_second  # with PyTorch, which the page imports late
    from cmpagl.model.checkpoint import open_checkpoint
    from cmpagl.search.retriever import Retriever
    from cmpagl.store.gallery import open_gallery

    checkpoint = open_checkpoint(model)
    if prepare:
        prepare_second(gallery, checkpoint, tell, stopping)
    retriever = Retriever(open_gallery(gallery.folder, checkpoint, mode=gallery.mode), checkpoint)
    if checkpoint.reads_text:
        retriever.load()
    return measured(retriever)
