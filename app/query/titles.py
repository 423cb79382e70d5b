"""What the page calls a stage, and what it says of one that is not offered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.words.search import SEARCH
from cmpagl.rank.stage import FINAL, Stage, by_model

__all__ = ["not_offered", "stage_help", "stage_title"]


def stage_title(stage: Stage) -> str:
    """Its title, of two models with which; its plain name where the words have none for it."""
    title = _words(stage)[0]
    return SEARCH.by_model[stage.model].format(title=title) if stage.model else title


def stage_help(stage: Stage) -> str:
    """What it does, in a line; nothing where the words have none for it."""
    return _words(stage)[1]


def not_offered(shown: Iterable[tuple[Stage, Stage]]) -> tuple[str, ...]:
    """A sentence for each stage that was asked for by name and is shown as the one it equals.

    Args:
        shown: what was asked for, and as what it is shown.
    """
    return tuple(
        SEARCH.fusion_off.format(stage=stage_title(stage), same=stage_title(same))
        for stage, same in dict.fromkeys(shown)
        # The final ranking is what it is, with fusion or without.
        if stage != same and by_model(stage, "") != FINAL
    )


def _words(stage: Stage) -> tuple[str, str]:
    known: Any = SEARCH.stages
    title, said = known.get(stage.label, (stage.label, ""))
    return title, said
