"""Where the shipped checkpoint lies: the one definition that the commands and the page share."""

from __future__ import annotations

import os
from pathlib import Path

from cmpagl.store.location import Location

__all__ = ["CHECKPOINT_VARIABLE", "default_checkpoint", "own_model"]

CHECKPOINT_VARIABLE = "CMPAGL_CHECKPOINT"
"""Environment variable that names another default checkpoint folder."""


def default_checkpoint() -> Path:
    """Give the folder used when no ``--checkpoint`` is given; nothing is checked or opened.

    It is the one named by ``$CMPAGL_CHECKPOINT`` or, without it, the repository's own
    ``checkpoints/cmpagl-small``. The variable is read at each call, so that a test or a service can
    set it at any time.
    """
    named = os.environ.get(CHECKPOINT_VARIABLE)
    if named:
        return Path(named)
    return Path(__file__).resolve().parents[2] / "checkpoints" / "cmpagl-small"


def own_model(index: Location | None) -> Path | None:
    """The description of imported vectors that an index has of its own, which opens as its model.

    None where a checkpoint made the index.
    """
    folder = index / "model" if isinstance(index, Path) else None
    return folder if folder is not None and (folder / "config.json").is_file() else None
