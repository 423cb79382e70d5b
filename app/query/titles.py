"""What the page calls a stage."""

from __future__ import annotations

from typing import Any

from app.words.search import SEARCH
from cmpagl.rank.stage import Stage

__all__ = ["stage_help", "stage_title"]


def stage_title(stage: Stage) -> str:
    """Its title; its plain name where the words have none for it."""
    return _words(stage)[0]


def stage_help(stage: Stage) -> str:
    """What it does, in a line; nothing where the words have none for it."""
    return _words(stage)[1]


def _words(stage: Stage) -> tuple[str, str]:
    known: Any = SEARCH["stages"]
    title, said = known.get(stage.label, (stage.name, ""))
    return title, said
